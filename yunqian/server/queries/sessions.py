"""A person's own open sessions."""

from django.contrib.sessions.models import Session
from django.utils import timezone

from yunqian.server.access.actor import Actor
from yunqian.server.queries import query
from yunqian.server.records.models import OpenSession
from yunqian.wire.envelope import LoginWay
from yunqian.wire.envelope import OpenSession as Shown


@query
def mine(actor: Actor, *, current_key: str | None) -> tuple[Shown, ...]:
    """Every session that still opens something, the newest first; `current_key` is that of who asks."""
    rows = list(OpenSession.objects.filter(person_id=actor.person_id).order_by("-begun_at", "-id"))
    known = Session.objects.filter(session_key__in=[row.key for row in rows], expire_date__gt=timezone.now())
    live = set(known.values_list("session_key", flat=True))
    return tuple(
        Shown(
            id=str(row.id),
            way=LoginWay(row.way),
            address=row.address,
            browser=row.browser,
            begun_at=row.begun_at,
            is_current=row.key == current_key,
        )
        for row in rows
        if row.key in live
    )
