"""One byte flipped in every structural place of our own signed documents, each as its holder would find it."""

import re

import pytest

from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, WORLD, act, judged, paper, seal
from yunqian.engine.marks import SealMark
from yunqian.engine.report import Verdict

PLACES = {
    "header": rb"%PDF-1\.\d",
    "object": rb"\d+ 0 obj\s*<<[^>]{0,20}",
    "end of object": rb"endobj",
    "stream": rb"stream\r?\n.{3}",
    "end of stream": rb"endstream",
    "xref": rb"\nxref\n\d+ \d+",
    "xref row": rb"\d{10} \d{5} [nf]",
    "xref stream": rb"/Type ?/XRef",
    "trailer": rb"trailer",
    "root": rb"/Root \d+ 0 R",
    "size": rb"/Size \d+",
    "previous": rb"/Prev \d+",
    "identity": rb"/ID ?\[<[0-9a-f]{4}",
    "startxref": rb"startxref\n\d+",
    "end of file": rb"%%EOF",
    "byte range": rb"/ByteRange ?\[[^\]]*\]",
    "contents": rb"/Contents ?<[0-9a-f]{6}",
    "end of gap": rb"0>",
    "sub-filter": rb"/SubFilter ?/[A-Za-z.]+",
    "value": rb"/V \d+ 0 R",
    "widget": rb"/Rect ?\[[^\]]*\]",
    "annotations": rb"/Annots ?\[[^\]]*\]",
    "fields": rb"/Fields ?\[[^\]]*\]",
    "flags": rb"/SigFlags 3",
}


def signed(count: int, *, is_streamed: bool) -> bytes:
    document = paper(is_streamed=is_streamed)
    keys = [WORLD.person, WORLD.elliptic, WORLD.company]
    for number, who in enumerate(keys[:count]):
        mark = SealMark(1 + number % 2, SEAL.box, seal())
        document = act(document, who, [mark], field=f"act{number}")
    return document


def spots(document: bytes) -> list[tuple[str, int]]:
    """First, middle and last byte of the first, middle and last find of every pattern."""
    found = []
    for name, pattern in PLACES.items():
        matches = list(re.finditer(pattern, document, re.S))
        for match in {
            id(one): one for one in (matches[:1] + matches[len(matches) // 2 :][:1] + matches[-1:])
        }.values():
            middle = (match.start() + match.end() - 1) // 2
            found += [(name, at) for at in sorted({match.start(), middle, match.end() - 1})]
    return found


def flipped(document: bytes, at: int, bit: int) -> bytes:
    return document[:at] + bytes([document[at] ^ bit]) + document[at + 1 :]


@pytest.mark.parametrize("is_streamed", [False, True], ids=["table", "stream"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_flipped_byte_of_structure_leaves_a_document_valid(count: int, is_streamed: bool):
    document = signed(count, is_streamed=is_streamed)
    assert judged(document).verdict is Verdict.VALID
    tried = spots(document)
    still_valid = [
        (name, at, document[at - 5 : at + 5])
        for number, (name, at) in enumerate(tried)
        if judged(flipped(document, at, (1, 4, 16)[number % 3])).verdict is Verdict.VALID
        and not _is_nothing(document, at, (1, 4, 16)[number % 3])
    ]
    assert still_valid == []
    assert len(tried) > 60


def _is_nothing(document: bytes, at: int, bit: int) -> bool:
    """A hexadecimal digit in the other case, or another blank behind the last %%EOF, says the same."""
    now = document[at] ^ bit
    is_same_digit = chr(document[at]).isalpha() and chr(document[at]).lower() == chr(now).lower()
    return is_same_digit or (at == len(document) - 1 and now in b"\n\r\t \x00")


@pytest.mark.parametrize("is_streamed", [False, True], ids=["table", "stream"])
def test_a_flip_in_a_later_revision_leaves_the_first_value_right_and_the_document_not_valid(
    is_streamed: bool,
):
    first = signed(1, is_streamed=is_streamed)
    both = signed(2, is_streamed=is_streamed)
    assert both.startswith(first)
    later = [(name, at) for name, at in spots(both) if at >= len(first) and name != "end of gap"]
    assert len(later) > 20
    for _, at in later:
        report = judged(flipped(both, at, 1))
        assert report.verdict is not Verdict.VALID
        for one in report.signatures:
            if one.revision == 2:
                assert {finding.verdict for finding in one.findings if finding.check == "crypto"} == {
                    Verdict.VALID
                }


@pytest.mark.parametrize("is_streamed", [False, True], ids=["table", "stream"])
def test_appended_bytes_are_told(is_streamed: bool):
    document = signed(1, is_streamed=is_streamed)
    draft = Draft(document)
    draft.entries(draft.page(0))["/Rotate"] = 90
    for longer in (document + b"x", document + b"\n%%EOF", draft.document_after()):
        (one,) = judged(longer).signatures
        assert {finding.check: finding.verdict for finding in one.findings}["coverage"] is Verdict.INVALID
