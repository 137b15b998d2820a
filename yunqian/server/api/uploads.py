"""Uploads: in one request, or in parts that go on after a cut connection; and a look ahead before sending."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from yunqian.server.actions import upload as uploads
from yunqian.server.actions import upload_parts as parts
from yunqian.server.api import auth, bodies
from yunqian.server.queries import preflight as looking
from yunqian.server.queries import uploads as reading
from yunqian.wire.envelope import Upload
from yunqian.wire.uploads import BeginUpload, FinishUpload, IncomingUpload, Preflight, PreflightWanted
from yunqian.wire.view import DocumentPages

router = Router(tags=["uploads"])
BINARY = {"schema": {"type": "string", "format": "binary"}}
PDF = {200: {"description": "the document", "content": {"application/pdf": BINARY}}}


@router.post("/uploads", response=Upload)
def upload(
    request: HttpRequest,
    document: File[UploadedFile],
    remove_protection: Form[bool] = False,
    keep_form: Form[bool] = False,
) -> Upload:
    """Upload a document in one request; what intake refuses is not stored.

    `remove_protection`: the uploader confirms that an owner's password may go. `keep_form`: form fields stay
    fillable instead of being fixed as they are shown.
    """
    content = bodies.read(document)
    return uploads.accept(
        auth.asking(request),
        name=document.name or "",
        document=content,
        remove_protection=remove_protection,
        keep_form=keep_form,
    )


@router.get("/uploads/{upload_id}/document", openapi_extra={"responses": PDF})
def view(request: HttpRequest, upload_id: str) -> HttpResponse:
    """One's own upload before it is sent, as it will be signed: what Word became has to be looked at."""
    return bodies.answer(reading.content(auth.asking(request), upload_id=upload_id), is_attachment=False)


@router.get("/uploads/{upload_id}/pages", response=DocumentPages)
def pages(request: HttpRequest, upload_id: str) -> DocumentPages:
    """The sizes of its pages."""
    return reading.pages(auth.asking(request), upload_id=upload_id)


@router.delete("/uploads/{upload_id}", response={204: None})
def drop(request: HttpRequest, upload_id: str) -> Status[None]:
    """Forget an upload that was not sent."""
    uploads.drop(auth.asking(request), upload_id=upload_id)
    return Status(204, None)


@router.post("/incoming-uploads", response=IncomingUpload)
def begin(request: HttpRequest, body: BeginUpload) -> IncomingUpload:
    """Announce a document that will be sent in parts, or go on with one that was begun before."""
    return parts.begin(auth.asking(request), wanted=body)


@router.get("/incoming-uploads/{incoming_id}", response=IncomingUpload)
def standing(request: HttpRequest, incoming_id: str) -> IncomingUpload:
    """How far it has come."""
    return reading.standing(auth.asking(request), incoming_id=incoming_id)


@router.post("/incoming-uploads/{incoming_id}/parts", response=IncomingUpload)
def put(
    request: HttpRequest,
    incoming_id: str,
    document: File[UploadedFile],
    offset: Query[Annotated[int, Field(ge=0, le=1 << 40)]],
) -> IncomingUpload:
    """Send the part that begins at `offset`; sent twice it is kept once."""
    parts.refuse_long_part(document.size or 0)
    return parts.put(
        auth.asking(request), incoming_id=incoming_id, offset=offset, part=bytes(document.read())
    )


@router.post("/incoming-uploads/{incoming_id}/finish", response=IncomingUpload)
def finish(request: HttpRequest, incoming_id: str, body: FinishUpload) -> IncomingUpload:
    """All parts are there: have the document checked. Asked again, the answer is the same."""
    return parts.finish(auth.asking(request), incoming_id=incoming_id, choices=body)


@router.delete("/incoming-uploads/{incoming_id}", response={204: None})
def drop_incoming(request: HttpRequest, incoming_id: str) -> Status[None]:
    """Forget a document that was arriving."""
    parts.drop(auth.asking(request), incoming_id=incoming_id)
    return Status(204, None)


@router.post("/envelopes/preflight", response=Preflight)
def preflight(request: HttpRequest, body: PreflightWanted) -> Preflight:
    """What would stop a signer later, said before it is sent; nothing is written."""
    return looking.of(auth.asking(request), wanted=body)
