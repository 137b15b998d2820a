"""Where a page of a list ended: moment and identifier of its last line, so that later lines hide none."""

import base64
import binascii
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from yunqian.problems import Problem, Refused

Row = TypeVar("Row", bound=Model)


def page(
    rows: QuerySet[Row], cursor: str | None, *, limit: int, column: str = "created_at"
) -> tuple[list[Row], str | None]:
    """One page of a list by the moment in `column`, newest first, and the cursor of the next where there is one.

    The cursor names the last line seen, so lines that arrive meanwhile neither repeat nor hide others.
    Raises Refused(REQUEST_INVALID) for a cursor that nobody gave out.
    """
    if cursor:
        at, identifier = _parsed(cursor)
        rows = rows.filter(Q((f"{column}__lt", at)) | Q((column, at), id__lt=identifier))
    found = list(rows.order_by(f"-{column}", "-id")[: limit + 1])
    shown = found[:limit]
    if len(found) == len(shown):
        return shown, None
    last = shown[-1]
    return shown, _written(getattr(last, column), last.pk)


def _written(at: datetime, identifier: UUID) -> str:
    """The cursor after a line."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{identifier}".encode()).decode()


def _parsed(text: str) -> tuple[datetime, UUID]:
    """Moment and identifier of a cursor. Raises Refused(REQUEST_INVALID) for one that nobody gave out."""
    try:
        at, _, identifier = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, UUID(identifier)
    except (ValueError, binascii.Error):
        raise Refused(Problem.REQUEST_INVALID, detail="cursor") from None
