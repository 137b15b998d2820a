"""Notices as the HTTP API shows them."""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Message, Moment


class NoticeKind(StrEnum):
    """What happened. The words are the page's; what the message says is the server's."""

    YOUR_TURN = "your_turn"
    COPIED = "copied"
    SIGNED = "signed"
    COMPLETED = "completed"
    DECLINED = "declined"
    RECALLED = "recalled"
    EXTENDED = "extended"
    SENT_ON = "sent_on"
    REMINDED = "reminded"
    DEADLINE_NEAR = "deadline_near"
    EXPIRED = "expired"
    SEAT_GIVEN = "seat_given"
    SEAT_MOVED = "seat_moved"
    END_PROPOSED = "end_proposed"
    END_REFUSED = "end_refused"
    END_WITHDRAWN = "end_withdrawn"
    ENDED_TOGETHER = "ended_together"
    SEAL_USE_DECIDED = "seal_use_decided"
    SEAL_DECIDED = "seal_decided"


class Channel(StrEnum):
    """How a notice goes out beside the page."""

    SMS = "sms"
    MAIL = "mail"


class Notice(Message):
    """One notice. `title` is null where the person no longer sees the envelope, which then leads nowhere."""

    id: str
    kind: NoticeKind
    at: Moment
    is_read: bool
    envelope_id: str | None = None
    title: str | None = None
    by: str | None = Field(default=None, description="who did it")
    subject: str | None = Field(default=None, description="a seal's name, or the new person of a seat")
    is_granted: bool | None = Field(default=None, description="how it was decided")
    deadline_at: Moment | None = None
    given_up: tuple[Channel, ...] = Field(default=(), description="ways on which it could not be sent")


class NoticePage(Message):
    items: tuple[Notice, ...]
    next_cursor: str | None


class Unread(Message):
    """How many notices are unread; `is_more` where there are more than are counted."""

    count: int
    is_more: bool


class ReadNotices(Message):
    """Which notices were read; none named: all that are there at this moment."""

    ids: tuple[str, ...] = Field(default=(), max_length=100)
