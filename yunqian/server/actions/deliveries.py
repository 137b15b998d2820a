"""A notice's messages on their way: claimed, sent outside every transaction, tried again, given up after the last try.

What is no longer so when the message would go out is not said any more: a signer who has signed meanwhile is not
called, and who has lost the envelope is told nothing of it.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import DeliveryEvent, DeliveryState, EnvelopeState, RecipientState
from yunqian.server import scope, settings
from yunqian.server.access import facts
from yunqian.server.actions import later, letters, messages
from yunqian.server.adapters import mail
from yunqian.server.queries import notices as reading
from yunqian.server.queries import personal
from yunqian.server.records.base import advance
from yunqian.server.records.models import Envelope, Member, Notice, NoticeDelivery, Person, Recipient
from yunqian.wire.notices import Channel, NoticeKind

MOST_TRIES = 6
FIRST_PAUSE = timedelta(seconds=30)
PAUSE_GROWS = 4
"""Half a minute, two, eight, half an hour, two hours: a relay that greylists takes the second or third try."""
CLAIM_LASTS = timedelta(minutes=2)
_ASKS_TO_SIGN = frozenset({NoticeKind.YOUR_TURN, NoticeKind.REMINDED, NoticeKind.DEADLINE_NEAR})
_FINAL = frozenset({Problem.MAIL_REFUSED})
"""What no later try makes better."""


@dataclass(frozen=True)
class Outgoing:
    """A message that is to be sent now, `key` the same at every try."""

    key: str
    channel: Channel
    address: str
    letter: letters.Told


def deliver(*, tenant_id: UUID, delivery_id: UUID) -> None:
    """Try to send one message. Harmless when repeated, and when two workers do it at once."""
    outgoing = _claim(tenant_id, delivery_id)
    if outgoing is None:
        return
    try:
        _send(outgoing)
    except Refused as refusal:
        _failed(tenant_id, delivery_id, refusal.problem)
    else:
        _end(tenant_id, delivery_id, DeliveryEvent.SEND)


def _claim(tenant_id: UUID, delivery_id: UUID) -> Outgoing | None:
    """The message, which is this worker's for two minutes; None for one that is over, another's, or needless."""
    now = timezone.now()
    with scope.entered(person_id=None, tenant_id=tenant_id):
        row = _locked(tenant_id, delivery_id)
        if row is None or row.state != DeliveryState.WAITING:
            return None
        if row.claimed_at is not None and now - row.claimed_at < CLAIM_LASTS:
            return None
        row.claimed_at, row.attempts = now, row.attempts + 1
        row.save(update_fields=["claimed_at", "attempts"])
        notice = row.notice
    outgoing = _composed(notice, row)
    if outgoing is None:
        _end(tenant_id, delivery_id, DeliveryEvent.SPARE)
    return outgoing


def _composed(notice: Notice, row: NoticeDelivery) -> Outgoing | None:
    """What the message says by now, read as its person: None where there is nothing to say to him any more."""
    with scope.reading(person_id=notice.person_id, tenant_id=notice.tenant_id):
        person = Person.objects.get(id=notice.person_id)
        active = Member.objects.filter(tenant_id=notice.tenant_id, person=person, is_active=True)
        seen = reading.seen_by(person.id, notice.tenant_id).select_related("tenant")
        found = seen.filter(id=notice.envelope_id).first() if notice.envelope_id else None
        if not active.exists() or (notice.envelope_id is not None and not _still_so(notice, found)):
            return None
        told = letters.told(notice, found, origin=settings.current().origins[0])
    is_phone = row.channel == Channel.SMS
    address = personal.mobile(person) if is_phone else personal.mail(person)
    return Outgoing(str(row.id), Channel(row.channel), address, told) if address else None


def _still_so(notice: Notice, envelope: Envelope | None) -> bool:
    """Whether it can still be said: the envelope is there, and who is asked to sign may still sign it."""
    if envelope is None:
        return False
    kind = NoticeKind(notice.kind)
    if kind not in _ASKS_TO_SIGN and kind is not NoticeKind.SEAT_GIVEN:
        return True
    seat = Recipient.objects.filter(
        tenant_id=envelope.tenant_id, envelope=envelope, person_id=notice.person_id
    ).first()
    states = (
        {RecipientState.READY, RecipientState.WAITING}
        if kind not in _ASKS_TO_SIGN
        else {RecipientState.READY}
    )
    return seat is not None and seat.state in states and facts.standing(envelope) is EnvelopeState.OPEN


def _send(outgoing: Outgoing) -> None:
    """Raises Refused(SMS_UNAVAILABLE, MAIL_UNAVAILABLE or MAIL_REFUSED)."""
    told = outgoing.letter
    if outgoing.channel is Channel.SMS:
        messages.addressed(
            outgoing.address, tenant=told.tenant, title=told.title, link=told.link, key=outgoing.key
        )
    else:
        mail.current().send(mail.Letter(outgoing.address, told.subject, told.text), key=outgoing.key)


def _failed(tenant_id: UUID, delivery_id: UUID, problem: Problem) -> None:
    """Note what stopped it, and try again later, or give it up."""
    with scope.entered(person_id=None, tenant_id=tenant_id):
        row = _locked(tenant_id, delivery_id)
        if row is None or row.state != DeliveryState.WAITING:
            return
        row.last_problem, row.claimed_at = problem.code, None
        row.save(update_fields=["last_problem", "claimed_at"])
        if row.attempts >= MOST_TRIES or problem in _FINAL:
            _over(row, DeliveryEvent.GIVE_UP)
            return
        later.defer(
            later.NOTICE_DELIVERY,
            due_at=timezone.now() + FIRST_PAUSE * PAUSE_GROWS ** (row.attempts - 1),
            tenant_id=str(tenant_id),
            delivery_id=str(delivery_id),
        )


def _end(tenant_id: UUID, delivery_id: UUID, event: DeliveryEvent) -> None:
    with scope.entered(person_id=None, tenant_id=tenant_id):
        row = _locked(tenant_id, delivery_id)
        if row is not None and row.state == DeliveryState.WAITING:
            _over(row, event)


def _over(row: NoticeDelivery, event: DeliveryEvent) -> None:
    advance(row, event)
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])


def _locked(tenant_id: UUID, delivery_id: UUID) -> NoticeDelivery | None:
    rows = NoticeDelivery.objects.select_for_update(of=("self",)).select_related("notice")
    return rows.filter(tenant_id=tenant_id, id=delivery_id).first()
