"""The verifier on real signed documents: the answers of the conformance README, and what damage does to them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import conformance
from tests.pki.hierarchy import NOW
from yunqian.engine.report import CHECKS, Report, SignatureReport, Trust, Verdict
from yunqian.engine.verify import verify

V, I, U, N = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE, Verdict.NOT_APPLICABLE  # noqa: E741
ANSWERS = {  # crypto, coverage, total; nobody gave roots, so no total is better than "cannot be confirmed"
    "pdf-signed-original": (V, V, U),
    "pdf-signed-corrupted": (I, I, I),
    "pdf-signed-out-of-byteRange": (I, I, I),
    "signature-referenced-from-multiple-fields": (V, V, U),
    "pdf-removed-pages": (U, I, I),
    "pades-signed-annot-added": (V, U, U),
    "pdf-structtreeroot-changes": (V, V, U),
    "hide": (V, U, U),
    "modified_after_signature": (V, I, I),
    "pades-bes-no-certificates": (U, V, U),
    "one-byterange": (V, I, I),
    "signature-gap-too-big": (V, I, I),
    "tail-uncovered": (V, I, I),
    "weird-byterange": (V, I, I),
    "fieldmdp-include": (V, V, U),
    "certified-no-change-permitted": (V, V, U),
    "base": (U, V, U),  # its /Contents is all zeros: there is no signature value to be right
}
RIGHT = [name for name, (crypto, _, _) in ANSWERS.items() if crypto is V]


def judged(document: bytes) -> Report:
    return verify(document, trust=Trust(()), at=NOW)


def original(name: str) -> bytes:
    return conformance.document(f"pdf/{name}.pdf")


def first(name: str) -> SignatureReport:
    return judged(original(name)).signatures[0]


def test_every_document_has_an_answer_here():
    assert {path.stem for path in (conformance.FOLDER / "pdf").glob("*.pdf")} in (set(ANSWERS), set())


@conformance.needed
@pytest.mark.parametrize("name", ANSWERS)
def test_each_document_gets_its_answer(name: str):
    report = judged(original(name))
    found = {finding.check: finding.verdict for finding in report.signatures[0].findings}
    assert (found["crypto"], found["coverage"], report.verdict) == ANSWERS[name]
    assert (found["seal"], found["membership"], found["trust"]) == (N, N, U)


@conformance.needed
def test_two_fields_with_one_value_are_one_signature():
    report = judged(original("signature-referenced-from-multiple-fields"))
    assert [one.fields for one in report.signatures] == [("signature-test", "signature-test2")]


@conformance.needed
def test_a_missing_certificate_is_said():
    (finding, *_) = first("pades-bes-no-certificates").findings
    assert finding.en == "the signing certificate is not in the signature"


@conformance.needed
def test_the_signed_revision_of_a_changed_document_can_be_recovered():
    """What is shown now differs from what was signed; cut off there, nothing has been changed."""
    document = original("modified_after_signature")
    (one,) = judged(document).signatures
    assert any(not change.is_allowed for change in one.later)
    assert one.signed_bytes is not None
    (recovered,) = judged(document[: one.signed_bytes]).signatures
    assert [finding.verdict for finding in recovered.findings[:2]] == [V, V]


@conformance.needed
@pytest.mark.parametrize("name", ["hide", "pades-signed-annot-added", "modified_after_signature"])
def test_changes_that_are_not_allowed_are_told_revision_by_revision(name: str):
    told = [change for change in first(name).later if not change.is_allowed]
    assert told
    assert all(change.zh and change.en and change.changes for change in told)


@conformance.needed
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_damage_to_a_real_document_raises_or_makes_it_valid_or_unsigned(data: st.DataObject):
    whole = original(data.draw(st.sampled_from(sorted(ANSWERS))))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=12))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(len(damaged) // 2, len(damaged))) :]
    report = judged(bytes(damaged))
    assert report.verdict is not V
    assert all(tuple(each.check for each in one.findings) == CHECKS for one in report.signatures)
    if not report.signatures and b"/ByteRange" in damaged:
        assert report.notes_en[0] != "The document holds no signature."


@conformance.needed
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_changed_bit_of_the_signed_bytes_is_a_no(data: st.DataObject):
    name = data.draw(st.sampled_from(RIGHT))
    whole = original(name)
    gap = whole.index(b"<", whole.index(b"/Contents"))
    at = data.draw(st.integers(0, gap - 1))
    damaged = bytearray(whole)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    for one in judged(bytes(damaged)).signatures:
        if one.fields == first(name).fields:
            crypto, coverage, *_ = (finding.verdict for finding in one.findings)
            assert crypto is not V or coverage is not V, damaged[at - 20 : at + 20]
