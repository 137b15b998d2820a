"""What happened, told to the person: the bell, the list, what was read."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from yunqian.server.access import found
from yunqian.server.actions import notices as acting
from yunqian.server.api import auth
from yunqian.server.queries import notices
from yunqian.wire.base import Message
from yunqian.wire.notices import NoticePage, ReadNotices, Unread

router = Router(tags=["notices"])


class Listing(Message):
    """From where on, and how many at most."""

    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=20, ge=1, le=100)


@router.get("/notices", response=NoticePage)
def page(request: HttpRequest, asked: Query[Listing]) -> NoticePage:
    """My notices for the organization I act for, the newest first."""
    return notices.page(auth.asking(request), cursor=asked.cursor, limit=asked.limit)


@router.get("/notices/unread", response=Unread)
def unread(request: HttpRequest) -> Unread:
    """How many I have not read."""
    return notices.unread(auth.asking(request))


@router.post("/notices/read", response=Unread)
def read(request: HttpRequest, body: ReadNotices) -> Unread:
    """I have read these, or all; others' and unknown ones are left as they are."""
    known: list[UUID] = [one for text in body.ids if (one := found.uuid(text)) is not None]
    if body.ids and not known:
        return notices.unread(auth.asking(request))
    return acting.read(auth.asking(request), ids=known)
