"""A certificate for a person's key: ordered, requested by the key itself, issued, written back (manual 2(2)).

The request gives the key alone; whom the certificate names is the person as the platform knows him. The
authority is asked outside any transaction; when the answer to it is lost, the same request is taken again.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from django.db import IntegrityError
from django.utils import timezone

from yunqian.crypto import certificate_requests, public_keys
from yunqian.crypto.certificates import Certificate as Read
from yunqian.crypto.suites import Suite
from yunqian.eseal import drawing
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnrolmentEvent
from yunqian.rules.lifecycle import EnrolmentState as State
from yunqian.server import scope
from yunqian.server.access import keycare as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, eseals, keyorders
from yunqian.server.adapters import ca, seal_maker
from yunqian.server.queries import keycare as reading
from yunqian.server.queries import query
from yunqian.server.records.base import advance
from yunqian.server.records.models import Certificate, Enrolment, Seal, SealCertificate
from yunqian.server.records.seal import SealKind, SealState
from yunqian.wire import keycare
from yunqian.wire.key_orders import EnrolResult, NamedKey, StoreResult

MOST_IN_A_DAY = 20


@dataclass(frozen=True)
class _Asked:
    """A request that has passed every check of ours, or None where its certificate is there already."""

    request: bytes | None
    owner: str
    algorithm: str
    public_key_sha256: str


@action("enrolment.started")
def start(actor: Actor, *, key: NamedKey, algorithm: str, origin: str) -> Done[keycare.Enrolment]:
    """Begin: the key is to make a pair. An earlier one of the same key that came to nothing ends.

    Raises Refused(ALGORITHM_UNSUPPORTED or KEYCARE_TOO_OFTEN).
    """
    if algorithm not in Suite.__members__:
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=algorithm[:40])
    keyorders.require_seldom(actor, Enrolment, most=MOST_IN_A_DAY)
    columns = keyorders.of_key(actor, key)
    for earlier in Enrolment.objects.select_for_update().filter(**columns, state=State.ORDERED):
        advance(earlier, EnrolmentEvent.ABANDON)
    row = Enrolment(algorithm=algorithm, **columns)
    keyorders.renew(row, at=timezone.now())
    row.save()
    return Done(reading.enrolment(actor, row, origin=origin), _trace(actor, row))


@action("enrolment.ordered")
def order(actor: Actor, *, enrolment_id: str, origin: str) -> Done[keycare.Enrolment]:
    """A fresh order for the present step, where the last one is over or its answer was lost."""
    row = permits.enrolment(actor, enrolment_id, is_locking=True).enrolment
    if row.state not in (State.ORDERED, State.ISSUED):
        raise Refused(Problem.TRANSITION_NOT_ALLOWED, state=row.state, event="order")
    keyorders.renew(row, at=timezone.now())
    row.save(update_fields=["nonce", "issued_at", "expires_at"])
    return Done(reading.enrolment(actor, row, origin=origin), _trace(actor, row))


@action("enrolment.abandoned")
def abandon(actor: Actor, *, enrolment_id: str, origin: str) -> Done[keycare.Enrolment]:
    """Give it up before a certificate was issued."""
    row = permits.enrolment(actor, enrolment_id, is_locking=True).enrolment
    advance(row, EnrolmentEvent.ABANDON)
    return Done(reading.enrolment(actor, row, origin=origin), _trace(actor, row))


def take_request(asking: Asking, *, enrolment_id: str, result: EnrolResult, origin: str) -> keycare.Enrolment:
    """Have the key's request certified. The same request again gives the same certificate.

    Raises Refused(ENROLMENT_NOT_FOUND, ORDER_MISMATCH, ORDER_EXPIRED, ENROLMENT_REQUEST_OTHER, ENROLMENT_KEY_TAKEN
    or REQUEST_INVALID), and what `CertificateAuthority.issue` raises.
    """
    asked = _asked(asking, enrolment_id=enrolment_id, result=result)
    leaf, picture = None, None
    maker = seal_maker.current()
    if asked.request is not None:
        leaf = ca.current().issue(asked.request, name=asked.owner)[0]
        picture = drawing.name_seal(drawing.inscription(asked.owner))
    return _issue(
        asking,
        enrolment_id=enrolment_id,
        asked=asked,
        leaf=leaf,
        picture=picture,
        maker=maker,
        origin=origin,
    )


@query
def _asked(actor: Actor, *, enrolment_id: str, result: EnrolResult) -> _Asked:
    row = permits.enrolment(actor, enrolment_id).enrolment
    encoded = _decoded(result.request)
    request = certificate_requests.read(encoded)
    digest = hashlib.sha256(request.public_key_der).hexdigest()
    if row.state != State.ORDERED and row.public_key_sha256 == digest:
        return _Asked(None, row.person_name, row.algorithm, digest)
    keyorders.require_order(row, result.order_id)
    if row.expires_at is None or timezone.now() >= row.expires_at:
        raise Refused(Problem.ORDER_EXPIRED)
    if not request.is_proven:
        raise Refused(Problem.ENROLMENT_REQUEST_OTHER, detail="signature")
    _require_algorithm(request.public_key_der, row.algorithm)
    if Enrolment.objects.filter(tenant_id=actor.tenant_id, public_key_sha256=digest).exists():
        raise Refused(Problem.ENROLMENT_KEY_TAKEN)
    return _Asked(encoded, row.person_name, row.algorithm, digest)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(Problem.REQUEST_INVALID, detail="request") from None


_KINDS = {
    Suite.RSA_SHA256.name: "rsa",
    Suite.ECDSA_SHA256.name: "ec:secp256r1",
    Suite.ECDSA_SHA384.name: "ec:secp384r1",
    Suite.SM2_SM3.name: "ec:sm2",
}


def _require_algorithm(public_key_der: bytes, algorithm: str) -> None:
    """The pair is of the kind that was ordered; how strong it must be is for the authority to say."""
    try:
        kind = public_keys.read(public_key_der).algorithm
    except ValueError:
        raise Refused(Problem.ENROLMENT_REQUEST_OTHER, detail="key") from None
    if _KINDS.get(algorithm) != kind:
        raise Refused(Problem.ENROLMENT_REQUEST_OTHER, detail="algorithm")


@action("enrolment.issued")
def _issue(
    actor: Actor,
    *,
    enrolment_id: str,
    asked: _Asked,
    leaf: Read | None,
    picture: drawing.Picture | None,
    maker: Maker,
    origin: str,
) -> Done[keycare.Enrolment]:
    row = permits.enrolment(actor, enrolment_id, is_locking=True).enrolment
    if row.public_key_sha256 == asked.public_key_sha256:
        return Done(reading.enrolment(actor, row, origin=origin), None)
    if leaf is None or picture is None:
        raise Refused(Problem.ORDER_MISMATCH)
    advance(row, EnrolmentEvent.ISSUE)
    at = timezone.now()
    row.certificate = _bound(actor, leaf)
    own = _seals(actor, row.certificate, picture)
    for seal in own:  # one written by hand before there was a certificate has its object made now
        eseals.renew(seal, owner=actor.tenant_name, maker=maker, at=at)
    row.seal = own[0]
    row.public_key_sha256 = asked.public_key_sha256
    keyorders.renew(row, at=at)
    try:
        row.save(
            update_fields=["certificate", "seal", "public_key_sha256", "nonce", "issued_at", "expires_at"]
        )
    except IntegrityError as error:  # somebody brought the same pair while the authority was asked
        raise Refused(Problem.ENROLMENT_KEY_TAKEN) from error
    return Done(reading.enrolment(actor, row, origin=origin), _trace(actor, row, leaf.sha256))


def _bound(actor: Actor, leaf: Read) -> Certificate:
    return Certificate.objects.create(
        person_id=actor.person_id,
        der=leaf.der,
        sha256=leaf.sha256,
        owner=leaf.owner,
        not_before_at=leaf.not_before_at,
        not_after_at=leaf.not_after_at,
    )


def _seals(actor: Actor, certificate: Certificate, picture: drawing.Picture) -> list[Seal]:
    """The person's own seals, or one made at his first certificate; every certificate of his may apply them all."""
    own = list(Seal.objects.filter(person_id=actor.person_id, state=SealState.IN_USE).order_by("id"))
    if not own:
        own = [
            Seal.objects.create(
                person_id=actor.person_id,
                name=drawing.inscription(actor.name),
                kind=SealKind.NAME,
                picture_png=picture.png,
                width_mm=picture.width_mm,
                height_mm=picture.height_mm,
            )
        ]
    for seal in own:
        SealCertificate.objects.create(seal=seal, certificate=certificate)
    return own


@action("enrolment.stored")
def stored(actor: Actor, *, enrolment_id: str, result: StoreResult, origin: str) -> Done[keycare.Enrolment]:
    """The key has what was issued. Telling it again changes nothing.

    Raises Refused(ENROLMENT_NOT_FOUND, ORDER_MISMATCH, CERTIFICATE_MISMATCH or TRANSITION_NOT_ALLOWED).
    """
    row = permits.enrolment(actor, enrolment_id, is_locking=True).enrolment
    keyorders.require_order(row, result.order_id)
    issued = Certificate.objects.filter(id=row.certificate_id).first() if row.certificate_id else None
    if issued is None or result.certificate_sha256 != issued.sha256:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    if row.state == State.STORED:
        return Done(reading.enrolment(actor, row, origin=origin), None)
    if not _made(row) <= set(result.seals_sha256):
        raise Refused(Problem.ORDER_MISMATCH)
    advance(row, EnrolmentEvent.STORE)
    return Done(reading.enrolment(actor, row, origin=origin), _trace(actor, row, issued.sha256))


def _made(row: Enrolment) -> set[str]:
    """The digest of the seal object that was sent along; empty where the seal is a picture only."""
    whole = row.seal.eseal if row.seal is not None else None
    return set() if whole is None else {hashlib.sha256(whole).hexdigest()}


def _trace(actor: Actor, row: Enrolment, certificate_sha256: str | None = None) -> Trace:
    facts = {
        "enrolment_id": str(row.id),
        "serial": row.key_serial,
        "algorithm": row.algorithm,
        "certificate_sha256": certificate_sha256,
    }
    return Trace(scope.Pass(actor.tenant_id), None, facts)
