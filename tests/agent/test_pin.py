"""The PIN's rules before a key is asked, and what a wrong one is told as."""

import pytest

from tests.agent.world import PIN, pin
from yunqian.agent import pin as pins
from yunqian.agent.pin import Pin, Tries
from yunqian.problems import Problem, Refused


def refusal(tries: Tries, text: str = PIN, *, accepted: bool = False) -> Problem | None:
    try:
        pins.guard(pin(text), tries, is_last_try_accepted=accepted)
    except Refused as refused:
        return refused.problem
    return None


@pytest.mark.parametrize(
    ("tries", "text", "accepted", "problem"),
    [
        (Tries(6), PIN, False, None),
        (Tries(None), PIN, False, None),
        (Tries(1, is_last=True), PIN, False, Problem.PIN_LAST_TRY),
        (Tries(1, is_last=True), PIN, True, None),
        (Tries(1, is_last=True), "", True, Problem.PIN_EMPTY),
        (Tries(6), "", False, Problem.PIN_EMPTY),
        (Tries(6), "x" * 64, False, None),
        (Tries(6), "x" * 65, False, Problem.PIN_EMPTY),
        (Tries(0, is_locked=True), PIN, True, Problem.PIN_LOCKED),
    ],
)
def test_a_key_is_asked_only_when_it_may_be(
    tries: Tries, text: str, accepted: bool, problem: Problem | None
) -> None:
    assert refusal(tries, text, accepted=accepted) is problem


@pytest.mark.parametrize(
    ("tries", "problem", "facts"),
    [
        (Tries(5), Problem.PIN_INCORRECT, {"tries_left": 5}),
        (Tries(None), Problem.PIN_INCORRECT_UNCOUNTED, {}),
        (Tries(0, is_locked=True), Problem.PIN_LOCKED, {}),
        (Tries(None, is_locked=True), Problem.PIN_LOCKED, {}),
    ],
)
def test_a_wrong_pin_is_told_by_what_the_key_says(
    tries: Tries, problem: Problem, facts: dict[str, int]
) -> None:
    told = pins.incorrect(tries)
    assert (told.problem, told.facts) == (problem, facts)


def test_leaving_the_context_wipes_the_bytes_even_on_a_fault() -> None:
    secret = bytearray(b"246810")
    with pytest.raises(RuntimeError), Pin(secret):
        raise RuntimeError
    assert secret == bytes(6)


def test_a_pin_does_not_show_itself() -> None:
    assert PIN not in f"{pin()} {pin()!r}"


def test_bytes_that_are_no_text_are_no_pin() -> None:
    with pytest.raises(Refused) as caught:
        Pin(bytearray(b"\xff\xfe")).text()
    assert caught.value.problem is Problem.PIN_EMPTY
