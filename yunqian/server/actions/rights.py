"""Departments, roles, and the rights that are given to them and to members (manual 6.1: nobody has any by himself)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server.access import members
from yunqian.server.access.actor import Actor
from yunqian.server.access.members import Administration
from yunqian.server.actions import Done, Trace, action, administrators, ledger
from yunqian.server.queries import rights as reading
from yunqian.server.records.models import (
    Department,
    Grant,
    Invitation,
    Member,
    Role,
    RoleHolder,
)
from yunqian.wire.envelope import Right
from yunqian.wire.members import Department as DepartmentShown
from yunqian.wire.members import Grant as GrantShown
from yunqian.wire.members import HolderKind
from yunqian.wire.members import Role as RoleShown

Answer = TypeVar("Answer")


@action("department.made")
def make_department(actor: Actor, *, name: str, parent_id: str | None) -> Done[DepartmentShown]:
    """A new department. Raises Refused(DEPARTMENT_NOT_FOUND or NAME_TAKEN)."""
    permit = members.administer(actor, is_changing=True)
    parent = members.department(permit, parent_id) if parent_id else None
    with _named(name):
        row = Department.objects.create(name=name, parent=parent)
    return _done(permit, reading.department(row), department=name)


@action("department.changed")
def change_department(
    actor: Actor, *, department_id: str, name: str, parent_id: str | None
) -> Done[DepartmentShown]:
    """Another name or place in the tree, with everything below it.

    Raises Refused(DEPARTMENT_NOT_FOUND, DEPARTMENT_INSIDE_ITSELF, NAME_TAKEN or LAST_ADMINISTRATOR).
    """
    permit = members.administer(actor, is_changing=True)
    row = members.department(permit, department_id)
    parent = members.department(permit, parent_id) if parent_id else None
    if parent is not None and row.id in reading.path(permit.tenant_id, parent):
        raise Refused(Problem.DEPARTMENT_INSIDE_ITSELF)
    row.name, row.parent = name, parent
    with _named(name):
        row.save(update_fields=["name", "parent"])
    administrators.require_one(permit)
    return _done(permit, reading.department(row), department=name)


@action("department.removed")
def remove_department(actor: Actor, *, department_id: str) -> Done[None]:
    """An empty department goes. Raises Refused(DEPARTMENT_NOT_FOUND or STILL_USED)."""
    permit = members.administer(actor, is_changing=True)
    row = members.department(permit, department_id)
    inside = {"tenant_id": permit.tenant_id, "department": row}
    used = (
        Member.objects.filter(**inside),
        Grant.objects.filter(**inside),
        Invitation.objects.filter(**inside),
        Department.objects.filter(tenant_id=permit.tenant_id, parent=row),
    )
    _refuse_used(row.name, any(rows.exists() for rows in used))
    with _unused(row.name):
        row.delete()
    return _done(permit, None, department=row.name)


@action("role.made")
def make_role(actor: Actor, *, name: str, rights: Sequence[Right]) -> Done[RoleShown]:
    """A new name for a set of rights. Raises Refused(NAME_TAKEN)."""
    permit = members.administer(actor, is_changing=True)
    with _named(name):
        row = Role.objects.create(name=name)
    _set_rights(permit, row, rights)
    return _done(permit, reading.role(row), role=name, rights=_words(rights))


@action("role.changed")
def change_role(actor: Actor, *, role_id: str, name: str, rights: Sequence[Right]) -> Done[RoleShown]:
    """Another name or other rights, for everybody who has the role, from their next request on.

    Raises Refused(ROLE_NOT_FOUND, NAME_TAKEN or LAST_ADMINISTRATOR).
    """
    permit = members.administer(actor, is_changing=True)
    row = members.role(permit, role_id)
    row.name = name
    with _named(name):
        row.save(update_fields=["name"])
    _set_rights(permit, row, rights)
    administrators.require_one(permit)
    return _done(permit, reading.role(row), role=name, rights=_words(rights))


@action("role.removed")
def remove_role(actor: Actor, *, role_id: str) -> Done[None]:
    """A role that nobody has goes, with its rights. Raises Refused(ROLE_NOT_FOUND or STILL_USED)."""
    permit = members.administer(actor, is_changing=True)
    row = members.role(permit, role_id)
    inside = {"tenant_id": permit.tenant_id, "role": row}
    used = (RoleHolder.objects.filter(**inside), Invitation.objects.filter(**inside))
    _refuse_used(row.name, any(rows.exists() for rows in used))
    Grant.objects.filter(**inside).delete()
    with _unused(row.name):
        row.delete()
    return _done(permit, None, role=row.name)


@action("role.given")
def give_role(actor: Actor, *, role_id: str, member_id: str, until_at: datetime | None) -> Done[RoleShown]:
    """A member has the role, until `until_at` where it is named; given again, the later word holds.

    Raises Refused(ROLE_NOT_FOUND, MEMBER_NOT_FOUND, MEMBER_HAS_LEFT, GRANT_ENDS_BEFORE or LAST_ADMINISTRATOR).
    """
    permit = members.administer(actor, is_changing=True)
    row = members.role(permit, role_id)
    holder = members.holder(permit, HolderKind.MEMBER, member_id)
    _refuse_past(until_at)
    RoleHolder.objects.update_or_create(
        tenant_id=permit.tenant_id, role=row, member_id=holder.id, defaults={"until_at": until_at}
    )
    administrators.require_one(permit)
    return _done(permit, reading.role(row), role=row.name, to=holder.name, until=_moment(until_at))


@action("role.taken")
def take_role(actor: Actor, *, role_id: str, member_id: str) -> Done[RoleShown]:
    """The member has the role no more. Raises Refused(ROLE_NOT_FOUND, MEMBER_NOT_FOUND or LAST_ADMINISTRATOR)."""
    permit = members.administer(actor, is_changing=True)
    row, member = members.role(permit, role_id), members.member(permit, member_id)
    RoleHolder.objects.filter(tenant_id=permit.tenant_id, role=row, member=member).delete()
    administrators.require_one(permit)
    return _done(permit, reading.role(row), role=row.name, from_member=member.person.name)


@action("right.granted")
def grant(
    actor: Actor, *, right: Right, holder_kind: HolderKind, holder_id: str, until_at: datetime | None
) -> Done[GrantShown]:
    """Give a right to a holder; given again, the later word on its end holds.

    Raises Refused(MEMBER_NOT_FOUND, ROLE_NOT_FOUND, DEPARTMENT_NOT_FOUND, MEMBER_HAS_LEFT, GRANT_ENDS_BEFORE or
    LAST_ADMINISTRATOR).
    """
    permit = members.administer(actor, is_changing=True)
    holder = members.holder(permit, holder_kind, holder_id)
    _refuse_past(until_at)
    said: dict[str, object] = {
        "until_at": until_at,
        "granted_by_id": actor.person_id,
        "granted_at": timezone.now(),
    }
    given: dict[str, object] = {"tenant_id": permit.tenant_id, "right": right, **holder.columns}
    row, _ = Grant.objects.update_or_create(defaults=said, **given)  # type: ignore[arg-type]
    administrators.require_one(permit)
    facts: ledger.Facts = {"right": right, "to": holder.name, "holder": holder_kind}
    return _done(permit, reading.grant(row), **facts, until=_moment(until_at))


@action("right.withdrawn")
def withdraw(actor: Actor, *, grant_id: str) -> Done[None]:
    """Take a right back, from the next request on. Raises Refused(GRANT_NOT_FOUND or LAST_ADMINISTRATOR)."""
    permit = members.administer(actor, is_changing=True)
    row = members.grant(permit, grant_id)
    shown = reading.grant(row)
    row.delete()
    administrators.require_one(permit)
    return _done(permit, None, right=row.right, **{"from": shown.holder_name, "holder": shown.holder_kind})


def _set_rights(permit: Administration, role: Role, rights: Sequence[Right]) -> None:
    held = Grant.objects.filter(tenant_id=permit.tenant_id, role=role)
    held.exclude(right__in=rights).delete()
    known = set(held.values_list("right", flat=True))
    for right in set(rights) - known:
        Grant.objects.create(role=role, right=right, granted_by_id=permit.actor.person_id)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Inside, the database's word that a name stands already is said as Refused(NAME_TAKEN)."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused(Problem.NAME_TAKEN, name=name) from None


@contextmanager
def _unused(name: str) -> Iterator[None]:
    """Inside, the database's word that a row is referred to is said as Refused(STILL_USED)."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused(Problem.STILL_USED, name=name) from None


def _refuse_used(name: str, is_used: bool) -> None:
    if is_used:
        raise Refused(Problem.STILL_USED, name=name)


def _refuse_past(until_at: datetime | None) -> None:
    if until_at is not None and until_at <= timezone.now():
        raise Refused(Problem.GRANT_ENDS_BEFORE)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _words(rights: Sequence[Right]) -> str:
    return " ".join(sorted(set(rights)))


def _done(permit: Administration, answer: Answer, **facts: ledger.Fact) -> Done[Answer]:
    return Done(answer, Trace(permit, None, facts))
