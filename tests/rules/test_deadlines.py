"""Deadlines: an open envelope is expired after its deadline, and nothing else changes."""

from datetime import UTC, datetime, timedelta

import pytest

from yunqian.rules.deadlines import Due, DueMoment, Schedule, next_due, standing
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


SENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def test_without_a_plan_nothing_is_due():
    assert next_due(Schedule(SENT), after=SENT) is None


def test_the_end_is_due_just_after_the_deadline_and_nothing_after_it():
    plan = Schedule(SENT, deadline_at=DEADLINE, remind_every_days=1)
    assert next_due(plan, after=DEADLINE) == DueMoment(DEADLINE + MOMENT, Due.END)
    assert next_due(plan, after=DEADLINE + MOMENT) is None


def test_reminders_come_every_so_many_days_without_end_where_there_is_no_deadline():
    plan = Schedule(SENT, remind_every_days=3)
    assert next_due(plan, after=SENT) == DueMoment(SENT + 3 * DAY, Due.REMINDER)
    assert next_due(plan, after=SENT + 3 * DAY) == DueMoment(SENT + 6 * DAY, Due.REMINDER)
    assert next_due(plan, after=SENT + 1000 * DAY) == DueMoment(SENT + 1002 * DAY, Due.REMINDER)


def test_the_deadline_being_near_comes_once_and_stands_for_a_reminder_of_the_same_moment():
    plan = Schedule(SENT, deadline_at=SENT + 3 * DAY, remind_before_hours=24, remind_every_days=2)
    assert next_due(plan, after=SENT) == DueMoment(SENT + 2 * DAY, Due.NEAR)
    assert next_due(plan, after=SENT + 2 * DAY) == DueMoment(SENT + 3 * DAY + MOMENT, Due.END)


def test_a_deadline_so_near_that_its_warning_has_passed_warns_no_more():
    plan = Schedule(SENT, deadline_at=SENT + timedelta(hours=2), remind_before_hours=24)
    assert next_due(plan, after=SENT) == DueMoment(SENT + timedelta(hours=2) + MOMENT, Due.END)
