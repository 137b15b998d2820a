"""The state machines: complete, and closed to everything that is not in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.problems import Problem, Refused
from yunqian.rules import lifecycle
from yunqian.rules.lifecycle import (
    BINDING_REQUEST,
    CEREMONY,
    CERTIFICATE,
    ENROLMENT,
    ENVELOPE,
    INVITATION,
    MACHINES,
    RECIPIENT,
    SIGN_ORDER,
    TENANT,
    UNLOCK,
    EnvelopeEvent,
    Machine,
    SignOrderEvent,
)

EVENTS = {
    "Envelope": lifecycle.EnvelopeEvent,
    "Recipient": lifecycle.RecipientEvent,
    "Ceremony": lifecycle.CeremonyEvent,
    "SignOrder": lifecycle.SignOrderEvent,
    "Enrolment": lifecycle.EnrolmentEvent,
    "Unlock": lifecycle.UnlockEvent,
    "Tenant": lifecycle.TenantEvent,
    "Invitation": lifecycle.InvitationEvent,
    "Certificate": lifecycle.CertificateEvent,
    "BindingRequest": lifecycle.BindingRequestEvent,
    "Seal": lifecycle.SealEvent,
    "SealApplication": lifecycle.SealApplicationEvent,
    "SealUseApproval": lifecycle.SealUseApprovalEvent,
    "Ending": lifecycle.EndingEvent,
    "NoticeDelivery": lifecycle.DeliveryEvent,
}


def reachable(machine: Machine) -> set[str]:
    fresh = [str(machine.first), *map(str, machine.other_firsts)]
    found = set(fresh)
    while fresh:
        state = fresh.pop()
        following = {str(end) for (start, _), end in machine.steps.items() if start == state}
        fresh += following - found
        found |= following
    return found


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_state_can_be_reached(machine):
    assert reachable(machine) == set(map(str, machine.states))


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_event_leads_somewhere(machine):
    assert {event for _, event in machine.steps} == set(EVENTS[machine.name])


@given(st.sampled_from(list(MACHINES.values())), st.text(max_size=12), st.text(max_size=12))
def test_words_that_are_not_in_the_table_are_refused_not_crashed_on(machine, state, event):
    if (state, event) in machine.steps:
        return
    with pytest.raises(Refused) as refused:
        machine.after(state, event)
    assert refused.value.problem is Problem.TRANSITION_NOT_ALLOWED
    assert refused.value.facts == {"state": state, "event": event}


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_nothing_leaves_a_final_state(name):
    machine = MACHINES[name]
    for state in machine.final:
        for event in EVENTS[name]:
            with pytest.raises(Refused):
                machine.after(state, event)


def test_the_final_states_are_exactly_these():
    assert ENVELOPE.final == {"voided", "declined"}
    assert RECIPIENT.final == {"signed", "declined", "copied"}
    assert CEREMONY.final == {"done", "abandoned"}
    assert SIGN_ORDER.final == {"embedded", "dropped"}
    assert ENROLMENT.final == {"stored", "abandoned"}
    assert UNLOCK.final == {"refused", "closed", "done", "withdrawn"}
    assert TENANT.final == set()
    assert INVITATION.final == {"taken", "withdrawn"}
    assert CERTIFICATE.final == {"revoked", "replaced"}
    assert lifecycle.ENDING.final == {"agreed", "refused", "withdrawn"}
    assert lifecycle.NOTICE_DELIVERY.final == {"sent", "given_up", "needless"}
    assert BINDING_REQUEST.final == {"approved", "refused", "withdrawn"}


def test_an_envelope_starts_open_and_completes():
    assert ENVELOPE.after(ENVELOPE.first, EnvelopeEvent.COMPLETE) == "completed"


def test_a_completed_envelope_opens_again_or_ends_by_agreement_and_is_never_recalled():
    assert ENVELOPE.after("completed", EnvelopeEvent.REOPEN) == "open"
    assert ENVELOPE.after("expired", EnvelopeEvent.REOPEN) == "open"
    assert ENVELOPE.after("completed", EnvelopeEvent.END_TOGETHER) == "voided"
    for event in (EnvelopeEvent.VOID, EnvelopeEvent.DECLINE, EnvelopeEvent.EXPIRE):
        with pytest.raises(Refused):
            ENVELOPE.after("completed", event)


def test_an_order_passes_prepare_sign_embed_and_no_step_can_be_skipped():
    state = str(SIGN_ORDER.first)
    for event, expected in (("prepare", "prepared"), ("sign", "signed"), ("embed", "embedded")):
        state = SIGN_ORDER.after(state, event)
        assert state == expected
    for state, event in (("waiting", "sign"), ("waiting", "embed"), ("prepared", "embed")):
        with pytest.raises(Refused):
            SIGN_ORDER.after(state, event)


def test_an_order_that_is_not_embedded_can_be_prepared_again():
    assert {SIGN_ORDER.after(s, SignOrderEvent.PREPARE) for s in ("waiting", "prepared", "signed")} == {
        "prepared"
    }
