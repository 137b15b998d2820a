"""Documents: their bytes at any revision, put together from the vault and checked against their digest."""

import hashlib
from dataclasses import dataclass

from yunqian.engine.geometry import PageGeometry
from yunqian.problems import Problem, Refused
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.adapters import vault
from yunqian.server.queries import query
from yunqian.server.records.models import Document, Revision
from yunqian.wire.envelope import Document as DocumentShown


@dataclass(frozen=True)
class Content:
    """The whole bytes of one revision, with the name people gave the document."""

    name: str
    number: int
    sha256: str
    document: bytes


@query
def view(
    actor: Actor, *, envelope_id: str, document_id: str | None = None, revision: int | None = None
) -> Content:
    """A document for reading on the screen: its initiator and its recipients.

    `document_id` None is the first of the envelope, `revision` None the newest.
    """
    document = permit.document(permit.view(actor, envelope_id), document_id)
    return content(document, document.head if revision is None else revision)


def content(document: Document, number: int) -> Content:
    """The bytes of `document` at revision `number`: the blobs of 0…number one after another.

    Raises Refused(DOCUMENT_NOT_FOUND) for a revision it has not, and Refused(VAULT_DAMAGED) when the whole
    does not have the digest that was recorded when it was signed.
    """
    rows = list(Revision.objects.filter(document=document, number__lte=number).order_by("number"))
    if not rows or rows[-1].number != number:
        raise Refused(Problem.DOCUMENT_NOT_FOUND)
    store = vault.current()
    whole = b"".join(store.get(document.tenant_id, row.blob_sha256) for row in rows)
    if hashlib.sha256(whole).hexdigest() != rows[-1].sha256:
        raise Refused(Problem.VAULT_DAMAGED)
    return Content(document.name, number, rows[-1].sha256, whole)


def head(document: Document) -> Revision:
    """The newest revision of a document."""
    return Revision.objects.get(document=document, number=document.head)


def shown(document: Document) -> DocumentShown:
    """A document as the API shows it, with the digest of its newest revision."""
    newest = head(document)
    return DocumentShown(
        id=str(document.id),
        name=document.name,
        page_count=document.page_count,
        head=document.head,
        head_sha256=newest.sha256,
        size_bytes=newest.size_bytes,
    )


def pages(document: Document) -> tuple[PageGeometry, ...]:
    """The geometry of the pages as intake measured it; signing never changes it."""
    return tuple(PageGeometry(**page) for page in document.pages)
