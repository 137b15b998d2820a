"""What may still happen to an envelope that was sent, as its parties see it: reminders, its end by agreement, seats."""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment


class EndingState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Voice(Message):
    """What one of those who are asked has answered; who proposed it agrees by proposing."""

    name: str
    is_agreed: bool
    reason: str | None = None
    at: Moment


class Ending(Message):
    """协商作废: the newest proposal to void what was signed."""

    id: str
    proposer: str
    reason: str
    state: EndingState
    proposed_at: Moment
    decided_at: Moment | None
    voices: tuple[Voice, ...]
    waiting_for: tuple[str, ...] = Field(description="who has not answered yet")
    may_answer: bool
    may_withdraw: bool


class Handover(Message):
    """A seat that was handed over to a colleague."""

    from_name: str
    to_name: str
    at: Moment


class AfterSending(Message):
    """What the page shows and offers beside the envelope itself."""

    may_remind: bool
    remind_again_at: Moment | None = Field(default=None, description="when it may be done again")
    may_propose_end: bool
    may_hand_over: bool
    ending: Ending | None = None
    handovers: tuple[Handover, ...] = ()


class AnswerEnding(Message):
    """Yes, or no with a reason that everybody reads."""

    is_agreed: bool
    reason: Line = Field(default="", max_length=200)


class HandOver(Message):
    """The account of the colleague who signs instead."""

    account: Line = Field(min_length=1, max_length=100)


class HandedOver(Message):
    """Who signs instead. The one who handed it over no longer sees the envelope, unless he started it."""

    name: str
