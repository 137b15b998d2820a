"""Seals, their history and applications for them, as their people and whoever manages seals see them."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from yunqian.eseal.kinds import SealKind
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor
from yunqian.server.queries import cursors, query, seal
from yunqian.server.records.certificate import CertificateState
from yunqian.server.records.models import (
    Certificate,
    Department,
    Member,
    Person,
    Role,
    Seal,
    SealApplication,
    SealCertificate,
    SealEvent,
    SealGrant,
    Tenant,
)
from yunqian.wire import seals as wire
from yunqian.wire.members import HolderKind

MOST_SHOWN = 200


@query
def mine(actor: Actor) -> tuple[wire.Seal, ...]:
    """The actor's own seals and those granted to him, newest first; what is over stays to be seen."""
    rows = permits.applicable(actor).defer("eseal")
    return shown(actor, list(rows.order_by("-created_at", "-id")[:MOST_SHOWN]))


@query
def of_organization(actor: Actor, *, cursor: str | None, limit: int) -> wire.SealPage:
    """Every seal that the organization has or had. Raises Refused(SEALS_NOT_GRANTED)."""
    permits.manage(actor)
    rows = Seal.objects.filter(tenant_id=actor.tenant_id, person=None)
    page, following = cursors.page(rows, cursor, limit=limit)
    return wire.SealPage(items=shown(actor, page), next_cursor=following)


@query
def history(actor: Actor, *, seal_id: str) -> tuple[wire.SealEvent, ...]:
    """What happened to a seal, newest first. Raises Refused(SEAL_NOT_FOUND)."""
    row = permits.seen(actor, seal_id).seal
    events = SealEvent.objects.filter(tenant_id=actor.tenant_id, seal=row).order_by("-at", "-id")
    return tuple(
        wire.SealEvent(
            kind=one.kind, at=one.at, person_name=one.person_name or None, reason=one.reason or None
        )
        for one in events[:MOST_SHOWN]
    )


@query
def my_applications(actor: Actor) -> tuple[wire.SealApplication, ...]:
    """The actor's own applications, newest first."""
    rows = SealApplication.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id)
    return tuple(application(actor, row) for row in rows.order_by("-created_at", "-id")[:MOST_SHOWN])


@query
def to_decide(actor: Actor, *, cursor: str | None, limit: int) -> wire.SealApplicationPage:
    """Applications for seals of the organization. Raises Refused(SEALS_NOT_GRANTED)."""
    permits.manage(actor)
    rows = SealApplication.objects.filter(tenant_id=actor.tenant_id, is_personal=False)
    page, following = cursors.page(rows, cursor, limit=limit)
    return wire.SealApplicationPage(
        items=tuple(application(actor, row) for row in page), next_cursor=following
    )


@query
def grants(actor: Actor, *, seal_id: str) -> tuple[wire.SealGrant, ...]:
    """To whom a seal is granted. Raises Refused(SEALS_NOT_GRANTED or SEAL_NOT_FOUND)."""
    row = permits.administered(actor, seal_id).seal
    given = SealGrant.objects.filter(tenant_id=actor.tenant_id, seal=row)
    related = given.select_related("member__person", "role", "department", "granted_by")
    return tuple(map(grant, related.order_by("granted_at", "id")))


@query
def certificate_choices(actor: Actor) -> tuple[wire.SealCertificateChoice, ...]:
    """The certificates that the organization's seals can be bound to. Raises Refused(SEALS_NOT_GRANTED)."""
    permits.manage(actor)
    rows = usable_certificates(actor).order_by("person_id", "-bound_at", "-id")[:MOST_SHOWN]
    people = _names(row.person_id for row in rows)
    return tuple(
        wire.SealCertificateChoice(
            id=str(row.id),
            sha256=row.sha256,
            owner=row.owner,
            person_name=people.get(row.person_id) if row.person_id else None,
            not_after_at=row.not_after_at,
        )
        for row in rows
    )


def usable_certificates(actor: Actor) -> QuerySet[Certificate]:
    """Certificates of the organization and its people that may sign now."""
    rows = Certificate.objects.filter(tenant_id=actor.tenant_id, state=CertificateState.BOUND)
    return rows.filter(not_after_at__gt=timezone.now())


@query
def holders(actor: Actor, *, search: str) -> tuple[wire.SealHolder, ...]:
    """Whom a seal can be given to, by a part of the name. Raises Refused(SEALS_NOT_GRANTED)."""
    permits.manage(actor)
    inside = {"tenant_id": actor.tenant_id}
    people = Member.objects.filter(person__name__icontains=search, left_at=None, **inside)
    found = [
        *((HolderKind.DEPARTMENT, one.id, one.name) for one in _named(Department, search, inside)),
        *((HolderKind.ROLE, one.id, one.name) for one in _named(Role, search, inside)),
        *(
            (HolderKind.MEMBER, one.id, one.person.name)
            for one in people.select_related("person").order_by("person__name", "id")[:MOST_SHOWN]
        ),
    ]
    return tuple(
        wire.SealHolder(kind=kind, id=str(identifier), name=name) for kind, identifier, name in found
    )


def status(*, public_code: str) -> wire.SealStatus:
    """What anybody may know of a seal. Raises Refused(SEAL_NOT_FOUND)."""
    with scope.published(public_code):
        row = Seal.objects.filter(public_code=public_code).defer("picture_png", "eseal").first()
        if row is None:
            raise Refused(Problem.SEAL_NOT_FOUND)
        owner = (
            Person.objects.get(id=row.person_id).name
            if row.person_id
            else Tenant.objects.get(id=row.tenant_id).name
        )
    return wire.SealStatus(
        public_code=row.public_code,
        kind=SealKind(row.kind),
        name=row.name,
        owner_name=owner,
        state=_state(row),
        since_at=_since(row),
        filing_number=row.filing_number or None,
    )


def shown(actor: Actor, rows: Sequence[Seal]) -> tuple[wire.Seal, ...]:
    """Seals as messages, the owners of their certificates found at once."""
    links = SealCertificate.objects.filter(tenant_id=actor.tenant_id, seal__in=rows)
    owners: dict[UUID, list[str]] = {}
    for seal_id, owner in links.order_by("id").values_list("seal_id", "certificate__owner"):
        owners.setdefault(seal_id, []).append(owner)
    made = set(
        Seal.objects.filter(id__in=[row.id for row in rows]).exclude(eseal=None).values_list("id", flat=True)
    )
    asked = seal.needing_approval(actor)
    may_manage = permits.may_manage(actor)
    return tuple(
        wire.Seal(
            id=str(row.id),
            name=row.name,
            kind=SealKind(row.kind),
            is_personal=row.person_id is not None,
            owner_name=actor.name if row.person_id else actor.tenant_name,
            state=_state(row),
            since_at=_since(row),
            picture=_picture(row),
            filing_number=row.filing_number or None,
            public_code=row.public_code,
            valid_until_at=row.valid_until_at,
            created_at=row.created_at,
            is_made=row.id in made,
            needs_approval=row.id in asked,
            may_manage=row.person_id == actor.person_id if row.person_id else may_manage,
            certificates=tuple(owners.get(row.id, ())),
        )
        for row in rows
    )


def application(actor: Actor, row: SealApplication) -> wire.SealApplication:
    """An application as a message."""
    return wire.SealApplication(
        id=str(row.id),
        state=wire.SealApplicationState(row.state),
        kind=SealKind(row.kind),
        is_personal=row.is_personal,
        name=row.name,
        filing_number=row.filing_number or None,
        source=wire.PictureSource(row.source),
        picture=_picture(row),
        reason=row.reason,
        valid_until_at=row.valid_until_at,
        person_name=row.person_name,
        is_mine=row.person_id == actor.person_id,
        applied_at=row.created_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by_name or None,
        decision=row.decision or None,
        seal_id=str(row.seal_id) if row.seal_id else None,
    )


def grant(row: SealGrant) -> wire.SealGrant:
    """A grant as a message."""
    if row.member is not None:
        kind, name = HolderKind.MEMBER, row.member.person.name
    elif row.role is not None:
        kind, name = HolderKind.ROLE, row.role.name
    else:  # exactly one of the three, by the table's own rule
        kind, name = HolderKind.DEPARTMENT, row.department.name if row.department else ""
    return wire.SealGrant(
        id=str(row.id),
        holder_kind=kind,
        holder_id=str(row.member_id or row.role_id or row.department_id),
        holder_name=name,
        until_at=row.until_at,
        needs_approval=row.needs_approval,
        granted_at=row.granted_at,
        granted_by=row.granted_by.name if row.granted_by else None,
        is_over=row.until_at is not None and row.until_at <= timezone.now(),
    )


def _state(row: Seal) -> wire.SealState:
    """What is over is said to be over, also before the hourly job has written it down."""
    state = wire.SealState(row.state)
    is_over = row.valid_until_at is not None and row.valid_until_at <= timezone.now()
    return wire.SealState.EXPIRED if is_over and state is not wire.SealState.CANCELLED else state


def _since(row: Seal) -> datetime:
    ends_at = row.valid_until_at
    is_written_down = row.state in (wire.SealState.CANCELLED, wire.SealState.EXPIRED)
    return row.changed_at if is_written_down or ends_at is None or ends_at > timezone.now() else ends_at


def _picture(row: Seal | SealApplication) -> wire.SealPicture:
    return wire.SealPicture(
        picture_png=base64.b64encode(bytes(row.picture_png)).decode(),
        width_mm=row.width_mm,
        height_mm=row.height_mm,
    )


def _named(
    record: type[Department] | type[Role], search: str, inside: dict[str, UUID]
) -> Iterable[Department | Role]:
    rows = record.objects.filter(name__icontains=search, **inside)
    return rows.order_by("name", "id")[:MOST_SHOWN]


def _names(person_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {one for one in person_ids if one}
    return dict(Person.objects.filter(id__in=wanted).values_list("id", "name"))
