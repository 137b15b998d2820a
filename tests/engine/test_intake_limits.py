"""What a document may cost, and what is wrong with it from outside: before and while it is parsed."""

import io
import time
import zlib

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name

from tests.engine import masks
from tests.engine.papers import act, paper
from yunqian.engine import intake, intake_limits
from yunqian.engine.intake import Accepted, Limits
from yunqian.problems import Problem, Refused

PLAIN = paper()


def accepted(document: bytes, limits: Limits = Limits()) -> Accepted:  # noqa: B008
    return intake.accept(document, limits=limits)


def refusal(document: bytes, limits: Limits = Limits()) -> Refused:  # noqa: B008
    with pytest.raises(Refused) as refused:
        accepted(document, limits)
    return refused.value


def answer(document: bytes) -> Problem | None:
    """The reason it is refused for; nothing when it is taken. Anything else that is raised fails the test."""
    try:
        accepted(document)
    except Refused as refused:
        return refused.problem
    return None


def codes(document: bytes) -> list[str]:
    return [remark.code for remark in accepted(document).remarks]


def saved(pdf: pikepdf.Pdf) -> bytes:
    written = io.BytesIO()
    pdf.save(written)
    return written.getvalue()


@pytest.mark.parametrize("before", [b"\n", b"\x00", b"GIF89a", b"<html>", b"\xef\xbb\xbf", b"%!PS\n"])
def test_the_header_stands_at_the_first_byte(before: bytes):
    assert refusal(before + PLAIN).problem is Problem.DOCUMENT_NOT_PDF


@pytest.mark.parametrize("document", [b"%PDF-", b"%PDF-x.y\n", b"%pdf-1.7\n"])
def test_a_header_names_a_version(document: bytes):
    assert refusal(document).problem is Problem.DOCUMENT_NOT_PDF


@pytest.mark.parametrize("after", [b"", b"\n", b"\r\n  \t\x00\x0c"])
def test_whitespace_behind_the_end_is_nothing(after: bytes):
    assert codes(PLAIN + after) == []


@pytest.mark.parametrize("after", [b"<script>", b"PK\x03\x04" + b"x" * 3000, b"x", b"\n--boundary--\n"])
def test_leftovers_behind_the_end_are_cut_and_told(after: bytes):
    one = accepted(PLAIN + after)
    assert [remark.code for remark in one.remarks] == ["DOCUMENT_REPAIRED"]
    assert one.document == accepted(PLAIN).document


@pytest.mark.parametrize("after", [b"<script>", b"PK\x03\x04", b"\n%PDF-1.4\n%%EOF"])
def test_leftovers_behind_a_signature_are_refused(after: bytes):
    assert refusal(act(PLAIN) + after).problem is Problem.DOCUMENT_BROKEN


def test_two_documents_in_one_are_told_or_refused():
    assert codes(masks.TWO_IN_ONE) == ["DOCUMENT_REPAIRED"]
    assert refusal(act(PLAIN) + PLAIN).problem is Problem.DOCUMENT_BROKEN


@pytest.mark.parametrize("filling", [0, 2000], ids=["near the end", "far from the end"])
def test_an_update_that_was_cut_off_is_told_and_not_thrown_away(filling: int):
    text = masks.shown(masks.FALSE) + b" " * filling
    document = masks.written(masks.plain()) + b"4 0 obj\n%s\nendobj\n" % masks.stream(text)
    assert intake_limits.outline(document, Limits()).end == len(document)
    assert codes(document) == ["DOCUMENT_REPAIRED"]


def test_an_attached_document_is_no_second_header():
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        pdf.attachments["inner.pdf"] = paper(1)
        written = io.BytesIO()
        pdf.save(written, compress_streams=False)
    document = written.getvalue()
    assert document.count(b"%PDF-") == 2
    assert codes(document) == ["DOCUMENT_HAS_ATTACHMENTS"]
    assert codes(act(document)) == ["DOCUMENT_HAS_ATTACHMENTS"]


@given(st.integers(0, 5), st.binary(max_size=40))
def test_an_outline_never_cuts_into_the_document(copies: int, after: bytes):
    document = PLAIN * (copies + 1) + after
    found = intake_limits.outline(document, Limits())
    assert len(PLAIN) * (copies + 1) - 1 <= found.end <= len(document)


def with_image(width: object, height: object) -> bytes:
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        image = pdf.make_stream(zlib.compress(b"\0" * 1000), Type=Name.XObject, Subtype=Name.Image)
        image.Filter, image.ColorSpace, image.BitsPerComponent = Name.FlateDecode, Name.DeviceGray, 8
        image.Width, image.Height = width, height
        pdf.pages[0].obj.Resources.XObject = Dictionary(X=image)
        pdf.pages[0].contents_add(pdf.make_stream(b"/X Do"))
        return saved(pdf)


@pytest.mark.parametrize("sides", [(65_000, 65_000), (150_000_001, 1), (-65_000, 65_000)])
def test_a_flood_of_pixels_is_refused(sides: tuple[int, int]):
    refused = refusal(with_image(*sides))
    assert refused.problem is Problem.DOCUMENT_IMAGE_TOO_LARGE
    assert refused.facts == {"width": abs(sides[0]), "height": sides[1], "limit_megapixels": 150}


def test_a_large_scan_is_no_flood():
    assert codes(with_image(9933, 14043)) == []


def test_a_page_without_measure_is_refused():
    for box in ([0, 0, 1_000_000, 10], [0, 0, float(2**40), float(2**40)]):
        with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
            pdf.pages[0].obj.MediaBox = Array(box)
            assert refusal(saved(pdf)).problem is Problem.DOCUMENT_BROKEN


def nested(levels: int) -> bytes:
    return masks.replaced(5, b"[" * levels + b"]" * levels)


def chained(links: int) -> bytes:
    """A chain of objects that each name the next."""
    chain = [(40 + number, b"<</Next %d 0 R>>" % (41 + number)) for number in range(links)]
    first = b"<</Type/Catalog/Pages 2 0 R/Chain 40 0 R>>"
    return masks.written([(1, first), *masks.plain()[1:], *chain], trailer=b"/Size %d" % (links + 50))


def circular() -> bytes:
    return masks.replaced(2, b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>")


def packed(size: int) -> bytes:
    """Objects in a compressed stream that grows a thousandfold (ISO 32000-2 §7.5.7)."""
    inside = b"40 0 " + b" " * size + b"1"
    stream = masks.stream(zlib.compress(inside, 9), extra=b"/Type/ObjStm/N 1/First 5/Filter/FlateDecode")
    return masks.written([*masks.plain(), (9, stream)])


@pytest.mark.parametrize(
    "document",
    [
        nested(100_000),
        nested(400),
        chained(20_000),
        circular(),
        packed(30_000_000),
        b"%PDF-1.7\n" + b"<<" * 500_000,
    ],
    ids=["nested", "just nested", "chained", "circular", "packed", "open"],
)
def test_a_bomb_ends_in_an_answer_and_soon(document: bytes):
    start = time.process_time()
    assert answer(document) in (None, Problem.DOCUMENT_BROKEN, Problem.INTAKE_TIMEOUT)
    assert time.process_time() - start < 20


def test_more_parts_than_any_honest_document_has_are_refused(monkeypatch):
    monkeypatch.setattr(intake.survey, "_MOST", 1000)
    assert refusal(chained(2000)).problem is Problem.INTAKE_TIMEOUT


def test_memory_that_runs_out_is_an_answer(monkeypatch):
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(intake.survey, "of", exhausted)
    assert refusal(PLAIN).problem is Problem.INTAKE_TIMEOUT
