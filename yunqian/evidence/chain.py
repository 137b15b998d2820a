"""The hash chain of audit events: each event's hash covers its content and the hash before it.

Hashing is over canonical JSON (RFC 8785), so that anybody with the exported events and any JSON library
can compute the same hashes. Numbers are integers only: RFC 8785 leaves no doubt about integers, and an
audit event has no need of fractions.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Union

from yunqian.problems import Problem, Refused

FORMAT = "yunqian.audit.v1"
NOTHING_BEFORE = "0" * 64
"""What the first event names as the hash before it."""

_LARGEST_EXACT = 2**53 - 1

Value = Union[str, int, bool, None, Sequence["Value"], Mapping[str, "Value"]]  # noqa: UP007 (it names itself)


@dataclass(frozen=True)
class Link:
    """One audit event with its place in the chain. `at` is aware; `person` is an identifier, never a name."""

    chain: str
    sequence: int
    previous_hash: str
    kind: str
    person: str | None
    facts: Mapping[str, Value]
    at: datetime
    hash: str


class Fault(StrEnum):
    """What a check of a chain can find."""

    SEQUENCE = "sequence"  # an event is missing, doubled or out of order
    PREVIOUS = "previous"  # the link to the event before is broken
    CONTENT = "content"  # the event does not hash to its hash
    CHAIN = "chain"  # the event belongs to another chain


@dataclass(frozen=True)
class Break:
    """Where a chain is broken, and how."""

    sequence: int
    fault: Fault


def canonical(value: Value) -> bytes:
    """The RFC 8785 form of a JSON value, as UTF-8.

    Keys are sorted by their UTF-16 code units (§3.2.3). Raises Refused(REQUEST_INVALID) for a fraction, for
    an integer that JavaScript cannot hold exactly, and for text that is not Unicode.
    """
    try:
        return _text(value).encode()
    except UnicodeEncodeError:
        raise Refused(Problem.REQUEST_INVALID, detail="text with a lone surrogate") from None


def _text(value: Value) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > _LARGEST_EXACT:
            raise Refused(Problem.REQUEST_INVALID, detail="an integer beyond 2^53")
        return str(int(value))
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=lambda pair: _utf16(pair[0]))
        return "{" + ",".join(f"{_text(key)}:{_text(item)}" for key, item in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    raise Refused(Problem.REQUEST_INVALID, detail=f"{type(value).__name__} in an audit event")


def _utf16(key: object) -> bytes:
    if not isinstance(key, str):
        raise Refused(Problem.REQUEST_INVALID, detail="a key that is not text in an audit event")
    return key.encode("utf-16-be")


def forge(
    previous: Link | None,
    *,
    chain: str,
    kind: str,
    person: str | None,
    facts: Mapping[str, Value],
    at: datetime,
) -> Link:
    """The event that follows `previous` (None: the first one), with its number and hash filled in."""
    sequence = previous.sequence + 1 if previous else 1
    before = previous.hash if previous else NOTHING_BEFORE
    link = Link(chain, sequence, before, kind, person, facts, at, hash="")
    return replace(link, hash=hash_of(link))


def breaks(links: Sequence[Link]) -> tuple[Break, ...]:
    """Every place where the chain is broken; empty when it is whole.

    What cannot be seen from the chain alone is a chain cut short at its end; the newest hash, kept elsewhere,
    shows that.
    """
    found = []
    before, chain = NOTHING_BEFORE, links[0].chain if links else ""
    for position, link in enumerate(links, start=1):
        found += [Break(link.sequence, fault) for fault in _faults(link, position, before, chain)]
        before = link.hash
    return tuple(found)


def _faults(link: Link, position: int, before: str, chain: str) -> list[Fault]:
    checks = (
        (Fault.CHAIN, link.chain == chain),
        (Fault.SEQUENCE, link.sequence == position),
        (Fault.PREVIOUS, link.previous_hash == before),
        (Fault.CONTENT, link.hash == hash_of(link)),
    )
    return [fault for fault, holds in checks if not holds]


def hash_of(link: Link) -> str:
    """The hash that the link's content deserves, whatever hash it claims."""
    content: dict[str, Value] = {
        "format": FORMAT,
        "chain": link.chain,
        "sequence": link.sequence,
        "previous_hash": link.previous_hash,
        "kind": link.kind,
        "person": link.person,
        "facts": link.facts,
        "at": moment(link.at),
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def moment(at: datetime) -> str:
    """A time as the chain writes it: UTC with microseconds and a Z, always the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
