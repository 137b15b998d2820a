"""Writing down where the initiator would like the marks of each signer. Nobody has to follow it."""

from collections.abc import Sequence

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import RecipientState
from yunqian.server.queries import document as documents
from yunqian.server.records.models import Document, ProposedPlace, Recipient
from yunqian.wire.start import PlaceWanted


def propose(wanted: Sequence[PlaceWanted], *, papers: Sequence[Document], seats: Sequence[Recipient]) -> None:
    """Keep the places of an envelope that is just being started, in the order of its documents and recipients.

    Raises Refused(MARK_OUTSIDE_PAGE) for one that does not lie on its page, and Refused(REQUEST_INVALID) for one of a
    document or a signer that there is not.
    """
    for one in wanted:
        if one.document >= len(papers) or one.recipient >= len(seats):
            raise Refused(Problem.REQUEST_INVALID, detail="places: no such document or recipient")
        if seats[one.recipient].state == RecipientState.COPIED:
            raise Refused(Problem.REQUEST_INVALID, detail="places: who gets a copy signs nothing")
        _require_on_page(one, papers[one.document])
    ProposedPlace.objects.bulk_create(
        ProposedPlace(
            document=papers[one.document],
            recipient=seats[one.recipient],
            kind=one.kind,
            page=one.page,
            x_pt=one.x_pt,
            y_pt=one.y_pt,
            width_pt=one.width_pt,
            height_pt=one.height_pt,
            label=one.label,
        )
        for one in wanted
    )


def _require_on_page(wanted: PlaceWanted, paper: Document) -> None:
    pages = documents.pages(paper)
    if wanted.page > len(pages):
        raise Refused(Problem.REQUEST_INVALID, detail="places: no such page")
    crop = pages[wanted.page - 1].crop
    right, top = wanted.x_pt + wanted.width_pt, wanted.y_pt + wanted.height_pt
    is_above = crop.x_pt <= wanted.x_pt and crop.y_pt <= wanted.y_pt
    is_inside = is_above and right <= crop.right_pt and top <= crop.top_pt
    if not is_inside:
        raise Refused(Problem.MARK_OUTSIDE_PAGE, page=wanted.page, mark=wanted.label or wanted.kind)
