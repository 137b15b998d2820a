"""What a driver's process may answer, read like a stranger's message: anything else raises Broken.

Written by hand and not with the wire's models, for these are no messages of the protocol, and the numbers of a
vendor's code shall meet limits before they meet us.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from yunqian.agent.keys.child_pipe import Broken
from yunqian.agent.keys.port import SUITES, KeyAct, Series
from yunqian.agent.pin import Tries
from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

MAX_KEYS = 32
MAX_MEMBERS = 640
MAX_VALUE_BYTES = 8 * 1024
MAX_TRIES = 255
_STATE = re.compile(r"[0-9a-f]{64}")
_SAYABLE = frozenset(
    {
        Problem.PIN_INCORRECT,
        Problem.PIN_INCORRECT_UNCOUNTED,
        Problem.PIN_LOCKED,
        Problem.PIN_EACH_SIGNATURE,
        Problem.PIN_EMPTY,
        Problem.PIN_NOT_SET,
        Problem.PIN_NOT_ACCEPTED,
        Problem.ADMIN_PIN_INCORRECT,
        Problem.ADMIN_PIN_LOCKED,
        Problem.KEY_REMOVED,
        Problem.KEY_FAILED,
        Problem.KEY_TIMED_OUT,
        Problem.KEY_FULL,
        Problem.KEY_ACT_UNSUPPORTED,
        Problem.CERTIFICATE_MISMATCH,
        Problem.CERTIFICATE_UNREADABLE,
        Problem.CERTIFICATE_USAGE,
        Problem.SEAL_UNREADABLE,
        Problem.ALGORITHM_UNSUPPORTED,
        Problem.SIGNATURE_INVALID,
        Problem.REQUEST_INVALID,
    }
)
"""What a key may refuse; nothing that speaks for the platform, the person or the client."""
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class ListedKey:
    """One key as its driver's process lists it."""

    serial: str
    label: str
    suites: tuple[Suite, ...]
    acts: frozenset[KeyAct]
    certificates: tuple[Certificate, ...]
    seals: tuple[bytes, ...]


def refusal(answer: dict[str, Any]) -> Refused | None:
    """The refusal that an answer is, None where it is none. Raises Broken."""
    if "refused" not in answer:
        return None
    problem = next((one for one in _SAYABLE if one.name == answer["refused"]), None)
    facts = answer.get("facts")
    if problem is None or not isinstance(facts, dict) or not all(_is_fact(one) for one in facts.values()):
        raise Broken("refusal")
    try:
        return Refused(problem, **facts)
    except (ValueError, TypeError) as error:
        raise Broken("facts") from error


def _is_fact(fact: object) -> bool:
    if isinstance(fact, str):
        return len(fact) <= 200 and fact.isprintable()
    return type(fact) is int and 0 <= fact <= MAX_TRIES


def plugged(answer: dict[str, Any], *, known: str) -> tuple[str, tuple[ListedKey, ...]] | None:
    """The list and its state, None where it is the one that is known."""
    if answer == {"same": True} and known:
        return None
    state, keys = answer.get("state"), answer.get("keys")
    if not isinstance(state, str) or not _STATE.fullmatch(state):
        raise Broken("state")
    return state, _members(keys, _key, most=MAX_KEYS)


def _key(told: object) -> ListedKey:
    if not isinstance(told, dict):
        raise Broken("key")
    return ListedKey(
        serial=_line(told.get("serial")),
        label=_line(told.get("label")),
        suites=_members(told.get("suites"), _suite),
        acts=frozenset(_members(told.get("acts"), _act)),
        certificates=_members(told.get("certificates"), _certificate),
        seals=_members(told.get("seals"), _octets),
    )


def _members(told: object, read: Callable[[object], _Read], *, most: int = MAX_MEMBERS) -> tuple[_Read, ...]:
    if not isinstance(told, list) or len(told) > most:
        raise Broken("list")
    return tuple(read(one) for one in told)


def _line(told: object) -> str:
    if not isinstance(told, str) or len(told) > 64 or not told.isprintable():
        raise Broken("line")
    return told


def _suite(told: object) -> Suite:
    found = next((suite for suite in SUITES if suite.name == told), None)
    if found is None:
        raise Broken("suite")
    return found


def _act(told: object) -> KeyAct:
    found = next((act for act in KeyAct if act.value == told), None)
    if found is None:
        raise Broken("act")
    return found


def _certificate(told: object) -> Certificate:
    try:
        return certificates.read(_octets(told))
    except Refused as error:
        raise Broken("certificate") from error


def _octets(told: object) -> bytes:
    try:
        return base64.b64decode(str(told) if isinstance(told, str) else "=", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Broken("base64") from error


def tries(answer: dict[str, Any]) -> Tries:
    """What a key tells about its PIN."""
    left, flags = answer.get("left"), [answer.get(name) for name in ("is_locked", "is_last", "is_default")]
    is_count = left is None or (type(left) is int and 0 <= left <= MAX_TRIES)
    if not is_count or not all(type(flag) is bool for flag in flags):
        raise Broken("tries")
    return Tries(left, *map(bool, flags))


def value(answer: dict[str, Any]) -> bytes:
    """A signature value, or a certificate request."""
    return _value(answer.get("value"))


def series(answer: dict[str, Any], *, asked_for: int) -> Series:
    """The values of one login; fewer than were asked for only with the reason why."""
    values = _members(answer.get("values"), _value, most=asked_for)
    told = answer.get("stopped")
    stopped = refusal(told) if isinstance(told, dict) else None
    if (stopped is None) is not (len(values) == asked_for) or (told is None) is not (stopped is None):
        raise Broken("series")
    return Series(values, stopped)


def _value(told: object) -> bytes:
    found = _octets(told)
    if not 0 < len(found) <= MAX_VALUE_BYTES:
        raise Broken("value")
    return found


def nothing(answer: dict[str, Any]) -> None:
    """The answer of an act that gives nothing back."""
    if answer:
        raise Broken("more than was asked")
