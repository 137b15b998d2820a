"""Seals and certificates: which of them an actor may use, and with which other."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from yunqian.crypto import certificates
from yunqian.problems import Problem, Refused
from yunqian.server.access.actor import Actor
from yunqian.server.records.certificate import CertificateState
from yunqian.server.records.models import Certificate, Seal, SealCertificate
from yunqian.server.records.seal import SealState
from yunqian.wire.panel import SealChoice


@dataclass(frozen=True)
class Bound:
    """A certificate of the actor or his organization, read once; `state` is what our own rows say of it."""

    certificate: certificates.Certificate
    state: str


def bound(actor: Actor, *, fingerprints: Sequence[str]) -> tuple[Bound, ...]:
    """The actor's certificates with these SHA-256 values, in the same order.

    Raises Refused(CERTIFICATE_NOT_BOUND) for one that is neither his nor his organization's: the same answer
    whether it is another's or nobody's.
    """
    rows = {row.sha256: row for row in _certificates(actor).filter(sha256__in=fingerprints)}
    missing = next((one for one in fingerprints if one not in rows), None)
    if missing is not None:
        raise Refused(Problem.CERTIFICATE_NOT_BOUND, owner=missing[:8].upper())
    return tuple(Bound(certificates.read(bytes(rows[one].der)), rows[one].state) for one in fingerprints)


def allowed(actor: Actor, *, seal_id: str, fingerprint: str) -> Seal:
    """The seal, when it is in use, the actor's to apply, and to be applied with this certificate.

    Raises Refused(SEAL_NOT_FOUND) for a seal the actor cannot know of, and Refused(SEAL_NOT_ALLOWED).
    """
    rows = Seal.objects.filter(tenant_id=actor.tenant_id)
    seal = rows.filter(id=seal_id).first() if _is_uuid(seal_id) else None
    if seal is None:
        raise Refused(Problem.SEAL_NOT_FOUND)
    is_granted = _granted(actor).filter(id=seal.id).exists()
    fits = SealCertificate.objects.filter(seal=seal, certificate__sha256=fingerprint).exists()
    if not (is_granted and fits):
        raise Refused(Problem.SEAL_NOT_ALLOWED, seal=seal.name)
    return seal


def choices(actor: Actor) -> tuple[SealChoice, ...]:
    """The seals the actor may apply, personal ones first, each with the certificates that may apply it."""
    seals = list(_granted(actor).defer("eseal").order_by("person_id", "kind", "name", "id"))
    pairs = SealCertificate.objects.filter(seal__in=seals).filter(
        certificate__in=_certificates(actor).filter(state=CertificateState.BOUND)
    )
    fingerprints: dict[object, list[str]] = {}
    for seal_id, fingerprint in pairs.order_by("id").values_list("seal_id", "certificate__sha256"):
        fingerprints.setdefault(seal_id, []).append(fingerprint)
    return tuple(_choice(seal, actor, tuple(fingerprints.get(seal.id, ()))) for seal in seals)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _granted(actor: Actor) -> QuerySet[Seal]:
    """His own seals, and the organization's that were granted to him, as far as they are in use."""
    his = Q(person_id=actor.person_id) | Q(person_id=None, seal_grants__member_id=actor.member_id)
    return Seal.objects.filter(his, tenant_id=actor.tenant_id, state=SealState.IN_USE).distinct()


def _certificates(actor: Actor) -> QuerySet[Certificate]:
    his = Q(person_id=actor.person_id) | Q(person_id=None)
    return Certificate.objects.filter(his, tenant_id=actor.tenant_id)


def _choice(seal: Seal, actor: Actor, fingerprints: tuple[str, ...]) -> SealChoice:
    return SealChoice(
        id=str(seal.id),
        name=seal.name,
        kind=seal.kind,
        owner_name=actor.name if seal.person_id else actor.tenant_name,
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        picture_png=base64.b64encode(bytes(seal.picture_png)).decode(),
        certificate_sha256s=fingerprints,
    )
