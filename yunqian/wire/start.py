"""What an envelope is begun with: drafts, people addressed before, and places proposed for each signer."""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment, Points
from yunqian.wire.envelope import RecipientWanted, Upload
from yunqian.wire.orders import MarkKind


class SigningOrder(StrEnum):
    """TOGETHER at once, IN_TURN one after another, PERSONAL_FIRST people before who seals for the company."""

    TOGETHER = "together"
    IN_TURN = "in_turn"
    PERSONAL_FIRST = "personal_first"


class PlaceWanted(Message):
    """A place proposed to one recipient on one document, both as they stand in the request, from 0.

    The box is in points on the unrotated page, origin bottom-left.
    """

    document: int = Field(ge=0, lt=20)
    recipient: int = Field(ge=0, lt=50)
    kind: MarkKind
    page: int = Field(ge=1)
    x_pt: Points
    y_pt: Points
    width_pt: float = Field(gt=0, le=5000, allow_inf_nan=False)
    height_pt: float = Field(gt=0, le=5000, allow_inf_nan=False)
    label: Line = Field(default="", max_length=60)


class StartEnvelope(Message):
    """What to send to whom; the documents in the order in which people read and sign them."""

    upload_ids: tuple[str, ...] = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1, max_length=200)
    recipients: tuple[RecipientWanted, ...] = Field(max_length=50)
    deadline_at: Moment | None = None
    remind_before_hours: int | None = Field(default=None, ge=1, le=720, description="before the deadline")
    remind_every_days: int | None = Field(default=None, ge=1, le=60)
    places: tuple[PlaceWanted, ...] = Field(default=(), max_length=500)
    draft_id: Line | None = Field(default=None, max_length=36, description="the draft that it was; it goes")


class DraftRecipient(Message):
    """Somebody chosen in the page, as the page shows him; nothing of it is believed before it is sent."""

    id: Line = Field(max_length=100, description="by which the page knows him again")
    name: Line = Field(max_length=100)
    account: Line | None = Field(default=None, max_length=100)
    mobile: Line | None = Field(default=None, max_length=30)
    contact_id: Line | None = Field(default=None, max_length=36)
    note: Line = Field(default="", max_length=200, description="his department or organization")
    is_copy: bool = False
    is_company: bool = Field(default=False, description="seals for the company, after the people")


class DraftContent(Message):
    """What the page keeps of an envelope that is being prepared."""

    title: Line = Field(default="", max_length=200)
    uploads: tuple[Upload, ...] = Field(default=(), max_length=20)
    recipients: tuple[DraftRecipient, ...] = Field(default=(), max_length=50)
    order: SigningOrder = SigningOrder.TOGETHER
    deadline_at: Moment | None = None
    remind_before_hours: int | None = Field(default=None, ge=1, le=720)
    remind_every_days: int | None = Field(default=None, ge=1, le=60)
    places: tuple[PlaceWanted, ...] = Field(default=(), max_length=500)


class SaveDraft(Message):
    """`version` is the one that was changed: who saves an older one overwrites nothing."""

    version: int = Field(ge=1)
    content: DraftContent


class Draft(Message):
    """草稿: only its owner sees it."""

    id: str
    version: int
    changed_at: Moment
    content: DraftContent
    gone: tuple[str, ...] = Field(default=(), description="uploads that it names and that are no longer kept")


class Contact(Message):
    """Somebody whom the person has addressed before, as he was named then; his number only masked."""

    id: str = Field(description="of the seat at which he was addressed")
    name: str
    note: str = Field(description="his organization then, or his number with its middle hidden")
    used_at: Moment
