"""Every refusal as problem+json (RFC 9457), whoever raised it: us, Django, or the router."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.wire.base import ProblemReport

_log = logging.getLogger(__name__)
_WAITS = {Problem.LOGIN_PAUSED: ("minutes", 60), Problem.REQUESTS_TOO_MANY: ("seconds", 1)}
_SCALARS = (str, int, float, bool, type(None))


def report(refusal: Refused) -> ProblemReport:
    """The refusal as it crosses the border: code and facts for machines, both texts for people."""
    row = refusal.problem.row
    facts = {
        name: value if isinstance(value, _SCALARS) else str(value) for name, value in refusal.facts.items()
    }
    return ProblemReport(
        type=f"urn:yunqian:problem:{refusal.problem.code}",
        title=refusal.text("en"),
        status=row.status,
        code=refusal.problem.code,
        facts=facts,
        zh=refusal.text("zh"),
        en=refusal.text("en"),
        fault=row.fault,
        is_retriable=row.is_retriable,
    )


def answer(refusal: Refused) -> HttpResponse:
    """The HTTP answer of a refusal; never kept by a cache."""
    response = HttpResponse(
        report(refusal).model_dump_json(),
        status=refusal.problem.row.status,
        content_type="application/problem+json",
    )
    response["Cache-Control"] = "no-store"
    if refusal.problem in _WAITS:
        fact, seconds = _WAITS[refusal.problem]
        response["Retry-After"] = str(int(str(refusal.facts[fact])) * seconds)
    return response


def unexpected(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer to a defect of ours or a failing database; the person gets a number, the log the traceback."""
    refusal = scope.refusal(error)
    if refusal is not None:
        _log.error("%s %s: %s", request.method, request.path, refusal.problem.code)
        return answer(refusal)
    reference = secrets.token_hex(4).upper()
    _log.error("%s %s: unexpected (%s)", request.method, request.path, reference, exc_info=error)
    return answer(Refused(Problem.INTERNAL, reference=reference))


def install(api: NinjaAPI) -> None:
    """Have the router answer through this module."""
    handlers: Sequence[tuple[type[Exception], Any]] = (
        (Refused, lambda _, error: answer(error)),
        (ValidationError, lambda _, error: answer(_invalid(error))),
        (AuthenticationError, lambda _, __: answer(Refused(Problem.LOGIN_REQUIRED))),
        (HttpError, lambda _, error: answer(_of_router(error))),
        (SuspiciousOperation, lambda _, error: answer(_malformed(error))),
        (MultiPartParserError, lambda _, error: answer(_malformed(error))),
        (Exception, unexpected),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _invalid(error: ValidationError) -> Refused:
    """Where the first mistake is and what it is; never the value, which may be a secret."""
    first: dict[str, Any] = error.errors[0] if error.errors else {}
    place = ".".join(str(part) for part in first.get("loc", ())[1:])
    detail = f"{place}: {first.get('msg', 'invalid')}"[:300]
    return Refused(Problem.REQUEST_INVALID, detail=detail)


def _malformed(error: Exception) -> Refused:
    """A body that the framework refuses to read: too long, in too many parts, or not what its header says."""
    if isinstance(error, RequestDataTooBig):
        limit = int(django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
        return Refused(Problem.REQUEST_TOO_LARGE, limit_kb=limit // 1024)
    return Refused(Problem.REQUEST_INVALID, detail="malformed request")


def _of_router(error: HttpError) -> Refused:
    if error.status_code == 404:
        return Refused(Problem.NOT_FOUND)
    return Refused(Problem.REQUEST_INVALID, detail=str(error)[:300])
