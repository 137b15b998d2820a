"""Seals and certificates: which of them an actor may use, and with which other."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from yunqian.crypto import certificates
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import SealState, SealUseApprovalState
from yunqian.server.access import found
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor
from yunqian.server.records.certificate import CertificateState
from yunqian.server.records.models import Certificate, Seal, SealCertificate, SealUseApproval
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


@dataclass(frozen=True)
class Purpose:
    """What a seal is to be applied for: an envelope, and the ceremony once there is one."""

    envelope_id: UUID
    ceremony_id: UUID | None = None


def allowed(
    actor: Actor, *, seal_id: str, fingerprint: str, purpose: Purpose, is_locking: bool = False
) -> Seal:
    """The seal, when it is in use, the actor's to apply for this purpose, and to be applied with this certificate.

    Raises Refused(SEAL_NOT_FOUND) for a seal the actor cannot know of, and Refused(SEAL_NOT_ALLOWED,
    SEAL_NOT_IN_USE, TENANT_NOT_VERIFIED or SEAL_USE_NEEDS_APPROVAL).
    """
    rows = Seal.objects.select_for_update() if is_locking else Seal.objects.all()
    rows = rows.filter(tenant_id=actor.tenant_id)
    seal = found.one(rows, seal_id, Problem.SEAL_NOT_FOUND)
    is_his = permits.applicable(actor).filter(id=seal.id).exists()
    fits = SealCertificate.objects.filter(seal=seal, certificate__sha256=fingerprint).exists()
    if not (is_his and fits):
        raise Refused(Problem.SEAL_NOT_ALLOWED, seal=seal.name)
    require_in_use(seal)
    if seal.person_id is None:
        permits.require_verified(actor)
        _require_approved(actor, seal, purpose)
    return seal


_WHY_NOT = {
    SealState.FROZEN: ("已冻结", "is frozen"),
    SealState.CANCELLED: ("已注销", "was cancelled"),
    SealState.EXPIRED: ("已过有效期", "has expired"),
}


def require_in_use(seal: Seal) -> None:
    """Raise Refused(SEAL_NOT_IN_USE) for a seal that is stopped, or whose time is over."""
    state = SealState(seal.state)
    if seal.valid_until_at is not None and seal.valid_until_at <= timezone.now():
        state = SealState.EXPIRED if state is SealState.IN_USE else state
    if state is not SealState.IN_USE:
        chinese, english = _WHY_NOT[state]
        raise Refused(Problem.SEAL_NOT_IN_USE, seal=seal.name, state_zh=chinese, state_en=english)


def needing_approval(actor: Actor) -> frozenset[UUID]:
    """The organization's seals of which each use of the actor's is asked for: no grant says otherwise."""
    given = list(permits.granted(actor).values_list("seal_id", "needs_approval"))
    free = {seal_id for seal_id, needs in given if not needs}
    return frozenset(seal_id for seal_id, needs in given if needs and seal_id not in free)


def _require_approved(actor: Actor, seal: Seal, purpose: Purpose) -> None:
    """An approval serves one ceremony: until its first signature any of the envelope, then that one alone."""
    if seal.id not in needing_approval(actor):
        return
    mine = SealUseApproval.objects.filter(
        tenant_id=actor.tenant_id, seal=seal, person_id=actor.person_id, envelope_id=purpose.envelope_id
    )
    serves = Q(state=SealUseApprovalState.APPROVED)
    if purpose.ceremony_id is not None:
        serves |= Q(state=SealUseApprovalState.USED, ceremony_id=purpose.ceremony_id)
    if not mine.filter(serves).exists():
        raise Refused(Problem.SEAL_USE_NEEDS_APPROVAL, seal=seal.name)


def choices(actor: Actor) -> tuple[SealChoice, ...]:
    """The seals the actor may apply, personal ones first, each with the certificates that may apply it."""
    seals = list(_granted(actor).defer("eseal").order_by("person_id", "kind", "name", "id"))
    pairs = SealCertificate.objects.filter(seal__in=seals).filter(
        certificate__in=_certificates(actor).filter(state=CertificateState.BOUND)
    )
    fingerprints: dict[object, list[str]] = {}
    for seal_id, fingerprint in pairs.order_by("id").values_list("seal_id", "certificate__sha256"):
        fingerprints.setdefault(seal_id, []).append(fingerprint)
    asked = needing_approval(actor)
    return tuple(
        _choice(seal, actor, tuple(fingerprints.get(seal.id, ())), needs_approval=seal.id in asked)
        for seal in seals
    )


def valid(actor: Actor) -> QuerySet[Certificate]:
    """The certificates, the actor's and the organization's, that are bound and in date."""
    now = timezone.now()
    return _certificates(actor).filter(
        state=CertificateState.BOUND, not_before_at__lte=now, not_after_at__gt=now
    )


def ends(actor: Actor) -> dict[str, datetime]:
    """The valid certificates with which the actor may apply some seal now, by SHA-256, and when they end."""
    pairs = SealCertificate.objects.filter(seal__in=_granted(actor), certificate__in=valid(actor))
    return dict(pairs.values_list("certificate__sha256", "certificate__not_after_at"))


def _granted(actor: Actor) -> QuerySet[Seal]:
    """His own seals, and the organization's that were granted to him, as far as they can be used now."""
    lasting = Q(valid_until_at=None) | Q(valid_until_at__gt=timezone.now())
    rows = permits.applicable(actor).filter(lasting, state=SealState.IN_USE)
    return rows if permits.is_verified(actor) else rows.exclude(person=None)


def _certificates(actor: Actor) -> QuerySet[Certificate]:
    his = Q(person_id=actor.person_id) | Q(person_id=None)
    return Certificate.objects.filter(his, tenant_id=actor.tenant_id)


def _choice(seal: Seal, actor: Actor, fingerprints: tuple[str, ...], *, needs_approval: bool) -> SealChoice:
    return SealChoice(
        id=str(seal.id),
        name=seal.name,
        kind=seal.kind,
        owner_name=actor.name if seal.person_id else actor.tenant_name,
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        picture_png=base64.b64encode(bytes(seal.picture_png)).decode(),
        certificate_sha256s=fingerprints,
        needs_approval=needs_approval,
    )
