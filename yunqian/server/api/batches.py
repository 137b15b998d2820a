"""Signing many documents in one go: the list, its documents one by one, what the key is asked and what it answered."""

from django.http import HttpRequest
from ninja import Router

from yunqian.server.actions import batch as actions
from yunqian.server.api import answers, auth
from yunqian.server.queries import batch
from yunqian.wire.batches import (
    Batch,
    BatchAnswered,
    BatchAsked,
    BatchLine,
    BatchRefusal,
    BatchTaken,
    MakeBatch,
)
from yunqian.wire.panel import SealChoice

router = Router(tags=["batches"])


@router.post("/batches", response=Batch)
def make(request: HttpRequest, body: MakeBatch) -> Batch:
    """Choose documents, key, seal and the rule for the marks; nothing is prepared yet."""
    return actions.make(auth.asking(request), request=body, origin=auth.origin(request))


@router.get("/batches/seals", response=list[SealChoice])
def seals(request: HttpRequest) -> list[SealChoice]:
    """The seals that I may apply, each with the certificates that may apply it."""
    return list(batch.seals(auth.asking(request)))


@router.get("/batches/{batch_id}", response=Batch)
def read(request: HttpRequest, batch_id: str) -> Batch:
    """Where a batch of mine stands."""
    return batch.read(auth.asking(request), batch_id=batch_id, origin=auth.origin(request))


@router.post("/batches/{batch_id}/lines/{position}/open", response=BatchLine)
def open_line(request: HttpRequest, batch_id: str, position: str) -> BatchLine:
    """Prepare one document for the key."""
    return actions.open_line(
        auth.asking(request), batch_id=batch_id, position=position, origin=auth.origin(request)
    )


@router.get("/batches/{batch_id}/order", response=BatchAsked)
def order(request: HttpRequest, batch_id: str) -> BatchAsked:
    """What the security client is asked: all documents that are prepared."""
    return batch.asked(auth.asking(request), batch_id=batch_id, origin=auth.origin(request))


@router.post("/batches/{batch_id}/results", response=BatchAnswered)
def results(request: HttpRequest, batch_id: str, body: BatchTaken) -> BatchAnswered:
    """What the key answered; each document is then finished by itself."""
    shown, refused = actions.take(
        auth.asking(request), batch_id=batch_id, taken=body, origin=auth.origin(request)
    )
    told = (BatchRefusal(order_id=name, problem=answers.report(one)) for name, one in refused.items())
    return BatchAnswered(batch=shown, refused=tuple(told))


@router.post("/batches/{batch_id}/lines/{position}/finish", response=BatchLine)
def finish_line(request: HttpRequest, batch_id: str, position: str) -> BatchLine:
    """Put what the key gave into one document."""
    return actions.finish_line(
        auth.asking(request), batch_id=batch_id, position=position, origin=auth.origin(request)
    )
