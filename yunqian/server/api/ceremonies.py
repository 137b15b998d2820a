"""Sealing sessions: reading, preparing again, the answers of keys, giving up."""

from django.http import HttpRequest
from ninja import Router

from yunqian.server.actions import acceptance
from yunqian.server.actions import ceremony as actions
from yunqian.server.api import auth
from yunqian.server.queries import ceremony
from yunqian.wire.orders import SignResult
from yunqian.wire.panel import Ceremony

router = Router(tags=["ceremonies"])


@router.get("/ceremonies/{ceremony_id}", response=Ceremony)
def read(request: HttpRequest, ceremony_id: str) -> Ceremony:
    """Where a session of mine stands."""
    return ceremony.read(auth.asking(request), ceremony_id=ceremony_id, origin=auth.origin(request))


@router.post("/ceremonies/{ceremony_id}/prepare", response=Ceremony)
def prepare(request: HttpRequest, ceremony_id: str) -> Ceremony:
    """Prepare the next order again, on the newest revision."""
    return actions.prepare(auth.asking(request), ceremony_id=ceremony_id, origin=auth.origin(request))


@router.post("/ceremonies/{ceremony_id}/results", response=Ceremony)
def result(request: HttpRequest, ceremony_id: str, body: SignResult) -> Ceremony:
    """What the key answered. Posting the same result again gives the same answer."""
    return acceptance.accept(
        auth.asking(request), ceremony_id=ceremony_id, result=body, origin=auth.origin(request)
    )


@router.post("/ceremonies/{ceremony_id}/pause", response=Ceremony)
def pause(request: HttpRequest, ceremony_id: str) -> Ceremony:
    """Let other signers go first; the marks are kept, and preparing again goes on."""
    return actions.pause(auth.asking(request), ceremony_id=ceremony_id, origin=auth.origin(request))


@router.post("/ceremonies/{ceremony_id}/abandon", response=Ceremony)
def abandon(request: HttpRequest, ceremony_id: str) -> Ceremony:
    """Give the session up; signatures that were made stay."""
    return actions.abandon(auth.asking(request), ceremony_id=ceremony_id, origin=auth.origin(request))
