"""Pages for reading on the screen: their sizes, and pictures of them. Taking a document away is another right."""

from enum import IntEnum
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from yunqian.server.api import auth
from yunqian.server.queries import reading
from yunqian.server.queries.reading import Wanted
from yunqian.wire.view import DocumentPages

router = Router(tags=["view"])
Revision = Annotated[int | None, Query(ge=0, le=10_000)]
SignedBytes = Annotated[int | None, Query(ge=1, le=2**40)]
WEBP: dict[int, Any] = {
    200: {
        "description": "the page",
        "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Width(IntEnum):
    """The widths in pixels that there are: a few, so that what one reader had drawn serves the next."""

    THUMBNAIL = 160
    THUMBNAIL_DENSE = 320
    PHONE = 640
    PAGE = 960
    PAGE_DENSE = 1600


@router.get("/envelopes/{envelope_id}/documents/{document_id}/pages", response=DocumentPages)
def pages(
    request: HttpRequest, envelope_id: str, document_id: str, revision: Revision = None
) -> DocumentPages:
    """The sizes of a document's pages."""
    return reading.pages(auth.asking(request), Wanted(envelope_id, document_id, revision))


@router.get("/envelopes/{envelope_id}/documents/{document_id}/picture", openapi_extra={"responses": WEBP})
def picture(
    request: HttpRequest,
    envelope_id: str,
    document_id: str,
    *,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    width: Annotated[Width, Query()] = Width.PAGE,
    revision: Revision = None,
    signed_bytes: SignedBytes = None,
) -> HttpResponse:
    """One page as a picture, drawn by the platform. No cache keeps it: the next reader asks for the right anew.

    With `signed_bytes` of a signature in the report, the page as it was when that signature was made.
    """
    wanted = Wanted(envelope_id, document_id, revision, signed_bytes)
    found = reading.picture(auth.asking(request), wanted, page=page, width=int(width))
    answer = HttpResponse(found.webp, content_type="image/webp")
    answer["Content-Disposition"] = "inline"
    answer["Cache-Control"] = "no-store, private"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return answer
