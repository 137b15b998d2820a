"""Certificates for keys, the unlocking of keys, and the certificate authority's desk."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from yunqian.server.actions import enrolment, unlocking
from yunqian.server.api import auth
from yunqian.server.queries import keycare as reading
from yunqian.wire.key_orders import EnrolResult, StoreResult, UnlockResult
from yunqian.wire.keycare import (
    ApproveUnlock,
    AskUnlock,
    DeskPage,
    DeskUnlock,
    Enrolment,
    RefuseUnlock,
    StartEnrolment,
    Unlock,
)

router = Router(tags=["keys"])
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/enrolments", response=list[Enrolment])
def enrolments(request: HttpRequest) -> list[Enrolment]:
    """My applications for certificates, newest first."""
    return list(reading.enrolments(auth.asking(request), origin=auth.origin(request)))


@router.post("/enrolments", response=Enrolment)
def enrol(request: HttpRequest, body: StartEnrolment) -> Enrolment:
    """Begin: the order by which the key makes a pair."""
    return enrolment.start(
        auth.asking(request), key=body.key, algorithm=body.algorithm, origin=auth.origin(request)
    )


@router.post("/enrolments/{enrolment_id}/order", response=Enrolment)
def enrolment_order(request: HttpRequest, enrolment_id: str) -> Enrolment:
    """A fresh order for the present step."""
    return enrolment.order(auth.asking(request), enrolment_id=enrolment_id, origin=auth.origin(request))


@router.post("/enrolments/{enrolment_id}/request", response=Enrolment)
def enrolment_request(request: HttpRequest, enrolment_id: str, body: EnrolResult) -> Enrolment:
    """What the key answered; the certificate is issued. The same request again gives the same answer."""
    return enrolment.take_request(
        auth.asking(request), enrolment_id=enrolment_id, result=body, origin=auth.origin(request)
    )


@router.post("/enrolments/{enrolment_id}/stored", response=Enrolment)
def enrolment_stored(request: HttpRequest, enrolment_id: str, body: StoreResult) -> Enrolment:
    """The key has what was issued."""
    return enrolment.stored(
        auth.asking(request), enrolment_id=enrolment_id, result=body, origin=auth.origin(request)
    )


@router.post("/enrolments/{enrolment_id}/abandon", response=Enrolment)
def enrolment_abandon(request: HttpRequest, enrolment_id: str) -> Enrolment:
    """Give it up before a certificate was issued."""
    return enrolment.abandon(auth.asking(request), enrolment_id=enrolment_id, origin=auth.origin(request))


@router.get("/unlocks", response=list[Unlock])
def unlocks(request: HttpRequest) -> list[Unlock]:
    """My requests for unlocking, newest first."""
    return list(reading.unlocks(auth.asking(request), origin=auth.origin(request)))


@router.post("/unlocks", response=Unlock)
def unlock_ask(request: HttpRequest, body: AskUnlock) -> Unlock:
    """Ask the certificate authority's desk."""
    return unlocking.ask(
        auth.asking(request), request=body.request, reason=body.reason, origin=auth.origin(request)
    )


@router.post("/unlocks/{unlock_id}/withdraw", response=Unlock)
def unlock_withdraw(request: HttpRequest, unlock_id: str) -> Unlock:
    """Take a request back."""
    return unlocking.withdraw(auth.asking(request), unlock_id=unlock_id, origin=auth.origin(request))


@router.post("/unlocks/{unlock_id}/release", response=Unlock)
def unlock_release(request: HttpRequest, unlock_id: str) -> Unlock:
    """The order that unlocks, once the desk has approved."""
    return unlocking.release(auth.asking(request), unlock_id=unlock_id, origin=auth.origin(request))


@router.post("/unlocks/{unlock_id}/done", response=Unlock)
def unlock_done(request: HttpRequest, unlock_id: str, body: UnlockResult) -> Unlock:
    """The key has a new PIN."""
    return unlocking.finish(
        auth.asking(request), unlock_id=unlock_id, result=body, origin=auth.origin(request)
    )


@router.get("/desk/unlocks", response=DeskPage)
def desk(
    request: HttpRequest, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> DeskPage:
    """What the desk has to decide, and has decided."""
    return reading.at_desk(auth.asking(request), cursor=cursor, limit=limit)


@router.post("/desk/unlocks/{unlock_id}/approve", response=DeskUnlock)
def desk_approve(request: HttpRequest, unlock_id: str, body: ApproveUnlock) -> DeskUnlock:
    """The code is the one that the person told."""
    return unlocking.approve(auth.asking(request), unlock_id=unlock_id, code=body.code)


@router.post("/desk/unlocks/{unlock_id}/refuse", response=DeskUnlock)
def desk_refuse(request: HttpRequest, unlock_id: str, body: RefuseUnlock) -> DeskUnlock:
    """No, and why."""
    return unlocking.refuse(auth.asking(request), unlock_id=unlock_id, reason=body.reason)
