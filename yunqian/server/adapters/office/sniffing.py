"""Is this a Word document, and one that may be converted? Asked behind the walls, before LibreOffice reads a byte.

Two kinds are taken: Office Open XML (ECMA-376, ISO/IEC 29500: a ZIP whose [Content_Types].xml names a Word document)
and the older binary one (MS-DOC in a compound file, MS-CFB), which WPS writes too. By content, never by name.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from xml.etree import ElementTree
from xml.parsers import expat

from yunqian.problems import Problem, Refused

MOST_ENTRIES = 5000
MOST_UNPACKED_BYTES = 512 * 1024 * 1024
_MOST_XML_BYTES = 4 * 1024 * 1024
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_WITH_MACROS = "macroenabled"
_MACROS = "vbaproject"
_FETCHED = ("/image", "/oleobject", "/frame", "/subdocument", "/afchunk", "/video", "/audio", "/media")
_CONTENT_TYPES = "[Content_Types].xml"
_DIRECTORY_ENTRY = 128  # MS-CFB §2.6.1
_ROOT = 5
_ENTRY_KINDS = (1, 2, _ROOT)
_SHORT_STREAM = 4096  # MS-CFB §2.2
_WORD_MAGIC, _ENCRYPTED_FLAG = 0xA5EC, 0x0100  # MS-DOC §2.5.2


@dataclass(frozen=True, slots=True)
class Found:
    """A Word document: LibreOffice's name for its kind, the ending it gets, and what of it will be left out."""

    reader: str
    ending: str
    has_links: bool = False
    has_objects: bool = False


def of(document: bytes) -> Found:
    """What this is.

    Raises Refused(DOCUMENT_NOT_PDF) for anything but a Word document, Refused(DOCUMENT_ENCRYPTED, WORD_HAS_MACROS,
    WORD_UNPACKS_TOO_LARGE or WORD_NOT_CONVERTED) for one that is not taken.
    """
    if document.startswith(_COMPOUND):
        return _compound(document)
    try:
        with zipfile.ZipFile(BytesIO(document)) as archive:
            return _archive(archive)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        raise Refused(Problem.WORD_NOT_CONVERTED) from error
    except (ElementTree.ParseError, expat.ExpatError, RuntimeError, KeyError, zlib.error) as error:
        raise Refused(Problem.WORD_NOT_CONVERTED) from error


def _archive(archive: zipfile.ZipFile) -> Found:
    entries = archive.infolist()
    _require_bearable(entries)
    names = [entry.filename for entry in entries]
    if len({name.lower() for name in names}) != len(names):
        raise Refused(Problem.WORD_NOT_CONVERTED)  # which of the two is read depends on the program
    if _CONTENT_TYPES not in names:
        raise Refused(Problem.DOCUMENT_NOT_PDF)
    types = list(_tree(archive, _CONTENT_TYPES))
    kinds = [str(one.get("ContentType", "")) for one in types]
    has_macros = any(_WITH_MACROS in kind.lower() or _MACROS in kind.lower() for kind in kinds)
    if has_macros or any(_MACROS in name.lower() for name in names):
        raise Refused(Problem.WORD_HAS_MACROS)
    if _MAIN not in kinds:
        raise Refused(Problem.DOCUMENT_NOT_PDF)
    for one in types:
        if one.get("ContentType") == _MAIN:
            _require_readable(archive, str(one.get("PartName", "")).lstrip("/"))
    return Found(
        "MS Word 2007 XML",
        ".docx",
        has_links=any(_is_fetched(one) for one in _relations(archive, names)),
        has_objects=any(name.lower().startswith(("word/embeddings/", "word/activex/")) for name in names),
    )


def _require_bearable(entries: list[zipfile.ZipInfo]) -> None:
    """A bomb is known by what it says of itself; one that lies meets the limits of the process."""
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused(Problem.DOCUMENT_ENCRYPTED)
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
        raise Refused(Problem.WORD_UNPACKS_TOO_LARGE, limit_mb=MOST_UNPACKED_BYTES // 1024 // 1024)


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A small XML part; none of Office Open XML's has a document type (ECMA-376-2 §8.1.4)."""
    with archive.open(name) as part:
        written = part.read(_MOST_XML_BYTES + 1)
    if len(written) > _MOST_XML_BYTES or re.search(rb"<\x00?!\x00?D\x00?O\x00?C", written):
        raise Refused(Problem.WORD_NOT_CONVERTED)
    return ElementTree.fromstring(written)  # noqa: S314 (no document type, so no entities; and behind walls)


def _require_readable(archive: zipfile.ZipFile, name: str) -> None:
    """LibreOffice shows an empty page for a text that it cannot read; whole and well formed it has to be."""
    reader = expat.ParserCreate()
    reader.StartDoctypeDeclHandler = _refuse_doctype
    with archive.open(name) as part:
        reader.ParseFile(part)


def _refuse_doctype(*_: object) -> None:
    raise Refused(Problem.WORD_NOT_CONVERTED)


def _relations(archive: zipfile.ZipFile, names: list[str]) -> Iterator[ElementTree.Element]:
    for name in names:
        if name.lower().endswith(".rels"):
            yield from _tree(archive, name)


def _is_fetched(relation: ElementTree.Element) -> bool:
    """Something that stands on a page and lies elsewhere; a link to click, or a template, is no part of a page."""
    is_outside = relation.get("TargetMode", "").lower() == "external"
    return is_outside and relation.get("Type", "").lower().endswith(_FETCHED)


def _compound(document: bytes) -> Found:
    """MS-DOC: the names of the streams tell it, wherever the directory lies."""
    streams = dict(_streams(document))
    if "encryptedpackage" in streams or "encryptioninfo" in streams:
        raise Refused(Problem.DOCUMENT_ENCRYPTED)
    if "worddocument" not in streams:
        raise Refused(Problem.DOCUMENT_NOT_PDF)
    if streams.keys() & {"macros", "vba", "_vba_project", "_vba_project_cur"}:
        raise Refused(Problem.WORD_HAS_MACROS)
    if _is_encrypted(document, streams["worddocument"]):
        raise Refused(Problem.DOCUMENT_ENCRYPTED)
    return Found("MS Word 97", ".doc", has_objects="objectpool" in streams)


def _is_encrypted(document: bytes, start: int) -> bool:
    """What the first words of a binary Word document say; LibreOffice refuses one that is not found there."""
    head = document[start : start + 12]
    if len(head) < 12 or int.from_bytes(head[:2], "little") != _WORD_MAGIC:
        return False
    return bool(int.from_bytes(head[10:12], "little") & _ENCRYPTED_FLAG)


def _streams(document: bytes) -> Iterator[tuple[str, int]]:
    """The names in a compound file, in lower case, and where each stream begins (MS-CFB §2.2, §2.6.1).

    A short stream lies in the root's own, in pieces of 64 bytes; both are taken to lie in one piece.
    """
    sector = 1 << min(int.from_bytes(document[30:32], "little"), 16)
    root = 0
    for at in range(512, len(document) - _DIRECTORY_ENTRY + 1, _DIRECTORY_ENTRY):
        length, kind = struct.unpack_from("<HB", document, at + 64)
        if kind not in _ENTRY_KINDS or length % 2 or not 4 <= length <= 64:
            continue
        name = document[at : at + length - 2].decode("utf-16-le", errors="replace")
        first, size = struct.unpack_from("<II", document, at + 116)
        root = (first + 1) * sector if kind == _ROOT else root
        is_short = size < _SHORT_STREAM and kind != _ROOT and root
        yield name.lower(), root + first * 64 if is_short else (first + 1) * sector
