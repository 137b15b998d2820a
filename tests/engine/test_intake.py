"""What people upload: taken, taken with a remark, or refused with the reason; never a crash."""

import io
from dataclasses import replace

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import conformance
from tests.engine import judges
from tests.engine.papers import WORLD, act, judged, paper, seal
from yunqian.engine import geometry, intake
from yunqian.engine.geometry import VisibleBox
from yunqian.engine.intake import Accepted, Limits
from yunqian.engine.marks import SealMark
from yunqian.engine.report import Verdict
from yunqian.problems import Problem, Refused

LIMITS = Limits()


def refusal(document: bytes, limits: Limits = LIMITS) -> Refused:
    with pytest.raises(Refused) as refused:
        intake.accept(document, limits=limits)
    return refused.value


def accepted(document: bytes) -> Accepted:
    return intake.accept(document, limits=LIMITS)


def codes(document: bytes) -> list[str]:
    return [remark.code for remark in accepted(document).remarks]


def altered(alter, document: bytes | None = None, **saving) -> bytes:
    with pikepdf.open(io.BytesIO(document or paper())) as pdf:
        alter(pdf)
        saved = io.BytesIO()
        pdf.save(saved, **saving)
        return saved.getvalue()


def test_a_plain_document_is_taken_and_can_be_signed():
    one = accepted(paper(is_streamed=True))
    assert (len(one.pages), one.remarks, one.signature_count) == (2, (), 0)
    assert judged(act(one.document)).verdict is Verdict.VALID


def test_normalising_is_repeatable_and_settles():
    once = accepted(paper(is_streamed=True)).document
    assert accepted(paper(is_streamed=True)).document == once
    assert accepted(once).document == once


def test_a_form_in_the_catalog_becomes_an_object_of_its_own():
    with pikepdf.open(io.BytesIO(accepted(paper(form="direct")).document)) as pdf:
        assert pdf.Root.AcroForm.is_indirect


def test_a_signed_document_is_never_rewritten():
    document = act(paper())
    one = accepted(document)
    assert (one.document, one.signature_count) == (document, 1)


def test_what_is_wrong_before_parsing_is_told_first():
    assert refusal(b"").problem is Problem.DOCUMENT_EMPTY
    assert refusal(b"PK\x03\x04 a word document").problem is Problem.DOCUMENT_NOT_PDF
    assert refusal(b"\n" + paper()).problem is Problem.DOCUMENT_NOT_PDF
    large = refusal(paper(), Limits(max_bytes=1024))
    assert (large.problem, large.facts["limit_mb"]) == (Problem.DOCUMENT_TOO_LARGE, 0.0)
    many = refusal(paper(), Limits(max_pages=1))
    assert (many.problem, many.facts) == (Problem.DOCUMENT_TOO_MANY_PAGES, {"pages": 2, "limit": 1})


def locked(password: str, document: bytes | None = None) -> bytes:
    encryption = pikepdf.Encryption(owner="owner", user=password)
    return altered(lambda _: None, document, encryption=encryption)


def test_a_document_that_needs_a_password_is_refused():
    assert refusal(locked("secret")).problem is Problem.DOCUMENT_ENCRYPTED
    with pytest.raises(Refused) as refused:
        intake.accept(locked("secret"), limits=LIMITS, remove_protection=True)
    assert refused.value.problem is Problem.DOCUMENT_ENCRYPTED


def test_protection_is_removed_only_when_the_uploader_says_so():
    assert refusal(locked("")).problem is Problem.DOCUMENT_PROTECTED
    one = intake.accept(locked(""), limits=LIMITS, remove_protection=True)
    assert [remark.code for remark in one.remarks] == ["DOCUMENT_PROTECTION_REMOVED"]
    with pikepdf.open(io.BytesIO(one.document)) as pdf:
        assert not pdf.is_encrypted
    assert judged(act(one.document)).verdict is Verdict.VALID


def with_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_launch(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="x.exe"))


def with_xfa(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(), XFA=pikepdf.String("x"))


@pytest.mark.parametrize(
    ("alter", "kind"), [(with_script, "JavaScript"), (with_launch, "Launch"), (with_xfa, "XFA")]
)
def test_content_that_changes_by_itself_is_refused_by_kind(alter, kind: str):
    refused = refusal(altered(alter))
    assert (refused.problem, refused.facts) == (Problem.DOCUMENT_ACTIVE_CONTENT, {"kinds": kind})


def test_a_document_without_pages_is_broken():
    assert refusal(altered(lambda pdf: pdf.pages.__delitem__(slice(0, 2)))).problem is Problem.DOCUMENT_BROKEN


def test_a_cut_off_document_is_repaired_with_a_remark_or_refused():
    assert codes(paper()[:-40]) == ["DOCUMENT_REPAIRED"]


def test_a_cut_off_document_that_carries_a_signature_is_refused():
    assert refusal(act(paper())[:-40]).problem is Problem.DOCUMENT_BROKEN


def test_an_attachment_and_a_missing_font_are_told():
    def attach(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["note.txt"] = b"hello"

    def undress(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Resources.Font.F1.BaseFont = pikepdf.Name.SimSun

    assert codes(altered(attach)) == ["DOCUMENT_HAS_ATTACHMENTS"]
    assert codes(altered(undress)) == ["DOCUMENT_FONT_NOT_EMBEDDED"]


PLAIN = paper()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(PLAIN)), st.binary(max_size=20), st.integers(0, 60))
def test_damage_is_never_a_crash(at: int, inserted: bytes, removed: int):
    try:
        one = accepted(PLAIN[:at] + inserted + PLAIN[at + removed :])
    except Refused:
        return
    assert accepted(one.document).pages == one.pages


TAKEN = {
    "tracemonkey": [],
    "prefilled_f1040": ["DOCUMENT_FORM_FLATTENED"],
    "basicapi": [],
    "form_two_pages": ["DOCUMENT_FORM_FLATTENED"],
    "tagged_stamp": [],
    "SimFang-variant": ["DOCUMENT_FONT_NOT_EMBEDDED"],
    "noembed-identity": ["DOCUMENT_FONT_NOT_EMBEDDED"],
    "bigboundingbox": [],
    "rotation": [],
    "hello_world_rotated": [],
    "image-rotated-black-white-ratio": [],
    "attachment": ["DOCUMENT_HAS_ATTACHMENTS"],
    "scan-bad": ["DOCUMENT_REPAIRED"],
    "xref_command_missing": ["DOCUMENT_REPAIRED"],
    "GHOSTSCRIPT-698804-1-fuzzed": ["DOCUMENT_REPAIRED"],
}
REFUSED = {
    "empty_protected": Problem.DOCUMENT_PROTECTED,
    "secHandler": Problem.DOCUMENT_PROTECTED,
    "encrypted-attachment": Problem.DOCUMENT_ENCRYPTED,
    "xfa_issue14315": Problem.DOCUMENT_ACTIVE_CONTENT,
    "Pages-tree-refs": Problem.DOCUMENT_BROKEN,
    "REDHAT-1531897-0": Problem.DOCUMENT_BROKEN,
    "bug1020226": Problem.DOCUMENT_BROKEN,
    "poppler-395-0-fuzzed": Problem.DOCUMENT_BROKEN,
    "poppler-85140-0": Problem.DOCUMENT_BROKEN,
}


@conformance.needed
@pytest.mark.parametrize("name", TAKEN)
def test_real_documents_are_taken_with_these_remarks(name: str):
    one = accepted(conformance.document(f"intake/{name}.pdf"))
    assert [remark.code for remark in one.remarks] == TAKEN[name]
    assert len(one.pages) >= 1


@conformance.needed
@pytest.mark.parametrize("name", REFUSED)
def test_real_documents_are_refused_with_this_reason(name: str):
    assert refusal(conformance.document(f"intake/{name}.pdf")).problem is REFUSED[name]


@conformance.needed
def test_a_certification_against_any_change_is_refused():
    document = conformance.document("pdf/certified-no-change-permitted.pdf")
    assert refusal(document).problem is Problem.DOCUMENT_CERTIFIED


@conformance.needed
@pytest.mark.parametrize("name", TAKEN)
def test_real_documents_once_taken_can_be_signed_by_two(name: str):
    one = accepted(conformance.document(f"intake/{name}.pdf"))
    document = act(act(one.document, marks=[_small_mark(one)]), WORLD.company, [_small_mark(one)])
    assert [answer.is_good for answer in judges.pyhanko(document)] == [True, True]
    assert judged(document).verdict is Verdict.VALID


def _small_mark(one: Accepted) -> SealMark:
    page = one.pages[0]
    width, height = geometry.visible_size(page, 1)
    visible = VisibleBox(width / 4, height / 4, min(60, width / 3), min(60, height / 3))
    size = {
        "width_mm": geometry.pt_to_mm(visible.width),
        "height_mm": geometry.pt_to_mm(visible.height),
    }
    return SealMark(1, geometry.box_to_page(page, visible, 1), replace(seal(), **size))


@conformance.needed
def test_a_damaged_document_that_carries_a_signature_is_refused():
    assert refusal(conformance.document("pdf/hide.pdf")).problem is Problem.DOCUMENT_BROKEN
