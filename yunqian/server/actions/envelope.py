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
from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, messages, names, spaces
from yunqian.server.adapters import personal as keys
from yunqian.server.queries import envelope as reading
from yunqian.server.queries import personal
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
from yunqian.wire.envelope import EnvelopeDetail, RecipientWanted, StartEnvelope, TenantKind

LATEST_DEADLINE = timedelta(days=3660)  # ten years; a time near the end of the calendar cannot even be shown


@dataclass(frozen=True)
class _Addressed:
    """A person, and the organization for which he is addressed."""

    person: Person
    tenant_id: UUID
    tenant_name: str
    mobile: str | None = None


def start(asking: Asking, *, request: StartEnvelope, origin: str) -> EnvelopeDetail:
    """Send an uploaded document to its signers; those of the first turn are called at once (manual 4.1).

    Who was addressed by phone and is called gets a message there, once everything stands. The upload is spent by it,
    so the same request sent twice starts one envelope.
    """
    started = _start(asking, request=request)
    for call in started.calls:
        messages.addressed(
            call.mobile, tenant=call.tenant_name, title=call.title, origin=origin, key=call.key
        )
    return started.shown


@dataclass(frozen=True)
class _Call:
    """A message that somebody is to get by phone."""

    mobile: str
    tenant_name: str
    title: str
    key: str


@dataclass(frozen=True)
class _Started:
    shown: EnvelopeDetail
    calls: tuple[_Call, ...]


@action("envelope.started")
def _start(actor: Actor, *, request: StartEnvelope) -> Done[_Started]:
    permit.start(actor)
    now = timezone.now()
    title = names.cleaned(request.title)
    _refuse_odd(request, now)
    upload = permit.upload(actor, request.upload_id)
    people = [_addressed(actor, wanted) for wanted in request.recipients]
    if len({one.person.id for one in people}) != len(people):
        raise Refused(Problem.REQUEST_INVALID, detail="recipients: the same signer twice")
    envelope = Envelope.objects.create(
        title=title,
        initiator_id=actor.person_id,
        initiator_name=actor.name,
        deadline_at=request.deadline_at,
        created_at=now,
    )
    revision = _first_revision(envelope, upload, now)
    recipients = _address(envelope, request.recipients, people)
    Upload.objects.filter(id=upload.id).update(used_at=now)
    trace = Trace(
        scope.Pass(actor.tenant_id),
        envelope.id,
        {"title": title, "sha256": revision.sha256, "recipients": len(people)},
    )
    shown = reading.shown(permit.view(actor, str(envelope.id)))
    called = {one.person_id: one for one in recipients if one.state == RecipientState.READY}
    calls = tuple(
        _Call(one.mobile, actor.tenant_name, title, str(called[one.person.id].id))
        for one in people
        if one.mobile is not None and one.person.id in called
    )
    return Done(_Started(shown, calls), trace)


def _refuse_odd(request: StartEnvelope, now: datetime) -> None:
    if not request.recipients:
        raise Refused(Problem.RECIPIENTS_EMPTY)
    for wanted in request.recipients:
        if (wanted.account is None) == (wanted.mobile is None) or (wanted.mobile is None) != (
            wanted.name is None
        ):
            raise Refused(Problem.REQUEST_INVALID, detail="recipients: an account, or a mobile with a name")
    if request.deadline_at is not None and request.deadline_at <= now:
        raise Refused(Problem.REQUEST_INVALID, detail="deadline_at: in the past")
    if request.deadline_at is not None and request.deadline_at > now + LATEST_DEADLINE:
        raise Refused(Problem.REQUEST_INVALID, detail="deadline_at: too far ahead")


def _addressed(actor: Actor, wanted: RecipientWanted) -> _Addressed:
    if wanted.account is not None:
        return _by_account(actor, wanted.account)
    return _by_phone(actor, wanted.mobile or "", wanted.name or "")


def _by_phone(actor: Actor, mobile: str, name: str) -> _Addressed:
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
        return _Addressed(person, actor.tenant_id, actor.tenant_name, number)
    return _Addressed(person, spaces.of(person).id, "", number)


def _by_account(actor: Actor, account: str) -> _Addressed:
    """The person behind an account, for our organization if he is a member of it, else for his home.

    Who could act for neither cannot sign, so he is not found: a suspended colleague, or one without a home.
    Whether a stranger is active at his home is not ours to know.
    """
    person = Person.objects.filter(account=account).select_related("home").first()
    member = Member.objects.filter(tenant_id=actor.tenant_id, person=person).first() if person else None
    if person and member and member.is_active:
        return _Addressed(person, actor.tenant_id, actor.tenant_name)
    if person and person.home and member is None and person.home.id != actor.tenant_id:
        is_himself = person.home.kind == TenantKind.PERSON
        return _Addressed(person, person.home.id, "" if is_himself else person.home.name)
    raise Refused(Problem.PERSON_NOT_FOUND, account=account)


def _first_revision(envelope: Envelope, upload: Upload, now: datetime) -> Revision:
    document = Document.objects.create(
        envelope=envelope, name=upload.name, page_count=upload.page_count, pages=upload.pages
    )
    return Revision.objects.create(
        document=document,
        number=0,
        blob_sha256=upload.blob_sha256,
        sha256=upload.sha256,
        size_bytes=upload.size_bytes,
        created_at=now,
    )


def _address(
    envelope: Envelope, wanted: Sequence[RecipientWanted], people: Sequence[_Addressed]
) -> Sequence[Recipient]:
    """Write the signers with the names they have now, and call those whose turn comes first."""
    recipients = [
        Recipient.objects.create(
            envelope=envelope,
            person=addressed.person,
            person_name=addressed.person.name,
            for_tenant_id=addressed.tenant_id,
            tenant_name=addressed.tenant_name,
            turn=one.turn,
        )
        for one, addressed in zip(wanted, people, strict=True)
    ]
    call_next(recipients)
    return recipients


def call_next(recipients: Sequence[Recipient]) -> None:
    """Call every waiting signer whose turn has come."""
    now_called = turns.called(facts.seats(recipients))
    for recipient in recipients:
        if str(recipient.id) in now_called:
            advance(recipient, RecipientEvent.CALL)
