"""Where a page of a list ended: moment and identifier of its last line, so that later lines hide none."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from yunqian.problems import Problem, Refused


def written(at: datetime, identifier: UUID) -> str:
    """The cursor after a line."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{identifier}".encode()).decode()


def parsed(text: str) -> tuple[datetime, UUID]:
    """Moment and identifier of a cursor. Raises Refused(REQUEST_INVALID) for one that nobody gave out."""
    try:
        at, _, identifier = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, UUID(identifier)
    except (ValueError, binascii.Error):
        raise Refused(Problem.REQUEST_INVALID, detail="cursor") from None
