"""Key pairs inside a PKCS#11 key: made there, found again by their public key, told from those of others."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, Session
from pkcs11 import exceptions as trouble

from yunqian.agent.keys.pkcs11 import objects
from yunqian.crypto import ber, certificates, der, public_keys
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

MAKES = {
    Suite.RSA_SHA256: Mechanism.RSA_PKCS_KEY_PAIR_GEN,
    Suite.ECDSA_SHA256: Mechanism.EC_KEY_PAIR_GEN,
    Suite.ECDSA_SHA384: Mechanism.EC_KEY_PAIR_GEN,
}
OURS = "yunqian "
_RSA_BITS = 2048
_MAX_LABEL_BYTES = 32
_CURVES = {Suite.ECDSA_SHA256: "1.2.840.10045.3.1.7", Suite.ECDSA_SHA384: "1.3.132.0.34"}
_KINDS = {
    ("rsa", 2048): Suite.RSA_SHA256,
    ("ec:secp256r1", 256): Suite.ECDSA_SHA256,
    ("ec:secp384r1", 384): Suite.ECDSA_SHA384,
}
_RSA_KEY, _ELLIPTIC_KEY = der.oid("1.2.840.113549.1.1.1"), der.oid("1.2.840.10045.2.1")
_POINT_BYTES = {65, 97, 133}  # uncompressed points of P-256, P-384 and P-521


@dataclass(frozen=True, slots=True)
class Pair:
    """Both halves as they lie on the key, and the public one as SubjectPublicKeyInfo."""

    public: Any
    private: Any
    public_key_der: bytes


def make(session: Session, suite: Suite, owner: str) -> Pair:
    """A new pair in the key: the private half sensitive, never extractable, good for signing alone.

    CKA_ID becomes the SHA-1 of modulus or point, by which other programs find a pair too. Raises PKCS11Error, and
    Refused(KEY_FAILED) where the key keeps the private half less well than asked; then nothing of it is left.
    """
    label = _label(owner)
    private = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
    common: dict[str, Any] = {
        "label": label,
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "private_template": private,
    }
    if suite is Suite.RSA_SHA256:
        halves = session.generate_keypair(KeyType.RSA, _RSA_BITS, **common)
    else:
        curve = {Attribute.EC_PARAMS: der.oid(_CURVES[suite])}
        halves = session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**common)
    try:
        return _finished(*halves)
    except BaseException:
        destroy(*halves)
        raise


def destroy(*halves: Any) -> None:
    """Take them away, as far as the key lets us."""
    for half in halves:
        with suppress(trouble.PKCS11Error):
            half.destroy()


def _finished(public: Any, private: Any) -> Pair:
    encoded = _encoded(public)
    if not encoded or not _is_well_kept(private):
        raise Refused(Problem.KEY_FAILED, detail="CKA_EXTRACTABLE" if encoded else "public key")
    identifier = _identifier(encoded)
    for half in (private, public):
        half[Attribute.ID] = identifier
    return Pair(public, private, encoded)


def waiting(session: Session, suite: Suite) -> Pair | None:
    """A pair that we made in this key earlier and that never got its certificate, to be used for a new request.

    It is not taken away and made anew: a certificate for the first request may still be on its way, and must find
    its pair. Pairs of other programs, told by label and CKA_ID, are never touched.
    """
    certified = _certified(session)
    for public in objects.of_class(session, ObjectClass.PUBLIC_KEY):
        encoded = _encoded(public)
        if not encoded or _suite(encoded) is not suite or kind_of(encoded) in certified:
            continue
        identifier = objects.octets(public, Attribute.ID)
        if identifier != _identifier(encoded) or not _is_ours(public):
            continue
        found = objects.of_class(session, ObjectClass.PRIVATE_KEY, id=identifier)
        if len(found) == 1 and _is_ours(found[0]) and _is_well_kept(found[0]):
            return Pair(public, found[0], encoded)
    return None


def identifier_for(session: Session, public_key_der: bytes) -> bytes:
    """The CKA_ID of the one pair on the key with this public key. Raises Refused(CERTIFICATE_MISMATCH).

    A key may keep no public half; an RSA modulus stands on the private one too.
    """
    wanted = kind_of(public_key_der)
    private = objects.of_class(session, ObjectClass.PRIVATE_KEY)
    identifiers = [objects.octets(one, Attribute.ID) for one in private]
    for one in (*objects.of_class(session, ObjectClass.PUBLIC_KEY), *private):
        identifier = objects.octets(one, Attribute.ID)
        if identifiers.count(identifier) == 1 and kind_of(_encoded(one)) == wanted:
            return identifier
    raise Refused(Problem.CERTIFICATE_MISMATCH)


def kind_of(public_key_der: bytes) -> tuple[str, bytes] | None:
    """What makes two public keys the same however they are written; None where it is none that we read."""
    try:
        read = public_keys.read(public_key_der)
    except ber.NotBer:
        return None
    return read.algorithm, read.octets


def _certified(session: Session) -> set[tuple[str, bytes] | None]:
    found = set()
    for one in objects.of_class(session, ObjectClass.CERTIFICATE):
        with suppress(Refused):
            found.add(kind_of(certificates.read(objects.octets(one, Attribute.VALUE)).public_key_der))
    return found


def _encoded(half: Any) -> bytes:
    """SubjectPublicKeyInfo of a public key, or of a private one that tells it; empty where it cannot be read."""
    kind = objects.read(half, Attribute.KEY_TYPE, None)
    if kind is KeyType.RSA:
        modulus, exponent = (
            int.from_bytes(objects.octets(half, which), "big")
            for which in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT)
        )
        if not (modulus and exponent):
            return b""
        return _spki(
            der.sequence(_RSA_KEY, der.NULL), der.sequence(der.integer(modulus), der.integer(exponent))
        )
    if kind is not KeyType.EC:
        return b""
    curve, point = objects.octets(half, Attribute.EC_PARAMS), _point(objects.octets(half, Attribute.EC_POINT))
    return _spki(der.sequence(_ELLIPTIC_KEY, curve), point) if curve and point else b""


def _point(written: bytes) -> bytes:
    """The point alone: an OCTET STRING around it (v2.40 §2.3.3), or bare as some modules give it.

    Both begin with 04, so the length tells.
    """
    if len(written) in _POINT_BYTES:
        return written
    with suppress(der.NotDer):
        return der.only(written, der.OCTETS)
    return b""


def _spki(algorithm: bytes, octets: bytes) -> bytes:
    return der.sequence(algorithm, der.tlv(ber.BIT_STRING, b"\x00", octets))


def _suite(public_key_der: bytes) -> Suite | None:
    try:
        read = public_keys.read(public_key_der)
    except ber.NotBer:
        return None
    return _KINDS.get((read.algorithm, read.bits))


def _identifier(public_key_der: bytes) -> bytes:
    """SHA-1 of the modulus (unsigned) or of the point, as NSS and others name a pair; a name, no proof."""
    read = public_keys.read(public_key_der)
    named = read.octets
    if read.algorithm == "rsa":
        modulus, _ = ber.only(read.octets, ber.SEQUENCE).children()
        named = modulus.content.lstrip(b"\x00")
    return hashlib.sha1(named, usedforsecurity=False).digest()


def _is_ours(half: Any) -> bool:
    return str(objects.read(half, Attribute.LABEL, "")).startswith(OURS)


def _is_well_kept(private: Any) -> bool:
    """Made in the key, and never to leave it."""
    return (
        objects.read(private, Attribute.SENSITIVE, False) is True
        and objects.read(private, Attribute.EXTRACTABLE, True) is False
        and objects.read(private, Attribute.LOCAL, False) is True
    )


def _label(owner: str) -> str:
    """Ours, with as much of the owner's name as the small labels of some keys hold."""
    return (OURS + owner).encode()[:_MAX_LABEL_BYTES].decode(errors="ignore")
