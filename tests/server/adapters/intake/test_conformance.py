"""What people upload, through the walls: every file of conformance/intake gets the answer of its README."""

import pytest

from tests import conformance, needs
from yunqian.engine.intake import Limits
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.intake import sandbox

pytestmark = [pytest.mark.usefixtures("no_database"), conformance.needed, needs.program("pdftoppm")]

TAKEN: dict[str, set[str]] = {
    "tracemonkey": set(),
    "prefilled_f1040": {"DOCUMENT_FORM_FLATTENED"},
    "basicapi": set(),
    "form_two_pages": {"DOCUMENT_FORM_FLATTENED"},
    "tagged_stamp": set(),
    "SimFang-variant": {"DOCUMENT_FONT_NOT_EMBEDDED"},
    "noembed-identity": {"DOCUMENT_FONT_NOT_EMBEDDED"},
    "bigboundingbox": set(),
    "rotation": set(),
    "hello_world_rotated": set(),
    "image-rotated-black-white-ratio": set(),
    "attachment": {"DOCUMENT_HAS_ATTACHMENTS"},
}
ONLY_BY_CHOICE = ("empty_protected", "secHandler")
REPAIRED_OR_REFUSED = ("scan-bad", "xref_command_missing", "GHOSTSCRIPT-698804-1-fuzzed")
REFUSED = {
    "encrypted-attachment": Problem.DOCUMENT_ENCRYPTED,
    "xfa_issue14315": Problem.DOCUMENT_ACTIVE_CONTENT,
    "Pages-tree-refs": Problem.DOCUMENT_BROKEN,
    "REDHAT-1531897-0": Problem.DOCUMENT_BROKEN,
    "bug1020226": Problem.DOCUMENT_BROKEN,
    "poppler-395-0-fuzzed": Problem.DOCUMENT_BROKEN,
    "poppler-85140-0": Problem.DOCUMENT_BROKEN,
}


def document(name: str) -> bytes:
    return conformance.document(f"intake/{name}.pdf")


def refusal(name: str, *, remove_protection: bool = False) -> Problem:
    with pytest.raises(Refused) as refused:
        sandbox.accept(document(name), Limits(), remove_protection=remove_protection)
    return refused.value.problem


def codes(name: str, *, remove_protection: bool = False) -> set[str]:
    one = sandbox.accept(document(name), Limits(), remove_protection=remove_protection)
    assert one.pages
    assert one.document.startswith(b"%PDF-")
    return {remark.code for remark in one.remarks}


def test_every_file_has_its_answer_here():
    answered = {*TAKEN, *ONLY_BY_CHOICE, *REPAIRED_OR_REFUSED, *REFUSED}
    assert {path.stem for path in (conformance.FOLDER / "intake").glob("*.pdf")} == answered


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_taken_with_these_remarks_and_no_others(name: str):
    assert codes(name) == TAKEN[name]


@pytest.mark.parametrize("name", ONLY_BY_CHOICE)
def test_it_is_taken_only_when_its_protection_may_go(name: str):
    assert refusal(name) is Problem.DOCUMENT_PROTECTED
    assert "DOCUMENT_PROTECTION_REMOVED" in codes(name, remove_protection=True)


@pytest.mark.parametrize("name", REPAIRED_OR_REFUSED)
def test_it_is_repaired_and_told(name: str):
    assert "DOCUMENT_REPAIRED" in codes(name)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_this_reason_whatever_the_uploader_confirms(name: str):
    assert refusal(name) is REFUSED[name]
    assert refusal(name, remove_protection=True) is REFUSED[name]
