"""Permits for the administration of an organization: its members, departments, roles, grants and invitations."""

from dataclasses import dataclass
from uuid import UUID

from yunqian.problems import Problem, Refused
from yunqian.rules import who_may
from yunqian.rules.who_may import Facts, Right
from yunqian.server import scope
from yunqian.server.access import found
from yunqian.server.access.actor import Actor
from yunqian.server.records.models import Department, Grant, Invitation, Member, Role, Tenant
from yunqian.wire.envelope import TenantKind
from yunqian.wire.members import HolderKind


@dataclass(frozen=True)
class Administration(scope.Pass):
    """Proof that the actor may administer his organization's members."""

    actor: Actor


@dataclass(frozen=True)
class Holder:
    """One holder of rights, as the columns of a HeldRow name it."""

    kind: HolderKind
    id: UUID
    name: str

    @property
    def columns(self) -> dict[str, UUID | None]:
        """All three columns of a HeldRow, two of them empty."""
        return {f"{kind}_id": self.id if kind is self.kind else None for kind in HolderKind}


def administer(actor: Actor, *, is_changing: bool = False) -> Administration:
    """To see and change members and rights. Raises Refused(MEMBERS_NOT_GRANTED).

    Changes of one organization follow one another, so that two of them cannot each take away the other's last
    administrator.
    """
    who_may.demand(Right.MEMBERS, Facts(grants=actor.grants))
    if is_changing:
        scope.alone(f"members:{actor.tenant_id}")
    return Administration(actor.tenant_id, actor)


def operate(actor: Actor) -> None:
    """To run the platform. Raises Refused(OPERATE_NOT_GRANTED)."""
    is_operator = actor.tenant_kind == TenantKind.OPERATOR
    who_may.demand(Right.OPERATE, Facts(grants=actor.grants, is_operator=is_operator))


def member(permit: Administration, member_id: str) -> Member:
    """A member of the administered organization, whether active or not. Raises Refused(MEMBER_NOT_FOUND)."""
    rows = Member.objects.filter(tenant_id=permit.tenant_id).select_related("person", "department")
    return found.one(rows, member_id, Problem.MEMBER_NOT_FOUND)


def department(permit: Administration, department_id: str) -> Department:
    """A department of it. Raises Refused(DEPARTMENT_NOT_FOUND)."""
    rows = Department.objects.filter(tenant_id=permit.tenant_id)
    return found.one(rows, department_id, Problem.DEPARTMENT_NOT_FOUND)


def role(permit: Administration, role_id: str) -> Role:
    """A role of it. Raises Refused(ROLE_NOT_FOUND)."""
    rows = Role.objects.filter(tenant_id=permit.tenant_id)
    return found.one(rows, role_id, Problem.ROLE_NOT_FOUND)


def grant(permit: Administration, grant_id: str) -> Grant:
    """A grant in it. Raises Refused(GRANT_NOT_FOUND)."""
    rows = Grant.objects.filter(tenant_id=permit.tenant_id)
    return found.one(rows, grant_id, Problem.GRANT_NOT_FOUND)


def invitation(permit: Administration, invitation_id: str) -> Invitation:
    """An invitation of it. Raises Refused(INVITATION_NOT_FOUND)."""
    rows = Invitation.objects.filter(tenant_id=permit.tenant_id)
    return found.one(rows, invitation_id, Problem.INVITATION_NOT_FOUND)


def holder(permit: Administration, kind: HolderKind, holder_id: str) -> Holder:
    """Whom something may be given to: a member who has not left, a role, a department."""
    if kind is HolderKind.ROLE:
        return Holder(kind, (named := role(permit, holder_id)).id, named.name)
    if kind is HolderKind.DEPARTMENT:
        return Holder(kind, (placed := department(permit, holder_id)).id, placed.name)
    found = member(permit, holder_id)
    if found.left_at is not None:
        raise Refused(Problem.MEMBER_HAS_LEFT)
    return Holder(kind, found.id, found.person.name)


def tenant(actor: Actor, tenant_id: str) -> Tenant:
    """An organization, for the operator. Raises Refused(OPERATE_NOT_GRANTED or TENANT_NOT_FOUND).

    The spaces of persons are nobody's business but theirs.
    """
    operate(actor)
    rows = Tenant.objects.exclude(kind=TenantKind.PERSON)
    return found.one(rows, tenant_id, Problem.TENANT_NOT_FOUND)
