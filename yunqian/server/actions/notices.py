"""Notices: written with the event that they tell of, and sent on by jobs that were deferred in that transaction.

Nobody is told what he did himself. An event that is told twice is one notice: its key is unique per person.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from yunqian.rules.lifecycle import RecipientState
from yunqian.server import scope, settings
from yunqian.server.access.actor import Actor, Asking, recognise
from yunqian.server.actions import later
from yunqian.server.queries import notices as reading
from yunqian.server.records.models import Envelope, Notice, NoticeDelivery, Person, Recipient, Tenant
from yunqian.wire.notices import Channel, NoticeKind, Unread

FORGOTTEN_DAYS = 400
_FORGOTTEN_AT_ONCE = 5_000
_BY_PHONE = frozenset(
    {NoticeKind.YOUR_TURN, NoticeKind.REMINDED, NoticeKind.DEADLINE_NEAR, NoticeKind.SEAT_GIVEN}
)
"""What is worth a short message: somebody waits for this very person."""
_INFORMED = frozenset({RecipientState.READY, RecipientState.SIGNED, RecipientState.COPIED})
"""Who has heard of the envelope; who still waits for his turn has not, and need not hear of its end."""


@dataclass(frozen=True)
class Party:
    """A person, and the organization for which he is told."""

    person_id: UUID
    tenant_id: UUID


@dataclass(frozen=True)
class Event:
    """What happened. `mark` tells it from every other event of its kind and envelope."""

    kind: NoticeKind
    envelope_id: UUID | None
    mark: str
    by: str = ""
    subject: str = ""
    is_granted: bool | None = None
    deadline_at: datetime | None = None

    @property
    def key(self) -> str:
        """What makes it one event, whoever tries to tell it."""
        return f"{self.kind}:{self.envelope_id or ''}:{self.mark}"

    @property
    def facts(self) -> dict[str, str | bool]:
        """What the notice says beside its kind, without what is empty."""
        deadline = self.deadline_at.isoformat() if self.deadline_at else None
        told = {"by": self.by, "subject": self.subject, "deadline_at": deadline}
        kept: dict[str, str | bool] = {name: value for name, value in told.items() if value}
        return kept if self.is_granted is None else kept | {"is_granted": self.is_granted}


def keeper_of(envelope: Envelope) -> Party:
    """Who started the envelope, or took it over."""
    return Party(envelope.keeper_id or envelope.initiator_id, envelope.tenant_id)


def seats(recipients: Iterable[Recipient], *states: str) -> list[Party]:
    """Those of the recipients who stand in one of these states."""
    return [Party(one.person_id, one.for_tenant_id) for one in recipients if one.state in states]


def everybody(envelope: Envelope, recipients: Iterable[Recipient]) -> list[Party]:
    """Who started it and all who have heard of it."""
    return [keeper_of(envelope), *seats(recipients, *_INFORMED)]


def tell(event: Event, parties: Iterable[Party], *, besides: UUID | None = None) -> None:
    """Write the event's notices, and defer their messages, in the transaction that is open.

    `besides` is who did it. Call it in any scope that writes.
    """
    told = [one for one in dict.fromkeys(parties) if one.person_id != besides]
    people = Person.objects.in_bulk([one.person_id for one in told])
    for one in told:
        with scope.switched(scope.Pass(one.tenant_id)):
            _write(event, people[one.person_id])


def called(actor: Actor, envelope: Envelope, recipients: Sequence[Recipient]) -> None:
    """It is the turn of these signers now; each of them is called once."""
    for one in recipients:
        event = Event(NoticeKind.YOUR_TURN, envelope.id, str(one.id), by=envelope.initiator_name)
        tell(event, seats([one], one.state), besides=actor.person_id)


def copied(actor: Actor, envelope: Envelope, recipients: Iterable[Recipient]) -> None:
    """These people got a copy."""
    event = Event(NoticeKind.COPIED, envelope.id, "", by=envelope.initiator_name)
    tell(event, seats(recipients, RecipientState.COPIED), besides=actor.person_id)


def signed(actor: Actor, envelope: Envelope, seat: Recipient, following: Sequence[Recipient]) -> None:
    """A signer has signed; those who follow are called, and who started it hears who it was."""
    event = Event(NoticeKind.SIGNED, envelope.id, str(seat.id), by=actor.name)
    tell(event, [keeper_of(envelope)], besides=actor.person_id)
    called(actor, envelope, following)


def completed(actor: Actor, envelope: Envelope, recipients: Iterable[Recipient], *, at: datetime) -> None:
    """The last signature is there: everybody hears that, and nobody hears of the signature beside it."""
    event = Event(NoticeKind.COMPLETED, envelope.id, at.isoformat(), by=actor.name)
    tell(event, everybody(envelope, recipients), besides=actor.person_id)


@dataclass(frozen=True)
class Decision:
    """What was decided on, by which row, and how."""

    kind: NoticeKind
    row_id: UUID
    subject: str
    is_granted: bool


def decided(actor: Actor, person_id: UUID, decision: Decision) -> None:
    """Who applied for something in the actor's organization hears what became of it."""
    event = Event(
        decision.kind,
        None,
        str(decision.row_id),
        by=actor.name,
        subject=decision.subject,
        is_granted=decision.is_granted,
    )
    tell(event, [Party(person_id, actor.tenant_id)], besides=actor.person_id)


def read(asking: Asking, *, ids: Sequence[UUID]) -> Unread:
    """Mark one's notices as read, all where none is named, and answer what is left.

    It leaves no audit event: who has read a notice is nobody's evidence.
    """
    with scope.entered(person_id=asking.person_id, tenant_id=asking.tenant_id):
        actor = recognise(asking)
        mine = Notice.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id, read_at=None)
        wanted = mine.filter(id__in=ids) if ids else mine
        wanted.update(read_at=timezone.now())
        return reading.unread_of(actor)


def forget_old(*, before: datetime) -> None:
    """Delete the notices from before this time, their messages with them, organization by organization."""
    with scope.platform():
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        with scope.entered(person_id=None, tenant_id=tenant_id):
            old = Notice.objects.filter(tenant_id=tenant_id, created_at__lt=before)
            gone = list(old.order_by("created_at").values_list("id", flat=True)[:_FORGOTTEN_AT_ONCE])
            NoticeDelivery.objects.filter(tenant_id=tenant_id, notice_id__in=gone).delete()
            Notice.objects.filter(tenant_id=tenant_id, id__in=gone).delete()


def _write(event: Event, person: Person) -> None:
    """One notice with its messages; nothing where this event was told already."""
    row = Notice(
        id=uuid.uuid4(),
        person=person,
        kind=event.kind,
        envelope_id=event.envelope_id,
        key=event.key,
        facts=event.facts,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the unique key is the only one that an insert by us can meet
        return
    for channel in _channels(event.kind, person):
        delivery = NoticeDelivery.objects.create(notice=row, channel=channel)
        later.defer(
            later.NOTICE_DELIVERY,
            key=str(delivery.id),
            tenant_id=str(row.tenant_id),
            delivery_id=str(delivery.id),
        )


def _channels(kind: NoticeKind, person: Person) -> list[Channel]:
    """The ways beside the page on which this person can be reached, and that this installation has."""
    config = settings.current()
    ways = []
    if kind in _BY_PHONE and person.mobile_sealed is not None and config.sms_driver != "none":
        ways.append(Channel.SMS)
    if person.mail_sealed is not None and config.mail_driver != "none":
        ways.append(Channel.MAIL)
    return ways
