"""Codes that prove a mobile number: asked for, and answered once (manual 3.1, 3.2).

A code is good for one number, one purpose, one browser, five tries and ten minutes; a newer one ends it. It is sent
whether or not the number is known, so that asking tells nothing. How many may be asked for is counted from the rows
for the number, the address, the browser, the organization whose page asks, and in all.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import identity
from yunqian.server import scope
from yunqian.server.actions import messages, one_time_codes
from yunqian.server.actions.one_time_codes import KEPT, LASTS, PAUSE, Limit
from yunqian.server.adapters import personal
from yunqian.server.queries.personal import MOBILE
from yunqian.server.records.models import PhoneCode, Tenant
from yunqian.wire.people import CodePurpose, CodeSent


@dataclass(frozen=True)
class Place:
    """From where a code is asked for: the browser's own secret, its address, the organization's entry address."""

    browser: str
    address: str
    slug: str | None = None

    @property
    def browser_sha256(self) -> str:
        return hashlib.sha256(self.browser.encode()).hexdigest()


LIMITS = (
    Limit("mobile_index", 1, PAUSE),
    Limit("mobile_index", 5, timedelta(hours=1)),
    Limit("mobile_index", 10, timedelta(days=1)),
    Limit("browser", 10, timedelta(hours=1)),
    Limit("address", 60, timedelta(hours=1)),
    Limit("entry_id", 1_000, timedelta(hours=1)),
    Limit(None, 10_000, timedelta(hours=1)),
)
"""An office may share one address. What one organization's page asks for cannot use up everybody's."""


def send(*, mobile: str, purpose: CodePurpose, place: Place) -> CodeSent:
    """Send a code to this number. Raises Refused(MOBILE_INVALID, PHONE_CODES_TOO_MANY or SMS_UNAVAILABLE).

    A code whose message could not be sent is void, and counted: a failing provider is not asked without end.
    """
    number = identity.mobile(mobile)
    code = one_time_codes.drawn()
    row_id = _written(number, purpose, place, code)
    try:
        messages.code(number, code=code, minutes=LASTS.seconds // 60, key=str(row_id))
    except Refused:
        with scope.platform(is_writing=True):
            PhoneCode.objects.filter(id=row_id).update(ended_at=timezone.now())
        raise
    return CodeSent(
        mobile_masked=identity.masked_mobile(number),
        lasts_seconds=LASTS.seconds,
        again_after_seconds=PAUSE.seconds,
    )


def take(*, mobile: str, purpose: CodePurpose, place: Place, code: str) -> bytes:
    """The index of the number that is proved now. Raises Refused(PHONE_CODE_WRONG), which costs a try.

    One answer for a code that is wrong, over, used, of another purpose, number or browser.
    """
    index = personal.index(identity.mobile(mobile), field=MOBILE)
    with scope.platform(is_writing=True):
        rows = PhoneCode.objects.select_for_update().filter(
            mobile_index=index,
            purpose=purpose,
            browser=place.browser_sha256,
            taken_at=None,
            ended_at=None,
            expires_at__gt=timezone.now(),
            tries_left__gt=0,
        )
        row = rows.order_by("-created_at").first()
        is_right = row is not None and one_time_codes.take(row, given=_hashed(row.id, code.strip()))
    if not is_right:  # only now, so that the try that was lost stays lost
        raise Refused(Problem.PHONE_CODE_WRONG)
    return index


def forget_old(*, now: datetime) -> None:
    """Delete the codes that no limit counts any more."""
    with scope.platform(is_writing=True):
        PhoneCode.objects.filter(created_at__lt=now - KEPT).delete()


def _written(mobile: str, purpose: CodePurpose, place: Place, code: str) -> UUID:
    now = timezone.now()
    row = PhoneCode(
        mobile_index=personal.index(mobile, field=MOBILE),
        purpose=purpose,
        browser=place.browser_sha256,
        address=place.address[:64],
        created_at=now,
        expires_at=now + LASTS,
    )
    row.code_hash = _hashed(row.id, code)
    with scope.platform(is_writing=True):
        row.entry = Tenant.objects.filter(slug=place.slug).first() if place.slug else None
        # One asks after another, so that twenty at once are counted as twenty; a few milliseconds each.
        scope.alone("phone codes")
        one_time_codes.require_within(LIMITS, row, too_many=Problem.PHONE_CODES_TOO_MANY)
        own = Q(mobile_index=row.mobile_index, purpose=purpose, taken_at=None, ended_at=None)
        PhoneCode.objects.filter(own).update(ended_at=now)
        row.save(force_insert=True)
    return row.id


def _hashed(row_id: UUID, code: str) -> bytes:
    return one_time_codes.hashed(row_id, code, field="phone_code")
