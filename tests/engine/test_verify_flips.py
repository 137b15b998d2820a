"""One byte flipped in each structural place of a fully equipped signature: the matching answer becomes a no."""

import hashlib
from functools import cache

import pytest

from tests.engine.papers import TRUST, WORLD, judged
from tests.engine.test_proofs import archived
from tests.engine.test_timestamp import stamped
from tests.pki.hierarchy import NOW
from yunqian.engine import longterm, signed_message, timestamp
from yunqian.engine.report import Report, Verdict
from yunqian.engine.signed_message import SignedMessage


@cache
def equipped() -> bytes:
    """A stamped signature with validation material and an archive stamp over it."""
    document = stamped()
    material = longterm.add_validation_material(document, crls=WORLD.crls)
    return archived(document + material, at=NOW)


def cms(document: bytes, number: int = 0) -> SignedMessage:
    """The CMS of a signature, by its place in the file."""
    at = -1
    for _ in range(number + 1):
        at = document.index(b"/Contents<", at + 1)
    end = document.index(b">", at)
    return signed_message.read(bytes.fromhex(document[at + 10 : end].decode()).rstrip(b"\x00") + b"\x00" * 8)


def flipped(document: bytes, wanted: bytes, *, is_hex: bool = True) -> bytes:
    """The document with one bit changed in the middle of some bytes, which stand in it in hexadecimal."""
    shown = wanted.hex().encode() if is_hex else wanted
    at = document.find(shown)
    if at < 0:
        at = document.index(shown.upper())
    at += len(shown) // 2
    digit = b"0" if document[at : at + 1] != b"0" else b"1"
    return document[:at] + digit + document[at + 1 :]


MESSAGE = cms(equipped())
TOKEN = signed_message.read(MESSAGE.timestamp)
ARCHIVE = cms(equipped(), 1)
CERTIFICATE = MESSAGE.certificate.der
PLACES = {  # what is flipped: which signature's which answers stop being good
    "the signature value": (MESSAGE.signature, 0, {"crypto"}),
    "the digest of the document": (MESSAGE.message_digest, 0, {"crypto"}),
    "the naming of the certificate": (hashlib.sha256(CERTIFICATE).digest(), 0, {"crypto"}),
    "the signer's certificate": (CERTIFICATE[-64:], 0, {"crypto", "trust"}),
    "the stamp's value": (TOKEN.signature, 0, {"trust"}),
    "the stamp's imprint": (timestamp.judged(TOKEN).imprint, 0, {"trust"}),
    "the archive stamp's value": (ARCHIVE.signature, 1, {"crypto"}),
    "the archive stamp's imprint": (timestamp.judged(ARCHIVE).imprint, 1, {"crypto"}),
}


def test_everything_is_right_before():
    assert [one.verdict for one in judged(equipped()).signatures] == [Verdict.VALID] * 2


def doubted(report: Report, number: int) -> set[str]:
    found = report.signatures[number].findings
    return {one.check for one in found if one.verdict in {Verdict.INVALID, Verdict.INDETERMINATE}}


@pytest.mark.parametrize("place", PLACES)
def test_a_flip_inside_a_signature_is_told_by_the_matching_answer(place: str):
    wanted, number, checks = PLACES[place]
    report = judged(flipped(equipped(), wanted))
    assert report.verdict is not Verdict.VALID
    assert checks <= doubted(report, number)


@pytest.mark.parametrize(
    "place",
    [b"%PDF-1", b"/MediaBox [ 0 0 595.276", b"(D:2026", b"/ETSI.CAdES.detached", b"xref", b"startxref"],
)
def test_a_flip_in_the_signed_bytes_is_told_whatever_else_it_breaks(place: bytes):
    report = judged(flipped(equipped(), place, is_hex=False), TRUST)
    assert report.verdict is not Verdict.VALID


def test_a_flip_in_the_byte_range_is_told_by_coverage():
    at = equipped().index(b"/ByteRange[0 ") + len(b"/ByteRange[0 ")
    digit = b"1" if equipped()[at : at + 1] != b"1" else b"2"
    report = judged(equipped()[:at] + digit + equipped()[at + 1 :])
    assert "coverage" in doubted(report, 0)


def test_a_flip_between_two_revisions_is_told_by_the_archive_stamp():
    at = len(stamped()) + 200
    damaged = equipped()[:at] + bytes([equipped()[at] ^ 1]) + equipped()[at + 1 :]
    report = judged(damaged)
    assert "crypto" in doubted(report, -1)
    assert report.verdict is Verdict.INVALID
