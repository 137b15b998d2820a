"""Published attacks on signed PDFs, built here: none of them leaves a later state that is called confirmed.

Shadow attacks (Mainka et al., NDSS 2021), incremental saving, universal forgery and wrapping (Mladenov et al.,
CCS 2019), and their kin. Byte ranges themselves are in test_coverage.
"""

import random

import pytest

from tests.engine import edits
from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, act, judged, paper
from tests.engine.rich_papers import rich, unsigned
from yunqian.engine.changes import Change, Comparisons, Store, Unsound
from yunqian.engine.changes.values import Reference, Stream, Value
from yunqian.engine.report import Verdict


def kinds(document: bytes) -> set[Change]:
    """What the last revision did."""
    store = Store(document)
    return {one.kind for one in Comparisons(store).made_by(len(store.layers))}


def prepared(**objects: Value) -> tuple[bytes, dict[str, Reference]]:
    """A document with objects that nobody refers to, signed; and where they are."""
    draft = Draft(unsigned())
    made = {name: draft.add(value) for name, value in objects.items()}
    return act(draft.document_after(), marks=[SEAL], field="first"), made


def coverage(document: bytes) -> Verdict:
    one = next(one for one in judged(document).signatures if "first" in one.fields)
    return next(finding.verdict for finding in one.findings if finding.check == "coverage")


PAID = Stream({}, b"BT /F1 24 Tf 72 700 Td (Paid) Tj ET")


def test_hide_and_replace_by_a_prepared_content_stream():
    signed, made = prepared(paid=PAID)
    draft = Draft(signed)
    draft.entries(draft.page(0))["/Contents"] = made["paid"]
    assert kinds(draft.document_after()) == {Change.PAGE}
    assert coverage(draft.document_after()) is Verdict.INVALID


def test_hide_and_replace_by_the_cross_reference_alone():
    """The update holds no object at all: its row points at bytes that were signed long ago."""
    signed, made = prepared(paid=PAID)
    draft = Draft(signed)
    contents = draft.state.entries(draft.page(0))["/Contents"]
    draft.places[contents.number] = Store(signed).place(made["paid"].number, 2).offset
    assert kinds(draft.document_after()) == {Change.UNDEFINED}
    hidden = b"%d 0 obj\n<</Length 3>>\nstream\nq Q\nendstream\nendobj\n" % contents.number
    signed, _ = prepared(note=Stream({}, hidden))
    draft = Draft(signed)
    draft.places[contents.number] = signed.index(hidden)
    assert kinds(draft.document_after()) == {Change.PAGE}


def test_hide_by_an_object_that_comes_only_later():
    draft = Draft(unsigned())
    page = draft.entries(draft.page(1))
    page["/Contents"] = [page["/Contents"], Reference(400, 0)]
    signed = act(draft.document_after(), marks=[SEAL], field="first")
    for size in (401, 300):
        later = Draft(signed)
        later.objects[400], later.size = PAID, size
        assert Change.UNDEFINED in kinds(later.document_after())
        assert coverage(later.document_after()) is not Verdict.VALID


def test_hide_by_an_object_in_a_string_of_another():
    """The reference to what comes later stands behind a second object inside a string of the first."""
    document = paper()
    draft = Draft(document)
    outer = draft.add({"/Filler": b"", "/Thumb": Reference(400, 0)})
    inner = draft.add(None)
    draft.entries(draft.page(0))["/PieceInfo"] = outer
    base = draft.document_after(is_stream=False)
    body = b"<</Filler (%% endobj %d 0 obj null endobj) /Thumb 400 0 R>>" % inner.number
    start = base.index(b"%d 0 obj" % outer.number)
    old = base[start : base.index(b"endobj", start)]
    new = b"%d 0 obj\n%s\n" % (outer.number, body)
    moved = base.replace(old, new)
    shift = len(new) - len(old)
    row = b"%010d 00000 n" % (Store(base).place(inner.number, 2).offset)
    moved = moved.replace(row, b"%010d 00000 n" % moved.index(b"%d 0 obj null" % inner.number))
    at = int(base[base.rindex(b"startxref") + 9 :].split()[0])
    signed = act(moved.replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + shift)), field="first")
    later = Draft(signed)
    later.objects[400], later.size = PAID, 401
    assert Change.UNDEFINED in kinds(later.document_after())


@pytest.mark.parametrize("name", ["redefine_a_page_font", "swap_a_picture", "replace_a_page_content"])
def test_replace_by_another_font_picture_or_content(name: str):
    draft = Draft(rich())
    edits.EDITS[name](draft, random.Random(1))
    assert kinds(draft.document_after()) == {Change.PAGE}
    assert coverage(draft.document_after()) is Verdict.INVALID


def test_replace_through_metadata_that_is_also_drawn():
    """One stream in two roles: harmless as metadata, a picture on the page."""
    draft = Draft(unsigned())
    page = draft.entries(draft.page(0))
    page["/Resources"]["/XObject"]["/Im"] = draft.state.root["/Metadata"]
    signed = act(draft.document_after(), marks=[SEAL], field="first")
    later = Draft(signed)
    later.objects[later.state.root["/Metadata"].number] = Stream({"/Type": "/Metadata"}, edits.XMP + b" ")
    assert Change.UNDEFINED in kinds(later.document_after())


def test_replace_through_a_security_store_whose_list_is_a_page_content():
    draft = Draft(unsigned())
    store = draft.entries(draft.state.root["/DSS"])
    draft.entries(draft.page(0))["/Contents"] = store["/Certs"]
    signed = act(draft.document_after(), marks=[SEAL], field="first")
    later = Draft(signed)
    later.value(store["/Certs"].number).append(later.add(PAID))
    assert kinds(later.document_after()) & {Change.UNDEFINED, Change.PAGE}


def test_replace_through_form_resources_that_a_page_shares():
    draft = Draft(unsigned())
    form = draft.entries(draft.entries(draft.root)["/AcroForm"])
    shared = draft.add({"/Font": form["/DR"]["/Font"]})
    form["/DR"] = draft.entries(draft.page(0))["/Resources"] = shared
    signed = act(draft.document_after(), marks=[SEAL], field="first")
    later = Draft(signed)
    later.entries(shared)["/XObject"] = {"/Im": later.add(PAID)}
    assert Change.UNDEFINED in kinds(later.document_after())


def test_an_object_stream_is_never_written_twice():
    signed = rich(is_streamed=True)
    draft = Draft(signed)
    container = next(place.container for place in draft.store.layers[0].places.values() if place.container)
    old = draft.state.value(container)
    draft.objects[container] = Stream(dict(old.entries), old.raw)
    assert kinds(draft.document_after()) == {Change.UNDEFINED}


def test_an_older_state_brought_back_is_told():
    """Incremental saving backwards: the last section continues an earlier one and leaves the seal's revision out."""
    signed = rich()
    draft = Draft(signed)
    first = Store(signed).layers[0].end
    start = int(signed[:first][signed.rindex(b"startxref", 0, first) + 9 :].split()[0])
    rolled = draft.document_after(previous=start)
    report = judged(rolled)
    assert report.verdict is not Verdict.VALID
    assert all(one.verdict is not Verdict.VALID for one in report.signatures)


def test_a_section_that_runs_in_a_circle_or_overlaps_is_not_followed():
    signed = rich()
    at = int(signed[signed.rindex(b"startxref") + 9 :].split()[0])
    for previous in (at + 10, len(signed), 5, 0):
        document = Draft(signed).document_after(previous=previous)
        with pytest.raises(Unsound):
            Store(document)
        assert judged(document).verdict is not Verdict.VALID


def test_a_key_that_stands_twice_is_not_read_either_way():
    signed = rich()
    draft = Draft(signed)
    draft.entries(draft.root)
    doubled = draft.document_after().replace(b"/Lang <7a68>", b"/Lang <7a68> /Lang <656e>")
    assert kinds(_with_its_section(doubled)) == {Change.UNDEFINED}


def _with_its_section(document: bytes) -> bytes:
    at = document.rindex(b"\nxref") + 1
    start = document.rindex(b"startxref")
    return document[:start] + b"startxref\n%d\n%%%%EOF\n" % at


@pytest.mark.parametrize(
    "name", ["repaint_a_seal", "move_a_seal", "empty_a_signed_field", "change_a_signature"]
)
def test_an_earlier_seal_stays_as_it_was(name: str):
    for seed in range(4):
        draft = Draft(rich())
        edits.EDITS[name](draft, random.Random(seed))
        assert kinds(draft.document_after()) == {Change.UNDEFINED}


def test_a_widget_over_everything_needs_a_signature_of_its_own():
    draft = Draft(rich())
    edits.EDITS["add_an_empty_field_with_a_picture"](draft, random.Random(1))
    assert Change.UNDEFINED in kinds(draft.document_after())
    assert coverage(draft.document_after()) is Verdict.INDETERMINATE
