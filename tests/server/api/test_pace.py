"""How often one address may ask."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.api import pace
from yunqian.server.api.pace import Pace

pytestmark = pytest.mark.usefixtures("no_database")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refused(asked: Pace, address: str) -> object:
    with pytest.raises(Refused) as caught:
        asked.require(address)
    assert caught.value.problem is Problem.REQUESTS_TOO_MANY
    return caught.value.facts["seconds"]


def test_one_too_many_is_refused_with_the_time_to_wait_and_others_are_not(clock):
    asked = Pace(most=2, seconds=60, clock=clock)
    asked.require("a")
    clock.now = 10
    asked.require("a")
    clock.now = 15.5
    assert refused(asked, "a") == 45
    asked.require("b")


def test_a_refused_request_does_not_count(clock):
    asked = Pace(most=1, seconds=60, clock=clock)
    asked.require("a")
    for clock.now in (1.0, 30.0, 59.5):
        assert refused(asked, "a") >= 1
    clock.now = 60
    asked.require("a")


def test_the_memory_is_limited_and_forgets_who_asked_least_recently(clock, monkeypatch):
    monkeypatch.setattr(pace, "MOST_ADDRESSES", 2)
    asked = Pace(most=1, seconds=60, clock=clock)
    for address in ("a", "b", "c"):
        asked.require(address)
    assert refused(asked, "c") == 60
    assert refused(asked, "b") == 60
    asked.require("a")


def test_at_the_same_time_no_more_pass_than_one_after_another():
    asked = Pace(most=50, seconds=600)

    def passes(_: int) -> bool:
        try:
            asked.require("a")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(passes, range(200))) == 50
