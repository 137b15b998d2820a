"""Handing a seat over to a colleague of the same organization (转交): the seat stays, another person sits in it."""

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CeremonyState, SignOrderState
from yunqian.rules.who_may import Right
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import Permit
from yunqian.server.actions import Done, Trace, action, notices, refusals_recorded, seal_flight
from yunqian.server.actions.notices import Event, Party
from yunqian.server.queries import ceremony as ceremonies
from yunqian.server.records.models import Ceremony, Member, Recipient, SealCeremony, SeatHandover, SignOrder
from yunqian.wire.after import HandedOver
from yunqian.wire.notices import NoticeKind

_SIGNED = (SignOrderState.SIGNED, SignOrderState.EMBEDDED)


@refusals_recorded("seat.refused")
@action("seat.handed_over")
def hand_over(actor: Actor, *, envelope_id: str, account: str) -> Done[HandedOver]:
    """A colleague signs instead; who handed it over loses the envelope with it, unless he started it.

    A session that is under way is given up. Raises what rules.who_may says of Right.HAND_OVER, and
    Refused(PERSON_NOT_FOUND, COLLEAGUE_ADDRESSED_ALREADY or SEAT_PARTLY_SIGNED).
    """
    granted = permit.change(actor, envelope_id, Right.HAND_OVER)
    colleague = _colleague(actor, account)
    if any(one.person_id == colleague.person_id for one in granted.recipients):
        raise Refused(Problem.COLLEAGUE_ADDRESSED_ALREADY, name=colleague.person.name)
    with scope.switched(granted):
        seat = Recipient.objects.get(id=granted.recipient_id)
        _give_up_session(granted, seat)
        _move(granted, seat, colleague)
    _tell(granted, seat, colleague)
    told = {"seat": str(seat.id), "from": actor.name, "to": colleague.person.name}
    return Done(HandedOver(name=colleague.person.name), Trace(granted, granted.envelope.id, told))


def _colleague(actor: Actor, account: str) -> Member:
    """An active member of the actor's organization. Raises Refused(PERSON_NOT_FOUND)."""
    rows = Member.objects.filter(tenant_id=actor.tenant_id, person__account=account, is_active=True)
    found = rows.select_related("person").first()
    if found is None:
        raise Refused(Problem.PERSON_NOT_FOUND, account=account)
    return found


def _give_up_session(granted: Permit, seat: Recipient) -> None:
    """Drop what is prepared and not signed. Raises Refused(SEAT_PARTLY_SIGNED) where a key has signed already."""
    own = Ceremony.objects.select_for_update().filter(recipient=seat)
    sessions = list(own.order_by("id"))
    if SignOrder.objects.filter(ceremony__in=sessions, state__in=_SIGNED).exists():
        raise Refused(Problem.SEAT_PARTLY_SIGNED)
    for one in sessions:
        if one.state == CeremonyState.OPEN:
            seal_flight.drop(one, ceremonies.orders_of(one))
    with scope.switched(scope.Pass(granted.actor.tenant_id)):
        SealCeremony.objects.filter(
            tenant_id=granted.actor.tenant_id, ceremony_id__in=[one.id for one in sessions]
        ).delete()


def _move(granted: Permit, seat: Recipient, colleague: Member) -> None:
    """Put the colleague into the seat; what the row policies ask follows by a trigger, in the same statement."""
    person = colleague.person
    SeatHandover.objects.create(
        envelope=granted.envelope,
        recipient=seat,
        from_person_id=seat.person_id,
        from_name=seat.person_name,
        to_person=person,
        to_name=person.name,
    )
    seat.person, seat.person_name = person, person.name
    seat.save(update_fields=["person", "person_name"])


def _tell(granted: Permit, seat: Recipient, colleague: Member) -> None:
    envelope, actor = granted.envelope, granted.actor
    mark = f"{seat.id}:{SeatHandover.objects.filter(tenant_id=granted.tenant_id, recipient=seat).count()}"
    given = Event(NoticeKind.SEAT_GIVEN, envelope.id, mark, by=actor.name)
    notices.tell(given, [Party(colleague.person_id, actor.tenant_id)])
    moved = Event(NoticeKind.SEAT_MOVED, envelope.id, mark, by=actor.name, subject=colleague.person.name)
    besides = {actor.person_id, colleague.person_id}
    keeper = notices.keeper_of(envelope)
    notices.tell(moved, [keeper] if keeper.person_id not in besides else [])
