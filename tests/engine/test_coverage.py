"""What of a document a signature covers, and what later revisions do to that: real files, forged ones, rules."""

import io
import random
from dataclasses import replace

import pikepdf
import pytest

from tests import conformance
from tests.engine import edits
from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, WORLD, act, paper, seal
from tests.engine.rich_papers import rich, unsigned
from yunqian.engine import found, reading
from yunqian.engine.changes import Change
from yunqian.engine.changes.values import Reference, Value
from yunqian.engine.coverage import Coverage, History, judge
from yunqian.engine.found import FoundSignature
from yunqian.engine.marks import SealMark
from yunqian.engine.report import Verdict

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
ANSWERS = {  # the first signature's coverage, and what came after it
    "pdf-signed-original": (V, set()),
    "pdf-signed-corrupted": (I, set()),
    "pdf-signed-out-of-byteRange": (I, set()),
    "signature-referenced-from-multiple-fields": (V, set()),
    "pdf-removed-pages": (I, {Change.FORM, Change.PAGE}),
    "pades-signed-annot-added": (U, {Change.EXTENSION, Change.ANNOTATION}),
    "pdf-structtreeroot-changes": (V, {Change.EXTENSION, Change.STRUCTURE, Change.SIGNATURE}),
    "hide": (U, {Change.UNDEFINED}),
    "modified_after_signature": (
        I,  # its update also brings a number that is none (-1.#INF)
        {Change.EXTENSION, Change.ANNOTATION, Change.UNDEFINED, Change.PAGE},
    ),
    "pades-bes-no-certificates": (V, set()),
    "certified-no-change-permitted": (V, set()),
    "fieldmdp-include": (V, set()),
    "base": (V, {Change.EXTENSION}),
    "one-byterange": (I, set()),
    "signature-gap-too-big": (I, set()),
    "tail-uncovered": (I, set()),
    "weird-byterange": (I, set()),
}


def signatures(document: bytes) -> list[FoundSignature]:
    try:
        pdf = reading.strictly(document)
    except pikepdf.PdfError:
        pdf = reading.leniently(document)
    with pdf:
        return found.signatures(pdf)


def covered(document: bytes, number: int = 0) -> Coverage:
    return judge(signatures(document)[number], History(document))


@conformance.needed
@pytest.mark.parametrize("name", ANSWERS)
def test_each_real_document_gets_its_answer(name: str):
    verdict, kinds = ANSWERS[name]
    one = covered(conformance.document(f"pdf/{name}.pdf"))
    assert one.finding.verdict is verdict
    assert {kind for later in one.later for kind in later.changes} == kinds
    covers_all = one.finding.en == "covers the whole document"
    assert covers_all == (verdict is V and not kinds)


@conformance.needed
def test_the_signed_revision_can_be_recovered_and_differs():
    document = conformance.document("pdf/modified_after_signature.pdf")
    history = History(document)
    one = judge(signatures(document)[0], history)
    signed = document[: history.ends[one.revision - 1]]
    with pikepdf.open(io.BytesIO(signed)) as before, pikepdf.open(io.BytesIO(document)) as after:
        assert before.pages[0].Contents.read_bytes() != after.pages[0].Contents.read_bytes()


@conformance.needed
def test_two_names_of_one_signature_stay_one():
    document = conformance.document("pdf/signature-referenced-from-multiple-fields.pdf")
    assert [one.fields for one in signatures(document)] == [("signature-test", "signature-test2")]


SIGNED = act(paper())
(ONE,) = signatures(SIGNED)
LAST = int(SIGNED[SIGNED.rindex(b"startxref") + 9 :].split()[0])
GAP = ONE.byte_range[1], ONE.byte_range[2]


@pytest.mark.parametrize(
    "spans",
    [
        (),
        (0, GAP[0]),
        (0, GAP[0], GAP[1]),
        (1, GAP[0] - 1, GAP[1], len(SIGNED) - GAP[1]),
        (0, GAP[0] - 1, GAP[1], len(SIGNED) - GAP[1]),
        (0, GAP[0] + 1, GAP[1], len(SIGNED) - GAP[1]),
        (0, GAP[0], GAP[1] + 1, len(SIGNED) - GAP[1] - 1),
        (0, GAP[0], GAP[1] - 1, len(SIGNED) - GAP[1] + 1),
        (0, GAP[0], GAP[1], len(SIGNED) - GAP[1] - 7),
        (0, GAP[0], GAP[1], len(SIGNED) - GAP[1] + 1),
        (0, GAP[0], GAP[1], -1),
        (0, GAP[0], 0, len(SIGNED)),
        (0, len(SIGNED), GAP[1], len(SIGNED) - GAP[1]),
        (0, GAP[0], GAP[1], 10, len(SIGNED) - 20, 20),
    ],
    ids=str,
)
def test_a_byte_range_of_another_shape_never_covers(spans: tuple[int, ...]):
    one = judge(replace(ONE, byte_range=spans), History(SIGNED))
    assert (one.finding.verdict, one.revision) == (I, None)


@pytest.mark.parametrize("contents", [b"", b"\x00", ONE.contents[:-1], b"\x01" + ONE.contents[1:]])
def test_the_gap_must_hold_this_very_value(contents: bytes):
    assert judge(replace(ONE, contents=contents), History(SIGNED)).finding.verdict is I


def test_something_hidden_in_the_gap_is_told():
    at = GAP[1] - 40
    for hidden in (b">/Reason(paid)<", b"% comment", b"><</X 1>>"):
        document = SIGNED[:at] + hidden + SIGNED[at + len(hidden) :]
        assert covered(document).finding.verdict is I


def test_a_copy_of_a_signature_covers_nothing():
    """Signature wrapping: the same value and range in another object, where nothing was signed."""
    draft = Draft(SIGNED)
    old = draft.state.entries(draft.field("yunqian"))["/V"]
    draft.entries(draft.field("yunqian"))["/V"] = draft.add(
        {**draft.state.entries(old), "/Reason": b"another"}
    )
    one = covered(draft.document_after())
    assert (one.finding.verdict, one.finding.en) == (
        I,
        "the byte range leaves out another place than this signature's",
    )


def test_every_later_revision_is_told_by_itself_in_both_languages():
    second = act(SIGNED, WORLD.elliptic, [SealMark(2, SEAL.box, seal())], field="second")
    third = act(second, WORLD.company, [SealMark(1, SEAL.box, seal())], field="third")
    one = covered(third)
    assert [later.number for later in one.later] == [3, 4]
    assert all(later.is_allowed and later.changes == (Change.SIGNATURE,) for later in one.later)
    assert one.later[0].zh == "增加了签名（second，第 2 页）"
    assert one.later[0].en == "a signature was added (second, page 2)"
    assert one.later[1].en == "a signature was added (third, page 1), over the widget of an earlier signature"
    assert covered(third, 2).later == ()


def test_bytes_behind_the_last_revision_are_told():
    for junk in (
        b"x",
        b"%%EOF\n",
        b"1 0 obj\n<<>>\nendobj\n",
        b"startxref\n0\n%%EOF\n",
        b"startxref\n%d\n%%%%EOF\n" % LAST,
    ):
        assert covered(SIGNED + junk).finding.verdict is I
    assert covered(SIGNED + b"\nstartxref\n10\n%%EOF\n").finding.verdict is U
    assert covered(SIGNED + b"\r\n \x00\t").finding.verdict is V


def forged(document: bytes, *, is_certifying: bool = False, **entries: Value) -> bytes:
    """A signature that covers what it should and holds no value: what coverage asks, without a key."""
    draft = Draft(document)
    value = {
        **edits.SIGNATURE,
        "/ByteRange": [0, 1000000001, 1000000002, 1000000003],
        "/Contents": b"\x30\x01\x02",
    }
    reference = entries.pop("reference", None)
    field = draft.entries(draft.field("waiting"))
    field.update({"/" + key: one for key, one in entries.items()})
    if reference is not None:
        value["/Reference"] = [reference]
    field["/V"] = draft.add(value)
    if is_certifying:
        draft.entries(draft.root)["/Perms"] = {"/DocMDP": field["/V"]}
    signed = draft.document_after()
    start = signed.index(b"/Contents <", len(document)) + len(b"/Contents ")
    end = signed.index(b">", start) + 1
    for place, number in ((1, start), (2, end), (3, len(signed) - end)):
        signed = signed.replace(b"100000000%d" % place, b"%-10d" % number)
    return signed


def mdp(level: Value) -> dict[str, Value]:
    return {
        "/Type": "/SigRef",
        "/TransformMethod": "/DocMDP",
        "/TransformParams": {"/P": level, "/V": "/1.2"},
    }


def fields(action: str, *names: bytes) -> dict[str, Value]:
    return {"/Type": "/TransformParams", "/Action": action, "/Fields": list(names), "/V": "/1.2"}


def after(document: bytes, *names: str) -> bytes:
    draft = Draft(document)
    for name in names:
        edits.EDITS[name](draft, random.Random(7))
    return draft.document_after()


BASE = unsigned()
LATER = (
    "renew_the_store",
    "stamp_the_time",
    "fill_the_text",
    "fill_the_slots",
    "sign_in_a_new_field",
    "sign_unseen",
    "put_an_annotation",
    "replace_a_page_content",
)


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    ("level", "verdicts"),
    [
        (None, (V, V, V, U, V, V, U, I)),
        (3, (V, V, V, U, V, V, V, I)),
        (2, (V, V, V, U, I, V, I, I)),
        (1, (V, V, I, I, I, I, I, I)),
        (7, (V, V, I, I, I, I, I, I)),
    ],
)
def test_a_certification_is_obeyed_level_by_level(
    level: int | None, verdicts: tuple[Verdict, ...], is_streamed: bool
):
    base = unsigned(is_streamed=is_streamed)
    signed = forged(base) if level is None else forged(base, reference=mdp(level))
    assert covered(signed).finding.verdict is V
    assert tuple(covered(after(signed, name)).finding.verdict for name in LATER) == verdicts


def test_a_certification_names_its_reason():
    one = covered(after(forged(BASE, reference=mdp(2)), "put_an_annotation"))
    assert "只允许填写和签名" in one.finding.zh
    assert [later.is_allowed for later in one.later] == [False]


def test_what_lies_over_a_seal_is_not_excused_by_annotations_being_allowed():
    signed = forged(BASE, reference=mdp(3))
    assert covered(after(signed, "change_an_annotation")).finding.verdict is V
    draft = Draft(signed)
    over = draft.add({"/Type": "/Annot", "/Subtype": "/Square", "/Rect": [60, 140, 90, 145]})
    page = draft.entries(draft.state.entries(draft.field("waiting"))["/P"])
    draft.value(page["/Annots"].number).append(over)
    one = covered(draft.document_after())
    assert one.finding.verdict is U
    assert "over the widget of an earlier signature" in one.later[0].en


@pytest.mark.parametrize(
    ("action", "names", "verdicts"),
    [
        ("/All", (), (V, V, I, I, I, I)),
        ("/Include", (b"text",), (V, V, I, U, V, V)),
        ("/Include", (b"seam_right_1",), (V, V, V, I, V, V)),
        ("/Exclude", (b"text",), (V, V, V, I, I, I)),
        ("/Unknown", (b"text",), (V, V, I, I, I, I)),
    ],
)
@pytest.mark.parametrize("place", ["reference", "lock"])
def test_locked_fields_stay_as_they_are(
    action: str, names: tuple[bytes, ...], verdicts: tuple[Verdict, ...], place: str
):
    locked = fields(action, *names)
    if place == "reference":
        signed = forged(BASE, reference={"/TransformMethod": "/FieldMDP", "/TransformParams": locked})
    else:
        signed = forged(BASE, Lock=locked)
    assert tuple(covered(after(signed, name)).finding.verdict for name in LATER[:6]) == verdicts
    broken = covered(after(signed, "fill_the_text", "fill_the_slots"))
    assert broken.finding.verdict is I
    assert "locked fields were changed since" in broken.finding.en


def test_a_field_lock_may_also_forbid_everything():
    signed = forged(BASE, Lock={**fields("/Include"), "/P": 1})
    assert covered(after(signed, "fill_the_text")).finding.verdict is I
    assert covered(after(signed, "renew_the_store")).finding.verdict is V


def test_a_signature_under_a_certification_obeys_it_too():
    """The catalog's /Perms of its own revision says so, whatever its own dictionary says."""
    signed = forged(BASE, reference=mdp(2), is_certifying=True)
    (one,) = signatures(signed)
    annotated = after(signed, "put_an_annotation")
    assert judge(replace(one, number=0, holders=()), History(annotated)).finding.verdict is I


def test_permissions_entered_after_signing_are_a_change_of_their_own():
    draft = Draft(forged(BASE, reference=mdp(2)))
    draft.entries(draft.root)["/Perms"] = {"/DocMDP": draft.state.entries(draft.field("waiting"))["/V"]}
    one = covered(draft.document_after())
    assert (one.finding.verdict, one.later[0].changes) == (U, (Change.UNDEFINED,))
    assert "/Perms" in one.later[0].en


def test_a_withdrawn_certification_is_still_read_from_the_signed_revision():
    signed = forged(BASE, reference=mdp(1))
    draft = Draft(signed)
    value = draft.state.entries(draft.field("waiting"))["/V"]
    assert isinstance(value, Reference)
    del draft.entries(value)["/Reference"]
    assert covered(draft.document_after()).finding.verdict is I


def test_a_rich_document_is_covered_by_its_real_signature():
    assert covered(rich()).finding.en == "covers the whole document"
