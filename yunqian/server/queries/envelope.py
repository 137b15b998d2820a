"""Envelopes: the three lists (待签署, 已签署, 我发起的), their counts, and one envelope in detail."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from yunqian.problems import Refused
from yunqian.rules import who_may
from yunqian.rules.lifecycle import EnvelopeState as State
from yunqian.rules.lifecycle import RecipientState as Seat
from yunqian.rules.who_may import Right
from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.permit import Permit
from yunqian.server.queries import cursors, document, person, query
from yunqian.server.records.models import Document, Envelope, Recipient
from yunqian.wire.envelope import (
    Counts,
    EnvelopeDetail,
    EnvelopeList,
    EnvelopePage,
    EnvelopeState,
    EnvelopeSummary,
    InboxElsewhere,
    PersonRef,
    RecipientState,
)
from yunqian.wire.envelope import Recipient as RecipientShown


@query
def page(actor: Actor, *, which: EnvelopeList, search: str, cursor: str | None, limit: int) -> EnvelopePage:
    """One page of a list, newest first: one SQL statement whatever the number of lines."""
    rows = _of_list(actor, which)
    if search:
        rows = rows.filter(title__icontains=search)
    shown, more = cursors.page(_with_columns(rows, actor), cursor, limit=limit)
    return EnvelopePage(items=tuple(_summary(row) for row in shown), next_cursor=more)


def counts(asking: Asking) -> Counts:
    """How many lines each list has, and how many wait in each other organization of the person.

    Those are asked one by one, each as the person acting for it, so no scope ever sees two organizations.
    """
    own = _counts(asking)
    others = [Asking(asking.person_id, one.id) for one in person.tenants_of(asking)]
    waiting = {one.tenant_id: _waiting(one) for one in others if one.tenant_id != asking.tenant_id}
    elsewhere = (InboxElsewhere(tenant_id=str(each), inbox=found) for each, found in waiting.items() if found)
    return own.model_copy(update={"elsewhere": tuple(elsewhere)})


@query
def _counts(actor: Actor) -> Counts:
    found = {which: _of_list(actor, which).count() for which in EnvelopeList}
    return Counts(
        inbox=found[EnvelopeList.INBOX],
        signed=found[EnvelopeList.SIGNED],
        started=found[EnvelopeList.STARTED],
    )


def _waiting(asking: Asking) -> int:
    """What waits in an organization; nothing in one that has suspended him at this very moment."""
    try:
        return _inbox(asking)
    except Refused:
        return 0


@query
def _inbox(actor: Actor) -> int:
    return _of_list(actor, EnvelopeList.INBOX).count()


@query
def detail(actor: Actor, *, envelope_id: str) -> EnvelopeDetail:
    """One envelope, for its initiator and its signers."""
    return shown(permit.view(actor, envelope_id))


def _of_list(actor: Actor, which: EnvelopeList) -> QuerySet[Envelope]:
    """The rows of a list: what the actor started, or is asked to sign, for the organization he acts for.

    The envelope may be any organization's. What he has to sign for another one of his is in that one's list.
    """
    if which is EnvelopeList.STARTED:
        return Envelope.objects.filter(facts.kept_by(actor.person_id), tenant_id=actor.tenant_id)
    mine = Recipient.objects.filter(person_id=actor.person_id, for_tenant_id=actor.tenant_id)
    if which is EnvelopeList.INBOX:
        ids = mine.filter(state=Seat.READY).values("envelope_id")
        in_time = Q(deadline_at=None) | Q(deadline_at__gte=timezone.now())
        return Envelope.objects.filter(in_time, id__in=ids, state=State.OPEN)
    return Envelope.objects.filter(id__in=mine.filter(state=Seat.SIGNED).values("envelope_id"))


def _with_columns(rows: QuerySet[Envelope], actor: Actor) -> QuerySet[Envelope]:
    """What a line tells beside its envelope, as subqueries: they run for the lines of the page alone.

    A join with counts would group the whole list before the first page of it is cut off.
    """
    seats = Recipient.objects.filter(envelope=OuterRef("pk"))
    signers = seats.exclude(state=Seat.COPIED)
    pages = Document.objects.filter(envelope=OuterRef("pk")).order_by().values("envelope")
    mine = seats.filter(person_id=actor.person_id, for_tenant_id=actor.tenant_id)
    ready = seats.filter(state=Seat.READY).order_by("turn", "person_name")
    return rows.select_related("tenant").annotate(
        page_total=Subquery(pages.annotate(total=Sum("page_count")).values("total")),
        my_state=Subquery(mine.values("state")[:1]),
        signed_count=_number_of(seats.filter(state=Seat.SIGNED)),
        recipient_count=_number_of(signers),
        ready_names=ArraySubquery(ready.values("person_name")),
    )


def _number_of(rows: QuerySet[Recipient]) -> Subquery:
    """How many rows of an outer envelope there are; null for none."""
    return Subquery(rows.order_by().values("envelope").annotate(number=Count("id")).values("number"))


def _summary(row: Envelope) -> EnvelopeSummary:
    columns = row.__dict__  # what _with_columns added, which the record's class does not declare
    is_open = facts.standing(row) is State.OPEN
    return EnvelopeSummary(
        id=str(row.id),
        title=row.title,
        state=EnvelopeState(facts.standing(row)),
        initiator=initiator(row),
        tenant_name=row.tenant.name,
        created_at=row.created_at,
        deadline_at=row.deadline_at,
        page_count=columns["page_total"] or 0,
        signed_count=columns["signed_count"] or 0,
        recipient_count=columns["recipient_count"] or 0,
        my_state=RecipientState(columns["my_state"]) if columns["my_state"] else None,
        waiting_for=tuple(columns["ready_names"] or ()) if is_open else (),
    )


def shown(granted: Permit) -> EnvelopeDetail:
    """A permitted envelope as its parties see it."""
    envelope = granted.envelope
    return EnvelopeDetail(
        id=str(envelope.id),
        title=envelope.title,
        state=EnvelopeState(facts.standing(envelope)),
        initiator=initiator(envelope),
        tenant_name=envelope.tenant.name,
        created_at=envelope.created_at,
        completed_at=envelope.completed_at,
        deadline_at=envelope.deadline_at,
        documents=tuple(document.shown(row) for row in permit.documents(granted)),
        recipients=tuple(_recipient(row, granted) for row in granted.recipients),
        ended_by=envelope.ended_by_name or None,
        ended_reason=envelope.ended_reason or None,
        may_sign=who_may.may(Right.SEAL, granted.facts),
        may_download=who_may.may(Right.DOWNLOAD, granted.facts),
        may_decline=who_may.may(Right.DECLINE, granted.facts),
        may_void=who_may.may(Right.VOID, granted.facts),
        may_extend=who_may.may(Right.EXTEND, granted.facts),
        may_forward=who_may.may(Right.FORWARD, granted.facts),
    )


def initiator(envelope: Envelope) -> PersonRef:
    """Who started the envelope, as his name was then."""
    return PersonRef(
        id=str(envelope.initiator_id), name=envelope.initiator_name, tenant_name=envelope.tenant.name
    )


def _recipient(row: Recipient, granted: Permit) -> RecipientShown:
    return RecipientShown(
        id=str(row.id),
        person=PersonRef(id=str(row.person_id), name=row.person_name, tenant_name=row.tenant_name or None),
        turn=row.turn,
        state=RecipientState(row.state),
        is_me=granted.recipient is not None and row.id == granted.recipient.id,
        signed_at=row.signed_at,
    )
