"""What every answer carries, and the last word on errors that no router saw."""

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.api import answers

_OF_API = ("/api/", "/pki/")


def content_security_policy(client_ports: tuple[int, ...]) -> str:
    """The policy of our pages: our own scripts, our own server, and the security client on this machine.

    Styles may be inline because the component library sets them so; WebAssembly is what the PDF viewer
    decodes pictures with. Nobody may frame us.
    """
    client = " ".join(
        f"{scheme}://{host}:{port}"
        for port in client_ports
        for host in ("127.0.0.1", "localhost")
        for scheme in ("http", "ws")
    )
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {client}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Headers:
    """Middleware, the outermost one: security headers on everything, problem+json for every API error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._policy = content_security_policy(settings.current().client_ports)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on and complete the answer."""
        response = _refusal_of_host(request) or _refusal_of_query(request) or self._get_response(request)
        if response.status_code >= 400 and request.path.startswith(_OF_API):
            response = _as_problem(response)
        response.headers.setdefault("Content-Security-Policy", self._policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _refusal_of_host(request: HttpRequest) -> HttpResponse | None:
    """A name that is not ours may be anybody's page that had its address changed to ours (DNS rebinding)."""
    try:
        request.get_host()
    except DisallowedHost:
        return answers.answer(Refused(Problem.REQUEST_INVALID, detail="host"))
    return None


def _refusal_of_query(request: HttpRequest) -> HttpResponse | None:
    """Nothing that is searched for has a NUL in it, and the database takes none."""
    if "%00" in request.META.get("QUERY_STRING", ""):
        return answers.answer(Refused(Problem.REQUEST_INVALID, detail="a NUL character in the query"))
    return None


def _as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """Turn an error page of the framework into a problem; what is one already stays."""
    if response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return response
    return _replacement(response) or response


def _replacement(response: HttpResponseBase) -> HttpResponse | None:
    known = {
        404: Refused(Problem.NOT_FOUND),
        405: Refused(Problem.METHOD_NOT_ALLOWED),
        400: Refused(Problem.REQUEST_INVALID, detail="malformed request"),
        403: Refused(Problem.ORIGIN_NOT_ALLOWED),
        413: Refused(Problem.REQUEST_INVALID, detail="the request is too large"),
    }
    refusal = known.get(response.status_code)
    if refusal is None:
        return None
    answer = answers.answer(refusal)
    if "Allow" in response.headers:
        answer["Allow"] = response.headers["Allow"]
    return answer
