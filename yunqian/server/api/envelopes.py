"""Envelopes: started, listed, shown, changed."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field, StringConstraints

from yunqian.rules import lifecycle
from yunqian.server.actions import ceremony as ceremonies
from yunqian.server.actions import document as documents
from yunqian.server.actions import endings, seats
from yunqian.server.actions import envelope as envelopes
from yunqian.server.actions import envelope_changes as changes
from yunqian.server.actions import list_export as exporting
from yunqian.server.api import auth, bodies
from yunqian.server.queries import document, envelope, evidence, exports, lists, panel, verify
from yunqian.server.queries.search import Search
from yunqian.wire.after import AnswerEnding, HandedOver, HandOver
from yunqian.wire.base import Line, Message, Moment
from yunqian.wire.envelope import (
    AuditEntry,
    Counts,
    EndEnvelope,
    EnvelopeDetail,
    EnvelopeList,
    EnvelopePage,
    EnvelopeState,
    ExtendEnvelope,
    ForwardEnvelope,
    NextTask,
)
from yunqian.wire.panel import Ceremony, OpenCeremony, Panel, Report
from yunqian.wire.start import StartEnvelope

router = Router(tags=["envelopes"])
BINARY = {"schema": {"type": "string", "format": "binary"}}
PDF_OR_ZIP = {
    200: {
        "description": "the document, or several in one archive",
        "content": {"application/pdf": BINARY, "application/zip": BINARY},
    }
}
Identifier = Annotated[str, StringConstraints(max_length=36)]
SHEET = {
    200: {
        "description": "the list",
        "content": {"text/csv": {"schema": {"type": "string"}}, exports.XLSX: BINARY},
    }
}
PDF = {200: {"description": "the document", "content": {"application/pdf": BINARY}}}


@router.post("/envelopes", response=EnvelopeDetail)
def start(request: HttpRequest, body: StartEnvelope) -> EnvelopeDetail:
    """Send an upload to its signers."""
    return envelopes.start(auth.asking(request), request=body)


class Sought(Message):
    """Which list, and what is looked for in it: words of names, the initiator's name, when it was made, its state."""

    list: EnvelopeList
    q: Annotated[Line, StringConstraints(max_length=200)] = ""
    initiator: Annotated[Line, StringConstraints(max_length=100)] = ""
    since_at: Moment | None = None
    until_at: Moment | None = None
    state: EnvelopeState | None = None

    def meant(self) -> Search:
        """The same in the query's words."""
        return Search(
            text=self.q,
            initiator=self.initiator,
            since_at=self.since_at,
            until_at=self.until_at,
            state=lifecycle.EnvelopeState(self.state) if self.state else None,
        )


class Listing(Sought):
    """From where on, and how many lines at most."""

    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=20, ge=1, le=100)


class Export(Sought):
    """As which kind of file."""

    format: exports.Format


@router.get("/envelopes", response=EnvelopePage)
def page(request: HttpRequest, asked: Query[Listing]) -> EnvelopePage:
    """One page of 待签署, 已签署, 我发起的 or 抄送我的, newest first."""
    return lists.page(
        auth.asking(request),
        which=asked.list,
        looked_for=asked.meant(),
        cursor=asked.cursor,
        limit=asked.limit,
    )


@router.get("/envelopes/export", openapi_extra={"responses": SHEET})
def export(request: HttpRequest, asked: Query[Export]) -> HttpResponse:
    """The lines that a search means, as CSV or XLSX, in which nothing is a formula."""
    made = exporting.export(
        auth.asking(request), which=asked.list, looked_for=asked.meant(), kind=asked.format
    )
    return bodies.sheet(made)


@router.get("/next", response=NextTask)
def following(request: HttpRequest, after: Query[Identifier | None] = None) -> NextTask:
    """What waits for me next; more of the envelope `after` first, where there is any."""
    return lists.following(auth.asking(request), after_id=after)


@router.get("/counts", response=Counts)
def counts(request: HttpRequest) -> Counts:
    """How many envelopes each list holds."""
    return lists.counts(auth.asking(request))


@router.get("/envelopes/{envelope_id}", response=EnvelopeDetail)
def detail(request: HttpRequest, envelope_id: str) -> EnvelopeDetail:
    """One envelope."""
    return envelope.detail(auth.asking(request), envelope_id=envelope_id)


@router.post("/envelopes/{envelope_id}/decline", response=EnvelopeDetail)
def decline(request: HttpRequest, envelope_id: str, body: EndEnvelope) -> EnvelopeDetail:
    """Say no, with a reason; the envelope ends."""
    return changes.decline(auth.asking(request), envelope_id=envelope_id, reason=body.reason)


@router.post("/envelopes/{envelope_id}/void", response=EnvelopeDetail)
def void(request: HttpRequest, envelope_id: str, body: EndEnvelope) -> EnvelopeDetail:
    """Recall what I sent."""
    return changes.void(auth.asking(request), envelope_id=envelope_id, reason=body.reason)


@router.post("/envelopes/{envelope_id}/deadline", response=EnvelopeDetail)
def extend(request: HttpRequest, envelope_id: str, body: ExtendEnvelope) -> EnvelopeDetail:
    """Another deadline, or none."""
    return changes.extend(auth.asking(request), envelope_id=envelope_id, deadline_at=body.deadline_at)


@router.post("/envelopes/{envelope_id}/recipients", response=EnvelopeDetail)
def forward(request: HttpRequest, envelope_id: str, body: ForwardEnvelope) -> EnvelopeDetail:
    """Send it on to more people (manual 6.2)."""
    return changes.forward(auth.asking(request), envelope_id=envelope_id, request=body)


@router.post("/envelopes/{envelope_id}/endings", response=EnvelopeDetail)
def propose_end(request: HttpRequest, envelope_id: str, body: EndEnvelope) -> EnvelopeDetail:
    """Propose to void what was signed (协商作废)."""
    return endings.propose(auth.asking(request), envelope_id=envelope_id, reason=body.reason)


@router.post("/envelopes/{envelope_id}/endings/{ending_id}/answer", response=EnvelopeDetail)
def answer_end(request: HttpRequest, envelope_id: str, ending_id: str, body: AnswerEnding) -> EnvelopeDetail:
    """Agree to it, or refuse."""
    return endings.answer(
        auth.asking(request),
        envelope_id=envelope_id,
        ending_id=ending_id,
        is_agreed=body.is_agreed,
        reason=body.reason,
    )


@router.post("/envelopes/{envelope_id}/endings/{ending_id}/withdraw", response=EnvelopeDetail)
def withdraw_end(request: HttpRequest, envelope_id: str, ending_id: str) -> EnvelopeDetail:
    """Take my proposal back."""
    return endings.withdraw(auth.asking(request), envelope_id=envelope_id, ending_id=ending_id)


@router.post("/envelopes/{envelope_id}/seat", response=HandedOver)
def hand_over(request: HttpRequest, envelope_id: str, body: HandOver) -> HandedOver:
    """A colleague signs instead of me (转交)."""
    return seats.hand_over(auth.asking(request), envelope_id=envelope_id, account=body.account)


@router.post("/envelopes/{envelope_id}/reminders", response=EnvelopeDetail)
def remind(request: HttpRequest, envelope_id: str) -> EnvelopeDetail:
    """Remind those whose turn it is, once an hour at most."""
    return changes.remind(auth.asking(request), envelope_id=envelope_id)


@router.get("/envelopes/{envelope_id}/events", response=list[AuditEntry])
def events(request: HttpRequest, envelope_id: str) -> list[AuditEntry]:
    """The envelope's ledger, oldest event first."""
    return list(evidence.of_envelope(auth.asking(request), envelope_id=envelope_id))


@router.get("/envelopes/{envelope_id}/document", openapi_extra={"responses": PDF})
def view(
    request: HttpRequest,
    envelope_id: str,
    document_id: Query[Identifier | None] = None,
    revision: Query[Annotated[int, Field(ge=0, le=10_000)] | None] = None,
) -> HttpResponse:
    """A document for a viewer, never for a window; the first one where none is named."""
    auth.refuse_windows(request)
    found = document.view(
        auth.asking(request), envelope_id=envelope_id, document_id=document_id, revision=revision
    )
    return bodies.answer(found, is_attachment=False)


@router.get("/envelopes/{envelope_id}/download", openapi_extra={"responses": PDF_OR_ZIP})
def download(
    request: HttpRequest, envelope_id: str, document_id: Query[Identifier | None] = None
) -> HttpResponse:
    """The documents to keep; for the initiator alone (manual 6.3). Several come as one ZIP archive."""
    found = documents.download(auth.asking(request), envelope_id=envelope_id, document_id=document_id)
    return bodies.answer(found[0], is_attachment=True) if len(found) == 1 else bodies.archive(found)


@router.get("/envelopes/{envelope_id}/report", response=Report)
def report(request: HttpRequest, envelope_id: str, document_id: Query[Identifier | None] = None) -> Report:
    """What the verifier says about a document as it now stands; the first one where none is named."""
    return verify.of_envelope(
        auth.asking(request), envelope_id=envelope_id, document_id=document_id, at=timezone.now()
    )


@router.get("/envelopes/{envelope_id}/panel", response=Panel)
def show_panel(request: HttpRequest, envelope_id: str, document_id: Query[Identifier | None] = None) -> Panel:
    """Everything the sealing panel needs; where no document is named, of the next one to sign."""
    return panel.read(
        auth.asking(request),
        envelope_id=envelope_id,
        document_id=document_id,
        origin=auth.origin(request),
        at=timezone.now(),
    )


@router.post("/envelopes/{envelope_id}/ceremonies", response=Ceremony)
def open_ceremony(request: HttpRequest, envelope_id: str, body: OpenCeremony) -> Ceremony:
    """Begin to sign: 保存并签名."""
    return ceremonies.open(
        auth.asking(request), envelope_id=envelope_id, request=body, origin=auth.origin(request)
    )
