"""The row of an identifier that somebody sent: what is absent, not his, or no identifier at all is the same to him."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from yunqian.problems import Problem, Refused

Row = TypeVar("Row", bound=Model)


def one(rows: QuerySet[Row], identifier: str, problem: Problem) -> Row:
    """The row of `rows` with this identifier. Raises Refused(problem) without telling why there is none."""
    found = one_or_none(rows, identifier)
    if found is None:
        raise Refused(problem)
    return found


def one_or_none(rows: QuerySet[Row], identifier: str) -> Row | None:
    """The row of `rows` with this identifier, or None."""
    wanted = uuid(identifier)
    return rows.filter(id=wanted).first() if wanted else None


def uuid(text: str) -> UUID | None:
    """The identifier, or None for text that is none: such an object is simply absent."""
    try:
        return UUID(text)
    except ValueError:
        return None
