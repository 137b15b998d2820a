"""The measuring of reading: documents that differ, and a percentile that is one of the times."""

import pypdfium2

from bench.timing import Timed
from bench.viewing import paper
from bench.viewing_table import p95


def test_each_document_is_another_one_of_so_many_pages():
    one, other = paper(3, 1), paper(3, 2)
    assert one != other
    assert len(pypdfium2.PdfDocument(one)) == 3


def test_the_95th_percentile_is_the_time_that_19_of_20_rounds_did_not_pass():
    assert p95(Timed("x", [float(n) for n in range(1, 21)])) == 19
    assert p95(Timed("x", [5.0])) == 5
