"""Electronic seals: applied for, decided on, made, authorised, used; and the public word on whether one is in use."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from yunqian.eseal.kinds import SealKind
from yunqian.wire.base import Base64Text, Line, Message, Moment, Sha256Hex
from yunqian.wire.members import HolderKind, Identifier

Reason = Annotated[Line, Field(min_length=2, max_length=200)]
Millimetres = Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]
FilingNumber = Annotated[str, Field(pattern=r"^[0-9]{13}$", description="印章备案号; stands on round seals")]
Coordinate = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]


class SealState(StrEnum):
    """IN_USE can be applied; FROZEN comes back or is cancelled; CANCELLED and EXPIRED are ends."""

    IN_USE = "in_use"
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SealApplicationState(StrEnum):
    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"
    MADE = "made"
    WITHDRAWN = "withdrawn"


class PictureSource(StrEnum):
    DRAWN = "drawn"
    SCAN = "scan"
    STROKES = "strokes"


class Drawn(Message):
    """The program draws it: an organization's name round a star, or the characters of a name in a square."""

    source: Literal[PictureSource.DRAWN]
    size_mm: Millimetres | None = Field(
        default=None, description="diameter or side; null: customary for the kind"
    )


class Strokes(Message):
    """Written by hand: strokes of points x, y and pressure from 0 to 1, or time in milliseconds."""

    source: Literal[PictureSource.STROKES]
    strokes: tuple[
        Annotated[tuple[tuple[Coordinate, Coordinate, Coordinate], ...], Field(max_length=10_000)], ...
    ] = Field(min_length=1, max_length=200)
    width_mm: Millimetres = 40.0


class PreviewSeal(Message):
    """What the seal would look like, before it is applied for."""

    kind: SealKind
    filing_number: FilingNumber | None = None
    picture: Annotated[Drawn | Strokes, Field(discriminator="source")]


class ApplySeal(PreviewSeal):
    """申请印章. An organization's seal is decided on by somebody else; one's own is made at once."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    reason: Reason
    valid_until_at: Moment | None = None


class ScanPreview(Message):
    """The fields beside an uploaded scan (multipart)."""

    kind: SealKind
    width_mm: Millimetres


class ScanApplication(ScanPreview):
    """The same, to apply with."""

    filing_number: FilingNumber | None = None
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    reason: Reason
    valid_until_at: Moment | None = None


class SealPicture(Message):
    """A transparent PNG of 600 dpi and its true size."""

    picture_png: Base64Text
    width_mm: float
    height_mm: float


class SealApplication(Message):
    """印章申请 as its person and whoever decides on seals see it."""

    id: str
    state: SealApplicationState
    kind: SealKind
    is_personal: bool
    name: str
    filing_number: str | None
    source: PictureSource
    picture: SealPicture
    reason: str
    valid_until_at: Moment | None
    person_name: str
    is_mine: bool
    applied_at: Moment
    decided_at: Moment | None = None
    decided_by: str | None = None
    decision: str | None = None
    seal_id: str | None = None


class SealApplicationPage(Message):
    items: tuple[SealApplication, ...]
    next_cursor: str | None = None


class SealReason(Message):
    """Why, for the history and for the person to read."""

    reason: Reason


class ChooseCertificates(Message):
    """The certificates that may apply a seal; the seal object lists them (GB/T 38540)."""

    certificate_ids: tuple[Identifier, ...] = Field(min_length=1, max_length=50)


class MakeSeal(ChooseCertificates):
    """制作印章: after the approval."""


class Seal(Message):
    """A seal as whoever may apply or manage it sees it. `public_code` is what anybody may ask its state by."""

    id: str
    name: str
    kind: SealKind
    is_personal: bool
    owner_name: str
    state: SealState
    since_at: Moment
    picture: SealPicture
    filing_number: str | None
    public_code: str
    valid_until_at: Moment | None
    created_at: Moment
    is_made: bool = Field(description="there is a seal object signed by the seal maker (GB/T 38540)")
    needs_approval: bool = Field(description="each of my uses is asked for first")
    may_manage: bool
    certificates: tuple[str, ...] = Field(description="owners of the certificates that may apply it")


class SealPage(Message):
    items: tuple[Seal, ...]
    next_cursor: str | None = None


class SealEvent(Message):
    """One line of a seal's history."""

    kind: str
    at: Moment
    person_name: str | None
    reason: str | None = None


class SealGrant(Message):
    """授权: a holder may apply the seal, until `until_at`; each use is asked for where `needs_approval`."""

    id: str
    holder_kind: HolderKind
    holder_id: str
    holder_name: str
    until_at: Moment | None
    needs_approval: bool
    granted_at: Moment
    granted_by: str | None
    is_over: bool


class GiveSeal(Message):
    holder_kind: HolderKind
    holder_id: Identifier
    until_at: Moment | None = None
    needs_approval: bool = False


class SealHolder(Message):
    """Whom a seal can be given to."""

    kind: HolderKind
    id: str
    name: str


class SealCertificateChoice(Message):
    """A certificate that a seal can be bound to."""

    id: str
    sha256: Sha256Hex
    owner: str
    person_name: str | None = Field(description="null: it is the organization's")
    not_after_at: Moment


class SealUseApprovalState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"


class AskSealUse(Message):
    """May I apply this seal to that envelope, once."""

    envelope_id: Identifier
    reason: Reason


class SealUseApproval(Message):
    """用印审批."""

    id: str
    state: SealUseApprovalState
    seal_id: str
    seal_name: str
    envelope_id: str
    envelope_title: str
    person_name: str
    is_mine: bool
    reason: str
    asked_at: Moment
    decided_at: Moment | None = None
    decided_by: str | None = None
    decision: str | None = None


class SealUseApprovalPage(Message):
    items: tuple[SealUseApproval, ...]
    next_cursor: str | None = None


class SealUse(Message):
    """用印台账: one signature that carries the seal."""

    id: str
    at: Moment
    seal_id: str
    seal_name: str
    envelope_id: str
    envelope_title: str
    document_name: str
    revision: int
    person_name: str
    certificate_owner: str
    certificate_sha256: Sha256Hex


class SealUsePage(Message):
    items: tuple[SealUse, ...]
    next_cursor: str | None = None


class SealStatus(Message):
    """What anybody may know of a seal."""

    public_code: str
    kind: SealKind
    name: str
    owner_name: str
    state: SealState
    since_at: Moment
    filing_number: str | None
