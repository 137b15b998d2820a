"""Envelopes: starting one (发起盖章任务)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import identity, turns
from yunqian.rules.lifecycle import RecipientEvent, RecipientState
from yunqian.server import scope
from yunqian.server.access import facts, found, permit
from yunqian.server.access.actor import Actor
from yunqian.server.actions import Done, Trace, action, draft, due, ledger, names, notices, places, spaces
from yunqian.server.adapters import personal as keys
from yunqian.server.queries import contacts, personal
from yunqian.server.queries import envelope as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import (
    Document,
    Envelope,
    Member,
    Person,
    Recipient,
    Revision,
    Upload,
)
from yunqian.wire.envelope import EnvelopeDetail, RecipientWanted, TenantKind
from yunqian.wire.start import StartEnvelope

LATEST_DEADLINE = timedelta(days=3660)  # ten years; a time near the end of the calendar cannot even be shown


@dataclass(frozen=True)
class Addressed:
    """A person, and the organization for which he is addressed."""

    person: Person
    tenant_id: UUID
    tenant_name: str


@action("envelope.started")
def start(actor: Actor, *, request: StartEnvelope) -> Done[EnvelopeDetail]:
    """Send uploaded documents to their recipients; signers of the first turn are called at once (manual 4.1).

    The notices are written with it. The uploads are spent by it, so the same request sent twice starts one envelope.
    """
    permit.start(actor)
    now = timezone.now()
    title = names.cleaned(request.title)
    _refuse_odd(request, now)
    locked = {one: permit.upload(actor, one) for one in sorted(request.upload_ids)}  # never in a circle
    uploads = [locked[one] for one in request.upload_ids]
    addressed = people(actor, request.recipients)
    envelope = Envelope.objects.create(
        title=title,
        initiator_id=actor.person_id,
        initiator_name=actor.name,
        deadline_at=request.deadline_at,
        remind_before_hours=request.remind_before_hours,
        remind_every_days=request.remind_every_days,
        created_at=now,
    )
    sent = [
        _first_revision(envelope, upload, position, now) for position, upload in enumerate(uploads, start=1)
    ]
    recipients = address(envelope, request.recipients, addressed)
    places.propose(request.places, papers=[one.document for one in sent], seats=recipients)
    notices.called(actor, envelope, call_next(recipients))
    notices.copied(actor, envelope, recipients)
    due.plan(envelope)
    Upload.objects.filter(id__in=[one.id for one in uploads]).update(used_at=now)
    if request.draft_id:
        draft.spend(actor, request.draft_id)
    told: ledger.Facts = {
        "title": title,
        "sha256": " ".join(one.sha256 for one in sent),
        "recipients": len(addressed),
    }
    trace = Trace(scope.Pass(actor.tenant_id), envelope.id, told)
    shown = reading.shown(permit.view(actor, str(envelope.id)))
    return Done(shown, trace)


def _refuse_odd(request: StartEnvelope, now: datetime) -> None:
    if all(one.is_copy for one in request.recipients):
        raise Refused(Problem.RECIPIENTS_EMPTY)
    if len(set(request.upload_ids)) != len(request.upload_ids):
        raise Refused(Problem.REQUEST_INVALID, detail="upload_ids: the same document twice")
    refuse_deadline(request.deadline_at, now)
    if request.remind_before_hours is not None and request.deadline_at is None:
        raise Refused(Problem.REQUEST_INVALID, detail="remind_before_hours: there is no deadline")


def refuse_deadline(deadline_at: datetime | None, now: datetime) -> None:
    """Raise Refused(REQUEST_INVALID) for a deadline that is over, or that nobody lives to see."""
    if deadline_at is not None and deadline_at <= now:
        raise Refused(Problem.REQUEST_INVALID, detail="deadline_at: in the past")
    if deadline_at is not None and deadline_at > now + LATEST_DEADLINE:
        raise Refused(Problem.REQUEST_INVALID, detail="deadline_at: too far ahead")


def people(actor: Actor, wanted: Sequence[RecipientWanted]) -> Sequence[Addressed]:
    """Whom an account, or a mobile number with a name, addresses; each person once."""
    found = [_addressed(actor, one) for one in wanted]
    if len({one.person.id for one in found}) != len(found):
        raise Refused(Problem.REQUEST_INVALID, detail="recipients: the same signer twice")
    return found


def _addressed(actor: Actor, wanted: RecipientWanted) -> Addressed:
    match (wanted.account, wanted.contact_id, wanted.mobile, wanted.name):
        case (str() as account, None, None, None):
            return _by_account(actor, account)
        case (None, str() as contact_id, None, None):
            return _again(actor, contact_id)
        case (None, None, str() as mobile, str() as name):
            return _by_phone(actor, mobile, name)
    raise Refused(
        Problem.REQUEST_INVALID, detail="recipients: an account, a contact, or a mobile with a name"
    )


def _again(actor: Actor, contact_id: str) -> Addressed:
    """Whom the actor has addressed before, for the organization he stands in now. Raises Refused(CONTACT_NOT_FOUND)."""
    seat = found.one(
        contacts.seats(actor).select_related("person__space"), contact_id, Problem.CONTACT_NOT_FOUND
    )
    if Member.objects.filter(tenant_id=actor.tenant_id, person=seat.person, is_active=True).exists():
        return Addressed(seat.person, actor.tenant_id, actor.tenant_name)
    if seat.for_tenant_id == actor.tenant_id:  # a colleague then, who has left or is suspended
        raise Refused(Problem.CONTACT_NOT_FOUND)
    return Addressed(seat.person, seat.for_tenant_id, seat.tenant_name)


def _by_phone(actor: Actor, mobile: str, name: str) -> Addressed:
    """The person of this number if he has this name, else whoever will register with both.

    Raises Refused(MOBILE_INVALID, PERSON_NAME_INVALID or RECIPIENT_NAME_MISMATCH).
    """
    number, named = identity.mobile(mobile), identity.person_name(name)
    spaces.alone()
    index = keys.index(number, field=personal.MOBILE)
    known = Person.objects.filter(mobile_index=index).select_related("home", "space")
    person = known.exclude(verified_at=None).first()
    if person is not None and not identity.same_name(person.name, named):
        raise Refused(Problem.RECIPIENT_NAME_MISMATCH, mobile=identity.masked_mobile(number))
    person = person or known.filter(name=named).first() or spaces.addressed(named, number)
    member = Member.objects.filter(tenant_id=actor.tenant_id, person=person, is_active=True).exists()
    if member:
        return Addressed(person, actor.tenant_id, actor.tenant_name)
    return Addressed(person, spaces.of(person).id, "")


def _by_account(actor: Actor, account: str) -> Addressed:
    """The person behind an account, for our organization if he is a member of it, else for his home.

    Who could act for neither cannot sign, so he is not found: a suspended colleague, or one without a home.
    Whether a stranger is active at his home is not ours to know.
    """
    person = Person.objects.filter(account=account).select_related("home").first()
    member = Member.objects.filter(tenant_id=actor.tenant_id, person=person).first() if person else None
    if person and member and member.is_active:
        return Addressed(person, actor.tenant_id, actor.tenant_name)
    if person and person.home and member is None and person.home.id != actor.tenant_id:
        is_himself = person.home.kind == TenantKind.PERSON
        return Addressed(person, person.home.id, "" if is_himself else person.home.name)
    raise Refused(Problem.PERSON_NOT_FOUND, account=account)


def _first_revision(envelope: Envelope, upload: Upload, position: int, now: datetime) -> Revision:
    document = Document.objects.create(
        envelope=envelope,
        position=position,
        name=upload.name,
        page_count=upload.page_count,
        pages=upload.pages,
    )
    return Revision.objects.create(
        document=document,
        number=0,
        blob_sha256=upload.blob_sha256,
        sha256=upload.sha256,
        size_bytes=upload.size_bytes,
        created_at=now,
    )


def address(
    envelope: Envelope, wanted: Sequence[RecipientWanted], people: Sequence[Addressed]
) -> list[Recipient]:
    """Write the recipients, with the names they have now; `call_next` calls those whose turn it is."""
    return [
        Recipient.objects.create(
            envelope=envelope,
            person=addressed.person,
            person_name=addressed.person.name,
            for_tenant_id=addressed.tenant_id,
            tenant_name=addressed.tenant_name,
            turn=one.turn,
            state=RecipientState.COPIED if one.is_copy else RecipientState.WAITING,
        )
        for one, addressed in zip(wanted, people, strict=True)
    ]


def call_next(recipients: Sequence[Recipient]) -> list[Recipient]:
    """Call every waiting signer whose turn has come; who those are."""
    now_called = turns.called(facts.seats(recipients))
    called = [one for one in recipients if str(one.id) in now_called]
    for recipient in called:
        advance(recipient, RecipientEvent.CALL)
    return called
