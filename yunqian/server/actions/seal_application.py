"""Applying for a seal, deciding on it, and having it made (申请、审批、制作).

A person's own signature or name seal is made at once. A seal of the organization is decided on by somebody who
manages seals and is not who applied, and made by the seal maker for the certificates that are chosen then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from yunqian.eseal.kinds import SealKind
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import SealApplicationEvent as Event
from yunqian.rules.lifecycle import SealApplicationState as State
from yunqian.rules.lifecycle import SealState
from yunqian.server import scope
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import (
    Done,
    Trace,
    action,
    eseals,
    ledger,
    notices,
    seal_certificates,
    seal_history,
    seal_pictures,
)
from yunqian.server.actions.notices import Decision
from yunqian.server.actions.seal_pictures import Made
from yunqian.server.adapters import seal_maker
from yunqian.server.queries import seals as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import Seal, SealApplication, SealEvent
from yunqian.wire import seals as wire
from yunqian.wire.notices import NoticeKind

MOST_IN_A_DAY = 20
_A_DAY = timedelta(hours=24)
_OPEN = (State.APPLIED, State.APPROVED)


@dataclass(frozen=True)
class Wanted:
    """What an application says, however its picture came."""

    kind: SealKind
    name: str
    reason: str
    filing_number: str | None
    valid_until_at: datetime | None


def apply(asking: Asking, *, wanted: Wanted, made: Made) -> wire.SealApplication:
    """Apply with a picture that was made before.

    Raises Refused(TENANT_NOT_VERIFIED, SEAL_APPLIED_ALREADY, SEAL_APPLICATIONS_TOO_MANY or GRANT_ENDS_BEFORE).
    """
    return _apply(asking, wanted=wanted, made=made, maker=maker_if_any())


def maker_if_any() -> Maker | None:
    """Who makes seal objects; None where there is nobody, and a person's own seal stays a picture."""
    try:
        return seal_maker.current()
    except Refused:
        return None


@action("seal.applied")
def _apply(actor: Actor, *, wanted: Wanted, made: Made, maker: Maker | None) -> Done[wire.SealApplication]:
    permits.lock_applicant(actor)
    is_personal = seal_pictures.is_personal(wanted.kind)
    if not is_personal:
        permits.require_verified(actor)
    if wanted.valid_until_at is not None and wanted.valid_until_at <= timezone.now():
        raise Refused(Problem.GRANT_ENDS_BEFORE)
    _require_new(actor, wanted)
    row = SealApplication.objects.create(
        person_id=actor.person_id,
        person_name=actor.name,
        kind=wanted.kind,
        is_personal=is_personal,
        name=wanted.name,
        filing_number=wanted.filing_number or "",
        source=made.source,
        picture_png=made.picture.png,
        width_mm=made.picture.width_mm,
        height_mm=made.picture.height_mm,
        reason=wanted.reason,
        valid_until_at=wanted.valid_until_at,
    )
    if is_personal:
        _make_own(actor, row, maker)
    return _done(actor, row)


def _require_new(actor: Actor, wanted: Wanted) -> None:
    """One at a time of a kind and name, whether it is applied for or in use; and not without end."""
    named = {"tenant_id": actor.tenant_id, "kind": wanted.kind, "name": wanted.name}
    mine = SealApplication.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    owner_id = actor.person_id if seal_pictures.is_personal(wanted.kind) else None
    stands = _standing(owner_id, **named)
    if mine.filter(state__in=_OPEN, **named).exists() or stands.exists():
        raise Refused(Problem.SEAL_APPLIED_ALREADY, name=wanted.name)
    if mine.filter(created_at__gt=timezone.now() - _A_DAY).count() >= MOST_IN_A_DAY:
        raise Refused(Problem.SEAL_APPLICATIONS_TOO_MANY)


def _make_own(actor: Actor, row: SealApplication, maker: Maker | None) -> None:
    """A person's own seal, which every certificate of his may apply."""
    advance(row, Event.APPROVE)
    advance(row, Event.MAKE)
    row.seal = _new_seal(actor, row)
    seal_certificates.give_own(actor, row.seal)
    if maker is not None:
        eseals.renew(row.seal, owner=actor.tenant_name, maker=maker, at=timezone.now())
    row.save(update_fields=["seal"])


@action("seal.application_withdrawn")
def withdraw(actor: Actor, *, application_id: str) -> Done[wire.SealApplication]:
    """Take one's own application back. Raises Refused(SEAL_APPLICATION_NOT_FOUND or TRANSITION_NOT_ALLOWED)."""
    row = permits.own_application(actor, application_id).application
    advance(row, Event.WITHDRAW)
    return _done(actor, row)


@action("seal.application_approved")
def approve(actor: Actor, *, application_id: str) -> Done[wire.SealApplication]:
    """Yes; the seal can be made.

    Raises Refused(SEALS_NOT_GRANTED, SEAL_APPLICATION_NOT_FOUND, DECISION_OF_ONES_OWN or TRANSITION_NOT_ALLOWED).
    """
    row = permits.decided_application(actor, application_id).application
    _decide(actor, row, Event.APPROVE, "")
    return _done(actor, row)


@action("seal.application_refused")
def refuse(actor: Actor, *, application_id: str, reason: str) -> Done[wire.SealApplication]:
    """No, and why. Raises what `approve` raises."""
    row = permits.decided_application(actor, application_id).application
    _decide(actor, row, Event.REFUSE, reason)
    return _done(actor, row)


def _decide(actor: Actor, row: SealApplication, event: Event, reason: str) -> None:
    advance(row, event)
    row.decided_by_id, row.decided_by_name = actor.person_id, actor.name
    row.decided_at, row.decision = timezone.now(), reason
    row.save(update_fields=["decided_by", "decided_by_name", "decided_at", "decision"])
    notices.decided(
        actor,
        row.person_id,
        Decision(NoticeKind.SEAL_DECIDED, row.id, row.name, is_granted=event is Event.APPROVE),
    )


def make(asking: Asking, *, application_id: str, certificate_ids: Sequence[str]) -> wire.Seal:
    """Have an approved seal made and signed by the seal maker, for the chosen certificates (GB/T 38540).

    Raises Refused(SEALS_NOT_GRANTED, SEAL_APPLICATION_NOT_FOUND, DECISION_OF_ONES_OWN, TRANSITION_NOT_ALLOWED,
    TENANT_NOT_VERIFIED, CERTIFICATE_NOT_FOUND or SEAL_APPLIED_ALREADY), and what the maker cannot be had with.
    """
    maker = seal_maker.current()
    return _make(asking, application_id=application_id, certificate_ids=certificate_ids, maker=maker)


@action("seal.made")
def _make(
    actor: Actor, *, application_id: str, certificate_ids: Sequence[str], maker: Maker
) -> Done[wire.Seal]:
    row = permits.decided_application(actor, application_id).application
    permits.require_verified(actor)
    advance(row, Event.MAKE)
    row.seal = _new_seal(actor, row)
    seal_certificates.bind(actor, row.seal, certificate_ids)
    eseals.renew(row.seal, owner=actor.tenant_name, maker=maker, at=timezone.now())
    row.save(update_fields=["seal"])
    (shown,) = reading.shown(actor, [row.seal])
    return Done(shown, Trace(scope.Pass(actor.tenant_id), None, _facts(row)))


def _new_seal(actor: Actor, row: SealApplication) -> Seal:
    """The seal with its history so far; of who else applied for one of the same name the first has made it."""
    owner_id = row.person_id if row.is_personal else None
    if _standing(owner_id, tenant_id=actor.tenant_id, kind=row.kind, name=row.name).exists():
        raise Refused(Problem.SEAL_APPLIED_ALREADY, name=row.name)
    made = Seal.objects.create(
        person_id=owner_id,
        name=row.name,
        kind=row.kind,
        picture_png=bytes(row.picture_png),
        width_mm=row.width_mm,
        height_mm=row.height_mm,
        filing_number=row.filing_number,
        valid_until_at=row.valid_until_at,
    )
    SealEvent.objects.create(
        seal=made,
        kind="seal.applied",
        person_id=row.person_id,
        person_name=row.person_name,
        reason=row.reason,
        at=row.created_at,
    )
    if row.decided_at is not None:
        SealEvent.objects.create(
            seal=made,
            kind="seal.application_approved",
            person_id=row.decided_by_id,
            person_name=row.decided_by_name,
            at=row.decided_at,
        )
    seal_history.note(actor, made, "seal.made")
    return made


def _standing(owner_id: UUID | None, **named: object) -> QuerySet[Seal]:
    """The seals of this owner that are named so and not over."""
    owner = Q(person_id=owner_id) if owner_id else Q(person=None)
    return Seal.objects.filter(owner, state__in=(SealState.IN_USE, SealState.FROZEN), **named)


def _facts(row: SealApplication) -> ledger.Facts:
    return {
        "application_id": str(row.id),
        "kind": row.kind,
        "name": row.name,
        "state": str(row.state),
        "seal_id": str(row.seal_id) if row.seal_id else None,
        "reason": row.decision or row.reason,
    }


def _done(actor: Actor, row: SealApplication) -> Done[wire.SealApplication]:
    return Done(reading.application(actor, row), Trace(scope.Pass(actor.tenant_id), None, _facts(row)))
