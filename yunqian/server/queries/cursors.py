"""Where a page of a list ended: moment and identifier of its last line, so that later lines hide none."""

import base64
import binascii
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from yunqian.problems import Problem, Refused

Row = TypeVar("Row", bound=Model)
Position = tuple[datetime, UUID]
"""The moment of a line, and its identifier among those of one moment."""


def page(
    rows: QuerySet[Row], cursor: str | None, *, limit: int, column: str = "created_at"
) -> tuple[list[Row], str | None]:
    """One page of a list by the moment in `column`, newest first, and the cursor of the next where there is one.

    The cursor names the last line seen, so lines that arrive meanwhile neither repeat nor hide others.
    Raises Refused(REQUEST_INVALID) for a cursor that nobody gave out.
    """
    rows = following(rows, position(cursor), at=column)
    found = list(rows.order_by(f"-{column}", "-id")[: limit + 1])
    shown = found[:limit]
    if len(found) == len(shown):
        return shown, None
    last = shown[-1]
    return shown, written((getattr(last, column), last.pk))


def following(
    rows: QuerySet[Row], position: Position | None, *, at: str, identifier: str = "id"
) -> QuerySet[Row]:
    """The rows after a position in an order by moment, newest first.

    That none is newer is said apart from the rest: an index is entered by that, and not by a choice of two.
    """
    if position is None:
        return rows
    moment, last = position
    is_later = Q((f"{at}__lt", moment)) | Q((f"{identifier}__lt", last))
    return rows.filter(is_later, (f"{at}__lte", moment))


def written(position: Position) -> str:
    """The cursor after a line."""
    at, identifier = position
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{identifier}".encode()).decode()


def position(cursor: str | None) -> Position | None:
    """Moment and identifier of a cursor. Raises Refused(REQUEST_INVALID) for one that nobody gave out."""
    if not cursor:
        return None
    try:
        at, _, identifier = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, UUID(identifier)
    except (ValueError, binascii.Error):
        raise Refused(Problem.REQUEST_INVALID, detail="cursor") from None
