"""Updates written by hand for tests: any object set to any value, legal or not, on top of a document."""

import copy
import zlib
from collections.abc import Mapping

from yunqian.engine.changes.states import State, Store
from yunqian.engine.changes.values import Reference, Stream, Value, Word


def written(value: Value) -> bytes:
    """A value as PDF syntax."""
    match value:
        case None:
            return b"null"
        case Word():
            return value.value.encode()
        case Reference():
            return b"%d %d R" % value
        case str():
            shown = (one if one.isalnum() or one in ".-_+" else f"#{ord(one):02x}" for one in value[1:])
            return ("/" + "".join(shown)).encode()
        case bytes():
            return b"<" + value.hex().encode() + b">"
        case list():
            return b"[" + b" ".join(map(written, value)) + b"]"
        case dict():
            return b"<<" + b" ".join(key.encode() + b" " + written(one) for key, one in value.items()) + b">>"
        case Stream():
            entries = {**value.entries, "/Length": len(value.raw)}
            return written(entries) + b"\nstream\n" + value.raw + b"\nendstream"
        case _:
            return str(value).encode()


class Draft:
    """One update in the making: what it adds, overwrites and frees, and its trailer."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.store = Store(document)
        self.state: State = self.store.state(len(self.store.layers))
        self.objects: dict[int, Value] = {}
        self.freed: set[int] = set()
        self.trailer: dict[str, Value] = {}
        self.size = int(self.state.trailer["/Size"])
        self.places: dict[int, int] = {}  # numbers whose row points where the test says

    def value(self, number: int) -> Value:
        """An object as it is so far; changing it changes the update."""
        if number not in self.objects:
            self.objects[number] = copy.deepcopy(self.state.value(number))
        return self.objects[number]

    def entries(self, reference: Value) -> dict[str, Value]:
        """The dictionary behind a reference, to be changed."""
        assert isinstance(reference, Reference)
        value = self.value(reference.number)
        if isinstance(value, Stream):
            return value.entries
        assert isinstance(value, dict)
        return value

    def add(self, value: Value) -> Reference:
        """A new object."""
        self.size += 1
        self.objects[self.size - 1] = value
        return Reference(self.size - 1, 0)

    @property
    def root(self) -> Reference:
        """The catalog's reference."""
        root = self.state.trailer["/Root"]
        assert isinstance(root, Reference)
        return root

    def page(self, number: int) -> Reference:
        """A page of a document with a flat page tree."""
        pages = self.state.entries(self.state.root["/Pages"])
        return self.state.listed(pages["/Kids"])[number]

    def field(self, name: str) -> Reference:
        """A top-level field, or `parent.child`."""
        first, _, rest = name.partition(".")
        found = self._named(self.state.entries(self.state.root["/AcroForm"])["/Fields"], first)
        return self._named(self.state.entries(found)["/Kids"], rest) if rest else found

    def _named(self, listed: Value, name: str) -> Reference:
        for one in self.state.listed(listed):
            if self.state.entries(one).get("/T") == name.encode():
                return one
        raise KeyError(name)

    def tail(self, *, is_stream: bool | None = None, previous: int | None = None) -> bytes:
        """The update's bytes."""
        last = int(self.document[self.document.rindex(b"startxref") + 9 :].split()[0])
        streamed = self.document[last : last + 4] != b"xref" if is_stream is None else is_stream
        parts, rows, at = [], dict.fromkeys(self.freed), len(self.document)
        for number, value in sorted(self.objects.items()):
            if number in self.freed:
                continue
            place = self.state.place(number)
            generation = 0 if place is None or place.container is not None else place.generation
            parts.append(b"%d %d obj\n%s\nendobj\n" % (number, generation, written(value)))
            rows[number] = (at, generation)
            at += len(parts[-1])
        rows.update({number: (offset, 0) for number, offset in self.places.items()})
        kept = {
            key: self.state.trailer[key] for key in ("/Root", "/Info", "/ID") if key in self.state.trailer
        }
        trailer = {
            **kept,
            "/Size": self.size,
            "/Prev": last if previous is None else previous,
            **self.trailer,
        }
        parts.append(_stream(rows, trailer, at) if streamed else _table(rows, trailer, at))
        return b"".join(parts)

    def document_after(self, **options: object) -> bytes:
        """The document with this update behind it."""
        return self.document + self.tail(**options)  # type: ignore[arg-type]


Rows = Mapping[int, tuple[int, int] | None]


def _table(rows: Rows, trailer: dict[str, Value], at: int) -> bytes:
    lines = [b"xref\n"]
    for number in sorted(rows):
        row = rows[number]
        shown = b"0000000000 65535 f \n" if row is None else b"%010d %05d n \n" % row
        lines.append(b"%d 1\n%s" % (number, shown))
    if not rows:
        lines.append(b"0 0\n")
    return b"".join(lines) + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (written(trailer), at)


def _stream(rows: Rows, trailer: dict[str, Value], at: int) -> bytes:
    itself = int(trailer["/Size"])  # type: ignore[arg-type]
    every = {**rows, itself: (at, 0)}
    index = [one for number in sorted(every) for one in (number, 1)]
    packed = b"".join(
        bytes([0]) + bytes(6)
        if row is None
        else bytes([1]) + row[0].to_bytes(4, "big") + row[1].to_bytes(2, "big")
        for row in (every[number] for number in sorted(every))
    )
    entries = {
        **trailer,
        "/Type": "/XRef",
        "/W": [1, 4, 2],
        "/Index": index,
        "/Size": itself + 1,
        "/Filter": "/FlateDecode",
    }
    body = written(Stream(entries, zlib.compress(packed)))
    return b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (itself, body, at)
