"""The files of the benchmark: what their names promise, and the same bytes at every making."""

import io
from pathlib import Path

import pikepdf
import pytest

from bench import judging, papers
from bench.holders import RsaHolder, trust_of, write
from bench.subjects import act, impression, marks_of
from tests import needs
from tests.pki.hierarchy import NOW
from yunqian.engine.report import Verdict
from yunqian.engine.verify import verify

SMALL = ("p1", "p20", "p20tag")


@pytest.mark.parametrize(("name", "kilobytes"), [("p1", 85), ("p20", 2000), ("p20tag", 2000)])
def test_a_paper_has_the_pages_and_the_size_of_its_name(name: str, kilobytes: int) -> None:
    paper = papers.named(name)
    made = papers.made(paper)
    assert len(made) == pytest.approx(kilobytes * 1000, rel=0.03)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert len(pdf.pages) == paper.pages
        assert paper.objects is None or len(pdf.objects) == paper.objects


@pytest.mark.parametrize("name", SMALL)
def test_a_paper_is_the_same_at_every_making(name: str) -> None:
    assert papers.made(papers.named(name)) == papers.made(papers.named(name))


@needs.program("qpdf")
@needs.program("pdfsig")
@pytest.mark.parametrize("name", SMALL)
def test_what_is_timed_is_a_right_signature(name: str, tmp_path: Path) -> None:
    paper, signed = papers.named(name), tmp_path / "signed.pdf"
    write(tmp_path)
    marks = marks_of(impression(), paper.pages, has_strips=paper.pages > 1)
    document = papers.made(paper)
    signed.write_bytes(document + act(document, marks, RsaHolder.of(tmp_path), "bench"))
    assert judging.complaint(signed, signatures=1) == ""
    assert verify(signed.read_bytes(), trust=trust_of(tmp_path), at=NOW).verdict is Verdict.VALID


@needs.program("qpdf")
@needs.program("pdfsig")
def test_a_paper_without_a_signature_is_no_result(tmp_path: Path) -> None:
    made = tmp_path / "unsigned.pdf"
    made.write_bytes(papers.made(papers.named("p1")))
    assert judging.complaint(made, signatures=1) == "pdfsig: no signature"
