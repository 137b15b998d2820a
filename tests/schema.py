"""A small JSON Schema validator: the keywords that our published schema uses, and a refusal of any other."""

import re
from datetime import datetime
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
}
_TELLING = {"title", "description", "$schema", "$id", "$defs", "default"}


def defects(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str = "$") -> list[str]:
    """Every place where a value is not as the schema wants it."""
    if "type" in schema and (wrong := _type(value, schema["type"], schema, root, where)):
        return wrong
    found: list[str] = []
    for keyword, wanted in schema.items():
        if keyword not in _TELLING:
            found += _KEYWORDS[keyword](value, wanted, schema, root, where)
    return found


def _say(is_right: bool, where: str, wanted: Any) -> list[str]:
    return [] if is_right else [f"{where}: {wanted}"]


def _type(value, wanted, schema, root, where):
    is_right = isinstance(value, _TYPES[wanted]) and not (wanted == "integer" and isinstance(value, bool))
    return _say(is_right, where, wanted)


def _reference(value, wanted, schema, root, where):
    return defects(value, root["$defs"][wanted.removeprefix("#/$defs/")], root, where)


def _any_of(value, wanted, schema, root, where):
    return _say(any(not defects(value, one, root, where) for one in wanted), where, wanted)


def _properties(value, wanted, schema, root, where):
    return [
        defect
        for name, inner in wanted.items()
        if name in value
        for defect in defects(value[name], inner, root, f"{where}.{name}")
    ]


def _items(value, wanted, schema, root, where):
    return [defect for at, one in enumerate(value) for defect in defects(one, wanted, root, f"{where}[{at}]")]


def _moment(value, wanted, schema, root, where):
    assert wanted == "date-time"
    return _say(datetime.fromisoformat(value).tzinfo is not None, where, wanted)


_KEYWORDS = {
    "type": _type,
    "$ref": _reference,
    "anyOf": _any_of,
    "properties": _properties,
    "items": _items,
    "format": _moment,
    "enum": lambda value, wanted, schema, root, where: _say(value in wanted, where, wanted),
    "required": lambda value, wanted, schema, root, where: _say(set(wanted) <= set(value), where, wanted),
    "additionalProperties": lambda value, wanted, schema, root, where: _say(
        wanted is not False or set(value) <= set(schema["properties"]), where, "unknown keys"
    ),
    "minItems": lambda value, wanted, schema, root, where: _say(len(value) >= wanted, where, wanted),
    "maxItems": lambda value, wanted, schema, root, where: _say(len(value) <= wanted, where, wanted),
    "minimum": lambda value, wanted, schema, root, where: _say(value >= wanted, where, wanted),
    "pattern": lambda value, wanted, schema, root, where: _say(
        re.search(wanted, value) is not None, where, wanted
    ),
}
