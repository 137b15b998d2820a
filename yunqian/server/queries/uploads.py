"""Uploads as their person sees them: accepted, or still arriving in parts."""

from datetime import timedelta

from django.utils import timezone

from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.adapters import vault
from yunqian.server.queries import query
from yunqian.server.queries.document import Content
from yunqian.server.records.models import IncomingUpload, Upload
from yunqian.wire.envelope import IntakeRemark
from yunqian.wire.envelope import Upload as UploadShown
from yunqian.wire.panel import PageBox
from yunqian.wire.uploads import IncomingUpload as IncomingShown
from yunqian.wire.view import DocumentPages

KEPT = timedelta(hours=24)
CHECKING = timedelta(minutes=5)
"""After which whoever had it checked is taken for gone, and another may."""


@query
def standing(actor: Actor, *, incoming_id: str) -> IncomingShown:
    """How far an upload has come. Raises Refused(UPLOAD_NOT_FOUND) for one that is not the actor's own."""
    return incoming(permit.incoming(actor, incoming_id, is_locking=False))


@query
def content(actor: Actor, *, upload_id: str) -> Content:
    """A document of one's own that was not sent yet, as intake left it. Raises Refused(UPLOAD_NOT_FOUND)."""
    row = permit.upload(actor, upload_id, is_locking=False)
    return Content(row.name, 0, row.sha256, vault.current().get(row.tenant_id, row.blob_sha256))


@query
def pages(actor: Actor, *, upload_id: str) -> DocumentPages:
    """The sizes of its pages. Raises Refused(UPLOAD_NOT_FOUND)."""
    row = permit.upload(actor, upload_id, is_locking=False)
    return DocumentPages(
        document_id=str(row.id),
        name=row.name,
        revision=0,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        pages=tuple(PageBox(**page) for page in row.pages),
    )


def incoming(row: IncomingUpload) -> IncomingShown:
    """An upload in parts as a message."""
    return IncomingShown(
        id=str(row.id),
        name=row.name,
        size_bytes=row.size_bytes,
        received_bytes=row.received_bytes,
        part_bytes=row.part_bytes,
        is_checking=is_checking(row),
        upload=accepted(row.upload) if row.upload is not None else None,
        expires_at=row.created_at + KEPT,
    )


def is_checking(row: IncomingUpload) -> bool:
    """Whether intake looks at it now."""
    return row.checking_at is not None and row.checking_at > timezone.now() - CHECKING


def accepted(row: Upload) -> UploadShown:
    """An upload as a message."""
    return UploadShown(
        id=str(row.id),
        name=row.name,
        page_count=row.page_count,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        remarks=tuple(IntakeRemark(**remark) for remark in row.remarks),
    )
