"""Turns: one works, one waits, and nobody else holds a thread."""

import threading

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.adapters.turns import Turns

pytestmark = pytest.mark.usefixtures("no_database")


def test_a_second_waits_for_the_first_and_a_third_is_told_to_come_back():
    turns, order = Turns(wait_seconds=20), []
    first, end = threading.Event(), threading.Event()

    def work(name: str) -> None:
        with turns.taken():
            order.append(name)
            first.set()
            assert end.wait(20)

    working = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    working[0].start()
    assert first.wait(10)
    working[1].start()
    while not turns.are_full:
        end.wait(0.01)
    with pytest.raises(Refused) as refused, turns.taken():
        order.append("c")
    assert (refused.value.problem, order) == (Problem.PLATFORM_BUSY, ["a"])
    end.set()
    for one in working:
        one.join()
    assert order == ["a", "b"]
    with turns.taken():
        assert not turns.are_full


def test_who_waited_too_long_and_who_failed_give_their_place_back():
    turns = Turns(wait_seconds=0.01)
    with turns.taken(), pytest.raises(Refused), turns.taken():
        pytest.fail("two at once")
    with pytest.raises(ZeroDivisionError), turns.taken():
        raise ZeroDivisionError
    with turns.taken():
        assert not turns.are_full
