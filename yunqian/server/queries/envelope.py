"""One envelope in detail, for its parties."""

from yunqian.rules import who_may
from yunqian.rules.who_may import Right
from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import Permit
from yunqian.server.queries import after, document, query
from yunqian.server.records.models import Envelope, Recipient
from yunqian.wire.envelope import (
    EnvelopeDetail,
    EnvelopeState,
    PersonRef,
    RecipientState,
)
from yunqian.wire.envelope import Recipient as RecipientShown


@query
def detail(actor: Actor, *, envelope_id: str) -> EnvelopeDetail:
    """One envelope, for its initiator and its signers."""
    return shown(permit.view(actor, envelope_id))


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
        after=after.shown(granted),
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
