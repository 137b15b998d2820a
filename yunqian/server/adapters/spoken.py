"""What a cloud says in JSON, believed in nothing; and which of its words may stand in a log."""

import json
import re
from collections.abc import Mapping

_CODE = re.compile(r"[A-Za-z._]{1,64}|-?\d{1,4}")


def read(body: bytes, *, most_bytes: int) -> Mapping[str, object]:
    """The object that a body holds; an empty one for whatever is too long, broken, says a name twice, or is none."""
    if len(body) > most_bytes:
        return {}
    try:
        found = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def inside(of: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object under a name, or an empty one."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def code(of: Mapping[str, object], name: str) -> str:
    """The text under a name, which a number is not taken for; nothing where there is none."""
    found = of.get(name)
    return found if isinstance(found, str) else ""


def for_log(told: str) -> str:
    """A cloud's code as a log may have it: never a number long enough to be somebody's, never a sentence."""
    return told if _CODE.fullmatch(told) else "an unreadable code"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
