"""草稿 and 通讯录: what an envelope is begun with."""

from django.http import HttpRequest
from ninja import Router, Status

from yunqian.server.actions import draft as actions
from yunqian.server.api import auth
from yunqian.server.queries import contacts, drafts
from yunqian.wire.start import Contact, Draft, DraftContent, SaveDraft

router = Router(tags=["start"])


@router.get("/drafts", response=list[Draft])
def mine(request: HttpRequest) -> list[Draft]:
    """My drafts, the last changed first."""
    return list(drafts.mine(auth.asking(request)))


@router.post("/drafts", response=Draft)
def begin(request: HttpRequest, body: DraftContent) -> Draft:
    """Keep what I am preparing."""
    return actions.begin(auth.asking(request), content=body)


@router.put("/drafts/{draft_id}", response=Draft)
def save(request: HttpRequest, draft_id: str, body: SaveDraft) -> Draft:
    """Keep the changes, unless another window has changed it since."""
    return actions.save(auth.asking(request), draft_id=draft_id, wanted=body)


@router.delete("/drafts/{draft_id}", response={204: None})
def drop(request: HttpRequest, draft_id: str) -> Status[None]:
    """Forget a draft."""
    actions.drop(auth.asking(request), draft_id=draft_id)
    return Status(204, None)


@router.get("/contacts", response=list[Contact])
def book(request: HttpRequest) -> list[Contact]:
    """Whom I have addressed before."""
    return list(contacts.mine(auth.asking(request)))
