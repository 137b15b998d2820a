"""Places that an initiator has proposed (建议盖章位置)."""

from yunqian.server.records.models import Document, ProposedPlace, Recipient
from yunqian.wire.orders import MarkKind
from yunqian.wire.panel import ProposedPlace as Shown


def proposed(document: Document, seat: Recipient | None) -> tuple[Shown, ...]:
    """What was proposed to this recipient on this document, page by page; nothing of the others'."""
    if seat is None:
        return ()
    rows = ProposedPlace.objects.filter(document=document, recipient=seat)
    return tuple(
        Shown(
            id=str(row.id),
            kind=MarkKind(row.kind),
            page=row.page,
            x_pt=row.x_pt,
            y_pt=row.y_pt,
            width_pt=row.width_pt,
            height_pt=row.height_pt,
            label=row.label or None,
        )
        for row in rows.order_by("page", "-y_pt", "x_pt", "id")
    )
