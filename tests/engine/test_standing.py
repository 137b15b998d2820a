"""What a document's own signatures leave to the next signer, told at intake."""

import pytest

from tests.engine.papers import SEAL, act, paper
from tests.engine.test_permissions import FIRST, LEFT, RIGHT, form, sign
from yunqian.engine import intake
from yunqian.engine.empty_fields import Reserved
from yunqian.engine.field_locks import Level, Lock, Scope
from yunqian.engine.intake import Limits
from yunqian.engine.standing import Standing


def standing(document: bytes) -> Standing:
    return intake.accept(document, limits=Limits()).standing


@pytest.mark.parametrize(("pages", "slots"), [(1, 0), (2, 6), (200, 4), (600, 2)])
def test_an_unsigned_document_takes_everything_and_has_so_many_places_for_paging_seals(
    pages: int, slots: int
):
    assert standing(paper(pages)) == Standing(paging_slots=slots)


def test_a_document_signed_elsewhere_has_no_places_reserved():
    assert standing(act(paper())) == Standing(signatures=1)


def test_a_certified_document_takes_marks_in_its_own_fields_alone():
    certified = sign(form(LEFT, RIGHT, has_slots=True), certify=Level.SIGNING)
    found = standing(certified)
    assert (found.signatures, found.level, found.takes_fields) == (1, Level.SIGNING, False)
    assert (found.open_fields, found.paging_slots > 0) == (("甲方", "乙方"), True)


def test_a_certified_document_without_fields_leaves_no_place():
    found = standing(sign(paper(), certify=Level.ANNOTATIONS))
    assert (found.takes_fields, found.open_fields) == (False, ())


def test_where_every_new_name_is_locked_only_the_fields_left_take_a_mark():
    signed = sign(
        form(Reserved("甲方", 1, FIRST, Lock(Scope.EXCLUDE, ("乙方",))), RIGHT), [SEAL], into="甲方"
    )
    found = standing(signed)
    assert (found.level, found.takes_fields, found.open_fields) == (None, False, ("乙方",))


def test_a_lock_that_nobody_may_sign_after_is_named():
    lock = Lock(Scope.INCLUDE, ("seam_right_1",))
    signed = sign(form(Reserved("甲方", 1, FIRST, lock), has_slots=True), [SEAL], into="甲方")
    assert standing(signed).locked_field.startswith("seam_right_1.p")
