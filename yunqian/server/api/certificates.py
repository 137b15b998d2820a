"""Certificates: binding the one of a plugged key, my own, and the ones that I decide on."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from yunqian.server.actions import binding, certificates
from yunqian.server.api import auth
from yunqian.server.queries import certificates as reading
from yunqian.wire.certificates import (
    BeginBinding,
    Binding,
    BindingRequest,
    BindingRequestPage,
    BoundCertificate,
    CertificateEvent,
    CertificatePage,
    CertificateReason,
)
from yunqian.wire.orders import BindResult, SignedOrder

router = Router(tags=["certificates"])
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/certificates", response=list[BoundCertificate])
def mine(request: HttpRequest) -> list[BoundCertificate]:
    """My certificates and my organization's, newest first."""
    return list(reading.mine(auth.asking(request)))


@router.post("/certificates/challenges", response=SignedOrder)
def challenge(request: HttpRequest, body: BeginBinding) -> SignedOrder:
    """An order for the security client: prove the key of this certificate. Only this browser may bring its answer."""
    given = binding.challenge(
        auth.asking(request),
        certificate=body.certificate,
        for_organization=body.for_organization,
        origin=auth.origin(request),
    )
    auth.remember_binding(request, given.id)
    return given.order


@router.post("/certificates", response=Binding)
def bind(request: HttpRequest, body: BindResult) -> Binding:
    """What the key signed: the certificate is bound, or its binding is asked for."""
    return binding.bind(auth.asking(request), challenge_id=auth.taken_binding(request), result=body)


@router.get("/certificates/{certificate_id}/history", response=list[CertificateEvent])
def history(request: HttpRequest, certificate_id: str) -> list[CertificateEvent]:
    """What happened to a certificate of mine, or of my organization where I decide on them."""
    return list(reading.history(auth.asking(request), certificate_id=certificate_id))


@router.post("/certificates/{certificate_id}/loss", response=BoundCertificate)
def loss(request: HttpRequest, certificate_id: str, body: CertificateReason) -> BoundCertificate:
    """My key is lost: its certificate stops everywhere at once."""
    return certificates.report_loss(auth.asking(request), certificate_id=certificate_id, reason=body.reason)


@router.get("/binding-requests", response=list[BindingRequest])
def my_requests(request: HttpRequest) -> list[BindingRequest]:
    """My requests for binding, newest first."""
    return list(reading.my_requests(auth.asking(request)))


@router.post("/binding-requests/{request_id}/withdraw", response=BindingRequest)
def withdraw(request: HttpRequest, request_id: str) -> BindingRequest:
    """Take a request back."""
    return binding.withdraw(auth.asking(request), request_id=request_id)


@router.get("/administration/certificates", response=CertificatePage)
def of_organization(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> CertificatePage:
    """Every certificate that is or was bound in my organization."""
    return reading.of_organization(auth.asking(request), cursor=cursor, limit=limit)


@router.get("/administration/binding-requests", response=BindingRequestPage)
def to_decide(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> BindingRequestPage:
    """What I have to decide, and what was decided."""
    return reading.to_decide(auth.asking(request), cursor=cursor, limit=limit)


@router.post("/administration/binding-requests/{request_id}/approve", response=Binding)
def approve(request: HttpRequest, request_id: str) -> Binding:
    """The certificate is his."""
    return binding.approve(auth.asking(request), request_id=request_id)


@router.post("/administration/binding-requests/{request_id}/refuse", response=BindingRequest)
def refuse(request: HttpRequest, request_id: str, body: CertificateReason) -> BindingRequest:
    """No, and why."""
    return binding.refuse(auth.asking(request), request_id=request_id, reason=body.reason)


@router.post("/administration/certificates/{certificate_id}/suspend", response=BoundCertificate)
def suspend(request: HttpRequest, certificate_id: str, body: CertificateReason) -> BoundCertificate:
    """Stop it until it is given back."""
    return certificates.suspend(auth.asking(request), certificate_id=certificate_id, reason=body.reason)


@router.post("/administration/certificates/{certificate_id}/restore", response=BoundCertificate)
def restore(request: HttpRequest, certificate_id: str, body: CertificateReason) -> BoundCertificate:
    """Give back what was suspended or reported lost."""
    return certificates.restore(auth.asking(request), certificate_id=certificate_id, reason=body.reason)


@router.post("/administration/certificates/{certificate_id}/revoke", response=BoundCertificate)
def revoke(request: HttpRequest, certificate_id: str, body: CertificateReason) -> BoundCertificate:
    """End the binding for good."""
    return certificates.revoke(auth.asking(request), certificate_id=certificate_id, reason=body.reason)
