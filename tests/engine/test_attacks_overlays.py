"""Attacks that put something over what was signed: none of the documents they leave is called valid."""

import random

import pytest

from tests.engine import edits
from tests.engine.attacks import (
    BOGUS,
    COVER,
    EVERYTHING,
    PUSH_BUTTON,
    READ_ONLY,
    coverage,
    covering_field,
    laid_out,
    signature_of,
    total,
)
from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, WORLD, act, judged
from tests.engine.rich_papers import rich, unsigned
from tests.engine.test_coverage import BASE, covered, fields, forged, mdp
from yunqian.engine.changes.values import Stream, Value, Word
from yunqian.engine.report import Verdict


def painted(document: bytes, name: str, **entries: Value) -> bytes:
    """The document after a later revision that paints a field over, or sets other entries of it."""
    draft = Draft(document)
    field = draft.entries(draft.field(name))
    field.update({"/" + key: value for key, value in entries.items()} or {"/AP": {"/N": draft.add(COVER)}})
    return draft.document_after()


# ------------------------------------------------------------------ signature wrapping


def test_a_copy_of_a_signature_in_a_new_field_is_a_signature_of_its_own_and_wrong():
    """Same byte range, same value, another field with a picture over the page: poppler calls both valid."""
    draft = Draft(rich())
    covering_field(draft, draft.add(signature_of(draft)))
    report = judged(draft.document_after())
    assert report.verdict is Verdict.INVALID
    assert [one.fields for one in report.signatures if one.verdict is Verdict.INVALID] == [("over",)]


@pytest.mark.parametrize("name", ["waiting", "first"])
def test_a_copy_of_a_signature_in_a_field_that_was_there_is_wrong_too(name: str):
    draft = Draft(rich())
    copy = draft.add(signature_of(draft))
    draft.entries(draft.field(name)).update({"/V": copy, "/AP": {"/N": draft.add(COVER)}})
    assert total(draft.document_after()) is Verdict.INVALID


def test_a_copy_in_the_number_of_an_object_that_stood_before_the_signature_covers_nothing():
    draft = Draft(unsigned())
    early = draft.add({"/Nobody": "/Needs"})
    signed = act(draft.document_after(), marks=[SEAL], field="first")
    later = Draft(signed)
    later.objects[early.number] = signature_of(later)
    later.entries(later.field("first"))["/V"] = early
    assert total(later.document_after()) is Verdict.INVALID


@pytest.mark.parametrize(
    "bogus",
    [
        {},
        {"/Contents": None},
        {"/Contents": b""},
        {"/Contents": 1},
        {"/ByteRange": None},
        {"/ByteRange": []},
        {"/ByteRange": None, "/Contents": None},
        {"/ByteRange": [0, -1, 5, 9]},
        {"/ByteRange": [0, 10, 5, 9]},
        {"/ByteRange": [0, 10, 20, 30, 40, 50]},
        {"/SubFilter": None},
        {"/Type": None, "/SubFilter": "/adbe.x509.rsa_sha1"},
    ],
    ids=str,
)
def test_a_field_with_a_signature_that_is_none_is_never_passed_over(bogus: dict[str, Value]):
    """Universal signature forgery (Mladenov et al., CCS 2019), beside a good signature."""
    draft = Draft(rich())
    covering_field(draft, draft.add({**BOGUS, **bogus}))
    report = judged(draft.document_after())
    assert report.verdict is not Verdict.VALID
    assert len(report.signatures) == 2


def test_a_signature_behind_ten_thousand_empty_fields_is_not_passed_over():
    draft = Draft(rich())
    form = draft.entries(draft.entries(draft.root)["/AcroForm"])
    form["/Fields"] += [draft.add({"/FT": "/Sig", "/T": b"e%d" % number}) for number in range(10_001)]
    covering_field(draft, draft.add(dict(BOGUS)))
    report = judged(draft.document_after())
    assert report.verdict is not Verdict.VALID
    assert all(len(finding.en) < 2_000 for one in report.signatures for finding in one.findings)


@pytest.mark.parametrize("spans", ["[0 %d. %d %d]", "[0 %d (x) %d %d]", "[false %d %d %d]"])
def test_a_byte_range_with_anything_but_whole_numbers_is_none(spans: str):
    document = forged(BASE)
    at = document.rindex(b"/ByteRange [") + len(b"/ByteRange ")
    end = document.index(b"]", at) + 1
    numbers = [int(one) for one in document[at + 1 : end - 1].split()]
    written = (spans % tuple(numbers[1:])).encode().ljust(end - at)
    assert len(written) == end - at
    one = covered(document[:at] + written + document[end:])
    assert one.finding.verdict is Verdict.INVALID


# ------------------------------------------------------------------ fields that were laid out before


@pytest.mark.parametrize("name", ["x", "seam_right_2", "seal"])
def test_a_slot_painted_by_nobody_is_not_confirmed(name: str):
    signed = laid_out(name, "/Btn", Ff=PUSH_BUTTON | READ_ONLY)
    assert total(signed) is Verdict.VALID
    assert total(painted(signed, name)) is Verdict.INDETERMINATE


def test_a_push_button_painted_later_is_not_confirmed():
    assert total(painted(laid_out("x", "/Btn", Ff=PUSH_BUTTON), "x")) is Verdict.INDETERMINATE


@pytest.mark.parametrize("hiding", [2, 32, 1])
def test_a_hidden_field_brought_to_light_over_a_seal_is_not_confirmed(hiding: int):
    signed = laid_out("x", "/Tx", F=4 | hiding, shown=COVER.raw)
    assert total(painted(signed, "x", F=4)) is Verdict.INDETERMINATE


def test_a_field_hidden_later_takes_away_what_was_signed():
    signed = laid_out("x", "/Tx", shown=b"BT ET")
    assert total(painted(signed, "x", F=6)) is Verdict.INDETERMINATE


def test_another_state_of_a_box_over_a_seal_is_not_confirmed():
    signed = laid_out("x", "/Btn", AS="/Off", V="/Off")
    assert total(painted(signed, "x", AS="/Yes", V="/Yes")) is Verdict.INDETERMINATE


@pytest.mark.parametrize("page", [0, 1])
def test_a_field_is_where_the_page_lists_it_whatever_page_it_names(page: int):
    signed = laid_out("x", "/Tx", page=page)
    assert total(painted(signed, "x")) is Verdict.INDETERMINATE


def test_a_widget_follows_the_field_above_it_whatever_parent_it_names():
    """It names a text field; filling that one would have counted as signing the other."""
    draft = Draft(unsigned())
    text = draft.add({"/FT": "/Tx", "/T": b"filled"})
    above = draft.add({"/FT": "/Sig", "/T": b"above"})
    kid = {"/Type": "/Annot", "/Subtype": "/Widget", "/Rect": list(EVERYTHING), "/Parent": text, "/F": 4}
    widget = draft.add({**kid, "/P": draft.page(0)})
    draft.entries(above)["/Kids"] = [widget]
    draft.entries(draft.entries(draft.root)["/AcroForm"])["/Fields"] += [text, above]
    draft.entries(draft.page(0))["/Annots"].append(widget)
    later = Draft(act(draft.document_after(), marks=[SEAL], field="first"))
    later.entries(text)["/V"] = later.add({"/Not": "/ASignature"})
    later.entries(widget)["/AP"] = {"/N": later.add(COVER)}
    assert total(later.document_after()) is not Verdict.VALID


@pytest.mark.parametrize("name", ["change_the_default_look", "ask_for_appearances"])
def test_locked_fields_are_not_drawn_anew_by_another_default_look(name: str):
    draft = Draft(forged(BASE, Lock=fields("/All")))
    edits.EDITS[name](draft, random.Random(1))
    assert covered(draft.document_after()).finding.verdict is Verdict.INVALID


# ------------------------------------------------------------------ rectangles, annotations, stamps


def test_a_rectangle_that_stands_apart_is_still_a_rectangle():
    signed = forged(BASE, reference=mdp(3))
    for elements_apart in (False, True):
        draft = Draft(signed)
        box: list[Value] = [60, 140, 90, 145]
        rectangle = [draft.add(one) for one in box] if elements_apart else draft.add(box)
        over = draft.add({"/Type": "/Annot", "/Subtype": "/Square", "/Rect": rectangle})
        page = draft.entries(draft.state.entries(draft.field("waiting"))["/P"])
        draft.value(page["/Annots"].number).append(over)
        assert covered(draft.document_after()).finding.verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("elements_apart", [False, True])
def test_a_time_stamp_that_is_seen_is_no_mere_time_stamp(level: int, elements_apart: bool):
    draft = Draft(forged(BASE, reference=mdp(level)))
    stamp = {**BOGUS, "/Type": "/DocTimeStamp", "/SubFilter": "/ETSI.RFC3161"}
    box: Value = draft.add(list(EVERYTHING))
    box = [draft.add(one) for one in EVERYTHING] if elements_apart else box
    covering_field(draft, draft.add(stamp), Rect=box)
    assert covered(draft.document_after()).finding.verdict is Verdict.INVALID


def test_a_signature_that_calls_itself_a_time_stamp_breaks_a_certification_as_any_other():
    draft = Draft(forged(BASE, reference=mdp(1)))
    value = draft.add({**BOGUS, "/Type": "/DocTimeStamp"})
    edits.new_field(draft, random.Random(1), is_seen=False, value=value)
    assert covered(draft.document_after()).finding.verdict is Verdict.INVALID


def test_a_page_group_is_no_element_of_the_structure():
    """A transparency group with the letters of a structure element: /K would let it knock out what is under it."""
    draft = Draft(unsigned())
    page = draft.page(0)
    draft.entries(page)["/Group"] = group = draft.add({"/S": "/Transparency", "/P": page})
    later = Draft(act(draft.document_after(), marks=[SEAL], field="first"))
    later.entries(group)["/K"] = Word.TRUE
    assert total(later.document_after()) is not Verdict.VALID


@pytest.mark.parametrize("kind", ["/Square", "/FreeText", "/Stamp", "/Redact", "/Widget", "/Popup"])
def test_an_annotation_over_the_page_is_not_confirmed(kind: str):
    draft = Draft(rich())
    over = {"/Type": "/Annot", "/Subtype": kind, "/Rect": list(EVERYTHING), "/AP": {"/N": draft.add(COVER)}}
    draft.entries(draft.page(0))["/Annots"].append(draft.add(over))
    assert total(draft.document_after()) is not Verdict.VALID


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("/Rect", list(EVERYTHING)),
        ("/F", 6),
        ("/MK", {"/BG": [1, 1, 1]}),
        ("/AS", "/Other"),
        ("/AP", {"/N": Stream({}, b"")}),
        ("/OC", {"/Type": "/OCG", "/Name": b"x"}),
        ("/V", None),
        ("/BS", {"/W": 40}),
        ("/T", b"other"),
        ("/Lock", {"/Action": "/All"}),
    ],
    ids=str,
)
def test_nothing_of_a_signed_widget_may_change(key: str, value: Value):
    draft = Draft(rich())
    draft.entries(draft.field("first"))[key] = {"/N": draft.add(COVER)} if key == "/AP" else value
    assert total(draft.document_after()) is not Verdict.VALID


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    "entries",
    [
        {"/Contents": Stream({}, b"")},
        {"/Group": {"/S": "/Transparency"}},
        {"/Resources": {}},
        {"/UserUnit": 2},
        {"/VP": []},
        {"/Metadata": Stream({}, b"")},
    ],
    ids=lambda one: next(iter(one)),
)
def test_nothing_a_page_shows_may_change(entries: dict[str, Value], is_streamed: bool):
    draft = Draft(rich(is_streamed=is_streamed))
    for key, value in entries.items():
        draft.entries(draft.page(0))[key] = draft.add(value) if isinstance(value, Stream) else value
    assert total(draft.document_after()) is not Verdict.VALID


def test_layers_switched_later_are_not_confirmed():
    for is_apart in (False, True):
        draft = Draft(unsigned())
        layer = draft.add({"/Type": "/OCG", "/Name": b"terms"})
        settings: Value = {"/OCGs": [layer], "/D": {"/ON": [layer]}}
        draft.entries(draft.root)["/OCProperties"] = draft.add(settings) if is_apart else settings
        later = Draft(act(draft.document_after(), marks=[SEAL], field="first"))
        held = later.entries(later.root)["/OCProperties"]
        held = later.entries(held) if is_apart else held
        assert isinstance(held, dict)
        held["/D"] = {"/OFF": [layer]}
        assert total(later.document_after()) is not Verdict.VALID


@pytest.mark.parametrize("key", ["/ToUnicode", "/Widths", "/FontDescriptor", "/Encoding"])
def test_a_font_that_reads_otherwise_later_changes_the_page(key: str):
    draft = Draft(unsigned())
    font = draft.entries(draft.page(0))["/Resources"]["/Font"]["/F1"]
    part = draft.add(Stream({}, b"one") if key == "/ToUnicode" else {"/Is": "/One"})
    draft.entries(font)[key] = part
    later = Draft(act(draft.document_after(), marks=[SEAL], field="first"))
    later.objects[part.number] = Stream({}, b"two") if key == "/ToUnicode" else {"/Is": "/Two"}
    assert coverage(later.document_after()).verdict is Verdict.INVALID


@pytest.mark.parametrize("order", [[0, 0], [0, 1, 0], [1, 0], [1], []])
def test_no_page_is_shown_twice_or_elsewhere_or_not(order: list[int]):
    draft = Draft(rich())
    pages = [draft.page(0), draft.page(1)]
    tree = draft.entries(draft.entries(draft.root)["/Pages"])
    tree["/Kids"], tree["/Count"] = [pages[one] for one in order], len(order)
    assert total(draft.document_after()) is not Verdict.VALID


def test_a_second_signer_by_a_key_that_nobody_knows_lowers_the_whole():
    twice = act(rich(), WORLD.stranger, [SEAL], field="second")
    assert total(twice) is Verdict.INDETERMINATE
