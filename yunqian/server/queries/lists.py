"""The lists of envelopes (待签署, 已签署, 我发起的, 抄送我的): their pages, their counts, and what waits next."""

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db import connection
from django.db.models import F, FilteredRelation, Func, Q, QuerySet, TextField
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnvelopeState as State
from yunqian.rules.lifecycle import RecipientState as Seat
from yunqian.server.access import facts
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.queries import cursors, envelope, person, query, search
from yunqian.server.queries.search import Lines, Search
from yunqian.server.records.models import Document, Envelope
from yunqian.wire.envelope import (
    Counts,
    EnvelopeList,
    EnvelopePage,
    EnvelopeState,
    EnvelopeSummary,
    InboxElsewhere,
    ListCount,
    NextTask,
    RecipientState,
)

MOST_COUNTED = 1000
MOST_EXPORTED = 10_000
_MOST_NAMES = 3  # of documents, in a line that was found by one of them
_COLUMNS = {
    "seat_state": "state",
    "listed_at": "listed_at",
    "listed_id": "envelope_id",
    "turn_began_at": "ready_at",
}
_BESIDE = """
SELECT line.id, paper.*, seat.* FROM unnest(%(ids)s::uuid[]) AS line (id),
LATERAL (SELECT count(*), coalesce(sum(page_count), 0) FROM document WHERE envelope_id = line.id) AS paper,
LATERAL (
    SELECT count(*) FILTER (WHERE state = %(signed)s),
           count(*) FILTER (WHERE state <> %(copied)s),
           array_agg(person_name ORDER BY turn, person_name) FILTER (WHERE state = %(ready)s),
           min(ready_at) FILTER (WHERE state = %(ready)s),
           min(state) FILTER (WHERE person_id = %(person)s AND for_tenant_id = %(tenant)s),
           min(signed_at) FILTER (WHERE person_id = %(person)s AND for_tenant_id = %(tenant)s)
    FROM recipient WHERE envelope_id = line.id
) AS seat
"""
_STATES = {"signed": Seat.SIGNED.value, "copied": Seat.COPIED.value, "ready": Seat.READY.value}
_SEATS = {EnvelopeList.INBOX: Seat.READY, EnvelopeList.SIGNED: Seat.SIGNED, EnvelopeList.COPIED: Seat.COPIED}


@query
def page(
    actor: Actor, *, which: EnvelopeList, looked_for: Search, cursor: str | None, limit: int
) -> EnvelopePage:
    """One page of what a list has and a search means, newest first. Raises Refused(REQUEST_INVALID)."""
    lines = _lines(actor, which)
    compared = search.words(looked_for)
    positions = search.page(lines, looked_for, compared, cursors.position(cursor), limit=limit + 1)
    shown = positions[:limit]
    rows = _read(shown)
    more = cursors.written(shown[-1]) if len(positions) > limit else None
    return EnvelopePage(items=tuple(_told(actor, rows, _names(rows, compared.text))), next_cursor=more)


def all_of(actor: Actor, which: EnvelopeList, looked_for: Search) -> Iterator[EnvelopeSummary]:
    """Every line that a search means, newest first. Raises Refused(LIST_TOO_LONG) before the first of them."""
    lines = _lines(actor, which).within(looked_for)
    rows = search.meant(lines.after(None), looked_for, search.words(looked_for))
    positions = list(lines.positions(rows)[: MOST_EXPORTED + 1])
    if len(positions) > MOST_EXPORTED:
        raise Refused(Problem.LIST_TOO_LONG, limit=MOST_EXPORTED)
    for begin in range(0, len(positions), 500):
        yield from _told(actor, _read(positions[begin : begin + 500]))


@query
def following(actor: Actor, *, after_id: str | None) -> NextTask:
    """What waits for the actor next: more of the same envelope, else what is due first, else what waits longest."""
    waiting = _lines(actor, EnvelopeList.INBOX).rows
    ordered = waiting.order_by(F("deadline_at").asc(nulls_last=True), F("turn_began_at"), "id")
    same = waiting.filter(id=_uuid(after_id)) if after_id else waiting.none()
    first = (list(same.values_list("id", flat=True)) or list(ordered.values_list("id", flat=True)[:1]))[:1]
    told = _told(actor, _read([(timezone.now(), one) for one in first]))
    return NextTask(next=told[0] if told else None, left=_counted(waiting))


def counts(asking: Asking) -> Counts:
    """How many lines each list has, and how many wait in each other organization of the person.

    Those are asked one by one, each as the person acting for it, so no scope ever sees two organizations.
    """
    own = _counts(asking)
    others = [Asking(asking.person_id, one.id) for one in person.tenants_of(asking)]
    waiting = {one.tenant_id: _waiting(one) for one in others if one.tenant_id != asking.tenant_id}
    elsewhere = (
        InboxElsewhere(tenant_id=str(each), inbox=found.count, is_capped=found.is_capped)
        for each, found in waiting.items()
        if found.count
    )
    return own.model_copy(update={"elsewhere": tuple(elsewhere)})


@query
def _counts(actor: Actor) -> Counts:
    found = {which: _counted(_lines(actor, which).rows) for which in EnvelopeList}
    return Counts(
        inbox=found[EnvelopeList.INBOX],
        signed=found[EnvelopeList.SIGNED],
        started=found[EnvelopeList.STARTED],
        copied=found[EnvelopeList.COPIED],
    )


def _waiting(asking: Asking) -> ListCount:
    """What waits in an organization; nothing in one that has suspended him at this very moment."""
    try:
        return _inbox(asking)
    except Refused:
        return ListCount(count=0, is_capped=False)


@query
def _inbox(actor: Actor) -> ListCount:
    return _counted(_lines(actor, EnvelopeList.INBOX).rows)


def _counted(rows: QuerySet[Envelope]) -> ListCount:
    """How many rows there are; beyond a thousand nobody counts them."""
    count = rows.values("id")[: MOST_COUNTED + 1].count()
    return ListCount(count=min(count, MOST_COUNTED), is_capped=count > MOST_COUNTED)


def _lines(actor: Actor, which: EnvelopeList) -> Lines:
    """A list: what the actor started, or where he has a seat, for the organization he acts for.

    The envelope may be any organization's. Where he has a seat for another one of his is in that one's list.
    """
    if which is EnvelopeList.STARTED:
        kept = Envelope.objects.filter(facts.kept_by(actor.person_id), tenant_id=actor.tenant_id)
        return Lines(kept, "created_at", "id", is_kept=True)
    mine = Q(recipients__person_id=actor.person_id, recipients__for_tenant_id=actor.tenant_id)
    seated = Envelope.objects.annotate(seat=FilteredRelation("recipients", condition=mine))
    # As columns of their own: each condition on `seat__…` would join the recipients once more.
    columns = {name: F(f"seat__{column}") for name, column in _COLUMNS.items()}
    rows = seated.annotate(**columns).filter(("seat_state", _SEATS[which]))
    if which is EnvelopeList.INBOX:
        in_time = Q(deadline_at=None) | Q(deadline_at__gte=timezone.now())
        rows = rows.filter(in_time, state=State.OPEN)
    return Lines(rows, "listed_at", "listed_id", is_kept=False)


def _read(positions: Sequence[cursors.Position]) -> list[Envelope]:
    """The envelopes at these positions."""
    rows = Envelope.objects.filter(id__in=[identifier for _, identifier in positions])
    return search.in_order(list(rows.select_related("tenant")), positions) if positions else []


def _told(
    actor: Actor, rows: Sequence[Envelope], names: Mapping[UUID, tuple[str, ...]] = MappingProxyType({})
) -> list[EnvelopeSummary]:
    """The lines of envelopes with all that they tell; `names` are of documents in which the words were found."""
    beside = _beside(actor, [row.id for row in rows])
    return [_summary(row, beside[row.id], names.get(row.id, ())) for row in rows]


@dataclass(frozen=True)
class Beside:
    """What a line tells that does not stand in its envelope's own row."""

    documents: int
    pages: int
    signed: int
    seats: int
    ready_names: Sequence[str] | None
    ready_since: datetime | None
    my_state: str | None
    my_signed_at: datetime | None


def _beside(actor: Actor, identifiers: Sequence[UUID]) -> dict[UUID, Beside]:
    """Of all lines of a page in one statement, for which putting it together costs nothing each time."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BESIDE,
            {"ids": [*identifiers], "person": actor.person_id, "tenant": actor.tenant_id, **_STATES},
        )
        return {row[0]: Beside(*row[1:]) for row in cursor.fetchall()}


def _summary(row: Envelope, beside: Beside, found_in: tuple[str, ...]) -> EnvelopeSummary:
    is_open = facts.standing(row) is State.OPEN
    return EnvelopeSummary(
        id=str(row.id),
        title=row.title,
        state=EnvelopeState(facts.standing(row)),
        initiator=envelope.initiator(row),
        tenant_name=row.tenant.name,
        created_at=row.created_at,
        deadline_at=row.deadline_at,
        completed_at=row.completed_at,
        document_count=beside.documents,
        page_count=beside.pages,
        signed_count=beside.signed,
        recipient_count=beside.seats,
        my_state=RecipientState(beside.my_state) if beside.my_state else None,
        my_signed_at=beside.my_signed_at,
        waiting_for=tuple(beside.ready_names or ()) if is_open else (),
        waiting_since=beside.ready_since if is_open else None,
        ended_by=row.ended_by_name or None,
        found_in=found_in,
    )


def _names(rows: Sequence[Envelope], words: Sequence[str]) -> dict[UUID, tuple[str, ...]]:
    """For lines whose title has not all of the words, the names of documents that have some, a few of each."""
    titled = {row.id: row.searched.partition("\n")[0] for row in rows}
    wanted = [one for one, title in titled.items() if not all(word in title for word in words)]
    found: dict[UUID, tuple[str, ...]] = {}
    if not wanted:
        return found
    has_one = functools.reduce(operator.or_, (Q(plain__contains=word) for word in words))
    plain = Func("name", function="search_plain", output_field=TextField())
    named = Document.objects.filter(envelope_id__in=wanted).annotate(plain=plain).filter(has_one)
    for identifier, name in named.order_by("position", "id").values_list("envelope_id", "name"):
        found[identifier] = (*found.get(identifier, ()), name)[:_MOST_NAMES]
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(Problem.ENVELOPE_NOT_FOUND) from None
