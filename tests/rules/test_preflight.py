"""What is said before sending: each rule by itself, on plain facts."""

from datetime import date

import pytest

from yunqian.rules import preflight
from yunqian.rules.preflight import Finding, Known, Page, Paper, Severity, Signer

A4 = (210.0, 297.0)
BLOCK, WARN, OK = Severity.BLOCK, Severity.WARN, Severity.OK


def pages(*sizes: tuple[float, float], rotation: int = 0) -> tuple[Page, ...]:
    return tuple(Page(number, *size, rotation) for number, size in enumerate(sizes, start=1))


def said(paper: Paper, signers: int = 1) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in preflight.of_paper(paper, signers)}


def finding(code: str, paper: Paper, signers: int = 1) -> Finding:
    return next(one for one in preflight.of_paper(paper, signers) if one.code == code)


def test_a_plain_document_needs_no_word():
    assert said(Paper(pages(A4, A4), paging_slots=6)) == {}


def test_signatures_that_it_carries_are_told():
    paper = Paper(pages(A4), signatures=2)
    assert said(paper) == {"PREFLIGHT_SIGNED_BEFORE": OK}
    assert "2" in finding("PREFLIGHT_SIGNED_BEFORE", paper).zh


def test_a_document_that_leaves_no_place_to_sign_blocks():
    paper = Paper(pages(A4), signatures=1, level=2, takes_fields=False)
    assert said(paper)["PREFLIGHT_NO_FIELD_LEFT"] is BLOCK


def test_fields_that_are_left_are_named():
    paper = Paper(pages(A4), signatures=1, level=2, takes_fields=False, open_fields=("甲方", "乙方"))
    assert said(paper)["PREFLIGHT_ONLY_IN_FIELDS"] is WARN
    assert "甲方, 乙方" in finding("PREFLIGHT_ONLY_IN_FIELDS", paper).zh
    assert "PREFLIGHT_FIELDS_LOCKED" not in said(paper)


def test_a_lock_that_nobody_may_sign_after_blocks():
    paper = Paper(pages(A4), signatures=1, takes_fields=False, locked_field="seam_right_1.p1")
    assert said(paper) == {"PREFLIGHT_SIGNED_BEFORE": OK, "PREFLIGHT_LOCKED": BLOCK}


def test_a_lock_over_every_new_field_is_told_as_one():
    paper = Paper(pages(A4), signatures=1, takes_fields=False, open_fields=("乙方",))
    assert said(paper)["PREFLIGHT_FIELDS_LOCKED"] is WARN


@pytest.mark.parametrize(
    ("count", "slots", "strips", "signers", "is_scarce"),
    [
        (2, 6, 60, 6, False),
        (2, 6, 60, 7, False),
        (300, 3, 60, 3, False),
        (300, 3, 60, 4, True),
        (300, 0, 60, 1, True),
        (1, 0, 60, 3, False),
    ],
)
def test_paging_seals_that_find_no_place_are_told(
    count: int, slots: int, strips: int, signers: int, is_scarce: bool
):
    paper = Paper(pages(*[A4] * count), paging_slots=slots, most_strips=strips)
    assert ("PREFLIGHT_PAGING_SCARCE" in said(paper, signers)) is is_scarce


def test_a_certified_document_without_slots_takes_no_paging_seal_even_when_it_is_short():
    paper = Paper(pages(A4, A4), level=2, takes_fields=False, open_fields=("乙方",), most_strips=60)
    assert said(paper)["PREFLIGHT_PAGING_SCARCE"] is WARN


def test_rotated_small_large_and_mixed_pages_are_named():
    paper = Paper(
        (Page(1, *A4, 0), Page(2, *A4, 90), Page(3, 50, 200, 0), Page(4, 22_930, 1000, 0)), paging_slots=6
    )
    assert said(paper) == {
        "PREFLIGHT_PAGES_ROTATED": OK,
        "PREFLIGHT_PAGES_SMALL": WARN,
        "PREFLIGHT_PAGES_LARGE": WARN,
        "PREFLIGHT_SIZES_DIFFER": OK,
    }
    assert finding("PREFLIGHT_PAGES_SMALL", paper).pages == (3,)
    assert finding("PREFLIGHT_PAGES_LARGE", paper).pages == (4,)


def test_a_landscape_page_among_upright_ones_is_not_another_size():
    assert said(Paper(pages(A4, (297.0, 210.0)), paging_slots=6)) == {}


def test_what_intake_remarked_is_worth_a_look_and_what_it_did_is_only_told():
    remarks = (("DOCUMENT_FONT_NOT_EMBEDDED", "字体", "Fonts"), ("DOCUMENT_FORM_FLATTENED", "表单", "Form"))
    assert said(Paper(pages(A4), remarks)) == {
        "DOCUMENT_FONT_NOT_EMBEDDED": WARN,
        "DOCUMENT_FORM_FLATTENED": OK,
    }


@pytest.mark.parametrize(
    ("signer", "code", "severity"),
    [
        (Signer("王芳", Known.STRANGER, has_certificate=True), "PREFLIGHT_SIGNER_OUTSIDE", OK),
        (Signer("孙七", Known.SUSPENDED), "PREFLIGHT_SIGNER_SUSPENDED", BLOCK),
        (Signer("赵六", Known.MEMBER), "PREFLIGHT_NO_CERTIFICATE", WARN),
        (Signer("赵六", Known.MEMBER, has_certificate=True), "PREFLIGHT_NO_SEAL", WARN),
        (Signer("李明", Known.MEMBER, True, True), "PREFLIGHT_SIGNER_READY", OK),
        (
            Signer("李明", Known.MEMBER, True, True, date(2026, 12, 1), date(2026, 12, 31)),
            "PREFLIGHT_CERTIFICATE_ENDS",
            WARN,
        ),
        (
            Signer("李明", Known.MEMBER, True, True, date(2027, 1, 1), date(2026, 12, 31)),
            "PREFLIGHT_SIGNER_READY",
            OK,
        ),
    ],
)
def test_of_each_signer_one_thing_is_said(signer: Signer, code: str, severity: Severity):
    told = preflight.of_signer(signer)
    assert (told.code, told.severity) == (code, severity)
    assert signer.name in told.zh
    assert signer.name in told.en


def test_of_a_stranger_the_same_is_said_whatever_he_has():
    one = preflight.of_signer(Signer("王芳", Known.STRANGER, True, True, date(2027, 1, 1), date(2027, 6, 1)))
    assert one == preflight.of_signer(Signer("王芳", Known.STRANGER))


def test_the_worst_comes_first():
    assert sorted([OK, BLOCK, WARN], key=preflight.rank) == [BLOCK, WARN, OK]
