"""Reading PDF objects strictly, as plain values that can be compared (ISO 32000-2 §7.3).

Our own reader beside qpdf, because the question here is another one: not "what could this be", but "is there
only one thing this can be". Whatever two readers could read in two ways is `Unsound`. Values:

null `None` · boolean `Word` · number `int`, `float` · string `bytes` · name `str` with its slash · array `list` ·
dictionary `dict` without null entries · stream `Stream` · reference `Reference`
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_MAX_DEPTH = 64
_TOKEN = re.compile(
    rb"(?:[\x00\t\n\f\r ]++|%[^\r\n]*+)*+"  # possessive: a stranger's blanks cost no more than their number
    rb"(?:(?P<reference>(\d{1,10})[\x00\t\n\f\r ]+(\d{1,5})[\x00\t\n\f\r ]+R(?![^\x00\t\n\f\r ()<>\[\]{}/%]))"
    rb"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?![^\x00\t\n\f\r ()<>\[\]{}/%]))"
    rb"|(?P<name>/[^\x00\t\n\f\r ()<>\[\]{}/%]*)"
    rb"|(?P<opened><<|\[)"
    rb"|(?P<closed>>>|\])"
    rb"|(?P<hexadecimal><[0-9A-Fa-f\x00\t\n\f\r ]*>)"
    rb"|(?P<literal>\()"
    rb"|(?P<word>[A-Za-z]+))"
)
_LITERAL_PART = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*", re.S)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n|\r", re.S)
_ESCAPED = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}
_BLANKS = re.compile(rb"[\x00\t\n\f\r ]+")
_HEX_IN_NAME = re.compile(r"#([0-9A-Fa-f]{2})")


class Unsound(ValueError):
    """What is there can be read in more than one way, or not at all."""


class Word(StrEnum):
    """The two booleans; Python's own would equal 0 and 1."""

    TRUE = "true"
    FALSE = "false"


class Reference(NamedTuple):
    """An indirect reference (§7.3.10)."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary, and its bytes as they stand in the document."""

    entries: "dict[str, Value]"
    raw: bytes


Value = None | Word | int | float | bytes | str | list["Value"] | dict[str, "Value"] | Stream | Reference


def read(text: bytes, at: int) -> tuple[Value, int]:
    """The value that begins at `at`, and where it ends. A stream is read as its dictionary. Raises Unsound."""
    return _Reader(text).value(at, 0)


def token(text: bytes, at: int) -> tuple[str, bytes, int]:
    """The kind and the bytes of the next token, and where it ends. Raises Unsound."""
    match = _TOKEN.match(text, at)
    if match is None or match.lastgroup is None:
        raise Unsound(f"nothing readable at {at}")
    return match.lastgroup, match[match.lastgroup], match.end()


class _Reader:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def value(self, at: int, depth: int) -> tuple[Value, int]:
        match = _TOKEN.match(self._text, at)
        if match is None or depth > _MAX_DEPTH:
            raise Unsound(f"nothing readable at {at}")
        return self._of(match, depth)

    def _of(self, match: re.Match[bytes], depth: int) -> tuple[Value, int]:
        end = match.end()
        match match.lastgroup:
            case "name":
                return _name(match["name"]), end
            case "reference":
                return Reference(int(match[2]), int(match[3])), end
            case "number":
                return _number(match["number"]), end
            case "opened":
                inside = self._dictionary if match["opened"] == b"<<" else self._array
                return inside(end, depth + 1)
            case "hexadecimal":
                return _hexadecimal(match["hexadecimal"]), end
            case "literal":
                return self._literal(end)
            case "word":
                return _word(match["word"]), end
        raise Unsound(f"a bracket that closes nothing at {end}")

    def _array(self, at: int, depth: int) -> tuple[list[Value], int]:
        found: list[Value] = []
        while True:
            match = _TOKEN.match(self._text, at)
            if match is None or depth > _MAX_DEPTH:
                raise Unsound(f"an array without end at {at}")
            if match["closed"] == b"]":
                return found, match.end()
            one, at = self._of(match, depth)
            found.append(one)

    def _dictionary(self, at: int, depth: int) -> tuple[dict[str, Value], int]:
        found: dict[str, Value] = {}
        while True:
            match = _TOKEN.match(self._text, at)
            if match is None or depth > _MAX_DEPTH:
                raise Unsound(f"a dictionary without end at {at}")
            if match["closed"] == b">>":
                return {key: one for key, one in found.items() if one is not None}, match.end()
            if match.lastgroup != "name":
                raise Unsound(f"a key that is no name at {at}")
            key = _name(match["name"])
            if key in found:
                raise Unsound(f"the key {key} stands twice in one dictionary")
            found[key], at = self.value(match.end(), depth)

    def _literal(self, at: int) -> tuple[bytes, int]:
        """A string in parentheses, which may nest (§7.3.4.2)."""
        start, open_ones = at, 1
        while open_ones:
            part = _LITERAL_PART.match(self._text, at)
            at = part.end() if part else at
            if at >= len(self._text) or self._text[at] not in b"()":
                raise Unsound(f"a string without end at {start}")
            open_ones += 1 if self._text[at] == 0x28 else -1
            at += 1
        return _ESCAPE.sub(_unescaped, self._text[start : at - 1]), at


def _unescaped(match: re.Match[bytes]) -> bytes:
    said = match[1]
    if said is None:  # an end of line of any kind is read as \n
        return b"\n"
    if said[:1].isdigit() and said[:1] < b"8":
        return bytes([int(said, 8) & 255])
    return _ESCAPED.get(said, said)


def _name(written: bytes) -> str:
    name = written.decode("latin-1")
    return _HEX_IN_NAME.sub(lambda match: chr(int(match[1], 16)), name) if "#" in name else name


def _number(written: bytes) -> int | float:
    return float(written) if b"." in written else int(written)


def _hexadecimal(written: bytes) -> bytes:
    digits = _BLANKS.sub(b"", written[1:-1])
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _word(written: bytes) -> Word | None:
    if written == b"null":
        return None
    try:
        return Word(written.decode("ascii"))
    except ValueError as error:
        raise Unsound("a word that is no value") from error


def references(value: Value) -> set[int]:
    """The numbers of all objects that a value refers to directly."""
    found: set[int] = set()
    waiting: list[Value] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Reference):
            found.add(one.number)
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, Stream):
            waiting += one.entries.values()
    return found
