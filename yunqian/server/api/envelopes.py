"""Envelopes: started, listed, shown, changed."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field, StringConstraints

from yunqian.server.actions import ceremony as ceremonies
from yunqian.server.actions import document as documents
from yunqian.server.actions import envelope as envelopes
from yunqian.server.actions import envelope_changes as changes
from yunqian.server.api import auth, bodies
from yunqian.server.queries import document, envelope, evidence, panel, verify
from yunqian.wire.base import Line, Message
from yunqian.wire.envelope import (
    AuditEntry,
    Counts,
    EndEnvelope,
    EnvelopeDetail,
    EnvelopeList,
    EnvelopePage,
    ExtendEnvelope,
    ForwardEnvelope,
    StartEnvelope,
)
from yunqian.wire.panel import Ceremony, OpenCeremony, Panel, Report

router = Router(tags=["envelopes"])
BINARY = {"schema": {"type": "string", "format": "binary"}}
PDF_OR_ZIP = {
    200: {
        "description": "the document, or several in one archive",
        "content": {"application/pdf": BINARY, "application/zip": BINARY},
    }
}
Identifier = Annotated[str, StringConstraints(max_length=36)]
PDF = {200: {"description": "the document", "content": {"application/pdf": BINARY}}}


@router.post("/envelopes", response=EnvelopeDetail)
def start(request: HttpRequest, body: StartEnvelope) -> EnvelopeDetail:
    """Send an upload to its signers."""
    return envelopes.start(auth.asking(request), request=body, origin=auth.origin(request))


class Listing(Message):
    """Which list, narrowed to titles that contain `q`, from where on, and how many lines at most."""

    list: EnvelopeList
    q: Annotated[Line, StringConstraints(max_length=100, strip_whitespace=True)] = ""
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=20, ge=1, le=100)


@router.get("/envelopes", response=EnvelopePage)
def page(request: HttpRequest, asked: Query[Listing]) -> EnvelopePage:
    """One page of 待签署, 已签署 or 我发起的, newest first."""
    return envelope.page(
        auth.asking(request), which=asked.list, search=asked.q, cursor=asked.cursor, limit=asked.limit
    )


@router.get("/counts", response=Counts)
def counts(request: HttpRequest) -> Counts:
    """How many envelopes each list holds."""
    return envelope.counts(auth.asking(request))


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
    return changes.forward(
        auth.asking(request), envelope_id=envelope_id, request=body, origin=auth.origin(request)
    )


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
