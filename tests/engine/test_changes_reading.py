"""Our strict reading of objects, sections and revisions, also beside qpdf's."""

import io
import time

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.drafts import Draft, written
from tests.engine.papers import SEAL, WORLD, act, paper, seal
from tests.engine.rich_papers import rich, unsigned
from yunqian.engine.changes import Comparisons, Store, Unsound
from yunqian.engine.changes.sections import decoded, object_at, section
from yunqian.engine.changes.states import Mentions
from yunqian.engine.changes.values import Reference, Stream, Word, read, references
from yunqian.engine.marks import SealMark

READABLE = [
    (b"null", None),
    (b" true", Word.TRUE),
    (b"-12", -12),
    (b"+.5", 0.5),
    (b"4.", 4.0),
    (b"12 0 R", Reference(12, 0)),
    (b"12 0", 12),
    (b"/Name#20x", "/Name x"),
    (b"/", "/"),
    (b"(a(b)c\\)\\\\)", b"a(b)c)\\"),
    (b"(\\101\\7x\\\r\ny\r\nz)", b"A\x07xy\nz"),
    (b"<48 65\n6>", b"He`"),
    (b"[1 2 0 R(x)/Y]", [1, Reference(2, 0), b"x", "/Y"]),
    (b"<</A 1/B null/C<</D[]>>>>", {"/A": 1, "/C": {"/D": []}}),
    (b"% a comment\n<<%x\n/A%y\n1>>", {"/A": 1}),
]


@pytest.mark.parametrize(("text", "value"), READABLE, ids=lambda one: repr(one)[:30])
def test_every_kind_of_value_is_read(text: bytes, value: object):
    found, end = read(text, 0)
    assert (found, type(found)) == (value, type(value))
    assert end <= len(text)


UNREADABLE = [
    b"",
    b"<<",
    b"[1",
    b"(a",
    b">>",
    b"]",
    b"<</A>>",
    b"<<1 2>>",
    b"<</A 1/A 1>>",
    b"<</A 1/#41 2>>",
    b"<4G>",
]


@pytest.mark.parametrize(
    "text", [*UNREADABLE, b"yes", b"12abc", b"[" * 100 + b"]" * 100], ids=lambda one: repr(one)[:20]
)
def test_what_could_be_read_in_two_ways_is_not_read(text: bytes):
    with pytest.raises(Unsound):
        read(text, 0)


def test_true_is_not_one_and_a_name_is_not_a_string():
    assert read(b"[true]", 0)[0] != read(b"[1]", 0)[0]
    assert read(b"[/a]", 0)[0] != read(b"[(/a)]", 0)[0]
    assert read(b"[1 0 R]", 0)[0] != read(b"[[1 0]]", 0)[0]


@pytest.mark.timeout(20)
def test_many_blanks_and_brackets_cost_no_more_than_their_number():
    started = time.process_time()
    for text in (b" " * 100_000 + b"\x80", b"%\n" * 50_000, b"(" * 100_000, b"1 " * 100_000, b"<" * 100_000):
        with pytest.raises(Unsound):
            read(b"[" + text, 0)
    assert time.process_time() - started < 5


_VALUES = st.recursive(
    st.none()
    | st.sampled_from(list(Word))
    | st.integers(-(10**9), 10**9)
    | st.binary(max_size=8)
    | st.text("abcXYZ019 #()<>/%", max_size=6).map(lambda text: "/" + text)
    | st.builds(Reference, st.integers(1, 10**6), st.integers(0, 65535)),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["/A", "/B", "/C"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_VALUES)
def test_what_is_written_is_read_again(value):
    text = written(value)
    assert read(text, 0) == (_without_nulls(value), len(text))


def _without_nulls(value):
    if isinstance(value, Reference):
        return value
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return value


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 4000), st.binary(max_size=6), st.integers(0, 12))
def test_damaged_documents_are_unsound_or_read_and_nothing_else(at: int, inserted: bytes, removed: int):
    document = rich()
    at = len(document) - at
    damaged = document[:at] + inserted + document[at + removed :]
    try:
        store = Store(damaged)
    except Unsound:
        return
    for number in range(2, len(store.layers) + 1):
        assert isinstance(Comparisons(store).made_by(number), tuple)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_every_object_reads_as_qpdf_reads_it(is_streamed: bool):
    document = rich(is_streamed=is_streamed)
    store = Store(document)
    state = store.state(len(store.layers))
    with pikepdf.open(io.BytesIO(document), inherit_page_attributes=False) as pdf:
        for number in {number for layer in store.layers for number in layer.places} - {0}:
            ours = state.value(number)
            theirs = pdf.get_object(number, 0)
            if isinstance(ours, Stream):
                assert ours.raw == theirs.read_raw_bytes()
                ours, theirs = ours.entries, theirs.stream_dict
            shown, _ = read(
                theirs.unparse(resolved=True) if isinstance(theirs, pikepdf.Object) else written(ours), 0
            )
            assert ours == shown, number


def test_a_predicted_cross_reference_stream_is_read():
    pdf = pikepdf.open(io.BytesIO(paper(3)))
    saved = io.BytesIO()
    pdf.save(saved, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    document = saved.getvalue()
    start = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    _, stream, _ = object_at(document, start)
    assert isinstance(stream, Stream)
    assert stream.entries["/DecodeParms"]["/Predictor"] == 12
    assert len(section(document, start).places) == stream.entries["/Size"]
    for parameters in (
        {"/Predictor": 2},
        {"/Predictor": 12, "/Colors": 3},
        {"/Predictor": 12, "/Columns": 5000},
    ):
        with pytest.raises(Unsound):
            decoded(Stream({**stream.entries, "/DecodeParms": parameters}, stream.raw))
    with pytest.raises(Unsound):
        decoded(Stream({"/Filter": "/LZWDecode"}, b""))


def _table(*rows: bytes, trailer: bytes = b"trailer\n<</Size 9>>") -> bytes:
    return b"xref\n" + b"".join(rows) + trailer


GOOD = b"0 1\n0000000000 65535 f \n"


@pytest.mark.parametrize(
    "text",
    [
        _table(b"0 1\n0000000000 65535 f\n"),
        _table(b"0 2\n0000000000 65535 f \n"),
        _table(GOOD, GOOD),
        _table(b"0 1\n0000000000 65535 x \n"),
        _table(b"9999999 9\n" + b"0000000000 65535 f \n" * 9),
        _table(GOOD, trailer=b""),
        _table(GOOD, trailer=b"trailer 5"),
        _table(GOOD, trailer=b"trailer <</Prev (x)>>"),
        b"1 0 obj\n<</Type/XRef>>\nendobj",
        b"1 0 obj\n<</Type/XRef/Length 2/W[1 1]>>\nstream\nab\nendstream\nendobj",
        b"1 0 obj\n<</Type/XRef/Length 2/W[1 2 1]/Size 1>>\nstream\nab\nendstream\nendobj",
        b"1 0 obj\n<</Type/XRef/Length 4/W[1 2 1]/Size 1>>\nstream\n\x07abc\nendstream\nendobj",
        b"1 0 obj\n<</Type/XRef/Length 8/W[1 2 1]/Index[1 1 1 1]>>\nstream\n\x01abc\x01abc\nendstream\nendobj",
        b"1 0 obj\n<</Type/XRef/Length 99/W[1 2 1]/Size 1>>\nstream\nabcd\nendstream\nendobj",
    ],
    ids=range(14),
)
def test_a_section_of_another_shape_is_not_read(text: bytes):
    with pytest.raises(Unsound):
        assert section(text, 0).previous is None


def test_an_object_does_not_begin_in_the_middle_of_its_number():
    text = b"12 0 obj\n5\nendobj"
    assert object_at(text, 0)[:2] == (Reference(12, 0), 5)
    with pytest.raises(Unsound):
        object_at(text, 1)


def test_a_hybrid_is_read_by_table_and_stream_which_may_not_differ():
    rows = b"\x01\x00\x01\x00"
    stream = b"5 0 obj\n<</Type/XRef/Length 4/W[1 2 1]/Index[7 1]>>\nstream\n%s\nendstream\nendobj\n"
    table = b"xref\n0 1\n0000000000 65535 f \n7 1\n%s\ntrailer\n<</Size 9/XRefStm 0>>"
    for row, offset in ((b"0000000000 65535 f ", 1), (b"0000000001 00000 n ", 1)):
        text = stream % rows + table % row
        assert section(text, text.index(b"xref\n0")).places[7].offset == offset
    text = stream % rows + table % b"0000000002 00000 n "
    with pytest.raises(Unsound):
        section(text, text.index(b"xref\n0"))
    assert section(text, text.index(b"xref\n0"), own_from=50).places[7].offset == 2


def test_a_document_inside_a_document_is_no_revision():
    draft = Draft(unsigned())
    draft.add(Stream({"/Type": "/EmbeddedFile"}, unsigned()))
    document = draft.document_after()
    assert [layer.end for layer in Store(document).layers] == [len(unsigned()), len(document)]


def test_a_revision_may_have_its_sections_in_pieces():
    """Some writers leave a section of their own, without an end, below the one that they end with."""
    draft = Draft(unsigned())
    draft.add({"/First": 1})
    first = draft.tail()
    piece = first[: first.rindex(b"startxref")]
    document = unsigned() + piece
    start = len(unsigned()) + first.rindex(b"\nxref") + 1
    body = b"%d 0 obj\n<</Second 2>>\nendobj\n" % (draft.size)
    size, root = draft.size + 1, draft.root.number
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\n"
    at = len(document) + len(body)
    document += body + table % (draft.size, len(document), size, root, start)
    store = Store(document + b"startxref\n%d\n%%%%EOF\n" % at)
    assert [len(layer.places) for layer in store.layers][1:] == [2]
    assert store.value(draft.size - 1, 2) == {"/First": 1}
    assert store.value(draft.size, 2) == {"/Second": 2}
    elsewhere = document.replace(b"/Prev %d>>\n" % start, b"/Prev %d>>\n" % (start - 1))
    with pytest.raises(Unsound):
        Store(elsewhere + b"startxref\n%d\n%%%%EOF\n" % at)


def test_a_linearized_document_is_one_revision():
    with pikepdf.open(io.BytesIO(paper(3))) as pdf:
        saved = io.BytesIO()
        pdf.save(saved, linearize=True)
    document = saved.getvalue()
    assert [layer.end for layer in Store(document).layers] == [len(document)]
    signed = act(document)
    assert [layer.end for layer in Store(signed).layers] == [len(document), len(signed)]


def test_mentions_hold_every_reference_there_is():
    for is_streamed in (False, True):
        store = Store(rich(is_streamed=is_streamed))
        revision = len(store.layers)
        state, mentions = store.state(revision), Mentions(store, revision)
        for number in {number for layer in store.layers for number in layer.places} - {0}:
            value = state.value(number)
            if not (isinstance(value, Stream) and value.entries.get("/Type") == "/XRef"):
                assert all(number in mentions.owners(one, state) for one in references(value))


def test_a_comparison_reads_what_was_touched_and_not_the_document():
    document = act(paper(60, is_streamed=True), field="first")
    second = act(document, WORLD.elliptic, [SealMark(7, SEAL.box, seal())], field="second")
    third = act(second, WORLD.company, [SealMark(9, SEAL.box, seal())], field="third")
    store = Store(third)
    comparisons = Comparisons(store)
    comparisons.made_by(3)
    before = set(store._values)
    comparisons.made_by(4)
    assert len(set(store._values) - before) <= 20
