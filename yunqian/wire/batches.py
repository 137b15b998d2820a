"""Signing many documents in one go: what is chosen, where the marks go, how each of them stands (decision 40)."""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment, ProblemReport, Sha256Hex
from yunqian.wire.batch_orders import MOST_ITEMS
from yunqian.wire.orders import SignedOrder, SignResult
from yunqian.wire.panel import AnyPlacement, PageBox


class BatchPlace(StrEnum):
    """The one rule for documents whose initiator proposed no places; read as the shown page is."""

    CORNER = "corner"
    BESIDE = "beside"


class BatchRule(Message):
    """Where the seal goes: last page, bottom right; or beside the newest signature made here. And what else."""

    place: BatchPlace = BatchPlace.CORNER
    has_paging: bool = Field(default=False, description="a paging seal too, where there are two pages")
    has_date: bool = Field(default=False, description="the platform's date under the seal")


class MakeBatch(Message):
    """Which tasks, with which key and seal. `request_id` is made by the page: sent again it is the same batch."""

    request_id: Line = Field(min_length=16, max_length=64)
    envelope_ids: tuple[Line, ...] = Field(min_length=1, max_length=MOST_ITEMS)
    certificate_sha256: Sha256Hex
    seal_id: Line = Field(max_length=36)
    rule: BatchRule = BatchRule()


class BatchLineState(StrEnum):
    """How one document of a batch stands."""

    LEFT_OUT = "left_out"
    READY = "ready"
    PREPARED = "prepared"
    SIGNED = "signed"
    DONE = "done"


class BatchProblem(Message):
    """Why a document is left out of the batch and needs its own look."""

    code: str
    zh: str
    en: str


class BatchLine(Message):
    """One document: what it is, from whom, which revision was looked at, where its marks go, how it stands.

    `is_proposed` tells that the places are those its initiator proposed. `check_code` is there once it is prepared.
    """

    position: int = Field(ge=1)
    envelope_id: str
    document_id: str | None
    title: str
    initiator_name: str
    page_count: int
    head: int
    document_sha256: Sha256Hex | None
    is_proposed: bool
    page: PageBox | None = Field(description="the page that carries the seal, for a picture of it")
    placements: tuple[AnyPlacement, ...]
    state: BatchLineState
    ceremony_id: str | None
    order_id: str | None = Field(description="of the SignOrder that is prepared now")
    check_code: str | None
    problem: BatchProblem | None


class Batch(Message):
    """A batch of one person, with one key and one seal."""

    id: str
    certificate_sha256: Sha256Hex
    certificate_owner: str
    seal_id: str
    seal_name: str
    made_at: Moment
    lines: tuple[BatchLine, ...]


class BatchAsked(Message):
    """What the security client is asked: one order over those lines that are prepared, in their order."""

    order: SignedOrder
    check_code: str
    positions: tuple[int, ...]


class BatchRefusal(Message):
    """An answer of the key that could not be taken, by the order that it answers, and why."""

    order_id: str
    problem: ProblemReport


class BatchAnswered(Message):
    """The batch after the key's answers, and those of them that could not be taken."""

    batch: Batch
    refused: tuple[BatchRefusal, ...]


class BatchTaken(Message):
    """What the key answered for some of the lines."""

    results: tuple[SignResult, ...] = Field(min_length=1, max_length=MOST_ITEMS)
