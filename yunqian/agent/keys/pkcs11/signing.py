"""One signature by a private key inside a PKCS#11 key."""

import hashlib
from typing import Any

from pkcs11 import Attribute, Mechanism, ObjectClass, Session
from pkcs11.util.ec import encode_ecdsa_signature

from yunqian.agent.keys.pkcs11 import objects
from yunqian.agent.pin import Pin
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384)
"""Without SM2: PKCS#11 v2.40 has no mechanism for it. Vendors number their own above CKM_VENDOR_DEFINED, each
otherwise, and none of their modules could be tried here; an SM2 key behind one is refused before its PIN is asked."""
MECHANISMS = {
    Suite.RSA_SHA256: {Mechanism.RSA_PKCS, Mechanism.SHA256_RSA_PKCS},
    Suite.ECDSA_SHA256: {Mechanism.ECDSA},
    Suite.ECDSA_SHA384: {Mechanism.ECDSA},
}
# DigestInfo of RFC 8017 §9.2 note 1, for modules that pad but do not hash.
_DIGEST_INFO = {"sha256": bytes.fromhex("3031300d060960864801650304020105000420")}


def private_key(session: Session, certificate: Certificate) -> Any:
    """The private key beside the certificate (the same CKA_ID). Raises Refused(CERTIFICATE_MISMATCH)."""
    for one in objects.of_class(session, ObjectClass.CERTIFICATE):
        if objects.octets(one, Attribute.VALUE) == certificate.der:
            identifier = objects.octets(one, Attribute.ID)
            found = objects.of_class(session, ObjectClass.PRIVATE_KEY, id=identifier)
            if len(found) == 1:
                return found[0]
    raise Refused(Problem.CERTIFICATE_MISMATCH)


def asks_each_time(private: Any) -> bool:
    """Whether the key wants its PIN once more for every signature (CKA_ALWAYS_AUTHENTICATE, v2.40 §4.9)."""
    return bool(objects.read(private, Attribute.ALWAYS_AUTHENTICATE, False))


def signature(session: Session, private: Any, suite: Suite, message: bytes, pin: Pin) -> bytes:
    """One signature over `message`; the module hashes where it can, else we do. Raises PKCS11Error."""
    offered = session.token.slot.get_mechanisms()
    digest = hashlib.new(suite.digest, message).digest()
    again = pin.text() if asks_each_time(private) else None
    if suite is Suite.RSA_SHA256:
        if Mechanism.SHA256_RSA_PKCS in offered:
            return bytes(private.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS, pin=again))
        padded = _DIGEST_INFO[suite.digest] + digest
        return bytes(private.sign(padded, mechanism=Mechanism.RSA_PKCS, pin=again))
    # A module gives r||s; CMS wants DER (RFC 5753 §7.2). Plain ECDSA over our hash works everywhere.
    return encode_ecdsa_signature(private.sign(digest, mechanism=Mechanism.ECDSA, pin=again))
