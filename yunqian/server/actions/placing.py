"""Putting a proved certificate into its place: whose it is, which seals it applies, whose place it takes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from yunqian.crypto.certificates import Certificate as Read
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CertificateEvent
from yunqian.rules.lifecycle import CertificateState as State
from yunqian.server import scope
from yunqian.server.access import certificates as permits
from yunqian.server.access.actor import Actor
from yunqian.server.actions import eseals, ledger, stopped
from yunqian.server.queries import bindings
from yunqian.server.records.base import advance
from yunqian.server.records.models import Certificate, Seal, SealCertificate
from yunqian.server.records.seal import SealState

_GIVES_ITS_PLACE = frozenset({State.BOUND, State.LOST})


@dataclass(frozen=True)
class Placed:
    """The certificate's row, and the one whose place it took; not `is_new` where it was bound before."""

    row: Certificate
    replaces: Certificate | None
    is_new: bool

    @property
    def facts(self) -> dict[str, ledger.Fact]:
        """What the ledger says of it."""
        told: dict[str, ledger.Fact] = {"certificate_id": str(self.row.id)}
        return told | ({"replaces_id": str(self.replaces.id)} if self.replaces else {})


def place(actor: Actor, leaf: Read, *, person_id: UUID | None, maker: Maker | None, at: datetime) -> Placed:
    """Bind the certificate to the person, or to the organization where `person_id` is None.

    Raises what `known` raises, and Refused(CA_UNAVAILABLE) where seal objects have to be made anew and nobody makes
    them.
    """
    permits.lock(leaf.sha256)
    row = known(actor, leaf, person_id=person_id)
    if row is not None:
        return Placed(row, None, is_new=False)
    row = Certificate.objects.create(
        person_id=person_id,
        der=leaf.der,
        sha256=leaf.sha256,
        owner=leaf.owner[:200],
        not_before_at=leaf.not_before_at,
        not_after_at=leaf.not_after_at,
        bound_at=at,
    )
    replaced = _take_place(actor, leaf, row)
    if replaced is None and person_id is not None:
        _give_own_seals(row, person_id)
    _renew_seals(actor, row, maker, at=at)
    return Placed(row, replaced, is_new=True)


def known(actor: Actor, leaf: Read, *, person_id: UUID | None) -> Certificate | None:
    """The row of a certificate that is bound to this holder here already, None where it is nobody's.

    Looks into every organization: a certificate is one person's, or one organization's. Call it under
    `permits.lock`. Raises Refused(CERTIFICATE_OF_ANOTHER), and what refuses one of his own that was stopped here.
    """
    with scope.showing(leaf.sha256):
        rows = list(Certificate.objects.filter(sha256=leaf.sha256))
    for row in rows:
        is_of_holder = row.person_id == person_id and (
            person_id is not None or row.tenant_id == actor.tenant_id
        )
        is_over_elsewhere = row.state == State.REVOKED and row.tenant_id != actor.tenant_id
        if not is_of_holder and not is_over_elsewhere:
            raise Refused(Problem.CERTIFICATE_OF_ANOTHER, owner=leaf.owner)
        if row.state == State.LOST:
            stopped.require_bound(row.state, owner=leaf.owner)
    own = next((row for row in rows if row.tenant_id == actor.tenant_id), None)
    if own is not None:
        stopped.require_bound(own.state, owner=leaf.owner)
    return own


def _take_place(actor: Actor, leaf: Read, row: Certificate) -> Certificate | None:
    """Take the place of the certificate that this one renews; it stays in the books, and signs nothing any more."""
    renewed = bindings.earlier(actor, leaf, row.person_id)
    old = next((one for one in renewed if one.state in _GIVES_ITS_PLACE and one.replaced_by_id is None), None)
    if old is None:
        return None
    for link in SealCertificate.objects.filter(tenant_id=actor.tenant_id, certificate=old):
        SealCertificate.objects.create(seal_id=link.seal_id, certificate=row)
        link.delete()
    if old.state == State.BOUND:
        advance(old, CertificateEvent.REPLACE)
        stopped.end_sessions(sha256=old.sha256, person_id=old.person_id)
    old.replaced_by = row
    old.save(update_fields=["replaced_by"])
    return old


def _give_own_seals(row: Certificate, person_id: UUID) -> None:
    """Every certificate of a person may apply all of his own seals, as at an enrolment."""
    own = Seal.objects.filter(tenant_id=row.tenant_id, person_id=person_id, state=SealState.IN_USE)
    for seal in own.order_by("id"):
        SealCertificate.objects.create(seal=seal, certificate=row)


def _renew_seals(actor: Actor, row: Certificate, maker: Maker | None, *, at: datetime) -> None:
    """Have the seal objects made anew that list their certificates; what is a picture only stays one."""
    listed = Seal.objects.filter(tenant_id=row.tenant_id, seal_certificates__certificate=row)
    for seal in listed.exclude(eseal=None).filter(state=SealState.IN_USE).order_by("id"):
        if maker is None:
            raise Refused(Problem.CA_UNAVAILABLE)
        eseals.renew(seal, owner=actor.tenant_name, maker=maker, at=at)
