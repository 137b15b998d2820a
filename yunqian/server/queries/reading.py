"""Documents as they are read on the screen: the sizes of their pages, pictures of them, and their bytes.

For reading, and for nobody but who may view: each call asks for the permit, whatever is kept in memory already.
What is kept is kept under organization and digest, for a short while.
"""

from dataclasses import dataclass
from uuid import UUID

from yunqian.engine import revisions
from yunqian.problems import Problem, Refused
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.adapters.drawing import sandbox
from yunqian.server.adapters.drawing.sandbox import Picture
from yunqian.server.adapters.kept import Kept
from yunqian.server.adapters.turns import Turns
from yunqian.server.queries import document as documents
from yunqian.server.queries import query
from yunqian.server.records.models import Document, Revision
from yunqian.wire.panel import PageBox
from yunqian.wire.view import DocumentPages

_MEGABYTE = 1024 * 1024
WHOLE: Kept[bytes] = Kept(most_bytes=96 * _MEGABYTE, seconds=300)
PICTURES: Kept[Picture | Refused] = Kept(most_bytes=32 * _MEGABYTE, seconds=600)
FAILED: Kept[int] = Kept(most_bytes=4096, seconds=600)
"""How many pages of a document could not be drawn: one that fails again and again is not tried further."""
MOST_FAILURES = 3
NEIGHBOURS = 12
"""How many pages one child is asked for at most; it draws the first, and the others while that is cheap."""
DRAWING = Turns(wait_seconds=20)


@dataclass(frozen=True)
class Wanted:
    """A document of an envelope at a revision; None is the newest.

    `signed_bytes` is how long the file was when one of its signatures was made: its pages as that signer saw them.
    """

    envelope_id: str
    document_id: str
    revision: int | None = None
    signed_bytes: int | None = None


@dataclass(frozen=True)
class Standing:
    """A revision that may be read, wholly or `until` the end of what one of its signatures covers."""

    tenant_id: UUID
    name: str
    number: int
    sha256: str
    size_bytes: int
    page_count: int
    until: int | None = None

    @property
    def name_of_bytes(self) -> tuple[UUID, str, int | None]:
        """By which what is made of exactly these bytes is kept."""
        return (self.tenant_id, self.sha256, self.until)


@query
def pages(actor: Actor, wanted: Wanted) -> DocumentPages:
    """The pages of a document, for its initiator and its recipients."""
    document, revision = _permitted(actor, wanted)
    return DocumentPages(
        document_id=str(document.id),
        name=document.name,
        revision=revision.number,
        sha256=revision.sha256,
        size_bytes=revision.size_bytes,
        pages=tuple(PageBox(**page) for page in document.pages),
    )


def whole(asking: Asking, wanted: Wanted) -> tuple[Standing, bytes]:
    """A document's bytes for the viewer. Parts of it are asked for one by one, so it is put together once."""
    return _whole(asking, wanted)


def picture(asking: Asking, wanted: Wanted, *, page: int, width: int) -> Picture:
    """One page, numbered from 1, as a picture of this width.

    Raises Refused(PAGE_NOT_FOUND, PAGE_NOT_DRAWN or PLATFORM_BUSY), and REQUEST_INVALID for a length at which no
    revision of the file ends.
    """
    standing = _standing(asking, wanted)
    if not 1 <= page <= standing.page_count:
        raise Refused(Problem.PAGE_NOT_FOUND, page=page)
    found = _kept(standing, page, width)
    if found is None:
        with DRAWING.taken():  # the page a second one asks for is often among those the first has drawn
            found = _kept(standing, page, width) or _drawn(asking, wanted, page=page, width=width)
    if isinstance(found, Refused):
        raise Refused(found.problem, **found.facts)
    return found


def _drawn(asking: Asking, wanted: Wanted, *, page: int, width: int) -> Picture | Refused:
    """Draw the page, for who reads on some of those behind it, and keep them; also that it cannot be drawn."""
    standing, content = _whole(asking, wanted)
    if standing.until is not None:
        content = _cut(content, standing.until)
    document = standing.name_of_bytes
    failures = FAILED.get(document) or 0
    if failures >= MOST_FAILURES:
        return Refused(Problem.PAGE_NOT_DRAWN, page=page)
    try:
        found = sandbox.draw(content, [page, *_behind(standing, page, width)], width=width)
    except Refused as refusal:
        if refusal.problem is not Problem.PAGE_NOT_DRAWN:
            raise
        if standing.until is None:  # a page that was not there yet says nothing of the others
            FAILED.put(document, failures + 1, 1)
        PICTURES.put(_name(standing, page, width), refusal, 1)
        return refusal
    for number, drawn in found.items():
        PICTURES.put(_name(standing, number, width), drawn, len(drawn.webp))
    return found[page]


def _behind(standing: Standing, page: int, width: int) -> list[int]:
    """The pages that come along. Whoever arrives somewhere waits for one page alone, and not for those behind it."""
    is_reading_on = any(_kept(standing, page + step, width) for step in (-1, 1))
    # What a signature covers may have had fewer pages than there are now.
    if standing.until is not None or not is_reading_on:
        return []
    last = min(page + NEIGHBOURS - 1, standing.page_count)
    return [number for number in range(page + 1, last + 1) if _kept(standing, number, width) is None]


def _cut(content: bytes, until: int) -> bytes:
    """The file as it was before everything that was appended later."""
    if not revisions.is_end(content, until):
        raise Refused(Problem.REQUEST_INVALID, detail="signed_bytes: no revision ends there")
    return content[:until]


def _kept(standing: Standing, page: int, width: int) -> Picture | Refused | None:
    return PICTURES.get(_name(standing, page, width))


def _name(standing: Standing, page: int, width: int) -> tuple[object, ...]:
    return (*standing.name_of_bytes, page, width)


@query
def _standing(actor: Actor, wanted: Wanted) -> Standing:
    return _shown(*_permitted(actor, wanted), wanted)


@query
def _whole(actor: Actor, wanted: Wanted) -> tuple[Standing, bytes]:
    document, revision = _permitted(actor, wanted)
    standing = _shown(document, revision, wanted)
    content = WHOLE.get((standing.tenant_id, standing.sha256))
    if content is None:
        content = documents.content(document, standing.number).document
        WHOLE.put((standing.tenant_id, standing.sha256), content, len(content))
    return standing, content


def _permitted(actor: Actor, wanted: Wanted) -> tuple[Document, Revision]:
    """Raises Refused(ENVELOPE_NOT_FOUND or DOCUMENT_NOT_FOUND)."""
    document = permit.document(permit.view(actor, wanted.envelope_id), wanted.document_id)
    number = document.head if wanted.revision is None else wanted.revision
    revision = Revision.objects.filter(document=document, number=number).first()
    if revision is None:
        raise Refused(Problem.DOCUMENT_NOT_FOUND)
    return document, revision


def _shown(document: Document, revision: Revision, wanted: Wanted) -> Standing:
    return Standing(
        tenant_id=document.tenant_id,
        name=document.name,
        number=revision.number,
        sha256=revision.sha256,
        size_bytes=revision.size_bytes,
        page_count=document.page_count,
        until=None if wanted.signed_bytes == revision.size_bytes else wanted.signed_bytes,
    )
