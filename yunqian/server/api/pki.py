"""The embedded authorities over HTTP, where this installation runs them: certificates, lists, OCSP, time stamps.

These addresses stand in certificates and are asked by strangers' software, so they need no session; they
give nothing but public answers, and a body is limited before it is read.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import ca, tsa
from yunqian.server.adapters.tsa.embedded import EmbeddedStamper
from yunqian.server.api import answers, auth
from yunqian.server.api.pace import Pace

LARGEST_QUERY_BYTES = 16 * 1024
PACES = {"ocsp": Pace(most=120, seconds=60), "tsa": Pace(most=120, seconds=60)}
"""Both sign for anybody: this keeps one stranger from keeping the server busy, or stamping by the thousand."""


@require_safe
def certificate(request: HttpRequest, name: str) -> HttpResponse:
    """An authority's certificate as DER (RFC 5280 §4.2.2.1)."""
    return _answered(lambda: ca.current().certificate(name), "application/pkix-cert")


@require_safe
def revocation_list(request: HttpRequest, name: str) -> HttpResponse:
    """An authority's revocation list as DER (RFC 5280 §4.2.1.13)."""
    return _answered(lambda: ca.current().crl(name), "application/pkix-crl")


@csrf_exempt
@require_POST
def ocsp(request: HttpRequest) -> HttpResponse:
    """Is this certificate revoked (RFC 6960 appendix A)."""
    return _answered(lambda: ca.current().ocsp(_query(request, "ocsp")), "application/ocsp-response")


@csrf_exempt
@require_POST
def stamp(request: HttpRequest) -> HttpResponse:
    """A time-stamp token (RFC 3161 §3.4)."""
    return _answered(lambda: _stamped(request), "application/timestamp-reply")


def _stamped(request: HttpRequest) -> bytes | None:
    """The answer of the demonstration's own authority; an outside one is asked at its own address."""
    query, authority = _query(request, "tsa"), tsa.current()
    return authority.respond(query) if isinstance(authority, EmbeddedStamper) else None


def _query(request: HttpRequest, service: str) -> bytes:
    PACES[service].require(auth.address(request))
    if int(request.headers.get("Content-Length") or 0) > LARGEST_QUERY_BYTES:
        raise Refused(Problem.REQUEST_INVALID, detail="the query is too large")
    return bytes(request.read(LARGEST_QUERY_BYTES))


def _answered(make: Callable[[], bytes | None], content_type: str) -> HttpResponse:
    try:
        content = make()
    except Refused as refusal:
        if refusal.problem is not Problem.CONFIG_INSECURE:
            return answers.answer(refusal)
        content = None  # this installation runs no authority of its own
    if content is None:
        return answers.answer(Refused(Problem.NOT_FOUND))
    return HttpResponse(content, content_type=content_type)


urlpatterns = [
    path("pki/<slug:name>.cer", certificate),
    path("pki/<slug:name>.crl", revocation_list),
    path("pki/ocsp", ocsp),
    path("pki/tsa", stamp),
]
