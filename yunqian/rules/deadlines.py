"""Deadlines as decisions on plain values; `now` is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yunqian.rules.lifecycle import EnvelopeState


def standing(state: EnvelopeState, deadline_at: datetime | None, now: datetime) -> EnvelopeState:
    """Where an envelope stands for people: one that is open past its deadline is expired, whatever its row says.

    The deadline itself is still in time.
    """
    is_over = deadline_at is not None and now > deadline_at
    return EnvelopeState.EXPIRED if state is EnvelopeState.OPEN and is_over else state


class Due(StrEnum):
    """What comes due by itself: a REMINDER of the schedule, the deadline being NEAR, and its END."""

    REMINDER = "reminder"
    NEAR = "near"
    END = "end"


@dataclass(frozen=True)
class Schedule:
    """What the initiator planned: `near` before the deadline, and every so many days from `since` on."""

    since: datetime
    deadline_at: datetime | None = None
    remind_before_hours: int | None = None
    remind_every_days: int | None = None


@dataclass(frozen=True)
class DueMoment:
    """When what is due. Of several at one moment the most urgent stands for all."""

    at: datetime
    what: Due


def next_due(schedule: Schedule, *, after: datetime) -> DueMoment | None:
    """The first moment after `after` at which something is due; None where nothing is planned any more.

    Nothing is due after the deadline. The deadline itself is still in time, so its end is due just after it.
    """
    end = schedule.deadline_at
    moments = [DueMoment(at, what) for at, what in _moments(schedule, after) if at is not None and at > after]
    within = [one for one in moments if end is None or one.what is Due.END or one.at < end]
    urgency = (Due.END, Due.NEAR, Due.REMINDER)
    return min(within, key=lambda one: (one.at, urgency.index(one.what)), default=None)


def _moments(schedule: Schedule, after: datetime) -> tuple[tuple[datetime | None, Due], ...]:
    end, hours, days = schedule.deadline_at, schedule.remind_before_hours, schedule.remind_every_days
    near = end - timedelta(hours=hours) if end is not None and hours else None
    every = timedelta(days=days) if days else None
    passed = max(0, (after - schedule.since) // every) if every else 0
    following = schedule.since + every * (passed + 1) if every else None
    return (
        (end + timedelta(microseconds=1) if end is not None else None, Due.END),
        (near, Due.NEAR),
        (following, Due.REMINDER),
    )
