"""What is a Word document, and which of them are taken: by content, before LibreOffice reads a byte."""

import contextlib
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import words
from tests.words import CONTRACT, docx, line
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import office
from yunqian.server.adapters.office import sniffing

pytestmark = pytest.mark.usefixtures("no_database")


def refusal(document: bytes) -> Problem:
    with pytest.raises(Refused) as refused:
        sniffing.of(document)
    return refused.value.problem


def archive(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in parts.items():
            written.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def compound(*streams: str, magic: int = 0xA5EC, flags: int = 0) -> bytes:
    """A compound file with a directory of these names; every stream begins in sector 0."""
    head = bytes.fromhex("d0cf11e0a1b11ae1").ljust(30, b"\0") + struct.pack("<H", 9)
    first = struct.pack("<H", magic).ljust(10, b"\0") + struct.pack("<H", flags)
    entries = b""
    for name in ("Root Entry", *streams):
        encoded = (name + "\0").encode("utf-16-le")
        entry = encoded.ljust(64, b"\0") + struct.pack("<HB", len(encoded), 2)
        entries += entry.ljust(116, b"\0") + struct.pack("<II", 0, 8192) + bytes(4)
    return head.ljust(512, b"\0") + first.ljust(512, b"\0") + entries


def test_a_word_document_is_known():
    assert sniffing.of(CONTRACT) == sniffing.Found("MS Word 2007 XML", ".docx")
    assert office.is_office_document(CONTRACT)


def test_the_older_kind_is_known():
    assert sniffing.of(compound("WordDocument", "1Table")) == sniffing.Found("MS Word 97", ".doc")
    assert office.is_office_document(compound("WordDocument"))


@pytest.mark.parametrize(
    "document",
    [b"#!/bin/sh\nrm -rf /\n", b"{\\rtf1 hello}", b"%PDF-1.7", b"", b"<html>", b"PK\x05\x06" + bytes(18)],
    ids=["script", "rtf", "pdf", "empty", "html", "empty archive"],
)
def test_a_name_makes_no_word_document(document: bytes):
    assert not office.is_office_document(document)


def test_another_office_document_or_archive_is_none():
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert refusal(docx(line("x"), kind=sheet)) is Problem.DOCUMENT_NOT_PDF
    assert refusal(archive(a__b=b"x")) is Problem.DOCUMENT_NOT_PDF
    assert refusal(compound("Workbook")) is Problem.DOCUMENT_NOT_PDF
    assert refusal(compound("PowerPoint Document")) is Problem.DOCUMENT_NOT_PDF


@pytest.mark.parametrize(
    "document",
    [
        docx(line("x"), kind=words.MACROS),
        docx(line("x"), parts={"word/vbaProject.bin": b"x"}),
        docx(line("x"), parts={"word/VBAPROJECT.bin": b"x"}),
        compound("WordDocument", "Macros", "VBA"),
    ],
    ids=["named so", "carried", "in capitals", "older"],
)
def test_macros_are_refused_by_name(document: bytes):
    assert refusal(document) is Problem.WORD_HAS_MACROS


def test_a_password_is_refused_by_name():
    assert refusal(compound("EncryptionInfo", "EncryptedPackage")) is Problem.DOCUMENT_ENCRYPTED
    assert refusal(compound("WordDocument", flags=0x0100)) is Problem.DOCUMENT_ENCRYPTED
    assert sniffing.of(compound("WordDocument", magic=0x1234, flags=0x0100)).ending == ".doc"
    locked = bytearray(CONTRACT)
    at = locked.find(b"PK\x01\x02")
    locked[at + 8] |= 1
    assert refusal(bytes(locked)) is Problem.DOCUMENT_ENCRYPTED


def test_a_bomb_is_refused_by_what_it_says_of_itself(monkeypatch):
    monkeypatch.setattr(sniffing, "MOST_UNPACKED_BYTES", 1024 * 1024)
    assert refusal(docx(line("x"), parts={"word/media/a.png": bytes(2 * 1024 * 1024)})) is (
        Problem.WORD_UNPACKS_TOO_LARGE
    )
    monkeypatch.setattr(sniffing, "MOST_ENTRIES", 3)
    assert refusal(CONTRACT) is Problem.WORD_UNPACKS_TOO_LARGE


def test_what_two_programs_would_read_differently_is_refused():
    twice = docx(line("x"), parts={"WORD/DOCUMENT.XML": b"<x/>"})
    assert refusal(twice) is Problem.WORD_NOT_CONVERTED


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><Types>&a;</Types>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><Types/>'.encode("utf-16"),
        b"not xml",
        b"",
        b" " * (5 * 1024 * 1024),
    ],
    ids=["entities", "wide", "text", "empty", "long"],
)
def test_odd_xml_is_refused(content: bytes):
    assert refusal(docx(line("x"), parts={"[Content_Types].xml": content})) is Problem.WORD_NOT_CONVERTED


def test_a_text_that_is_not_whole_is_refused_for_libreoffice_would_show_an_empty_page():
    for content in (b"no xml", b"<w:document>", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', b""):
        assert refusal(docx(parts={"word/document.xml": content})) is Problem.WORD_NOT_CONVERTED
    spoilt = bytearray(docx(line("x"), parts={"word/document.xml": b"<x>" + b"a" * 1000 + b"</x>"}))
    at = spoilt.find(b"PK\x01\x02", spoilt.find(b"_rels/.rels"))
    spoilt[spoilt.find(b"word/document.xml", at) - 46 + 16] ^= 1  # its checksum
    assert refusal(bytes(spoilt)) is Problem.WORD_NOT_CONVERTED


def test_broken_archives_are_refused():
    for cut in (10, 100, len(CONTRACT) - 30):
        assert refusal(CONTRACT[:cut]) is Problem.WORD_NOT_CONVERTED
    assert refusal(compound()[:40]) is Problem.DOCUMENT_NOT_PDF


def test_what_lies_elsewhere_or_is_embedded_is_told():
    template = words.relation("rId9", "attachedTemplate", "http://127.0.0.1:9/evil.dotm")
    click = words.relation("rId8", "hyperlink", "http://example.com/")
    assert sniffing.of(docx(line("x"), relations=template + click)).has_links is False
    for kind in ("image", "oleObject", "subDocument", "aFChunk"):
        linked = docx(line("x"), relations=words.relation("rId7", kind, "file:///etc/passwd"))
        assert sniffing.of(linked).has_links is True
    assert sniffing.of(docx(line("x"), parts={"word/embeddings/oleObject1.bin": b"x"})).has_objects is True


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=len(CONTRACT) - 1))
def test_whatever_comes_in_only_a_known_refusal_comes_out(noise: bytes, at: int):
    for document in (
        noise,
        b"PK\x03\x04" + noise,
        compound()[:30] + noise,
        CONTRACT[:at] + noise + CONTRACT[at:],
    ):
        with contextlib.suppress(Refused):
            assert sniffing.of(document).ending in (".docx", ".doc")
