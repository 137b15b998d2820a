"""Whose turn it is."""

from hypothesis import given
from hypothesis import strategies as st

from yunqian.rules.turns import Seat, called, is_complete, waiting_for


def seats(*rows):
    return [Seat(str(number), turn, state, f"name{number}") for number, (turn, state) in enumerate(rows)]


def test_signers_of_the_first_turn_are_called_together():
    assert called(seats((1, "waiting"), (1, "waiting"), (2, "waiting"))) == ("0", "1")


def test_a_later_turn_waits_until_all_earlier_ones_have_signed():
    assert called(seats((1, "signed"), (1, "ready"), (2, "waiting"))) == ()
    assert called(seats((1, "signed"), (1, "signed"), (2, "waiting"))) == ("2",)


def test_turn_numbers_need_not_be_consecutive():
    assert called(seats((5, "signed"), (90, "waiting"))) == ("1",)


def test_somebody_who_declined_holds_up_those_after_him():
    assert called(seats((1, "declined"), (2, "waiting"))) == ()


def test_waited_for_are_those_who_are_ready():
    assert waiting_for(seats((1, "ready"), (1, "signed"), (1, "ready"))) == ("name0", "name2")


def test_complete_means_everybody_signed_and_somebody_was_asked():
    assert is_complete(seats((1, "signed"), (2, "signed")))
    assert not is_complete(seats((1, "signed"), (2, "ready")))
    assert not is_complete([])


def test_a_copy_is_in_no_turn_and_holds_nobody_up():
    assert called(seats((1, "copied"), (2, "waiting"))) == ("1",)
    assert is_complete(seats((1, "copied"), (2, "signed")))
    assert not is_complete(seats((1, "copied")))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.data())
def test_signing_in_any_permitted_order_always_ends_complete_and_keeps_the_order(turns, data):
    states = ["waiting"] * len(turns)
    signed_turns = []
    while True:
        now = seats(*zip(turns, states, strict=True))
        for index in called(now):
            states[int(index)] = "ready"
        ready = [i for i, state in enumerate(states) if state == "ready"]
        if not ready:
            break
        chosen = data.draw(st.sampled_from(ready))
        states[chosen] = "signed"
        signed_turns.append(turns[chosen])
    assert is_complete(seats(*zip(turns, states, strict=True)))
    assert signed_turns == sorted(turns)
