"""Single uses of a seal: asked for, decided on, written into the ledger with the signature that carries it."""

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import SealUseApprovalEvent as Event
from yunqian.rules.lifecycle import SealUseApprovalState as State
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import CeremonyPermit
from yunqian.server.actions import Done, Trace, action, ledger, notices
from yunqian.server.actions.notices import Decision
from yunqian.server.queries import seal as using
from yunqian.server.queries import seal_uses as reading
from yunqian.server.queries.exports import Sheet
from yunqian.server.queries.seal_uses import Search
from yunqian.server.records.base import advance
from yunqian.server.records.models import Document, Seal, SealUse, SealUseApproval, SignOrder
from yunqian.wire import seals as wire
from yunqian.wire.notices import NoticeKind

_OPEN = (State.ASKED, State.APPROVED)


@action("seal.use_asked")
def ask(actor: Actor, *, seal_id: str, envelope_id: str, reason: str) -> Done[wire.SealUseApproval]:
    """Ask for one use of a seal for an envelope that the actor signs.

    Raises Refused(SEAL_NOT_FOUND, ENVELOPE_NOT_FOUND, NOT_ADDRESSED, SEAL_NOT_IN_USE or SEAL_USE_ASKED_ALREADY).
    """
    row = permits.given(actor, seal_id).seal
    granted = permit.view(actor, envelope_id)
    if granted.recipient is None:
        raise Refused(Problem.NOT_ADDRESSED)
    permits.lock_applicant(actor)
    using.require_in_use(row)
    envelope = granted.envelope
    asked = {"seal": row, "person_id": actor.person_id, "envelope_id": envelope.id}
    mine = SealUseApproval.objects.filter(tenant_id=actor.tenant_id, **asked)
    if mine.filter(state__in=_OPEN).exists():
        raise Refused(Problem.SEAL_USE_ASKED_ALREADY, seal=row.name)
    made = SealUseApproval.objects.create(
        person_name=actor.name, envelope_title=envelope.title, reason=reason, **asked
    )
    return _done(actor, made)


@action("seal.use_approved")
def approve(actor: Actor, *, approval_id: str) -> Done[wire.SealUseApproval]:
    """Yes, once. Raises what access.seals.decided_use raises, and Refused(TRANSITION_NOT_ALLOWED)."""
    return _decided(actor, approval_id, Event.APPROVE, "")


@action("seal.use_refused")
def refuse(actor: Actor, *, approval_id: str, reason: str) -> Done[wire.SealUseApproval]:
    """No, and why. Raises what `approve` raises."""
    return _decided(actor, approval_id, Event.REFUSE, reason)


def _decided(actor: Actor, approval_id: str, event: Event, reason: str) -> Done[wire.SealUseApproval]:
    row = permits.decided_use(actor, approval_id).approval
    advance(row, event)
    row.decided_by_id, row.decided_by_name = actor.person_id, actor.name
    row.decided_at, row.decision = timezone.now(), reason
    row.save(update_fields=["decided_by", "decided_by_name", "decided_at", "decision"])
    notices.decided(
        actor,
        row.person_id,
        Decision(NoticeKind.SEAL_USE_DECIDED, row.id, row.seal.name, is_granted=event is Event.APPROVE),
    )
    return _done(actor, row)


@action("seal.ledger_exported")
def export(actor: Actor, *, search: Search) -> Done[Sheet]:
    """The ledger as CSV; that it was taken away is itself written down. Raises what queries.seal_uses raises."""
    made = reading.exported(actor, search)
    return Done(made, Trace(scope.Pass(actor.tenant_id), None, {"lines": made.lines}))


def note(granted: CeremonyPermit, order: SignOrder, document: Document) -> None:
    """Write every seal of an embedded order into the ledger of its organization, and use up what was approved."""
    actor = granted.actor
    with scope.switched(scope.Pass(actor.tenant_id)):
        for one in order.impressions:
            row = Seal.objects.only("id", "name").get(tenant_id=actor.tenant_id, id=one["seal_id"])
            SealUse.objects.create(
                seal=row,
                seal_name=row.name,
                envelope_id=granted.envelope.id,
                envelope_title=granted.envelope.title,
                document_name=document.name,
                person_id=actor.person_id,
                person_name=actor.name,
                certificate_sha256=order.certificate_sha256,
                certificate_owner=order.certificate_owner,
                revision=order.revision or 0,
            )
            _use_up(granted, row)


def _use_up(granted: CeremonyPermit, row: Seal) -> None:
    approved = SealUseApproval.objects.select_for_update().filter(
        tenant_id=granted.actor.tenant_id,
        seal=row,
        person_id=granted.actor.person_id,
        envelope_id=granted.envelope.id,
        state=State.APPROVED,
    )
    for one in approved:
        advance(one, Event.USE)
        one.ceremony_id = granted.ceremony.id
        one.save(update_fields=["ceremony_id"])


def _done(actor: Actor, row: SealUseApproval) -> Done[wire.SealUseApproval]:
    facts: ledger.Facts = {
        "approval_id": str(row.id),
        "seal_id": str(row.seal_id),
        "seal": row.seal.name,
        "envelope": str(row.envelope_id),
        "state": str(row.state),
        "reason": row.decision or row.reason,
    }
    return Done(reading.approval(actor, row), Trace(scope.Pass(actor.tenant_id), None, facts))
