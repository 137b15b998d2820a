"""What enrolments and unlocks share: an order's nonce and its five minutes, and how often a person may begin one."""

import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server.access.actor import Actor
from yunqian.server.queries import orders
from yunqian.server.records.keycare import KeyRow
from yunqian.wire.key_orders import NamedKey
from yunqian.wire.orders import ORDER_LIFETIME_SECONDS

NONCE_BYTES = 32
_A_DAY = timedelta(hours=24)


def renew(row: KeyRow, *, at: datetime) -> None:
    """Give the row a new order; the earlier one is good for nothing any more. The caller saves it."""
    row.nonce = secrets.token_hex(NONCE_BYTES)
    row.issued_at = at
    row.expires_at = at + timedelta(seconds=ORDER_LIFETIME_SECONDS)


def require_order(row: KeyRow, order_id: str) -> None:
    """Refuse the answer to another order than the present one. Raises Refused(ORDER_MISMATCH)."""
    if row.nonce is None or order_id != orders.wire_id(row):
        raise Refused(Problem.ORDER_MISMATCH)


def require_seldom(actor: Actor, record: type[KeyRow], *, most: int) -> None:
    """Refuse a person who began `most` within a day. Raises Refused(KEYCARE_TOO_OFTEN)."""
    since = timezone.now() - _A_DAY
    mine = record.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id, created_at__gt=since)
    if mine.count() >= most:
        raise Refused(Problem.KEYCARE_TOO_OFTEN)


def of_key(actor: Actor, key: NamedKey) -> dict[str, object]:
    """The columns of a new row: whose and for which key."""
    return {
        "person_id": actor.person_id,
        "person_name": actor.name,
        "key_driver": key.driver,
        "key_serial": key.serial,
        "key_label": key.label,
    }
