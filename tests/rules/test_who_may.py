"""The permission rules on plain facts."""

import itertools
from dataclasses import replace

import pytest

from yunqian.problems import Problem, Refused
from yunqian.rules.who_may import RULES, Facts, Right, demand, may

SIGNER = Facts(is_acting_as_addressed=True, recipient_state="ready", envelope_state="open")
OF_ENVELOPES = (
    Right.VIEW,
    Right.SEAL,
    Right.DOWNLOAD,
    Right.FORWARD,
    Right.VOID,
    Right.EXTEND,
    Right.DECLINE,
    Right.REMIND,
    Right.PROPOSE_END,
    Right.ANSWER_END,
    Right.HAND_OVER,
)
READY = replace(SIGNER, initiator_name="王芳", waiting_for=("李明",))


def facts_of(is_initiator, is_acting_as_addressed, recipient_state, envelope_state):
    return Facts(
        is_initiator=is_initiator,
        is_acting_as_addressed=is_acting_as_addressed,
        recipient_state=recipient_state,
        envelope_state=envelope_state,
    )


def refusal(right, facts):
    with pytest.raises(Refused) as refused:
        demand(right, facts)
    assert not may(right, facts)
    return refused.value


def test_starting_needs_the_grant_and_being_anything_else_does_not_help():
    assert refusal(Right.START, Facts(is_initiator=True)).problem is Problem.START_NOT_GRANTED
    assert may(Right.START, Facts(grants=frozenset({"start"})))


@pytest.mark.parametrize("right", OF_ENVELOPES)
def test_for_a_stranger_the_envelope_does_not_exist_whatever_he_asks(right):
    for state in ("open", "completed", "voided", "expired", "declined"):
        stranger = Facts(grants=frozenset({"start"}), envelope_state=state, initiator_name="王芳")
        assert refusal(right, stranger).problem is Problem.ENVELOPE_NOT_FOUND


@pytest.mark.parametrize("right", OF_ENVELOPES)
@pytest.mark.parametrize("state", ["waiting", "ready", "signed", "declined"])
def test_a_signer_who_acts_for_another_organization_is_a_stranger(right, state):
    elsewhere = replace(READY, is_acting_as_addressed=False, recipient_state=state)
    assert refusal(right, elsewhere).problem is Problem.ENVELOPE_NOT_FOUND


def test_the_initiator_sees_his_envelope_and_signs_only_for_the_organization_that_is_addressed():
    elsewhere = replace(READY, is_initiator=True, is_acting_as_addressed=False)
    assert may(Right.VIEW, elsewhere)
    assert refusal(Right.SEAL, elsewhere).problem is Problem.NOT_ADDRESSED


def test_only_the_initiator_downloads_also_when_he_never_signed():
    assert may(Right.DOWNLOAD, Facts(is_initiator=True, envelope_state="open"))
    refused = refusal(Right.DOWNLOAD, READY)
    assert (refused.problem, refused.facts) == (
        Problem.DOWNLOAD_RESERVED_TO_INITIATOR,
        {"initiator": "王芳"},
    )


def test_the_initiator_sends_a_completed_task_on_and_one_that_came_from_others_nobody_does():
    assert may(Right.FORWARD, Facts(is_initiator=True, envelope_state="completed"))
    signed = replace(READY, recipient_state="signed", envelope_state="completed")
    refused = refusal(Right.FORWARD, signed)
    assert (refused.problem, refused.facts) == (Problem.FORWARD_RESERVED_TO_INITIATOR, {"initiator": "王芳"})


def test_only_the_initiator_reminds_while_it_is_open():
    assert may(Right.REMIND, Facts(is_initiator=True, envelope_state="open"))
    assert refusal(Right.REMIND, READY).problem is Problem.CHANGE_RESERVED_TO_INITIATOR
    over = Facts(is_initiator=True, envelope_state="completed")
    assert refusal(Right.REMIND, over).problem is Problem.ENVELOPE_IS_OVER


def test_an_end_is_proposed_by_who_started_it_or_has_signed_once_there_is_a_signature():
    signed = replace(READY, recipient_state="signed", envelope_state="completed", has_signatures=True)
    assert may(Right.PROPOSE_END, signed)
    assert may(Right.PROPOSE_END, replace(signed, envelope_state="open"))
    assert may(Right.PROPOSE_END, Facts(is_initiator=True, envelope_state="open", has_signatures=True))
    nobody_yet = Facts(is_initiator=True, envelope_state="open")
    assert refusal(Right.PROPOSE_END, nobody_yet).problem is Problem.END_NEEDS_SIGNATURES
    for state in ("ready", "waiting", "copied"):
        without_voice = replace(signed, recipient_state=state)
        assert refusal(Right.PROPOSE_END, without_voice).problem is Problem.END_RESERVED_TO_PARTIES
    for state in ("voided", "expired", "declined"):
        assert (
            refusal(Right.PROPOSE_END, replace(signed, envelope_state=state)).problem
            is Problem.ENVELOPE_IS_OVER
        )


def test_a_seat_is_handed_over_while_it_is_to_be_signed_and_never_by_who_signs_as_himself():
    assert may(Right.HAND_OVER, READY)
    assert may(Right.HAND_OVER, replace(READY, recipient_state="waiting"))
    assert (
        refusal(Right.HAND_OVER, replace(READY, recipient_state="signed")).problem is Problem.RECIPIENT_DONE
    )
    assert refusal(Right.HAND_OVER, replace(READY, recipient_state="copied")).problem is Problem.NOT_ADDRESSED
    assert (
        refusal(Right.HAND_OVER, replace(READY, is_for_himself=True)).problem is Problem.SEAT_STAYS_PERSONAL
    )
    assert (
        refusal(Right.HAND_OVER, replace(READY, envelope_state="voided")).problem is Problem.ENVELOPE_NOT_OPEN
    )


def test_only_the_initiator_sends_an_open_task_on():
    assert may(Right.FORWARD, Facts(is_initiator=True, envelope_state="open"))
    assert refusal(Right.FORWARD, READY).problem is Problem.FORWARD_RESERVED_TO_INITIATOR
    closed = Facts(is_initiator=True, envelope_state="voided")
    assert refusal(Right.FORWARD, closed).problem is Problem.ENVELOPE_IS_OVER


def test_the_initiator_who_is_not_named_cannot_sign():
    initiator = Facts(is_initiator=True, envelope_state="open")
    assert refusal(Right.SEAL, initiator).problem is Problem.NOT_ADDRESSED


def test_a_signer_waits_for_his_turn_and_is_told_for_whom():
    waiting = replace(SIGNER, recipient_state="waiting", waiting_for=("李明", "陈静"))
    refused = refusal(Right.SEAL, waiting)
    assert (refused.problem, refused.facts) == (Problem.NOT_YOUR_TURN, {"waiting_for": "李明、陈静"})


def test_who_has_signed_hears_that_and_not_that_the_task_is_completed():
    done = replace(SIGNER, recipient_state="signed", envelope_state="completed")
    assert refusal(Right.SEAL, done).problem is Problem.RECIPIENT_DONE


@pytest.mark.parametrize(
    ("state", "word"),
    [("completed", "完成"), ("voided", "作废"), ("expired", "过期"), ("declined", "被拒签")],
)
def test_a_closed_task_cannot_be_signed_and_says_why(state, word):
    refused = refusal(Right.SEAL, replace(SIGNER, envelope_state=state))
    assert refused.problem is Problem.ENVELOPE_NOT_OPEN
    assert word in refused.text("zh")


def test_of_all_combinations_only_a_ready_signer_of_an_open_envelope_may_seal():
    states = (None, "waiting", "ready", "signed", "declined")
    envelopes = ("open", "completed", "voided", "expired", "declined")
    everything = itertools.product((True, False), (True, False), states, envelopes)
    allowed = {case for case in everything if may(Right.SEAL, facts_of(*case))}
    assert allowed == {(True, True, "ready", "open"), (False, True, "ready", "open")}


def test_every_right_has_rules_and_every_rule_a_sentence():
    assert set(RULES) == set(Right)
    assert all(rule.sentence for rules in RULES.values() for rule in rules)


def test_only_the_initiator_recalls_extends_and_sends_on():
    for right in (Right.VOID, Right.EXTEND):
        assert refusal(right, READY).problem is Problem.CHANGE_RESERVED_TO_INITIATOR
        assert may(right, Facts(is_initiator=True, envelope_state="open"))
        for state in ("completed", "voided", "declined"):
            over = Facts(is_initiator=True, envelope_state=state)
            assert refusal(right, over).problem is Problem.ENVELOPE_IS_OVER


def test_what_has_expired_can_be_extended_and_not_recalled():
    expired = Facts(is_initiator=True, envelope_state="expired")
    assert may(Right.EXTEND, expired)
    assert refusal(Right.VOID, expired).problem is Problem.ENVELOPE_IS_OVER


def test_who_may_sign_now_may_decline_instead_and_nobody_else():
    assert may(Right.DECLINE, READY)
    for state in ("waiting", "signed", "declined", None):
        assert not may(Right.DECLINE, replace(READY, recipient_state=state))
    assert not may(Right.DECLINE, Facts(is_initiator=True, envelope_state="open"))
