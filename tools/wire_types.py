"""Write TypeScript types of every message in `yunqian.wire`, and the table of problems for the browser.

`python -m tools.wire_types` writes; `--check` exits 1 and names the stale files. The HTTP API and the security
client speak these same shapes, so the browser has one set of types for both.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from yunqian.problems import Problem

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "base",
    "orders",
    "batch_orders",
    "key_orders",
    "keys",
    "platforms",
    "after",
    "envelope",
    "start",
    "uploads",
    "panel",
    "batches",
    "notices",
    "view",
    "public",
    "keycare",
    "certificates",
    "members",
    "seals",
    "people",
)
HEAD = "// Made by `python -m tools.wire_types` from yunqian/wire and yunqian/problems.py. Never edited by hand.\n\n"


def messages() -> list[type[BaseModel]]:
    """Every message class that a wire module defines itself, in the order of the modules."""
    found = []
    for room in ROOMS:
        module = importlib.import_module(f"yunqian.wire.{room}")
        for value in vars(module).values():
            is_model = isinstance(value, type) and issubclass(value, BaseModel)
            if is_model and value.__module__ == module.__name__ and value.model_fields:
                found.append(value)
    return found


def type_text(schema: dict[str, Any]) -> str:
    """One JSON schema node as a TypeScript type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return " | ".join(type_text(option) for option in schema.get("anyOf") or schema["oneOf"])
    kind = schema.get("type")
    if "prefixItems" in schema:
        return f"readonly [{', '.join(type_text(each) for each in schema['prefixItems'])}]"
    if kind == "array":
        return f"readonly ({type_text(schema['items'])})[]"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"Readonly<Record<string, {type_text(inner)}>>" if isinstance(inner, dict) else "object"
    plain = {
        "string": "string",
        "integer": "number",
        "number": "number",
        "boolean": "boolean",
        "null": "null",
    }
    return plain[str(kind)]


def interface_text(name: str, schema: dict[str, Any]) -> str:
    """One definition as an exported interface or union."""
    if "properties" not in schema:
        return f"export type {name} = {type_text(schema)};\n"
    lines = [f"export interface {name} {{"]
    for field, node in schema["properties"].items():
        if "description" in node:
            lines.append(f"  /** {node['description']} */")
        is_optional = field not in schema.get("required", ())
        lines.append(f"  readonly {field}{'?' if is_optional else ''}: {type_text(node)};")
    return "\n".join([*lines, "}\n"])


def wire_text() -> str:
    """All messages and enumerations as one TypeScript module."""
    _, top = models_json_schema([(model, "serialization") for model in messages()])
    return HEAD + "\n".join(interface_text(name, node) for name, node in sorted(top["$defs"].items()))


def problems_text() -> str:
    """The table of problems as a TypeScript constant."""
    rows = {
        problem.code: {
            "status": problem.row.status,
            "fault": problem.row.fault.value,
            "is_retriable": problem.row.is_retriable,
            "zh": problem.row.zh,
            "en": problem.row.en,
        }
        for problem in Problem
    }
    return f"{HEAD}export const PROBLEMS = {json.dumps(rows, ensure_ascii=False, indent=2)} as const;\n"


def outputs() -> dict[Path, str]:
    """Every generated document and what it must hold now."""
    return {
        ROOT / "web/src/api/schema.ts": wire_text(),
        ROOT / "web/src/api/problems.ts": problems_text(),
    }


def main(arguments: list[str]) -> int:
    stale = [path for path, text in outputs().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)} (run `python -m tools.wire_types`)")
        return 1 if stale else 0
    for path, text in outputs().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
