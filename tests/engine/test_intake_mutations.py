"""Damaged and twisted copies of real and made documents: taken or refused, never anything else."""

import io
import random
import re

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import conformance
from tests.engine import masks
from tests.engine.papers import act, paper
from yunqian.engine import intake
from yunqian.engine.intake import Accepted, Limits
from yunqian.problems import Refused

STRUCTURE = (
    b"obj",
    b"stream",
    b"endobj",
    b"xref",
    b"/Kids",
    b"/Length",
    b"/Type",
    b"<<",
    b"[",
    b"/Count",
    b"R",
)
ODD = (
    b"",
    b"-1",
    b"99999999999",
    b"null",
    b"/JavaScript",
    b"\x00",
    b"<<" * 50,
    b"1 0 R",
    b"(",
    b"%PDF-1.4\n",
)
SMALL = 120_000  # larger ones are met by the tests of whole documents; here many copies are read


def taken_or_refused(document: bytes) -> Accepted | None:
    """Intake's answer; anything but the two that it may give fails the test by being raised."""
    try:
        one = intake.accept(document, limits=Limits(), remove_protection=True)
    except Refused:
        return None
    assert one.pages
    return one


def mutated(document: bytes, seed: int) -> bytes:
    """A copy with up to four changes, most of them where structure is."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        word = chance.choice(STRUCTURE)
        places = [found.start() for found in re.finditer(re.escape(word), document)]
        at = chance.choice(places) if places and chance.random() < 0.7 else chance.randrange(len(document))
        kind = chance.randrange(4)
        if kind == 0:
            document = document[:at] + bytes([document[at] ^ 1 << chance.randrange(8)]) + document[at + 1 :]
        elif kind == 1:
            document = document[:at] + document[at + chance.randint(1, 60) :]
        elif kind == 2:
            document = document[:at] + chance.choice(ODD) + document[at:]
        else:
            end = min(len(document), at + chance.randint(1, 400))
            document = document[:end] + document[at:end] + document[end:]
        document = document or b"%PDF-1.7"
    return document


MADE = {
    "plain": paper(),
    "streamed": paper(3, is_streamed=True, form="direct"),
    "signed": act(paper()),
    **{name: masks.DIFFERENT[name] for name in masks.DIFFERENT},
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(MADE)), st.integers(0, 2**32))
def test_a_twisted_copy_is_taken_or_refused(name: str, seed: int):
    one = taken_or_refused(mutated(MADE[name], seed))
    if one is not None and one.signature_count == 0:
        settled = taken_or_refused(one.document)
        assert settled is not None, "what was taken is taken again"
        assert settled.pages == one.pages


@conformance.needed
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_twisted_copy_of_a_real_document_is_taken_or_refused(data: st.DataObject):
    files = sorted((conformance.FOLDER / "intake").glob("*.pdf"))
    path = data.draw(st.sampled_from([path for path in files if path.stat().st_size < SMALL]))
    taken_or_refused(mutated(path.read_bytes(), data.draw(st.integers(0, 2**32))))


@conformance.needed
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_twisted_copy_of_a_signed_document_is_never_rewritten(data: st.DataObject):
    files = sorted((conformance.FOLDER / "pdf").glob("*.pdf"))
    path = data.draw(st.sampled_from([path for path in files if path.stat().st_size < SMALL]))
    document = mutated(path.read_bytes(), data.draw(st.integers(0, 2**32)))
    one = taken_or_refused(document)
    if one is not None and one.signature_count:
        assert one.document == document


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
@pytest.mark.parametrize("name", ["plain", "streamed", "signed"])
def test_a_copy_that_was_cut_off_is_taken_or_refused(name: str, share: float):
    document = MADE[name]
    one = taken_or_refused(document[: int(len(document) * share)])
    assert one is None or "DOCUMENT_REPAIRED" in [remark.code for remark in one.remarks] or name == "signed"


def test_the_same_document_always_becomes_the_same_bytes():
    for document in (MADE["plain"], MADE["streamed"]):
        several = {intake.accept(document, limits=Limits()).document for _ in range(3)}
        assert len(several) == 1
        with pikepdf.open(io.BytesIO(several.pop())) as pdf:
            assert pdf.check_pdf_syntax() == []
