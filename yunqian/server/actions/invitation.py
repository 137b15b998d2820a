"""Inviting people into an organization, by a link or by phone, and their saying yes.

The link carries the organization's identifier and a secret of 256 bits, of which only the SHA-256 is kept. It is
taken once. What it opens is one place in one organization; who takes it must be logged in, and where a number was
named, be the verified person of that number.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import identity
from yunqian.rules.lifecycle import InvitationEvent, TenantState
from yunqian.rules.lifecycle import InvitationState as State
from yunqian.server import scope
from yunqian.server.access import members
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.members import Administration
from yunqian.server.actions import Done, Trace, action, ledger, messages
from yunqian.server.queries import members as reading
from yunqian.server.queries import personal
from yunqian.server.records.base import advance
from yunqian.server.records.models import Invitation, Member, Person, RoleHolder, Tenant
from yunqian.wire.members import Invitation as Shown
from yunqian.wire.members import InvitationShown, Invite, Invited

LASTS = timedelta(days=7)
SECRET_BYTES = 32


@dataclass(frozen=True)
class Opened:
    """An invitation that was just made, with its secret, which nothing keeps."""

    invitation: Shown
    secret: str
    mobile: str | None
    tenant_name: str


def invite(asking: Asking, *, wanted: Invite, origin: str) -> Invited:
    """Invite a person; where a number is named, the link is sent there once the invitation stands.

    Raises Refused(MEMBERS_NOT_GRANTED, MOBILE_INVALID, DEPARTMENT_NOT_FOUND or ROLE_NOT_FOUND). A message that could
    not be sent leaves an invitation whose link can be given by hand.
    """
    return sent(_invite(asking, wanted=wanted), origin=origin)


def sent(made: Opened, *, origin: str) -> Invited:
    """Send the link to the number that was named, outside every transaction."""
    link = f"{origin}/join/{made.secret}"
    is_sent = made.mobile is not None and messages.invited(
        made.mobile, tenant=made.tenant_name, link=link, key=made.invitation.id
    )
    return Invited(invitation=made.invitation, link=link, is_sent=is_sent)


@action("member.invited")
def _invite(actor: Actor, *, wanted: Invite) -> Done[Opened]:
    permit = members.administer(actor)
    made = opened(permit, wanted, tenant_name=actor.tenant_name)
    return Done(made, Trace(permit, None, _facts(made.invitation)))


def opened(permit: Administration, wanted: Invite, *, tenant_name: str) -> Opened:
    """Write an invitation, in the scope of its organization."""
    mobile = identity.mobile(wanted.mobile) if wanted.mobile else None
    secret = f"{permit.tenant_id.hex}.{secrets.token_urlsafe(SECRET_BYTES)}"
    row = Invitation.objects.create(
        secret_sha256=_hashed(secret),
        name=wanted.name.strip(),
        mobile_index=personal.mobile_index(mobile) if mobile else None,
        mobile_masked=identity.masked_mobile(mobile) if mobile else "",
        department=members.department(permit, wanted.department_id) if wanted.department_id else None,
        role=members.role(permit, wanted.role_id) if wanted.role_id else None,
        invited_by_id=permit.actor.person_id,
        expires_at=timezone.now() + LASTS,
    )
    return Opened(reading.invitation(row), secret, mobile, tenant_name)


@action("invitation.withdrawn")
def withdraw(actor: Actor, *, invitation_id: str) -> Done[Shown]:
    """The link opens nothing any more. Raises Refused(INVITATION_NOT_FOUND or TRANSITION_NOT_ALLOWED)."""
    permit = members.administer(actor)
    row = members.invitation(permit, invitation_id)
    advance(row, InvitationEvent.WITHDRAW)
    shown = reading.invitation(row)
    return Done(shown, Trace(permit, None, _facts(shown)))


def look(asking: Asking, *, secret: str) -> InvitationShown:
    """What one is invited to. Raises Refused(INVITATION_NOT_FOUND or TENANT_SUSPENDED)."""
    tenant = _tenant(secret)
    person = _person(asking)
    with scope.reading(person_id=asking.person_id, tenant_id=tenant.id):
        row = _open_one(secret, person)
        _refuse_suspended(tenant)
        return InvitationShown(
            tenant_name=tenant.name,
            department=row.department.name if row.department else None,
            role=row.role.name if row.role else None,
            expires_at=row.expires_at,
            is_member=Member.objects.filter(tenant=tenant, person=person, is_active=True).exists(),
        )


def accept(asking: Asking, *, secret: str) -> Asking:
    """Become a member, with the department and role that the invitation names; who had left comes back.

    Raises Refused(INVITATION_NOT_FOUND, MEMBER_ALREADY or TENANT_SUSPENDED). A suspended member stays suspended:
    his administrator lets him back in, no link does.
    """
    tenant = _tenant(secret)
    person = _person(asking)
    with scope.entered(person_id=asking.person_id, tenant_id=tenant.id):
        row = _open_one(secret, person, is_locking=True)
        _refuse_suspended(tenant)
        advance(row, InvitationEvent.TAKE)
        Invitation.objects.filter(id=row.id).update(taken_by=person, taken_at=timezone.now())
        member = _joined(row, person, tenant)
        if person.home_id in (None, person.space_id):  # others see from now on where he belongs
            Person.objects.filter(id=person.id).update(home_id=tenant.id)
        if row.role_id:
            RoleHolder.objects.get_or_create(role_id=row.role_id, member=member)
        facts: ledger.Facts = {"invitation": str(row.id), "name": person.name}
        ledger.append("member.joined", envelope_id=None, person_id=person.id, facts=facts, at=timezone.now())
    return Asking(asking.person_id, tenant.id)


def _joined(row: Invitation, person: Person, tenant: Tenant) -> Member:
    # His memberships of other organizations are his to see as well.
    own = Member.objects.filter(tenant=tenant, person=person)
    member = own.select_for_update(of=("self",)).first()
    if member is None:
        return Member.objects.create(person=person, department_id=row.department_id)
    if member.left_at is None:
        raise Refused(Problem.MEMBER_ALREADY, tenant=tenant.name)
    member.is_active, member.left_at, member.joined_at = True, None, timezone.now()
    member.department_id = row.department_id
    member.save(update_fields=["is_active", "left_at", "joined_at", "department_id"])
    return member


def _open_one(secret: str, person: Person, *, is_locking: bool = False) -> Invitation:
    """The open invitation of this secret, if it is this person's to take: one answer for all that it may be else."""
    rows = Invitation.objects.select_for_update(of=("self",)) if is_locking else Invitation.objects.all()
    row = rows.filter(secret_sha256=_hashed(secret), state=State.OPEN, expires_at__gt=timezone.now()).first()
    if row is None or (row.mobile_index is not None and not _is_of(person, bytes(row.mobile_index))):
        raise Refused(Problem.INVITATION_NOT_FOUND)
    return row


def _is_of(person: Person, index: bytes) -> bool:
    """Whether the number behind `index` is the one that this person was verified with."""
    own = bytes(person.mobile_index or b"")
    return person.verified_at is not None and hmac.compare_digest(own, index)


def _tenant(secret: str) -> Tenant:
    """The organization that the secret names; whether it is a true one, its row of the invitation tells."""
    try:
        identifier = UUID(secret.partition(".")[0])
    except ValueError:
        raise Refused(Problem.INVITATION_NOT_FOUND) from None
    with scope.platform():
        tenant = Tenant.objects.filter(id=identifier).first()
    if tenant is None:
        raise Refused(Problem.INVITATION_NOT_FOUND)
    return tenant


def _refuse_suspended(tenant: Tenant) -> None:
    """Told only to who has shown that he has the secret."""
    if tenant.state == TenantState.SUSPENDED:
        raise Refused(Problem.TENANT_SUSPENDED, tenant=tenant.name)


def _person(asking: Asking) -> Person:
    with scope.platform():
        person = Person.objects.filter(id=asking.person_id).first()
    if person is None:
        raise Refused(Problem.LOGIN_REQUIRED)
    return person


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _facts(shown: Shown) -> ledger.Facts:
    return {"invitation": shown.id, "name": shown.name, "mobile": shown.mobile_masked or ""}
