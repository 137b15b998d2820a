"""Members: moved, suspended, let back in, and let go with what they leave behind handed over (manual 2, 6.1)."""

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnvelopeState
from yunqian.server.access import facts, members
from yunqian.server.access.actor import Actor
from yunqian.server.access.members import Administration
from yunqian.server.actions import Done, Trace, action, administrators, certificates, ledger, seal
from yunqian.server.queries import members as reading
from yunqian.server.records.models import Envelope, Grant, Member, RoleHolder, SealGrant
from yunqian.wire.members import Member as Shown


@action("member.moved")
def move(actor: Actor, *, member_id: str, department_id: str | None) -> Done[Shown]:
    """Put a member into a department, or into none. Raises Refused(MEMBER_NOT_FOUND, DEPARTMENT_NOT_FOUND)."""
    permit = members.administer(actor, is_changing=True)
    row = members.member(permit, member_id)
    placed = members.department(permit, department_id) if department_id else None
    row.department = placed
    row.save(update_fields=["department"])
    administrators.require_one(permit)
    return _done(permit, row, department=placed.name if placed else "")


@action("member.suspended")
def suspend(actor: Actor, *, member_id: str) -> Done[Shown]:
    """From his next request on he acts for the organization no more; what he holds waits for him.

    Raises Refused(MEMBER_NOT_FOUND, MEMBER_HAS_LEFT or LAST_ADMINISTRATOR).
    """
    permit = members.administer(actor, is_changing=True)
    row = _present(permit, member_id)
    row.is_active = False
    row.save(update_fields=["is_active"])
    administrators.require_one(permit)
    return _done(permit, row)


@action("member.resumed")
def resume(actor: Actor, *, member_id: str) -> Done[Shown]:
    """A suspended member acts again. Raises Refused(MEMBER_NOT_FOUND or MEMBER_HAS_LEFT)."""
    permit = members.administer(actor, is_changing=True)
    row = _present(permit, member_id)
    row.is_active = True
    row.save(update_fields=["is_active"])
    return _done(permit, row)


@action("member.left")
def leave(actor: Actor, *, member_id: str, successor_id: str | None) -> Done[Shown]:
    """The member has left: rights, roles and seals are taken back, open tasks go to the successor.

    His own seals here are cancelled and his certificates bound no more; what he signed stays his.
    Raises Refused(MEMBER_NOT_FOUND, MEMBER_HAS_LEFT, SUCCESSOR_NEEDED or LAST_ADMINISTRATOR).
    """
    permit = members.administer(actor, is_changing=True)
    row = _present(permit, member_id)
    handed = _hand_over(permit, row, successor_id)
    rights = Grant.objects.filter(tenant_id=permit.tenant_id, member=row).delete()[0]
    RoleHolder.objects.filter(tenant_id=permit.tenant_id, member=row).delete()
    seals = SealGrant.objects.filter(tenant_id=permit.tenant_id, member=row).delete()[0]
    own = seal.withdraw_of(actor, person_id=row.person_id, reason=f"{row.person.name} left")
    bound = certificates.end_of(tenant_id=permit.tenant_id, person_id=row.person_id)
    row.is_active, row.left_at = False, timezone.now()
    row.save(update_fields=["is_active", "left_at"])
    administrators.require_one(permit)
    return _done(permit, row, tasks_handed_over=handed, rights=rights, seals=seals + own, certificates=bound)


def _hand_over(permit: Administration, leaving: Member, successor_id: str | None) -> int:
    """Give the open envelopes that he keeps to the successor; the number of them. Who started them stays written."""
    kept = Envelope.objects.filter(facts.kept_by(leaving.person_id), tenant_id=permit.tenant_id)
    open_ones = kept.filter(state=EnvelopeState.OPEN).select_for_update(of=("self",)).order_by("id")
    found = list(open_ones.values_list("id", flat=True))  # locked before the ledger is, as everywhere
    if not found:
        return 0
    successor = _present(permit, successor_id) if successor_id else None
    if successor is None or not successor.is_active or successor.id == leaving.id:
        raise Refused(Problem.SUCCESSOR_NEEDED, count=len(found))
    for envelope_id in found:
        ledger.append(
            "envelope.handed_over",
            envelope_id=envelope_id,
            person_id=permit.actor.person_id,
            facts={"from": leaving.person.name, "to": successor.person.name},
            at=timezone.now(),
        )
    return Envelope.objects.filter(tenant_id=permit.tenant_id, id__in=found).update(
        keeper_id=successor.person_id
    )


def _present(permit: Administration, member_id: str) -> Member:
    row = members.member(permit, member_id)
    if row.left_at is not None:
        raise Refused(Problem.MEMBER_HAS_LEFT)
    return row


def _done(permit: Administration, row: Member, **more: ledger.Fact) -> Done[Shown]:
    told: ledger.Facts = {"member": str(row.id), "name": row.person.name, **more}
    return Done(reading.shown([row])[0], Trace(permit, None, told))
