"""`yunqian openapi`: the description of the HTTP API as JSON, from which the pages' types are generated."""

import argparse
import json
from typing import Any

from yunqian.problems import Problem
from yunqian.server import settings
from yunqian.wire.base import ProblemReport

_REFERENCE = "#/components/schemas/ProblemReport"


def main(argv: list[str]) -> int:
    """Entry of the subcommand; prints the document, always the same for the same code."""
    argparse.ArgumentParser(prog="yunqian openapi", description=__doc__).parse_args(argv)
    print(text(), end="")
    return 0


def text() -> str:
    """The document as docs/openapi.json holds it."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def document() -> dict[str, Any]:
    """OpenAPI 3.1. Every operation may also answer a refusal as problem+json, so each one says so."""
    settings.start()
    from yunqian.server.api.build import api

    described: dict[str, Any] = json.loads(json.dumps(api().get_openapi_schema(path_prefix="/api/")))
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemReport"] = ProblemReport.model_json_schema()
    schemas["ProblemReport"]["properties"]["code"]["enum"] = sorted(problem.code for problem in Problem)
    refusal = {
        "description": "a refusal",
        "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE}}},
    }
    for path in described["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = refusal
    return described
