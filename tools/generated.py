"""`python -m tools.generated [--check]`: the files that are made from others and checked in, or which are stale.

They are committed so that a change of the API, of a problem or of a right is seen in review.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from tools import manual_steps, protocol_page, protocol_vectors, signed_revision, verify_schema, wire_types
from yunqian.problems import Problem

ROOT = Path(__file__).resolve().parents[1]
MATRIX = ROOT / "tests" / "server" / "access" / "matrix.toml"


def problems_page() -> str:
    """docs/problems.md: the table that support and integrators look codes up in."""
    rows = [
        f"| `{p.code}` | {p.row.status} | {p.row.fault.value} | {'yes' if p.row.is_retriable else ''} "
        f"| {p.row.zh} | {p.row.en} |"
        for p in Problem
    ]
    head = [
        "# Problems · 问题码",
        "",
        (
            "Made from `yunqian/problems.py` by `make generate`; do not edit. *Fault* says whose doing it is; "
            "*retry* says that the same request may succeed later."
        ),
        "",
        "| Code | HTTP | Fault | Retry | 中文 | English |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


ACTORS = {
    "initiator": "initiator · 发起人",
    "recipient_in_turn": "signer whose turn it is · 轮到的完成人",
    "recipient_waiting": "signer who waits · 未轮到的完成人",
    "recipient_elsewhere": "signer, acting for another organization of theirs · 代表其他单位的完成人",
    "co_member": "colleague · 同单位成员",
    "other_tenant": "other organization · 其他单位",
    "anonymous": "not logged in · 未登录",
    "suspended": "suspended member · 停用成员",
}


def access_page() -> str:
    """docs/access-matrix.md: who may what, from the table that the tests walk through."""
    matrix = tomllib.loads(MATRIX.read_text("utf-8"))
    actors = list(dict.fromkeys(actor for row in matrix.values() for actor in row))
    rows = [
        f"| `{operation}` | " + " | ".join(_answer(row.get(actor, "")) for actor in actors) + " |"
        for operation, row in matrix.items()
    ]
    head = [
        "# Who may what · 谁可以做什么",
        "",
        (
            "Made from `tests/server/access/matrix.toml` by `make generate`; do not edit. The tests try every cell. "
            "✓ is allowed; else the [problem](problems.md) that is answered."
        ),
        "",
        "| Operation | " + " | ".join(ACTORS.get(actor, actor) for actor in actors) + " |",
        "|---" * (len(actors) + 1) + "|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _answer(cell: str) -> str:
    return "✓" if cell == "allowed" else f"`{cell}`" if cell else ""


def openapi_document() -> str:
    """docs/openapi.json: printed by the product itself."""
    return _printed("openapi")


def configuration_page() -> str:
    """docs/configuration.md: every setting, from the fields of the one Config."""
    return _printed("doctor", "--print-configuration")


def _printed(*arguments: str) -> str:
    with tempfile.TemporaryDirectory() as home:
        settings = {"YUNQIAN_HOME": home, "YUNQIAN_MODE": "test"}
        command = [sys.executable, "-m", "yunqian", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=True
        )
    return done.stdout


GENERATED: dict[str, Callable[[], str]] = {
    "docs/problems.md": problems_page,
    "docs/access-matrix.md": access_page,
    "web/src/api/schema.ts": wire_types.wire_text,
    "web/src/api/problems.ts": wire_types.problems_text,
    "docs/openapi.json": openapi_document,
    "docs/verify.schema.json": verify_schema.text,
    "docs/configuration.md": configuration_page,
    "docs/engine.md": signed_revision.page_text,
    "tests/vectors/client-protocol.json": protocol_vectors.vectors_text,
    "web/src/agent/protocol.vectors.ts": protocol_vectors.typed_text,
    "docs/agent-protocol.md": protocol_page.page_text,
    "docs/manual/steps.md": manual_steps.page_text,
}


def outcome(path: Path, make: Callable[[], str], *, may_write: bool) -> str:
    """What happened to one file: an empty text where it was fresh, else a sentence."""
    name = path.relative_to(ROOT)
    try:
        wanted = make()
    except subprocess.CalledProcessError as error:
        return f"{name} could not be made: {error.stderr.strip().splitlines()[-1:]}"
    if path.exists() and path.read_text("utf-8") == wanted:
        return ""
    if not may_write:
        return f"{name} is stale: make generate"
    path.write_text(wanted, "utf-8")
    return f"{name} written"


def main(arguments: list[str]) -> int:
    may_write = "--check" not in arguments
    said = [outcome(ROOT / name, make, may_write=may_write) for name, make in GENERATED.items()]
    for line in filter(None, said):
        print(line)
    is_good = all(line.endswith("written") or not line for line in said)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
