"""The verifier on real signed documents: the answers of the conformance README, as far as issue 2 goes."""

import pytest

from tests import conformance
from tests.pki.hierarchy import NOW
from yunqian.engine.report import SignatureReport, Trust, Verdict
from yunqian.engine.verify import verify

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
ANSWERS = {  # crypto, coverage
    "pdf-signed-original": (V, V),
    "pdf-signed-corrupted": (I, I),
    "pdf-signed-out-of-byteRange": (I, I),
    "signature-referenced-from-multiple-fields": (V, V),
    "pdf-removed-pages": (U, I),
    "pades-signed-annot-added": (V, U),
    "pdf-structtreeroot-changes": (V, V),
    "hide": (V, U),
    "modified_after_signature": (V, I),
    "pades-bes-no-certificates": (U, V),
    "one-byterange": (V, I),
    "signature-gap-too-big": (V, I),
    "tail-uncovered": (V, I),
    "weird-byterange": (V, I),
    "fieldmdp-include": (V, V),
    "certified-no-change-permitted": (V, V),
    "base": (U, V),  # its /Contents is all zeros: there is no signature value to be right
}


def first(name: str) -> SignatureReport:
    report = verify(conformance.document(f"pdf/{name}.pdf"), trust=Trust(()), at=NOW)
    return report.signatures[0]


@conformance.needed
@pytest.mark.parametrize("name", ANSWERS)
def test_each_document_gets_its_answer(name: str):
    found = {finding.check: finding.verdict for finding in first(name).findings}
    assert (found["crypto"], found["coverage"]) == ANSWERS[name]
    assert found.get("trust", U) is U  # no roots were given


@conformance.needed
def test_two_fields_with_one_value_are_one_signature():
    report = verify(
        conformance.document("pdf/signature-referenced-from-multiple-fields.pdf"), trust=Trust(()), at=NOW
    )
    assert [one.fields for one in report.signatures] == [("signature-test", "signature-test2")]


@conformance.needed
def test_a_missing_certificate_is_said():
    (finding, *_) = first("pades-bes-no-certificates").findings
    assert finding.en == "the signing certificate is not in the signature"
