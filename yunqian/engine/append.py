"""One incremental update by our own hand (ISO 32000-2 §7.5.6): objects, cross-reference table or stream, trailer.

qpdf reads, we write only what is new: the result is a tail to be put behind the document, whose own bytes are
never touched, so that every earlier signature keeps standing.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Mapping

import pikepdf

from yunqian.engine import reading
from yunqian.problems import Problem, Refused

_TAIL = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_NUMBER_BEFORE = re.compile(rb"\d+\Z")
_WRITTEN_BY_QPDF = re.compile(rb"%PDF-\d\.\d\n%\xbf\xf7\xa2\xfe\n")
_ROW = struct.Struct(">BIH")
_KEPT_IN_TRAILER = ("/Root", "/Info")


def opened(document: bytes) -> pikepdf.Pdf:
    """Read a document strictly: nothing is repaired behind the signer's back.

    Raises Refused(DOCUMENT_ENCRYPTED) or Refused(DOCUMENT_BROKEN).
    """
    try:
        pdf = reading.strictly(document)
    except pikepdf.PasswordError as error:
        raise Refused(Problem.DOCUMENT_ENCRYPTED) from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error
    if pdf.is_encrypted:
        raise Refused(Problem.DOCUMENT_ENCRYPTED)
    return pdf


def reference(number: int, generation: int = 0) -> bytes:
    """An indirect reference as bytes."""
    return b"%d %d R" % (number, generation)


def reference_to(thing: pikepdf.Object) -> bytes:
    """An indirect reference to an object that the document has already."""
    return reference(*thing.objgen)


def stream(entries: bytes, content: bytes) -> bytes:
    """A stream object: its dictionary's entries (without /Length) and its encoded content."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


def deflated(entries: bytes, content: bytes) -> bytes:
    """A stream object whose content is compressed here."""
    return stream(entries + b"/Filter/FlateDecode", zlib.compress(content))


def text_string(text: str) -> bytes:
    """A PDF text string (ISO 32000-2 §7.9.2.2) as a hexadecimal string: ASCII as it is, all else as UTF-16BE."""
    encoded = text.encode("ascii") if text.isascii() else b"\xfe\xff" + text.encode("utf-16-be")
    return b"<" + encoded.hex().encode("ascii") + b">"


def number(value: float) -> bytes:
    """A PDF number with at most four decimals; PDF knows no exponent."""
    return f"{value:.4f}".rstrip("0").rstrip(".").encode("ascii")


def numbers(values: Iterable[float]) -> bytes:
    """Several numbers, separated by spaces."""
    return b" ".join(number(value) for value in values)


def with_entries(dictionary: pikepdf.Object, entries: Mapping[str, bytes]) -> bytes:
    """A dictionary's bytes with some entries set; every other entry stays as qpdf read it.

    The dictionary in memory loses those entries: it is read, never written, by anybody else.
    """
    for key in entries:
        if key in dictionary:
            del dictionary[key]
    kept = dictionary.unparse(resolved=True).rstrip()
    added = b"".join(key.encode("ascii") + b" " + value for key, value in entries.items())
    return kept[: -len(b">>")] + added + b">>"


class Update:
    """The objects of one update to a document, and the tail made of them."""

    def __init__(self, document: bytes) -> None:
        self.pdf = opened(document)
        match = _TAIL.search(document[-2048:])
        if match is None:
            raise Refused(Problem.DOCUMENT_BROKEN)
        self._document_size = len(document)
        self._needs_newline = not document.endswith((b"\n", b"\r"))
        self._previous = int(match[1])
        self._is_table = document[self._previous : self._previous + 4] == b"xref"
        self._next = int(self.pdf.trailer.Size)
        self._holes = _holes(document, self._next)
        self._objects: dict[int, tuple[int, bytes]] = {}
        self._changed: dict[int, dict[str, bytes]] = {}
        self._offsets: dict[int, tuple[int, int]] = {}

    def reserve(self) -> int:
        """A fresh object number whose object is put later; never one that the document names already."""
        while self._next in self._holes:
            self._next += 1
        self._next += 1
        return self._next - 1

    def add(self, body: bytes) -> int:
        """Add a new object; its number."""
        fresh = self.reserve()
        self._objects[fresh] = (0, body)
        return fresh

    def put(self, fresh: int, body: bytes) -> None:
        """Fill an object number that was reserved."""
        self._objects[fresh] = (0, body)

    def replace(self, thing: pikepdf.Object, body: bytes) -> None:
        """Give an object of the document a new state, under its own number and generation."""
        found, generation = thing.objgen
        self._objects[found] = (generation, body)

    def change(self, dictionary: pikepdf.Object, entries: Mapping[str, bytes]) -> None:
        """Set entries of a dictionary of the document; several changes of one dictionary add up."""
        merged = self._changed.setdefault(dictionary.objgen[0], {})
        merged.update(entries)
        self.replace(dictionary, with_entries(dictionary, merged))

    def tail(self) -> bytes:
        """The bytes to put behind the document."""
        parts = [b"\n" if self._needs_newline else b""]
        at = self._document_size + len(parts[0])
        offsets = self._offsets = {}
        for found, (generation, body) in sorted(self._objects.items()):
            written = b"%d %d obj\n%s\nendobj\n" % (found, generation, body)
            offsets[found] = (generation, at)
            parts.append(written)
            at += len(written)
        parts.append(self._table(offsets, at) if self._is_table else self._stream(offsets, at))
        return b"".join(parts)

    def place_in_tail(self, fresh: int) -> int:
        """Where an object of this update begins in the tail that was made last."""
        return self._offsets[fresh][1] - self._document_size

    def _trailer(self) -> bytes:
        trailer = self.pdf.trailer
        kept = [
            key.encode() + b" " + reference_to(trailer[key]) for key in _KEPT_IN_TRAILER if key in trailer
        ]
        if "/ID" in trailer:
            kept.append(b"/ID " + trailer.ID.unparse(resolved=True))
        return b"/Size %d/Prev %d" % (self._next, self._previous) + b"".join(kept)

    def _table(self, offsets: dict[int, tuple[int, int]], at: int) -> bytes:
        """A cross-reference table (§7.5.4): rows of exactly 20 bytes."""
        parts = [b"xref\n"]
        for run in _runs(offsets):
            parts.append(b"%d %d\n" % (run[0], len(run)))
            parts += [b"%010d %05d n \n" % (offsets[found][1], offsets[found][0]) for found in run]
        parts.append(b"trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n" % (self._trailer(), at))
        return b"".join(parts)

    def _stream(self, offsets: dict[int, tuple[int, int]], at: int) -> bytes:
        """A cross-reference stream (§7.5.8), which also lists itself."""
        itself = self.reserve()
        offsets[itself] = (0, at)
        index = b" ".join(b"%d %d" % (run[0], len(run)) for run in _runs(offsets))
        rows = b"".join(_ROW.pack(1, offsets[found][1], offsets[found][0]) for found in sorted(offsets))
        body = deflated(b"/Type/XRef/W[1 4 2]/Index[%s]%s" % (index, self._trailer()), rows)
        return b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (itself, body, at)


def _holes(document: bytes, size: int) -> frozenset[int]:
    """Numbers from `size` on that the document refers to without having such an object.

    Such a reference reads as null (§7.3.10), and office programs leave them behind. An object of ours under the
    number would fill the hole and so change what an earlier signature covers. Looked for where references stand
    plainly, not in compressed object streams; what qpdf wrote, as intake makes it write, has none.
    """
    if _WRITTEN_BY_QPDF.match(document):
        return frozenset()
    found = set()
    at = document.find(b" 0 R")
    while at >= 0:
        number = _NUMBER_BEFORE.search(document, max(0, at - 10), at)
        if number:
            found.add(int(number[0]))
        at = document.find(b" 0 R", at + 4)
    return frozenset(named for named in found if named >= size)


def _runs(offsets: Iterable[int]) -> list[list[int]]:
    """Object numbers as runs without gaps, as both kinds of cross-reference want them."""
    runs: list[list[int]] = []
    for found in sorted(offsets):
        if runs and runs[-1][-1] == found - 1:
            runs[-1].append(found)
        else:
            runs.append([found])
    return runs
