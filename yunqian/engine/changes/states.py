"""A document's revisions as layers of one file: what every object was in every revision, read once.

No prefix of the file is ever copied or opened: a revision is the cross-reference sections up to it. Whatever is
not plainly one chain of updates, each inside its own bytes, is Unsound.
"""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from yunqian.engine.changes.sections import Place, Section, decoded, object_at, section
from yunqian.engine.changes.values import Reference, Stream, Unsound, Value, read, references

_END = re.compile(rb"startxref[\x00\t\n\f\r ]+(\d{1,10})[\x00\t\n\f\r ]+%%EOF(?:\r\n|\r|\n)?")
_NUMBER = re.compile(rb"\d+")
_MENTION = re.compile(
    rb"(?<!\d)(\d{1,10})(?:[\x00\t\n\f\r ]++|%[^\r\n]*+)++\d{1,5}(?:[\x00\t\n\f\r ]++|%[^\r\n]*+)++R"
)
_UNNAMED = re.compile(rb"\d[\x00\t\n\f\r ]+\d{1,5}[\x00\t\n\f\r ]+obj(?![A-Za-z0-9])|trailer")
_SHORT_BYTES = 4096
_MOST_REVISIONS = 10_000
_MOST_MEMBERS = 1_000_000
_MOST_ROWS = 1_500_000  # of all sections together: a few bytes can name a million objects again and again
_MOST_UNFOLDED_BYTES = 128 * 1024 * 1024  # of all object streams together


@dataclass(frozen=True, slots=True)
class Layer:
    """What one revision adds: where it ends, its trailer, the places that its own sections name, and these."""

    end: int
    trailer: dict[str, Value]
    places: dict[int, Place]
    sections: tuple[Section, ...]


def layers(document: bytes) -> list[Layer]:
    """A document's revisions, first to last. Raises Unsound.

    The chain from the last startxref decides, not what looks like an end: a document can be inside a document.
    """
    ends: dict[int, int] = {}
    last = None
    for match in _END.finditer(document):
        last = int(match[1])
        if last < match.start():
            ends.setdefault(last, match.end())
    found: list[Layer] = []
    for group in reversed(_groups(_chain(document, last, ends), ends)):
        end = ends[group[0].start]
        begin = found[-1].end if found else 0
        places: dict[int, Place] = {}
        for one in reversed(group):
            if not begin <= one.start < end:
                raise Unsound("revisions that overlap or stand in another order")
            places.update(one.places)
        found.append(Layer(end, group[0].trailer, places, tuple(group)))
    return found


def _groups(chain: list[Section], ends: dict[int, int]) -> list[list[Section]]:
    """The sections of each revision, last revision first, the one that its startxref names at the head.

    Others follow it: the second section of a linearized document (annex F), or what one writer left in pieces.
    """
    groups: list[list[Section]] = []
    for one in chain:
        if one.start in ends:
            groups.append([one])
        elif groups:
            groups[-1].append(one)
    if not groups or groups[0][0] is not chain[0]:
        raise Unsound("sections that belong to no revision")
    return groups


def _chain(document: bytes, start: int | None, ends: dict[int, int]) -> list[Section]:
    """The sections from the last to the first, by /Prev."""
    starts: set[int] = set()
    chain: list[Section] = []
    known, rows = sorted(ends.values()), 0
    while start is not None:
        if start in starts or len(starts) > _MOST_REVISIONS:
            raise Unsound("a chain of sections that runs in a circle")
        starts.add(start)
        earlier = bisect_right(known, start)
        chain.append(section(document, start, own_from=known[earlier - 1] if earlier else 0))
        start, rows = chain[-1].previous, rows + len(chain[-1].places)
        if rows > _MOST_ROWS:
            raise Unsound("sections that name more objects than documents have")
    return chain


class Store:
    """Every object of every revision, read when asked for, once per place."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.layers = layers(document)
        self._values: dict[tuple[int, int, int | None, int], Value] = {}
        self._containers: dict[int, tuple[bytes, list[tuple[int, int]]]] = {}
        self._unfolded = 0

    def state(self, revision: int) -> "State":
        """The document as it was in revision `revision`, from 1."""
        return State(self, revision)

    def place(self, number: int, revision: int) -> Place | None:
        """Where an object stands in a revision; None where it is free or was never written."""
        for layer in reversed(self.layers[:revision]):
            if number in layer.places:
                found = layer.places[number]
                return found if found.offset is not None else None
        return None

    def value(self, number: int, revision: int) -> Value:
        """An object's value in a revision; null where there is none. Raises Unsound."""
        place = self.place(number, revision)
        if place is None:
            return None
        key = number, *self._key(place, revision)
        if key not in self._values:
            self._values[key] = self._read(number, place, revision)
        return self._values[key]

    def _key(self, place: Place, revision: int) -> tuple[int, int | None, int]:
        if place.container is None:
            return place.offset or 0, None, place.generation
        return self._container_offset(place.container, revision), place.generation, 0

    def _container_offset(self, container: int, revision: int) -> int:
        place = self.place(container, revision)
        if place is None or place.container is not None or place.offset is None:
            raise Unsound("an object stream that is not there")
        return place.offset

    def _read(self, number: int, place: Place, revision: int) -> Value:
        if place.container is None:
            return self._plain(number, place, revision)
        content, members = self.container(place.container, revision)
        if place.generation >= len(members) or members[place.generation][0] != number:
            raise Unsound("an object stream without the object that the cross-reference names")
        value, _ = read(content, members[place.generation][1])
        return value

    def _plain(self, number: int, place: Place, revision: int) -> Value:
        offset = place.offset or 0
        itself, value, end = object_at(
            self.document, offset, lambda reference: self._length(reference, revision)
        )
        if itself != (number, place.generation) or end > self.layers[revision - 1].end:
            raise Unsound("another object than the cross-reference names")
        return value

    def require_named(self, revision: int) -> None:
        """Every object in the bytes of a later revision is one that its sections name. Raises Unsound.

        One that none names is nothing, until a reader that repairs takes the last it finds for the right one.
        """
        layer, at = self.layers[revision - 1], self.layers[revision - 2].end
        tables = [one for one in layer.sections if self.document.startswith(b"xref", one.start)]
        named = {place.offset for place in layer.places.values() if place.container is None}
        named |= {one.start for one in layer.sections if one not in tables}
        hybrids = [one.trailer.get("/XRefStm") for one in tables]
        named |= {one for one in hybrids if isinstance(one, int)}
        stray: list[bytes] = []
        for offset in sorted(one for one in named if one is not None and one >= at):
            stray += _UNNAMED.findall(self.document, at, offset)
            _, _, at = object_at(self.document, offset, lambda one: self._length(one, revision))
        stray += _UNNAMED.findall(self.document, at, layer.end)
        if stray != [b"trailer"] * len(tables):
            raise Unsound("an object that no section names")

    def _length(self, reference: Reference, revision: int) -> Value:
        place = self.place(reference.number, revision)
        if place is None or place.container is not None or place.generation != reference.generation:
            raise Unsound("a stream whose length is not there")
        _, value, _ = object_at(self.document, place.offset or 0)
        return value

    def container(self, container: int, revision: int) -> tuple[bytes, list[tuple[int, int]]]:
        """An object stream's content, and number and offset of each member (§7.5.7)."""
        offset = self._container_offset(container, revision)
        if offset not in self._containers:
            stream = self._plain(container, Place(offset, 0), revision)
            if not isinstance(stream, Stream) or stream.entries.get("/Type") != "/ObjStm":
                raise Unsound("an object stream that is none")
            found = _members(stream)
            self._unfolded += len(found[0])
            if self._unfolded > _MOST_UNFOLDED_BYTES:
                raise Unsound("object streams that unfold without end")
            self._containers[offset] = found
        return self._containers[offset]


def _members(stream: Stream) -> tuple[bytes, list[tuple[int, int]]]:
    content = decoded(stream)
    first, count = stream.entries.get("/First"), stream.entries.get("/N")
    if not isinstance(first, int) or not isinstance(count, int) or not 0 <= count <= _MOST_MEMBERS:
        raise Unsound("an object stream without its measures")
    numbers = itertools.islice(_NUMBER.finditer(content, 0, first), 2 * count)
    said = [int(one[0]) for one in numbers]
    if len(said) < 2 * count:
        raise Unsound("an object stream whose list is too short")
    return content, [(said[2 * at], first + said[2 * at + 1]) for at in range(count)]


class State:
    """One revision of a document."""

    def __init__(self, store: Store, revision: int) -> None:
        self._store, self.revision = store, revision

    @property
    def trailer(self) -> dict[str, Value]:
        """The trailer that a reader of this revision begins with."""
        return self._store.layers[self.revision - 1].trailer

    @cached_property
    def root(self) -> dict[str, Value]:
        """The catalog. Raises Unsound where there is none."""
        root = self.resolved(self.trailer.get("/Root"))
        if not isinstance(root, dict):
            raise Unsound("a document without catalog")
        return root

    def place(self, number: int) -> Place | None:
        """Where an object stands, None where it is not."""
        return self._store.place(number, self.revision)

    def value(self, number: int) -> Value:
        """An object's value. Raises Unsound."""
        return self._store.value(number, self.revision)

    def resolved(self, value: Value) -> Value:
        """What a value stands for, references followed. Raises Unsound."""
        for _ in range(16):
            if not isinstance(value, Reference):
                return value
            place = self.place(value.number)
            held = 0 if place is None or place.container is not None else place.generation
            if place is None or held != value.generation:
                return None
            value = self.value(value.number)
        raise Unsound("references that run in a circle")

    def listed(self, value: Value) -> list[Value]:
        """An array's elements; of anything else, none."""
        found = self.resolved(value)
        return found if isinstance(found, list) else []

    def entries(self, value: Value) -> dict[str, Value]:
        """A dictionary's entries, a stream's too; of anything else, none."""
        found = self.resolved(value)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}


class Mentions:
    """Who refers to whom, as far as bytes show it: a superset, kept up revision by revision.

    It answers two questions without walking the document: was this number referred to before it existed, and
    is this object used in another role too.
    """

    def __init__(self, store: Store, revision: int) -> None:
        self._store = store
        self._owners: dict[int, list[int]] = {}
        places: dict[int, Place] = {}
        for layer in store.layers[:revision]:
            places.update(layer.places)
        self._add(places, revision)

    def extend(self, revision: int) -> None:
        """Take in what one more revision says."""
        self._add(self._store.layers[revision - 1].places, revision)

    def owners(self, number: int, state: State) -> set[int]:
        """The objects that really refer to `number` in a state; cross-reference streams are trailers, not users."""
        candidates = set(self._owners.get(number, ()))
        return {one for one in candidates if _refers(state.value(one), number)}

    def _add(self, places: dict[int, Place], revision: int) -> None:
        owners = self._owners
        for number, said in self._texts(places, revision):
            for mentioned in set(_MENTION.findall(said)):
                owners.setdefault(int(mentioned), []).append(number)

    def _texts(self, places: dict[int, Place], revision: int) -> Iterator[tuple[int, bytes]]:
        """Each live object with bytes that hold at least every reference it makes."""
        store, document = self._store, self._store.document
        plain = sorted(
            (place.offset, number)
            for number, place in places.items()
            if place.offset is not None and place.container is None
        )
        ends = [offset for offset, _ in plain[1:]] + [store.layers[revision - 1].end]
        for (offset, number), end in zip(plain, ends, strict=True):
            yield number, _without_content(document, offset, end)
        for container in {place.container for place in places.values() if place.container is not None}:
            content, members = store.container(container, revision)
            starts = sorted({at for _, at in members} | {len(content)})
            following = dict(itertools.pairwise(starts))
            for number, at in members:
                yield number, content[at : following.get(at, len(content))]


def _refers(value: Value, number: int) -> bool:
    is_trailer = isinstance(value, Stream) and value.entries.get("/Type") == "/XRef"
    return not is_trailer and number in references(value)


def _without_content(document: bytes, offset: int, end: int) -> bytes:
    """An object's bytes; of a long one, or one that could hide another object in a string, its value as read.

    Where such a value cannot be read, its bytes stand for it.
    """
    said = document[offset:end]
    if len(said) <= _SHORT_BYTES and b"(" not in said and b"%" not in said:
        return said
    try:
        start = document.index(b"obj", offset, offset + 32) + 3
        _, stop = read(document, start)
    except ValueError:
        return said
    return document[start:stop]
