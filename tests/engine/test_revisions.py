"""Splitting documents into revisions, and what was only appended."""

import pytest

from tests.engine.papers import WORLD, act, paper
from yunqian.engine import revisions
from yunqian.engine.coverage import History


@pytest.mark.parametrize("is_streamed", [False, True])
def test_each_act_is_one_revision(is_streamed: bool):
    base = paper(is_streamed=is_streamed)
    first = act(base, field="first")
    second = act(first, WORLD.elliptic, field="second")
    ends = [len(base), len(first), len(second)]
    assert revisions.split(second) == History(second).ends == ends
    assert [History(second).revision_of(end) for end in ends] == [1, 2, 3]
    assert History(second).revision_of(ends[1] - 1) == 2  # without its end of line
    assert History(second).revision_of(ends[1] - 7) is None
    assert History(second).revision_of(ends[1] + 7) is None
    spaced = first + b"\r\n  \n"
    assert History(spaced).revision_of(len(spaced)) == 2


def test_only_what_begins_the_same_was_appended():
    base = paper()
    assert revisions.is_append(base, base + b"x")
    assert not revisions.is_append(base, base)
    assert not revisions.is_append(base, b"x" + base)


def test_an_end_is_an_end_with_or_without_its_line():
    base = paper()
    assert revisions.is_end(base, len(base))
    assert revisions.is_end(base, len(base) - 1)
    assert not revisions.is_end(base, len(base) - 2)
    assert not revisions.is_end(base, 0)
    assert not revisions.is_end(base, len(base) + 1)


def test_an_end_is_found_however_much_room_or_how_many_digits_it_has():
    spaced = b"startxref" + b" " * 100 + b"9" + b"\n" * 100 + b"%%EOF\n"
    endless = b"startxref\n" + b"7" * 5000 + b"\n%%EOF\n"
    first_of_linearized = b"startxref\n000\n%%EOF\n"
    whole = spaced + endless + first_of_linearized
    ends = [len(spaced), len(spaced + endless)]
    assert revisions.split(whole) == ends
    with_and_without_the_line = [at for end in ends for at in (end - 1, end)]
    assert [at for at in range(len(whole) + 1) if revisions.is_end(whole, at)] == with_and_without_the_line


def test_a_document_that_is_no_chain_is_split_by_what_looks_like_an_end():
    broken = act(paper()).replace(b"/Prev ", b"/Prex ")
    assert len(History(broken).ends) in {1, 2}
    damaged = act(paper()).replace(b"trailer", b"trailor")
    history = History(damaged)
    assert history.store is None
    assert history.ends == revisions.split(damaged)
    assert [one.en for one in history.made_by(2)] == ["the revisions cannot be compared"]
