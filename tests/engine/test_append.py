"""Our own incremental update: numbers that nobody names, so that no hole of an earlier revision is filled."""

import io

import pikepdf
import pytest

from tests import conformance, needs
from tests.engine import judges
from tests.engine.papers import SEAL, WORLD, act, judged, paper
from yunqian.engine.append import Update
from yunqian.engine.report import Verdict


def with_a_hole(number: int, *, in_trailer: bool) -> bytes:
    """A document of another program that refers to an object which is not there."""
    document = paper(1).replace(b"\xbf\xf7\xa2\xfe", b"\xe2\xe3\xcf\xd3", 1)
    reference = b"%d 0 R" % number
    if in_trailer:
        return document.replace(b"/Root 1 0 R", b"/Root 1 0 R /Extra [%s]" % reference, 1)
    return document.replace(b"/BaseFont /Helvetica", (b"/BaseFont " + reference).ljust(20), 1)


def first(document: bytes) -> int:
    return Update(document).reserve()


def size(document: bytes) -> int:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return int(pdf.trailer.Size)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_intake_wrote_is_continued_at_its_size(is_streamed: bool):
    document = paper(2, is_streamed=is_streamed)
    assert first(document) == size(document)
    signed = act(document)
    assert first(signed) == size(signed)


@pytest.mark.parametrize("beyond", [0, 1, 30])
@pytest.mark.parametrize("in_trailer", [True, False])
def test_a_number_that_is_named_but_not_there_is_never_given_out(beyond: int, in_trailer: bool):
    base = size(paper(1))
    update = Update(with_a_hole(base + beyond, in_trailer=in_trailer))
    given = [update.reserve() for _ in range(40)]
    assert given == [number for number in range(base, base + 41) if number != base + beyond]


@conformance.needed
@needs.program("pdfsig")
def test_a_foreign_signature_over_a_document_with_a_hole_stands():
    """Its trailer names an object 50 that it does not have, as some office programs leave behind."""
    document = conformance.document("pdf/signature-referenced-from-multiple-fields.pdf")
    signed = act(document, WORLD.person, [SEAL])
    assert judges.pdfsig(signed) == [True] * 3
    assert b"\n50 0 obj" not in signed[len(document) :]
    found = {finding.check: finding.verdict for finding in judged(signed).signatures[0].findings}
    assert (found["crypto"], found["coverage"]) == (Verdict.VALID, Verdict.VALID)
