"""The sealing panel and its ceremony; the verifier's report as the API shows it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from yunqian.wire.base import Base64Text, Line, Lines, Message, Moment, Points, Sha256Hex
from yunqian.wire.envelope import Document, EnvelopeState, PersonRef
from yunqian.wire.orders import MarkKind, SignedOrder


class PageBox(Message):
    """A page as the engine sees it; origin bottom-left of the unrotated page, the crop box is visible."""

    number: int = Field(ge=1)
    crop_x_pt: float
    crop_y_pt: float
    crop_width_pt: float
    crop_height_pt: float
    rotation: int = Field(description="0, 90, 180 or 270, clockwise, as a viewer turns the page")
    user_unit: float = 1.0


class SealChoice(Message):
    """A seal that the person may apply, and the certificates that may apply it."""

    id: str
    name: str
    kind: str = Field(description="official, contract, finance, legal_representative, signature, name")
    owner_name: str
    width_mm: float
    height_mm: float
    picture_png: Base64Text
    certificate_sha256s: tuple[Sha256Hex, ...]
    needs_approval: bool = Field(default=False, description="each of my uses is asked for first")


class Placement(Message):
    """One mark on one page. The box is in points on the unrotated page, origin bottom-left."""

    kind: Literal[MarkKind.SEAL, MarkKind.DATE, MarkKind.TEXT]
    page: int = Field(ge=1)
    x_pt: Points
    y_pt: Points
    width_pt: float = Field(gt=0, le=5000, allow_inf_nan=False)
    height_pt: float = Field(gt=0, le=5000, allow_inf_nan=False)
    certificate_sha256: Sha256Hex
    seal_id: Line | None = Field(default=None, max_length=36, description="for kind seal")
    text: Lines | None = Field(default=None, max_length=500, description="for kind date and text")
    size_pt: float | None = Field(
        default=None, gt=0, le=100, allow_inf_nan=False, description="for kind text"
    )


class Edge(StrEnum):
    """The edge of the shown page that a paging seal runs over."""

    RIGHT = "right"
    LEFT = "left"
    TOP = "top"
    BOTTOM = "bottom"


Share = Annotated[float, Field(ge=0.01, le=0.99, allow_inf_nan=False)]


class PagingPlacement(Message):
    """A paging seal (骑缝章): one seal cut over the edges of the pages, as the reader sees them."""

    kind: Literal[MarkKind.PAGING]
    certificate_sha256: Sha256Hex
    seal_id: Line = Field(max_length=36)
    edge: Edge = Edge.RIGHT
    along: float = Field(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="where the seal's middle lies along the edge: 0 top or left, 1 bottom or right",
    )
    group_size: int | None = Field(
        default=None,
        ge=2,
        le=20,
        description="pages over which one seal is cut; null: few and equal groups",
    )
    first_share: Share | None = Field(
        default=None, description="the part of the seal on the first page of each group; null: as the others"
    )
    last_share: Share | None = Field(
        default=None, description="the part of the seal on the last page of each group; null: as the others"
    )
    skipped: tuple[int, ...] = Field(default=(), max_length=2000, description="pages left out, from 1")


AnyPlacement = Annotated[Placement | PagingPlacement, Field(discriminator="kind")]


class Reading(Message):
    """What the page saw of the reading: how many pages stood in view, and for how many seconds. A claim."""

    pages: int = Field(ge=0, le=100_000)
    seconds: int = Field(ge=0, le=604_800)


class OpenCeremony(Message):
    """保存并签名: the revision the person saw, and all marks; list order is key order."""

    document_id: str
    head: int = Field(ge=0)
    head_sha256: Sha256Hex
    placements: tuple[AnyPlacement, ...] = Field(max_length=500)
    reading: Reading | None = None


class CeremonyState(StrEnum):
    OPEN = "open"
    DONE = "done"
    ABANDONED = "abandoned"


class OrderState(StrEnum):
    WAITING = "waiting"
    PREPARED = "prepared"
    SIGNED = "signed"
    EMBEDDED = "embedded"
    DROPPED = "dropped"


class OrderLine(Message):
    """One key's part of the session, as the panel lists it."""

    id: str
    position: int
    certificate_sha256: Sha256Hex
    certificate_owner: str
    state: OrderState


class Ceremony(Message):
    """Where a sealing session stands; `order` is what the next key has to sign, null when none is left."""

    id: str
    envelope_id: str
    document_id: str
    state: CeremonyState
    base: int = Field(description="revision number the next order is prepared on")
    orders: tuple[OrderLine, ...]
    order: SignedOrder | None
    check_code: str | None


class Verdict(StrEnum):
    """A total of the verifier."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class Answer(StrEnum):
    """One answer of the verifier; a question that does not arise worsens no total."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not_applicable"


class Finding(Message):
    """A named check with its answer; the total is never better than the worst of these."""

    check: Literal["crypto", "coverage", "seal", "membership", "trust"]
    verdict: Answer
    zh: str
    en: str


class LaterChange(Message):
    """What one revision after a signature changed."""

    revision: int = Field(ge=2)
    changes: tuple[str, ...] = Field(description="kinds of change, from harmless to grave")
    zh: str
    en: str
    is_allowed: bool = Field(description="whether the signature stands beside it")


class SignatureReport(Message):
    """One signature, however many fields show it."""

    fields: tuple[str, ...]
    pages: tuple[int, ...]
    signer: str
    issuer: str
    certificate_sha256: Sha256Hex | None
    claimed_at: Moment | None = Field(description="the time the signer's software wrote: a claim")
    stamped_at: Moment | None = Field(description="the time a trusted time-stamp authority attests")
    proven_at: Moment | None = Field(
        description="the earliest time at which a trusted authority attests that the signature was there"
    )
    algorithm: str | None
    revision: int | None = Field(description="which revision of the file it signed, from 1")
    signed_bytes: int | None = Field(description="how long the file was when it was signed")
    is_timestamp: bool = Field(description="a document time stamp: it attests a time and nobody's will")
    verdict: Verdict
    findings: tuple[Finding, ...] = Field(
        min_length=5, max_length=5, description="crypto, coverage, seal, membership, trust, in this order"
    )
    later: tuple[LaterChange, ...] = Field(description="every later revision, what it changed")


class Report(Message):
    """验签结果: every signature in the document, and a total that is the worst of them."""

    sha256: Sha256Hex
    page_count: int | None
    revision_count: int | None
    verdict: Verdict
    signatures: tuple[SignatureReport, ...]
    notes_zh: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()
    verified_at: Moment


class PanelDocument(Document):
    """One document of the envelope, and whether the person has signed it."""

    is_signed_by_me: bool


class ProposedPlace(Message):
    """Where the initiator would like a mark of this signer. The box is as a Placement's; nobody has to follow it."""

    id: str
    kind: MarkKind
    page: int = Field(ge=1)
    x_pt: Points
    y_pt: Points
    width_pt: float = Field(gt=0, le=5000, allow_inf_nan=False)
    height_pt: float = Field(gt=0, le=5000, allow_inf_nan=False)
    label: Line | None = Field(default=None, max_length=60)


class Panel(Message):
    """Everything the sealing panel needs to start on one document of an envelope."""

    envelope_id: str
    title: str
    state: EnvelopeState
    initiator: PersonRef
    document: Document
    documents: tuple[PanelDocument, ...] = Field(
        description="all of the envelope, in order; each is signed in a session of its own"
    )
    pages: tuple[PageBox, ...]
    proposed: tuple[ProposedPlace, ...] = Field(default=(), description="on this document, for this signer")
    seals: tuple[SealChoice, ...]
    report: Report
    today_zh: str = Field(description="the platform's date as 2026年11月22日")
    is_my_turn: bool
    waiting_for: tuple[str, ...]
    ceremony: Ceremony | None = Field(description="an unfinished session of mine that can be resumed")
