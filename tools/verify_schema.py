"""docs/verify.schema.json: what `yunqian verify --json` prints, as JSON Schema 2020-12.

Made from the messages of the API, because the report is the same in both; the command adds two keys of its own.
"""

import json
from typing import Any

from yunqian.wire.panel import Report

_FIELD_OPINION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "field": {"type": "string"},
        "verdict": {"$ref": "#/$defs/Verdict"},
        "detail": {"type": "string", "description": "in the other verifier's own words"},
    },
    "required": ["field", "verdict", "detail"],
}
_OF_THE_COMMAND: dict[str, Any] = {
    "second_opinion": {
        "description": "only with --second-opinion; it never changes the verdict",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "by": {
                "anyOf": [{"type": "string"}, {"type": "null"}],
                "description": "name and version; null where no other verifier is installed",
            },
            "signatures": {"type": "array", "items": _FIELD_OPINION},
        },
        "required": ["by", "signatures"],
    },
    "pictures": {
        "description": "only with --pictures: names of the files written into that folder",
        "type": "array",
        "items": {"type": "string"},
    },
}


def schema() -> dict[str, Any]:
    """The schema as an object."""
    made = Report.model_json_schema(mode="serialization")
    properties = {**made.pop("properties"), **_OF_THE_COMMAND}
    definitions = made.pop("$defs")
    required = [name for name in properties if name not in _OF_THE_COMMAND]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:yunqian:verify:1",
        **made,
        "title": "yunqian verify --json",
        "properties": properties,
        "required": required,
        "$defs": definitions,
    }


def text() -> str:
    """The file."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
