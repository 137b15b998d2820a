"""docs/engine.md shows the bytes that the engine makes today, of an act that everybody finds right."""

import re

from tests import needs
from tests.engine import judges
from tools import signed_revision
from tools.example_act import AT, example
from yunqian.engine.report import Verdict
from yunqian.engine.verify import verify

MADE = example()


def test_the_page_is_what_would_be_written_now() -> None:
    assert signed_revision.PAGE.read_text("utf-8") == signed_revision.page_text()


def test_the_example_is_the_same_at_every_making() -> None:
    example.cache_clear()
    assert example() == MADE


def test_all_five_answers_about_the_example_are_yes() -> None:
    (one,) = verify(MADE.document, trust=MADE.trust, at=AT).signatures
    assert {finding.check: finding.verdict for finding in one.findings} == dict.fromkeys(
        ("crypto", "coverage", "seal", "membership", "trust"), Verdict.VALID
    )


@needs.program("qpdf")
@needs.program("pdfsig")
def test_others_find_the_example_right() -> None:
    assert (judges.qpdf(MADE.document), judges.pdfsig(MADE.document)) == ("", [True])


def test_every_object_of_the_tail_is_shown_at_its_offset() -> None:
    shown = signed_revision.revision(MADE)
    placed = re.findall(r"^\*\*(\d+)\*\* · object (\d+) ·", shown, re.MULTILINE)
    table = dict(re.findall(rb"\n(\d{10}) 00000 (n)", MADE.tail))
    assert len(placed) == len(table)
    for at, number in placed:
        assert MADE.document[int(at) :].startswith(f"{number} 0 obj\n".encode())
        assert f"{int(at):010d}".encode() in table


def test_offsets_in_the_message_lead_to_what_is_named() -> None:
    """The signed attributes are found at the offset that the page names, under the tag [0]."""
    (line,) = [one for one in signed_revision.message(MADE).splitlines() if "kept here under [0]" in one]
    at, length = (int(part) for part in line.split()[:2])
    contents = re.search(rb"/Contents<([0-9a-f]+)>", MADE.tail)
    assert contents is not None
    found = bytes.fromhex(contents[1].decode())[at : at + length]
    assert found.startswith(b"\xa0\x81")
    assert bytes.fromhex("06092a864886f70d010904") in found  # message-digest
