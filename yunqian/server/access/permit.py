"""Fetch, check and lock in one call: the only way to an object is a permit for it.

Each function reads the object as the actor can see it, asks rules.who_may, and answers the same …_NOT_FOUND
for what is absent and for what is not his. A Permit is also the only key to scope.switched: an envelope
belongs to one organization while its signers may sit in others.

Locks are always taken in the order envelope → document → ceremony → order, once per transaction, so that two
transactions can wait for each other but never in a circle.
"""

from dataclasses import dataclass
from uuid import UUID

from yunqian.problems import Problem, Refused
from yunqian.rules import who_may
from yunqian.rules.who_may import Facts, Right
from yunqian.server import scope
from yunqian.server.access import facts, found
from yunqian.server.access.actor import Actor
from yunqian.server.records.models import (
    Ceremony,
    Document,
    Envelope,
    IncomingUpload,
    Recipient,
    SignOrder,
    Upload,
)


@dataclass(frozen=True)
class Permit(scope.Pass):
    """Proof that `right` was granted to `actor` for `envelope`. `recipient` is the actor as its signer."""

    right: Right
    actor: Actor
    envelope: Envelope
    recipients: tuple[Recipient, ...]
    recipient: Recipient | None
    facts: Facts

    @property
    def recipient_id(self) -> UUID:
        """The actor as signer. Raises Refused(NOT_ADDRESSED) for an initiator who is none."""
        if self.recipient is None:
            raise Refused(Problem.NOT_ADDRESSED)
        return self.recipient.id

    @property
    def is_my_turn(self) -> bool:
        """Whether the actor may sign now."""
        return who_may.may(Right.SEAL, self.facts)


@dataclass(frozen=True)
class CeremonyPermit(scope.Pass):
    """Proof that `ceremony` is the actor's own; its envelope may have closed meanwhile (see `facts`)."""

    actor: Actor
    ceremony: Ceremony
    envelope: Envelope
    recipient: Recipient
    recipients: tuple[Recipient, ...]
    facts: Facts

    def demand_open(self) -> None:
        """Raise what rules.who_may says when the envelope can no longer be signed by him."""
        who_may.demand(Right.SEAL, self.facts)


def start(actor: Actor) -> None:
    """Raise Refused(START_NOT_GRANTED) unless the actor may start envelopes for his organization."""
    who_may.demand(Right.START, Facts(grants=actor.grants))


def view(actor: Actor, envelope_id: str) -> Permit:
    """To see the envelope: its initiator and its signers."""
    return _envelope(actor, envelope_id, Right.VIEW)


def download(actor: Actor, envelope_id: str) -> Permit:
    """To take the document away: the initiator alone (manual 6.3)."""
    return _envelope(actor, envelope_id, Right.DOWNLOAD)


def seal(actor: Actor, envelope_id: str, *, is_locking: bool = True) -> Permit:
    """To sign now: a signer whose turn it is. Locks the envelope's row, so that its signers take turns."""
    return _envelope(actor, envelope_id, Right.SEAL, is_locking=is_locking)


def change(actor: Actor, envelope_id: str, right: Right) -> Permit:
    """To recall, extend, send on or decline: decided on the locked row, so that it does not end under a signature."""
    return _envelope(actor, envelope_id, right, is_locking=True)


def documents(permit: Permit) -> list[Document]:
    """The documents of the permitted envelope, in its order."""
    return list(Document.objects.filter(envelope=permit.envelope).order_by("position", "id"))


def document(permit: Permit, document_id: str | None) -> Document:
    """A document of the permitted envelope; None is its first. Raises Refused(DOCUMENT_NOT_FOUND)."""
    if document_id is not None:
        rows = Document.objects.filter(envelope=permit.envelope)
        return found.one(rows, document_id, Problem.DOCUMENT_NOT_FOUND)
    first = next(iter(documents(permit)), None)
    if first is None:
        raise Refused(Problem.DOCUMENT_NOT_FOUND)
    return first


def ceremony(actor: Actor, ceremony_id: str, *, is_locking: bool = False) -> CeremonyPermit:
    """To go on with a ceremony: the signer who opened it, for the organization he opened it for; nobody else."""
    row = found.one_or_none(Ceremony.objects.all(), ceremony_id)
    envelope = Envelope.objects.filter(id=row.envelope_id).first() if row else None
    recipients = _recipients(envelope) if envelope else ()
    mine = next((one for one in recipients if row and one.id == row.recipient_id), None)
    if row is None or envelope is None or mine is None or not facts.is_seat_of(actor, mine):
        raise Refused(Problem.CEREMONY_NOT_FOUND)
    if is_locking:
        envelope = _locked(envelope)
        recipients = _recipients(envelope)
        mine = next((one for one in recipients if one.id == row.recipient_id), None)
        if mine is None or not facts.is_seat_of(actor, mine):  # handed over a moment ago
            raise Refused(Problem.CEREMONY_NOT_FOUND)
        with scope.switched(scope.Pass(envelope.tenant_id)):
            row = Ceremony.objects.select_for_update().get(id=row.id)
    gathered = facts.of_envelope(actor, envelope, recipients)
    return CeremonyPermit(envelope.tenant_id, actor, row, envelope, mine, recipients, gathered)


def order(permit: CeremonyPermit, order_id: str) -> SignOrder:
    """An order of the permitted ceremony, its row locked; call it in the scope of the permit.

    Raises Refused(ORDER_MISMATCH) for an order of another ceremony, without telling whether it exists.
    """
    rows = SignOrder.objects.select_for_update().filter(ceremony=permit.ceremony)
    return found.one(rows, order_id, Problem.ORDER_MISMATCH)


def upload(actor: Actor, upload_id: str, *, is_locking: bool = True) -> Upload:
    """An upload of the actor's own that has not been sent yet, its row locked unless it is only read."""
    rows = Upload.objects.select_for_update() if is_locking else Upload.objects.all()
    mine = rows.filter(person_id=actor.person_id, tenant_id=actor.tenant_id, used_at=None)
    return found.one(mine, upload_id, Problem.UPLOAD_NOT_FOUND)


def incoming(actor: Actor, incoming_id: str, *, is_locking: bool = True) -> IncomingUpload:
    """An upload of the actor's own that arrives in parts, its row locked unless it is only read."""
    rows = IncomingUpload.objects.select_for_update() if is_locking else IncomingUpload.objects.all()
    mine = rows.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    return found.one(mine, incoming_id, Problem.UPLOAD_NOT_FOUND)


def _envelope(actor: Actor, envelope_id: str, right: Right, *, is_locking: bool = False) -> Permit:
    rows = Envelope.objects.select_related("tenant")
    envelope = found.one(rows, envelope_id, Problem.ENVELOPE_NOT_FOUND)
    recipients = _recipients(envelope)
    gathered = facts.of_envelope(actor, envelope, recipients)
    who_may.demand(right, gathered)
    if is_locking:  # what was decided on unlocked rows is decided again on the locked one
        envelope = _locked(envelope)
        recipients = _recipients(envelope)
        gathered = facts.of_envelope(actor, envelope, recipients)
        who_may.demand(right, gathered)
    mine = next((one for one in recipients if facts.is_seat_of(actor, one)), None)
    return Permit(envelope.tenant_id, right, actor, envelope, recipients, mine, gathered)


def _locked(envelope: Envelope) -> Envelope:
    """The same envelope, locked. Its row may be written only in the scope of the organization that owns it."""
    with scope.switched(scope.Pass(envelope.tenant_id)):
        return Envelope.objects.select_for_update(of=("self",)).select_related("tenant").get(id=envelope.id)


def _recipients(envelope: Envelope) -> tuple[Recipient, ...]:
    rows = Recipient.objects.filter(tenant_id=envelope.tenant_id, envelope=envelope)
    return tuple(rows.order_by("turn", "person_name", "id"))
