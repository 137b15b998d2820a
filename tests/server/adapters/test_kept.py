"""What is kept in memory: bounded, for a while, and the least used goes first."""

import pytest

from yunqian.server.adapters.kept import Kept

pytestmark = pytest.mark.usefixtures("no_database")


def test_what_was_put_is_found_until_its_time_is_over():
    now = [0.0]
    kept: Kept[str] = Kept(most_bytes=10, seconds=5, clock=lambda: now[0])
    kept.put("a", "first", 4)
    now[0] = 4.9
    assert kept.get("a") == "first"
    now[0] = 5.0
    assert (kept.get("a"), kept.size) == (None, 0)


def test_it_never_holds_more_than_its_bytes_and_the_least_asked_for_goes_first():
    kept: Kept[str] = Kept(most_bytes=10, seconds=5)
    for name in "abc":
        kept.put(name, name, 3)
    kept.get("a")
    kept.put("d", "d", 3)
    assert [kept.get(name) for name in "abcd"] == ["a", None, "c", "d"]
    assert kept.size == 9


def test_what_is_larger_than_the_place_is_not_kept_and_drives_nothing_out():
    kept: Kept[str] = Kept(most_bytes=10, seconds=5)
    kept.put("a", "a", 3)
    kept.put("b", "b", 11)
    assert (kept.get("a"), kept.get("b"), kept.size) == ("a", None, 3)


def test_putting_under_the_same_name_replaces_and_counts_once():
    kept: Kept[str] = Kept(most_bytes=10, seconds=5)
    kept.put("a", "old", 8)
    kept.put("a", "new", 4)
    assert (kept.get("a"), kept.size) == ("new", 4)
    kept.clear()
    assert (kept.get("a"), kept.size) == (None, 0)
