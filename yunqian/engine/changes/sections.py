"""Cross-reference sections read by ourselves, exactly as the standard writes them (ISO 32000-2 §7.5.4, §7.5.8).

A table, a stream, or both together (a hybrid, §7.5.8.4). What deviates is Unsound: a reader that repairs would
see something else than one that does not.
"""

import itertools
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from yunqian.engine.changes.values import Reference, Stream, Unsound, Value, read

_SUBSECTION = re.compile(rb"[\x00\t\n\f\r ]*(\d{1,10}) (\d{1,10}) *(?:\r\n|\r|\n)")
_ROWS = re.compile(rb"(?:\d{10} \d{5} [nf](?: \r| \n|\r\n))*")
_ROW_BYTES = 20
_TRAILER = re.compile(rb"[\x00\t\n\f\r ]*trailer(?=[\x00\t\n\f\r <])")
_HEADER = re.compile(
    rb"(\d{1,10})[\x00\t\n\f\r ]+(\d{1,5})[\x00\t\n\f\r ]+obj(?![^\x00\t\n\f\r ()<>\[\]{}/%])"
)
_STREAM = re.compile(rb"[\x00\t\n\f\r ]*stream(?:\r\n|\n)")
_AFTER_STREAM = re.compile(rb"(?:\r\n|\r|\n)?endstream[\x00\t\n\f\r ]+endobj(?![A-Za-z0-9])")
_AFTER_VALUE = re.compile(rb"(?:[\x00\t\n\f\r ]++|%[^\r\n]*+)*+endobj(?![A-Za-z0-9])")
_MOST_OBJECTS = 1_000_000
_MOST_BYTES = 64 * 1024 * 1024  # of one decoded stream: more is a bomb


LengthOf = Callable[[Reference], Value]


class Place(NamedTuple):
    """Where an object stands: at a byte, or in an object stream (then `generation` is its index there).

    `offset` is None for a free number.
    """

    offset: int | None
    generation: int
    container: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section with its trailer."""

    start: int
    trailer: dict[str, Value]
    places: dict[int, Place]

    @property
    def previous(self) -> int | None:
        """Where the section that this one continues starts."""
        return _whole(self.trailer, "/Prev")


def section(document: bytes, start: int, *, own_from: int = 0) -> Section:
    """The section that starts at `start`, of a revision that begins at `own_from`. Raises Unsound.

    A hybrid's table comes before its stream. Within one revision they may not name two places for one object;
    some writers repeat the stream of an earlier revision, whose rows the new table overrides.
    """
    if document[start : start + 4] != b"xref":
        return _of_stream(document, start)
    places, at = _table(document, start + 4)
    trailer, _ = read(document, at)
    if not isinstance(trailer, dict):
        raise Unsound("a trailer that is no dictionary")
    hybrid = _whole(trailer, "/XRefStm")
    if hybrid is None:
        return Section(start, trailer, places)
    hidden = _of_stream(document, hybrid).places
    shown = {number: place for number, place in places.items() if place.offset is not None}
    if hybrid >= own_from and any(hidden.get(number, place) != place for number, place in shown.items()):
        raise Unsound("table and stream of one section name different places")
    return Section(start, trailer, {**places, **hidden, **shown})


def object_at(document: bytes, at: int, length_of: LengthOf | None = None) -> tuple[Reference, Value, int]:
    """The object at an offset: its own number, its value, and where it ends. Raises Unsound.

    `length_of` resolves a /Length that is a reference.
    """
    match = _HEADER.match(document, at)
    if match is None or document[max(0, at - 1) : at].isdigit():  # in the middle of a number
        raise Unsound(f"no object at {at}")
    value, end = read(document, match.end())
    itself = Reference(int(match[1]), int(match[2]))
    opened = _STREAM.match(document, end) if isinstance(value, dict) else None
    if opened is not None and isinstance(value, dict):
        length = value.get("/Length")
        if isinstance(length, Reference) and length_of is not None:
            length = length_of(length)
        if not isinstance(length, int) or length < 0:
            raise Unsound("a stream without length")
        end = opened.end() + length
        closed = _AFTER_STREAM.match(document, end)
        if closed is None:
            raise Unsound("a stream whose length is wrong")
        return itself, Stream(value, document[opened.end() : end]), closed.end()
    closed = _AFTER_VALUE.match(document, end)
    if closed is None:
        raise Unsound("an object without end")
    return itself, value, closed.end()


def _table(document: bytes, at: int) -> tuple[dict[int, Place], int]:
    """A table's rows, and where its trailer's dictionary begins."""
    places: dict[int, Place] = {}
    while (head := _SUBSECTION.match(document, at)) is not None:
        first, count = int(head[1]), int(head[2])
        at = head.end() + _ROW_BYTES * count
        rows = document[head.end() : at]
        if first + count > _MOST_OBJECTS or len(rows) != _ROW_BYTES * count or _ROWS.fullmatch(rows) is None:
            raise Unsound("a cross-reference table with a row of another shape")
        if not places.keys().isdisjoint(range(first, first + count)):
            raise Unsound("a table that names an object twice")
        for number, row in enumerate(range(0, len(rows), _ROW_BYTES), start=first):
            offset = int(rows[row : row + 10]) if rows[row + 17 : row + 18] == b"n" else None
            places[number] = Place(offset, int(rows[row + 11 : row + 16]))
    match = _TRAILER.match(document, at)
    if match is None:
        raise Unsound("a cross-reference table without trailer")
    return places, match.end()


def _of_stream(document: bytes, start: int) -> Section:
    _, value, _ = object_at(document, start)
    if not isinstance(value, Stream) or value.entries.get("/Type") != "/XRef":
        raise Unsound(f"no cross-reference section at {start}")
    widths = _numbers(value.entries.get("/W"))
    size = _whole(value.entries, "/Size")
    index = _numbers(value.entries["/Index"]) if "/Index" in value.entries else [0, size or 0]
    if len(widths) != 3 or any(not 0 <= width <= 8 for width in widths) or not sum(widths) or len(index) % 2:
        raise Unsound("a cross-reference stream of unknown shape")
    rows = decoded(value)
    numbers = [one for at in range(0, len(index), 2) for one in _run(index[at], index[at + 1])]
    if len(rows) < len(numbers) * sum(widths) or len(set(numbers)) != len(numbers):
        raise Unsound("a cross-reference stream that is too short or names an object twice")
    return Section(start, value.entries, dict(zip(numbers, _places(rows, widths), strict=False)))


def _run(first: int, count: int) -> range:
    if first < 0 or not 0 <= count <= _MOST_OBJECTS - first:
        raise Unsound("a cross-reference stream with an impossible /Index")
    return range(first, first + count)


def _places(rows: bytes, widths: list[int]) -> list[Place]:
    """Every row as a place: type, then offset and generation, or container and index (table 18)."""
    one, two, three = widths
    size, second = one + two + three, one + two
    whole = int.from_bytes
    places = []
    for at in range(0, len(rows) - size + 1, size):
        kind = rows[at] if one == 1 else whole(rows[at : at + one], "big") if one else 1
        first, last = whole(rows[at + one : at + second], "big"), whole(rows[at + second : at + size], "big")
        if kind == 1:
            places.append(Place(first, last))
        elif kind == 2:
            places.append(Place(0, last, first))
        elif kind == 0:
            places.append(Place(None, last))
        else:
            raise Unsound("a cross-reference stream with a row of unknown type")
    return places


def decoded(stream: Stream) -> bytes:
    """A stream's content; only /FlateDecode with PNG predictors, which structure streams use. Raises Unsound."""
    name, parameters = stream.entries.get("/Filter"), stream.entries.get("/DecodeParms")
    if isinstance(name, list) and len(name) <= 1:
        name = name[0] if name else None
        parameters = parameters[0] if isinstance(parameters, list) and parameters else None
    if name is None:
        return stream.raw
    if name != "/FlateDecode" or not isinstance(parameters, dict | None):
        raise Unsound("a structure stream with an unknown filter")
    return _unpredicted(_inflated(stream.raw), parameters or {})


def _inflated(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, _MOST_BYTES)
    except zlib.error as error:
        raise Unsound("a stream that cannot be inflated") from error
    if unpacking.unconsumed_tail:
        raise Unsound("a stream that is too large")
    return content


def _unpredicted(content: bytes, parameters: dict[str, Value]) -> bytes:
    """PNG prediction undone, as far as it is None or Up in every row: nobody uses another for structure."""
    predictor = _whole(parameters, "/Predictor") or 1
    if predictor == 1:
        return content
    columns = _whole(parameters, "/Columns") or 1
    is_bytewise = parameters.get("/Colors", 1) == 1 and parameters.get("/BitsPerComponent", 8) == 8
    if predictor < 10 or columns < 1 or not is_bytewise:
        raise Unsound("a predictor that structure streams do not use")
    stride = columns + 1
    kinds = content[::stride]
    if len(content) % stride or kinds.strip(b"\x00\x02"):
        raise Unsound("a prediction of another kind than Up")
    if not kinds.strip(b"\x00"):
        return b"".join(content[at + 1 : at + stride] for at in range(0, len(content), stride))
    if kinds.strip(b"\x02"):
        raise Unsound("mixed predictions")
    shown = bytearray(len(kinds) * columns)
    for column in range(columns):
        steps = content[column + 1 :: stride]
        shown[column::columns] = bytes([one & 255 for one in itertools.accumulate(steps)])
    return bytes(shown)


def _whole(entries: dict[str, Value], key: str) -> int | None:
    value = entries.get(key)
    if value is None:
        return None
    if not isinstance(value, int):
        raise Unsound(f"{key} is no whole number")
    return value


def _numbers(value: Value) -> list[int]:
    if not isinstance(value, list):
        raise Unsound("no list of numbers")
    whole = [one for one in value if isinstance(one, int)]
    if len(whole) != len(value):
        raise Unsound("a list of something else than whole numbers")
    return whole
