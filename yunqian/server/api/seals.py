"""Seals: my own and those granted to me, applications, single uses, and the management of the organization's."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from yunqian.server.actions import seal, seal_application, seal_pictures, seal_use
from yunqian.server.actions.seal_application import Wanted
from yunqian.server.adapters.scans import sandbox
from yunqian.server.api import auth, bodies, seal_answers
from yunqian.server.api.pace import Pace
from yunqian.server.queries import seal_uses, seals
from yunqian.wire.base import Line, Message, Moment
from yunqian.wire.seals import (
    ApplySeal,
    AskSealUse,
    ChooseCertificates,
    GiveSeal,
    MakeSeal,
    PreviewSeal,
    ScanApplication,
    ScanPreview,
    Seal,
    SealApplication,
    SealApplicationPage,
    SealCertificateChoice,
    SealEvent,
    SealGrant,
    SealHolder,
    SealPage,
    SealPicture,
    SealReason,
    SealStatus,
    SealUseApproval,
    SealUseApprovalPage,
    SealUsePage,
)

router = Router(tags=["seals"])
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]
DRAWING_PACE = Pace(most=60, seconds=60)
STATUS_PACE = Pace(most=30, seconds=60)


@router.get("/seals", response=list[Seal])
def mine(request: HttpRequest) -> list[Seal]:
    """My seals and those granted to me."""
    return list(seals.mine(auth.asking(request)))


@router.get("/seals/{seal_id}/history", response=list[SealEvent])
def history(request: HttpRequest, seal_id: str) -> list[SealEvent]:
    """What happened to a seal."""
    return list(seals.history(auth.asking(request), seal_id=seal_id))


@router.post("/seals/{seal_id}/freeze", response=Seal)
def freeze(request: HttpRequest, seal_id: str, body: SealReason) -> Seal:
    """The seal is lost: it stops at once, and so does everything that was about to carry it."""
    return seal.freeze(auth.asking(request), seal_id=seal_id, reason=body.reason)


@router.post("/seals/{seal_id}/unfreeze", response=Seal)
def unfreeze(request: HttpRequest, seal_id: str, body: SealReason) -> Seal:
    """Give a frozen seal back."""
    return seal.unfreeze(auth.asking(request), seal_id=seal_id, reason=body.reason)


@router.post("/seals/{seal_id}/cancel", response=Seal)
def cancel(request: HttpRequest, seal_id: str, body: SealReason) -> Seal:
    """End a seal for good."""
    return seal.cancel(auth.asking(request), seal_id=seal_id, reason=body.reason)


@router.post("/seal-previews", response=SealPicture)
def preview(request: HttpRequest, body: PreviewSeal) -> SealPicture:
    """What a drawn or written seal would look like."""
    asking = auth.asking(request)
    DRAWING_PACE.require(str(asking.person_id))
    return seal_answers.picture(seal_pictures.made(asking, body))


@router.post("/seal-previews/scan", response=SealPicture)
def preview_scan(request: HttpRequest, scan: File[UploadedFile], wanted: Form[ScanPreview]) -> SealPicture:
    """What becomes of a scan when its background is removed."""
    asking = auth.asking(request)
    DRAWING_PACE.require(str(asking.person_id))
    return seal_answers.picture(
        seal_pictures.scanned(asking, _read(scan), wanted.kind, width_mm=wanted.width_mm)
    )


@router.get("/seal-applications", response=list[SealApplication])
def my_applications(request: HttpRequest) -> list[SealApplication]:
    """My applications, newest first."""
    return list(seals.my_applications(auth.asking(request)))


@router.post("/seal-applications", response=SealApplication)
def apply(request: HttpRequest, body: ApplySeal) -> SealApplication:
    """Apply for a seal that is drawn, or was written by hand."""
    asking = auth.asking(request)
    DRAWING_PACE.require(str(asking.person_id))
    made = seal_pictures.made(asking, body)
    return seal_application.apply(asking, wanted=_wanted(body), made=made)


@router.post("/seal-applications/scan", response=SealApplication)
def apply_with_scan(
    request: HttpRequest, scan: File[UploadedFile], wanted: Form[ScanApplication]
) -> SealApplication:
    """Apply for a seal of which there is a scan."""
    asking = auth.asking(request)
    DRAWING_PACE.require(str(asking.person_id))
    made = seal_pictures.scanned(asking, _read(scan), wanted.kind, width_mm=wanted.width_mm)
    return seal_application.apply(asking, wanted=_wanted(wanted), made=made)


@router.post("/seal-applications/{application_id}/withdraw", response=SealApplication)
def withdraw_application(request: HttpRequest, application_id: str) -> SealApplication:
    """Take an application back."""
    return seal_application.withdraw(auth.asking(request), application_id=application_id)


@router.get("/seal-uses/requests", response=list[SealUseApproval])
def my_use_requests(request: HttpRequest) -> list[SealUseApproval]:
    """The single uses that I asked for."""
    return list(seal_uses.my_approvals(auth.asking(request)))


@router.post("/seals/{seal_id}/uses", response=SealUseApproval)
def ask_use(request: HttpRequest, seal_id: str, body: AskSealUse) -> SealUseApproval:
    """Ask for one use of a seal, for one envelope."""
    return seal_use.ask(
        auth.asking(request), seal_id=seal_id, envelope_id=body.envelope_id, reason=body.reason
    )


@router.get("/administration/seal-applications", response=SealApplicationPage)
def applications(request: HttpRequest, cursor: Cursor = None, limit: Limit = 20) -> SealApplicationPage:
    """What I have to decide, and what was decided."""
    return seals.to_decide(auth.asking(request), cursor=cursor, limit=limit)


@router.post("/administration/seal-applications/{application_id}/approve", response=SealApplication)
def approve_application(request: HttpRequest, application_id: str) -> SealApplication:
    """Yes: the seal can be made."""
    return seal_application.approve(auth.asking(request), application_id=application_id)


@router.post("/administration/seal-applications/{application_id}/refuse", response=SealApplication)
def refuse_application(request: HttpRequest, application_id: str, body: SealReason) -> SealApplication:
    """No, and why."""
    return seal_application.refuse(auth.asking(request), application_id=application_id, reason=body.reason)


@router.post("/administration/seal-applications/{application_id}/make", response=Seal)
def make(request: HttpRequest, application_id: str, body: MakeSeal) -> Seal:
    """Have the seal made for these certificates."""
    return seal_application.make(
        auth.asking(request), application_id=application_id, certificate_ids=body.certificate_ids
    )


@router.get("/administration/seals", response=SealPage)
def of_organization(request: HttpRequest, cursor: Cursor = None, limit: Limit = 20) -> SealPage:
    """Every seal that my organization has or had."""
    return seals.of_organization(auth.asking(request), cursor=cursor, limit=limit)


@router.put("/administration/seals/{seal_id}/certificates", response=Seal)
def set_certificates(request: HttpRequest, seal_id: str, body: ChooseCertificates) -> Seal:
    """Choose anew which certificates may apply a seal."""
    return seal.set_certificates(auth.asking(request), seal_id=seal_id, certificate_ids=body.certificate_ids)


@router.get("/administration/seals/{seal_id}/grants", response=list[SealGrant])
def grants(request: HttpRequest, seal_id: str) -> list[SealGrant]:
    """To whom a seal is granted."""
    return list(seals.grants(auth.asking(request), seal_id=seal_id))


@router.post("/administration/seals/{seal_id}/grants", response=SealGrant)
def give(request: HttpRequest, seal_id: str, body: GiveSeal) -> SealGrant:
    """Let a member, a role or a department apply a seal."""
    return seal.grant(
        auth.asking(request),
        seal_id=seal_id,
        holder_kind=body.holder_kind,
        holder_id=body.holder_id,
        until_at=body.until_at,
        needs_approval=body.needs_approval,
    )


@router.delete("/administration/seals/{seal_id}/grants/{seal_grant_id}", response={204: None})
def take(request: HttpRequest, seal_id: str, seal_grant_id: str) -> Status[None]:
    """Take a grant back."""
    seal.withdraw(auth.asking(request), seal_id=seal_id, grant_id=seal_grant_id)
    return Status(204, None)


@router.get("/administration/seal-certificates", response=list[SealCertificateChoice])
def certificate_choices(request: HttpRequest) -> list[SealCertificateChoice]:
    """The certificates that seals can be bound to."""
    return list(seals.certificate_choices(auth.asking(request)))


@router.get("/administration/seal-holders", response=list[SealHolder])
def holders(request: HttpRequest, search: Annotated[str, Query(max_length=100)] = "") -> list[SealHolder]:
    """Whom a seal can be given to."""
    return list(seals.holders(auth.asking(request), search=search.strip()))


@router.get("/administration/seal-uses/requests", response=SealUseApprovalPage)
def use_requests(request: HttpRequest, cursor: Cursor = None, limit: Limit = 20) -> SealUseApprovalPage:
    """Single uses that I have to decide, and those that were decided."""
    return seal_uses.to_decide(auth.asking(request), cursor=cursor, limit=limit)


@router.post("/administration/seal-uses/requests/{approval_id}/approve", response=SealUseApproval)
def approve_use(request: HttpRequest, approval_id: str) -> SealUseApproval:
    """Yes, once."""
    return seal_use.approve(auth.asking(request), approval_id=approval_id)


@router.post("/administration/seal-uses/requests/{approval_id}/refuse", response=SealUseApproval)
def refuse_use(request: HttpRequest, approval_id: str, body: SealReason) -> SealUseApproval:
    """No, and why."""
    return seal_use.refuse(auth.asking(request), approval_id=approval_id, reason=body.reason)


class LedgerSearch(Message):
    """What is looked for in the ledger."""

    seal_id: Annotated[str, Field(max_length=36)] | None = None
    person: Annotated[Line, Field(max_length=100)] = ""
    title: Annotated[Line, Field(max_length=100)] = ""
    since_at: Moment | None = None
    until_at: Moment | None = None

    def meant(self) -> seal_uses.Search:
        """The same in the query's words."""
        return seal_uses.Search(
            seal_id=self.seal_id or None,
            person=self.person.strip(),
            title=self.title.strip(),
            since_at=self.since_at,
            until_at=self.until_at,
        )


class LedgerPage(LedgerSearch):
    """One page of it."""

    cursor: Annotated[str, Field(max_length=200)] | None = None
    limit: int = Field(default=50, ge=1, le=100)


@router.get("/administration/seal-uses", response=SealUsePage)
def uses(request: HttpRequest, asked: Query[LedgerPage]) -> SealUsePage:
    """The ledger of every use, newest first."""
    return seal_uses.ledger(
        auth.asking(request), search=asked.meant(), cursor=asked.cursor, limit=asked.limit
    )


CSV: dict[Any, Any] = {
    200: {"description": "The ledger", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/administration/seal-uses/export", openapi_extra={"responses": CSV})
def export(request: HttpRequest, asked: Query[LedgerSearch]) -> HttpResponse:
    """The ledger as CSV; cells that a spreadsheet would take for formulas are made plain text."""
    return bodies.sheet(seal_use.export(auth.asking(request), search=asked.meant()))


@router.get("/seal-status/{public_code}", response=SealStatus, auth=None)
def status(request: HttpRequest, public_code: str) -> SealStatus:
    """Whether a seal is in use, for anybody who has its public code."""
    STATUS_PACE.require(auth.address(request))
    return seals.status(public_code=public_code.replace("\x00", "").strip().upper()[:40])


def _wanted(body: ApplySeal | ScanApplication) -> Wanted:
    until_at: datetime | None = body.valid_until_at
    return Wanted(body.kind, body.name.strip(), body.reason, body.filing_number, until_at)


def _read(scan: UploadedFile) -> bytes:
    sandbox.refuse_oversized(scan.size or 0)
    return bytes(scan.read())
