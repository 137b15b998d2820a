"""通讯录: whom a person has addressed before. It is read from his own envelopes, so it keeps nothing of its own."""

from datetime import datetime

from django.db.models import Max, QuerySet

from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor
from yunqian.server.queries import personal, query
from yunqian.server.records.models import Envelope, Person, Recipient
from yunqian.wire.start import Contact

MOST = 200


@query
def mine(actor: Actor) -> tuple[Contact, ...]:
    """Whom the actor has addressed for this organization, the last first; each person once, himself not.

    Raises Refused(START_NOT_GRANTED): the book is for who starts.
    """
    permit.start(actor)
    last = seats(actor).exclude(person_id=actor.person_id).values("person_id")
    newest = last.annotate(used_at=Max("envelope__created_at")).order_by("-used_at", "person_id")[:MOST]
    used = {one["person_id"]: one["used_at"] for one in newest}
    rows = seats(actor).filter(person_id__in=used).order_by("person_id", "-envelope__created_at", "-id")
    found = [_shown(row, used[row.person_id]) for row in rows.distinct("person_id").select_related("person")]
    return tuple(sorted(found, key=lambda one: one.used_at, reverse=True))


def seats(actor: Actor) -> QuerySet[Recipient]:
    """Every seat of the envelopes that the actor keeps in this organization."""
    kept = Envelope.objects.filter(facts.kept_by(actor.person_id), tenant_id=actor.tenant_id)
    return Recipient.objects.filter(tenant_id=actor.tenant_id, envelope_id__in=kept.values("id"))


def _shown(row: Recipient, used_at: datetime) -> Contact:
    person: Person = row.person
    note = row.tenant_name or personal.masked_mobile(person) or ""
    return Contact(id=str(row.id), name=row.person_name, note=note, used_at=used_at)
