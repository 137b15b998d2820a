"""What codes by telephone and codes by mail have in common: six digits, ten minutes, a few tries, and limits.

A code is a row, so how many may be asked for is counted from the rows that are there.
"""

import hmac
import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import personal
from yunqian.server.records.models import MailCode, PhoneCode

LASTS = timedelta(minutes=10)
PAUSE = timedelta(minutes=1)
KEPT = timedelta(days=2)
_DIGITS = 6


@dataclass(frozen=True)
class Limit:
    """At most `most` codes in any `within`, of those that share a column with the one that is asked for."""

    column: str | None
    most: int
    within: timedelta


def drawn() -> str:
    """A new code."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def hashed(row_id: UUID, code: str, *, field: str) -> bytes:
    """A code as its row keeps it: keyed, and bound to the row."""
    return personal.index(f"{row_id}:{code}", field=field)


def require_within(limits: Iterable[Limit], row: MailCode | PhoneCode, *, too_many: Problem) -> None:
    """Refuse a new row beyond one of the limits, with the seconds until it is allowed. Asked one after another."""
    for limit in limits:
        value = getattr(row, limit.column) if limit.column else None
        if limit.column and value is None:
            continue
        alike = type(row).objects.filter(created_at__gt=row.created_at - limit.within)
        if limit.column:
            alike = alike.filter(**{limit.column: value})
        found = list(alike.order_by("-created_at").values_list("created_at", flat=True)[: limit.most])
        if len(found) == limit.most:
            left = (found[-1] + limit.within - row.created_at).total_seconds()
            raise Refused(too_many, seconds=max(1, math.ceil(left)))


def take(row: MailCode | PhoneCode, *, given: bytes) -> bool:
    """Take a locked row whose hashed code was given; the wrong one costs a try, which stays lost."""
    if hmac.compare_digest(bytes(row.code_hash), given):
        row.taken_at = timezone.now()
        row.save(update_fields=["taken_at"])
        return True
    row.tries_left -= 1
    row.save(update_fields=["tries_left"])
    return False
