"""Attacks on how a document is read: few bytes that cost much, and readers that see two things in one."""

import resource
import time
import zlib

import pytest

from tests.engine.attacks import total
from tests.engine.drafts import Draft, written
from tests.engine.papers import TRUST, WORLD, act, judged, paper
from tests.engine.rich_papers import unsigned
from tests.engine.test_coverage import forged, signatures
from tests.pki.hierarchy import NOW
from yunqian.engine import sealing
from yunqian.engine.changes import Store, Unsound
from yunqian.engine.changes.values import Stream, Value
from yunqian.engine.report import Verdict

SIGNED = act(paper())
LAST = int(SIGNED[SIGNED.rindex(b"startxref") + 9 :].split()[0])
ROOT = Draft(SIGNED).root.number
MEBIBYTE = 1 << 20


def peak(work) -> tuple[object, float, int]:
    """What some work answers, its seconds, and how much it raised the greatest memory of this process."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    answer = work()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return answer, time.process_time() - began, grown * 1024


def cannot_be_read(document: bytes) -> bool:
    try:
        Store(document)
    except Unsound:
        return True
    return False


# ------------------------------------------------------------------ few bytes that cost much


def of_many_rows(sections: int, rows: int) -> bytes:
    """Later revisions whose cross-reference streams name a million free objects each, in a few bytes."""
    packed = zlib.compress(bytes(3 * rows), 9)
    parts, at, before = [SIGNED], len(SIGNED), LAST
    for _ in range(sections):
        entries = b"/Type/XRef/W[1 1 1]/Index[5000 %d]/Size %d/Root %d 0 R/Prev %d" % (
            rows,
            rows + 5000,
            ROOT,
            before,
        )
        body = b"/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(packed), packed)
        parts.append(b"1999 0 obj\n<<%s%s" % (entries, body) + b"startxref\n%d\n%%%%EOF\n" % at)
        before, at = at, at + len(parts[-1])
    return b"".join(parts)


def test_sections_of_many_rows_are_refused_together():
    assert len(Store(of_many_rows(2, 1_000)).layers) == 4
    document = of_many_rows(8, 900_000)
    assert len(document) < 60_000
    is_refused, seconds, grown = peak(lambda: cannot_be_read(document))
    assert (is_refused, seconds < 12, grown < 600 * MEBIBYTE) == (True, True, True)


def test_one_stream_named_by_many_hybrids_is_counted_each_time():
    """Each table of a few bytes names the same stream of a million rows."""
    packed = zlib.compress(bytes(3 * 900_000), 9)
    stream = (
        b"1999 0 obj\n<</Type/XRef/W[1 1 1]/Index[5000 900000]/Size 905000/Filter/FlateDecode/Length %d>>"
    )
    stream = stream % len(packed) + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
    parts, hybrid, at, before = [SIGNED, stream], len(SIGNED), len(SIGNED) + len(stream), LAST
    for _ in range(30):
        table = (
            b"xref\n0 0\ntrailer\n<</Root %d 0 R/Size 905000/Prev %d/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n"
        )
        parts.append(table % (ROOT, before, hybrid, at))
        before, at = at, at + len(parts[-1])
    is_refused, seconds, grown = peak(lambda: cannot_be_read(b"".join(parts)))
    assert (is_refused, seconds < 12, grown < 600 * MEBIBYTE) == (True, True, True)


def with_object_streams(count: int, content: bytes, first: int) -> bytes:
    """A later revision with object streams, each of which is said to hold one object."""
    base = act(paper(is_streamed=True))
    draft, at, rows, parts = Draft(base), len(base), [], []
    stream = Stream(
        {"/Type": "/ObjStm", "/N": 1, "/First": first, "/Filter": "/FlateDecode"}, zlib.compress(content, 9)
    )
    for number in range(draft.size, draft.size + count):
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, written(stream)))
        rows += [(number, 1, at), (1000 + number, 2, number)]
        at += len(parts[-1])
    rows.append((9_000, 1, at))
    packed = b"".join(bytes([kind]) + one.to_bytes(4, "big") + b"\x00\x00" for _, kind, one in rows)
    entries: dict[str, Value] = {"/Type": "/XRef", "/W": [1, 4, 2], "/Root": draft.root, "/Size": 9_001}
    entries |= {"/Index": [part for number, _, _ in rows for part in (number, 1)]}
    entries |= {"/Prev": int(base[base.rindex(b"startxref") + 9 :].split()[0])}
    parts.append(b"9000 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (written(Stream(entries, packed)), at))
    return base + b"".join(parts)


@pytest.mark.parametrize("is_of_numbers", [False, True])
def test_object_streams_that_unfold_without_end_are_not_kept(is_of_numbers: bool):
    size = 30 * MEBIBYTE
    content = b"1 " * (size // 2) if is_of_numbers else b"1 0 null ".ljust(size)
    document = with_object_streams(12, content, size if is_of_numbers else 4)
    assert len(document) < 2 * MEBIBYTE
    report, seconds, grown = peak(lambda: judged(document))
    assert (report.verdict, seconds < 20, grown < 500 * MEBIBYTE) == (Verdict.INDETERMINATE, True, True)


def test_what_looks_like_ends_by_the_thousand_costs_no_more_than_their_number():
    draft = Draft(SIGNED)
    draft.add(Stream({}, b"".join(b"startxref\n%d\n%%%%EOF\n" % number for number in range(60_000))))
    parts = [draft.document_after()]
    before, at = int(parts[0][parts[0].rindex(b"startxref") + 9 :].split()[0]), len(parts[0])
    for _ in range(600):
        table = b"xref\n0 0\ntrailer\n<</Root %d 0 R/Size 99/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
        parts.append(table % (ROOT, before, at))
        before, at = at, at + len(parts[-1])
    _, seconds, _ = peak(lambda: total(b"".join(parts)))
    assert seconds < 5


def test_an_appearance_that_unfolds_without_end_is_not_looked_at():
    """A thousand bytes that become half a gigabyte, in the widget of a signature that names a seal."""
    folded = zlib.compress(zlib.compress(bytes(500 * MEBIBYTE), 9), 9)
    assert len(folded) < 4_000
    draft = Draft(unsigned())
    entries: dict[str, Value] = {"/Type": "/XObject", "/Subtype": "/Form", "/BBox": [0, 0, 9, 9]}
    entries |= {"/Resources": {}, "/Filter": ["/FlateDecode", "/FlateDecode"]}
    draft.entries(draft.field("waiting"))["/AP"] = {"/N": draft.add(Stream(entries, folded))}
    document = forged(draft.document_after()).replace(b"/Lang <7a68>", b"/YQSeals [1]")
    (one,) = signatures(document)
    answer, _, grown = peak(lambda: sealing.judge(document, one, WORLD.person.certificate, TRUST, at=NOW))
    assert grown < 200 * MEBIBYTE
    assert all(finding.verdict is not Verdict.VALID for finding in answer)


# ------------------------------------------------------------------ two things in one


def updated(number: int, said: bytes, *, before: bytes = b"", trailer: bytes = b"") -> bytes:
    """A later revision with one new object, and with bytes before it that no section names."""
    at = len(SIGNED) + len(before)
    whole = before + b"%d 0 obj\n%s\nendobj\n" % (number, said)
    table = (
        b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Root %d 0 R/Size %d/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n"
    )
    return SIGNED + whole + table % (number, at, ROOT, number + 1, LAST, trailer, len(SIGNED) + len(whole))


FRESH = Draft(SIGNED).size
CONTENT = Draft(SIGNED).state.entries(Draft(SIGNED).page(0))["/Contents"]
PAID = b"%d 0 obj\n<</Length 3>>\nstream\nq Q\nendstream\nendobj\n" % CONTENT[0]


def test_an_object_that_nobody_needs_and_a_remark_do_no_harm():
    assert total(updated(FRESH, b"<</X 1>>")) is Verdict.VALID
    assert total(updated(FRESH, b"<</X 1>>", before=b"% a remark, %%EOF\n")) is Verdict.VALID
    inside = b"<</Length %d>>\nstream\n%s\nendstream" % (len(PAID) - 1, PAID[:-1])
    assert total(updated(FRESH, inside)) is Verdict.VALID


@pytest.mark.parametrize(
    "before",
    [PAID, b"trailer\n<</Root 1 0 R>>\n", b"% " + PAID, PAID.replace(b" 0 obj", b" 00\n obj")],
    ids=["object", "trailer", "in a remark", "otherwise written"],
)
def test_an_object_that_no_section_names_is_not_passed_over(before: bytes):
    """Readers that repair a document take the last object of a number that they find anywhere."""
    assert total(updated(FRESH, b"<</X 1>>", before=before)) is Verdict.INDETERMINATE


@pytest.mark.parametrize(
    "said", [b"<</X 1", b"<</X 1>> <<", b"", b"<</X 1/X 2>>", b"<</Length 9>>\nstream\nendstream"]
)
def test_a_new_object_that_cannot_be_read_makes_readers_repair(said: bytes):
    assert total(updated(FRESH, said)) is not Verdict.VALID


@pytest.mark.parametrize(
    "trailer",
    [
        b"/Encrypt 1 0 R",
        b"/Root 1 0 R",
        b"/XRefStm 15",
        b"/Info %d 0 R" % CONTENT[0],
        b"/Prev 9",
        b"/Size 2",
        b"/Prev %d" % len(SIGNED),
    ],
)
def test_a_trailer_that_leads_elsewhere_is_not_followed_in_silence(trailer: bytes):
    assert total(updated(FRESH, b"<</X 1>>", trailer=trailer)) is not Verdict.VALID


def test_bytes_before_the_header_move_everything():
    assert total(b"%junk\n" + SIGNED) is not Verdict.VALID
