"""Documents for the viewer, whole or in parts (RFC 9110 §14), under a path of their own with nothing else.

Only our pages' scripts fetch here: a person who opens the address in a window gets a refusal, because a window would
offer to keep what only the initiator may take away (manual 6.3). Everything under the path is sandboxed, so that
whatever a browser makes of a document, it has neither scripts nor our origin.
"""

import re

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from yunqian.problems import Refused
from yunqian.server.api import answers, auth
from yunqian.server.queries import reading
from yunqian.server.queries.reading import Wanted

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ONE_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)


@require_safe
def content(request: HttpRequest, envelope_id: str, document_id: str, revision: int) -> HttpResponse:
    """The document at a revision, or the part of it that is asked for."""
    try:
        auth.Door()(request)
        auth.refuse_windows(request)
        wanted = Wanted(envelope_id, document_id, revision)
        standing, whole = reading.whole(auth.asking(request), wanted)
    except Refused as refusal:
        return _closed(answers.answer(refusal))
    answer = _part(request.headers.get("Range", ""), whole)
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = f'"{standing.sha256}"'
    answer["Content-Disposition"] = "inline"
    return _closed(answer)


def _part(asked: str, whole: bytes) -> HttpResponse:
    """206 for one range inside; 416 for one outside; the whole for what is none, or several."""
    found = _ONE_RANGE.fullmatch(asked.strip())
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return HttpResponse(whole, content_type="application/pdf")
    size = len(whole)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end or start >= size:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    answer = HttpResponse(whole[start : end + 1], status=206, content_type="application/pdf")
    answer["Content-Range"] = f"bytes {start}-{end}/{size}"
    return answer


def _closed(answer: HttpResponse) -> HttpResponse:
    answer["Content-Length"] = str(len(answer.content))  # by which the viewer knows that it may ask for parts
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "no-store, private"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


urlpatterns = [path("documents/<str:envelope_id>/<str:document_id>/<int:revision>", content)]
