"""What fills a form and what goes beyond it: fields, slots of the paging seal, signatures, validation data."""

import random

import pytest

from tests.engine import edits, judges
from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, WORLD, act, judged, seal
from tests.engine.rich_papers import rich, unsigned
from tests.engine.sheets import Sheet, document, impression
from yunqian.engine.changes import Change, Comparisons, Difference, Store, sentence
from yunqian.engine.changes.values import Reference
from yunqian.engine.coverage import History
from yunqian.engine.marks import Box, PagingMark, SealMark
from yunqian.engine.report import Verdict


def done(name: str, seed: int = 1, *, base: bytes | None = None) -> tuple[Difference, ...]:
    draft = Draft(base or rich())
    edits.EDITS[name](draft, random.Random(seed))
    later = draft.document_after()
    store = Store(later)
    return Comparisons(store).made_by(len(store.layers))


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("sign_in_a_new_field", [Change.SIGNATURE]),
        ("sign_in_two_fields", [Change.SIGNATURE]),
        ("sign_unseen", [Change.SIGNATURE]),
        ("stamp_the_time", [Change.TIMESTAMP]),
        ("sign_the_waiting_field", [Change.SIGNATURE]),
        ("add_an_empty_field", [Change.FORM]),
        ("fill_the_text", [Change.FORM]),
        ("fill_the_text_in_place", [Change.FORM]),
        ("tick_the_box", [Change.FORM]),
        ("choose", [Change.FORM]),
        ("fill_the_slots", [Change.SLOT]),
        ("fill_a_slot_and_its_looks", [Change.SLOT]),
        ("paint_a_filled_slot_again", [Change.UNDEFINED]),
        ("move_a_slot", [Change.UNDEFINED]),
        ("renew_the_store", [Change.EXTENSION]),
        ("tell_data_per_signature", [Change.EXTENSION]),
        ("put_something_else_in_the_store", [Change.UNDEFINED]),
        ("describe_anew", [Change.EXTENSION]),
        ("describe_with_something_else", [Change.UNDEFINED]),
        ("change_the_title", [Change.EXTENSION]),
        ("point_the_information_at_a_page", [Change.UNDEFINED]),
        ("name_extensions", [Change.EXTENSION]),
        ("add_a_font_to_the_form", [Change.FORM]),
        ("redefine_a_font_of_the_form", [Change.UNDEFINED]),
        ("write_objects_again", []),
        ("leave_an_orphan", []),
        ("extend_the_structure", [Change.STRUCTURE]),
        ("rewrite_the_structure", [Change.UNDEFINED]),
        ("put_an_annotation", [Change.ANNOTATION]),
        ("change_an_annotation", [Change.ANNOTATION]),
        ("add_a_page", [Change.PAGE]),
        ("remove_a_page", [Change.PAGE]),
        ("swap_the_pages", [Change.PAGE]),
        ("borrow_a_signature", [Change.UNDEFINED, Change.ANNOTATION]),
        ("add_a_text_field", [Change.UNDEFINED, Change.ANNOTATION]),
        ("bring_another_catalog", [Change.UNDEFINED]),
        ("withdraw_the_flags", [Change.UNDEFINED]),
    ],
)
def test_every_edit_has_its_name(name: str, kinds: list[Change]):
    assert list(dict.fromkeys(one.kind for one in done(name))) == kinds


def test_two_fields_of_one_act_are_one_signature_on_two_pages():
    (one,) = done("sign_in_two_fields")
    assert (len(one.fields), one.pages, one.is_drawn_field) == (2, (1, 2), True)


def test_slots_are_told_by_name_and_page():
    (one,) = done("fill_the_slots", seed=2)
    assert one.fields[0].startswith("seam_right_1.p")
    zh, en = sentence([one])
    assert zh.startswith("填入了骑缝章（seam_right_1.p1")
    assert en.startswith("slots of a paging seal were filled (seam_right_1.p1")


def test_a_paging_seal_of_a_second_signer_leaves_the_first_valid():
    base = document((Sheet(),) * 3)
    paging = PagingMark(impression=impression())
    first = act(base, WORLD.person, [SEAL, paging], field="first")
    second = act(
        first, WORLD.elliptic, [SealMark(2, Box(200, 200, 113, 113), seal()), paging], field="second"
    )
    report = judged(second)
    assert report.verdict is Verdict.VALID
    assert all(answer.is_good for answer in judges.pyhanko(second))
    store = Store(second)
    made = Comparisons(store).made_by(len(store.layers))
    assert {one.kind for one in made} == {Change.SLOT, Change.SIGNATURE}
    (slot,) = (one for one in made if one.kind is Change.SLOT)
    assert slot.pages == (1, 2, 3)


def test_a_strip_of_the_first_signer_cannot_be_painted_by_the_next():
    base = document((Sheet(),) * 3)
    first = act(base, marks=[SEAL, PagingMark(impression=impression())], field="first")
    draft = Draft(first)
    filled = draft.field("seam_right_1.p2")
    draft.entries(filled)["/AP"] = draft.state.entries(draft.field("seam_right_2.p1"))["/AP"]
    later = draft.document_after()
    store = Store(later)
    (one,) = Comparisons(store).made_by(len(store.layers))
    assert (one.kind, "painted again" in one.en) == (Change.UNDEFINED, True)
    assert judged(later).verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize("in_place", [False, True])
def test_filling_over_an_earlier_seal_is_told_and_not_confirmed(in_place: bool):
    """The replace attack: a field prepared where the seal will stand."""
    draft = Draft(unsigned())
    draft.entries(draft.field("text"))["/Rect"] = [120, 520, 200, 560]
    signed = act(draft.document_after(), marks=[SEAL], field="first")
    later = Draft(signed)
    edits.EDITS["fill_the_text_in_place" if in_place else "fill_the_text"](later, random.Random(1))
    report = judged(later.document_after())
    (found,) = [
        finding for one in report.signatures for finding in one.findings if finding.check == "coverage"
    ]
    assert (found.verdict, "lies over" in found.en) == (Verdict.INDETERMINATE, True)


def test_a_filled_field_elsewhere_is_fine():
    later = Draft(rich())
    edits.EDITS["fill_the_text"](later, random.Random(1))
    assert judged(later.document_after()).verdict is Verdict.VALID


@pytest.mark.parametrize("name", ["text", "seam_right_1.p1", "painted", "first"])
def test_an_appearance_is_never_taken_away(name: str):
    draft = Draft(rich())
    del draft.entries(draft.field(name))["/AP"]
    store = Store(draft.document_after())
    assert [one.kind for one in Comparisons(store).made_by(len(store.layers))] == [Change.UNDEFINED]


def test_lists_of_names_are_cut_and_the_same_is_said_once():
    many = Difference(Change.FORM, fields=tuple(f"f{number}" for number in range(20)), pages=(1,))
    zh, en = sentence([many, many])
    assert zh == "填写了表单（f0、f1、f2、f3、f4、f5、f6、f7等，第 1 页）"
    assert en == "form fields were filled (f0, f1, f2, f3, f4, f5, f6, f7 and more, page 1)"
    assert sentence([]) == ("没有内容改动", "nothing was changed")


def test_changes_are_told_from_harmless_to_grave():
    zh, en = sentence([Difference(Change.PAGE, pages=(2, 3)), Difference(Change.EXTENSION)])
    assert en == "validation data or metadata was added; pages were changed (pages 2, 3)"
    assert zh == "增加或更新了验证资料或文件说明；页面被改动（第 2、3 页）"


def test_going_back_to_an_earlier_revision_gives_the_same_answers():
    second = act(rich(), WORLD.elliptic, [SealMark(2, SEAL.box, seal())], field="second")
    third = act(second, WORLD.company, [SealMark(1, Box(300, 600, 113, 113), seal())], field="third")
    numbers = range(2, len(Store(third).layers) + 1)
    forward, backward = Comparisons(Store(third)), Comparisons(Store(third))
    one = [forward.made_by(number) for number in numbers]
    two = [backward.made_by(number) for number in reversed(numbers)]
    assert one == two[::-1]


def test_a_signature_in_a_direct_field_is_not_called_covered_later():
    draft = Draft(rich())
    form = draft.entries(draft.entries(draft.root)["/AcroForm"])
    form["/Fields"] = [
        dict(draft.state.entries(one)) if isinstance(one, Reference) else one for one in form["/Fields"]
    ]
    later = draft.document_after()
    store = Store(later)
    assert Change.UNDEFINED in {one.kind for one in Comparisons(store).made_by(len(store.layers))}
    history = History(later)
    assert history.since(len(history.ends) - 1) >= {Change.UNDEFINED}
