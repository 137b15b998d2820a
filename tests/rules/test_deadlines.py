"""Deadlines: an open envelope is expired after its deadline, and nothing else changes."""

from datetime import UTC, datetime, timedelta

import pytest

from yunqian.rules.deadlines import standing
from yunqian.rules.lifecycle import EnvelopeState

DEADLINE = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_an_open_envelope_is_expired_one_moment_after_its_deadline():
    assert standing(EnvelopeState.OPEN, DEADLINE, DEADLINE) is EnvelopeState.OPEN
    assert standing(EnvelopeState.OPEN, DEADLINE, DEADLINE + MOMENT) is EnvelopeState.EXPIRED


def test_without_a_deadline_it_stays_open():
    assert standing(EnvelopeState.OPEN, None, DEADLINE) is EnvelopeState.OPEN


@pytest.mark.parametrize("state", [one for one in EnvelopeState if one is not EnvelopeState.OPEN])
def test_what_is_over_stays_what_it_is(state: EnvelopeState):
    assert standing(state, DEADLINE, DEADLINE + MOMENT) is state
