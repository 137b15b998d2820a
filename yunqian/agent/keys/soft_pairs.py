"""The key pairs of a soft key: made, read, and used; the private half as DER PKCS#8 only while an act lasts."""

import base64
import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from yunqian.crypto import ber, certificate_requests, public_keys, sm2
from yunqian.crypto.suites import Suite

_HASHES: dict[str, hashes.SHA256 | hashes.SHA384] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | sm2.PrivateKey


class Damaged(ValueError):
    """What should be a private key is none."""


def generate(suite: Suite) -> bytes:
    """A new private key as DER PKCS#8. Raises Refused(ALGORITHM_UNSUPPORTED) for SM2 on a machine without it."""
    if suite is Suite.SM2_SM3:
        number = 1 + secrets.randbelow(sm2.N - 2)  # [1, n-2] (GB/T 32918.1 §6.1)
        return sm2.PrivateKey.pkcs8_of_number(number.to_bytes(32, "big"))
    made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if suite is Suite.RSA_SHA256:
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        made = ec.generate_private_key(ec.SECP256R1() if suite is Suite.ECDSA_SHA256 else ec.SECP384R1())
    return made.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def loaded(plain: bytes) -> PrivateKey:
    """The key in a DER PKCS#8 that we made and sealed. Raises ValueError for one that is none, or of another kind."""
    try:
        # Its seal was opened just now: to look for its primes again would take longer than to sign.
        private = serialization.load_der_private_key(plain, None, unsafe_skip_rsa_key_validation=True)
    except UnsupportedAlgorithm:  # what `cryptography` says of SM2's curve
        return sm2.PrivateKey(plain)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Damaged("another kind of key")
    return private


def public(private: PrivateKey) -> bytes:
    """DER SubjectPublicKeyInfo."""
    if isinstance(private, sm2.PrivateKey):
        return private.public.spki
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two SubjectPublicKeyInfo hold one public key, however its algorithm is spelt."""
    try:
        first, second = public_keys.read(one), public_keys.read(other)
    except ber.NotBer:
        return False
    return (first.algorithm, first.octets) == (second.algorithm, second.octets)


def value(private: PrivateKey, suite: Suite, message: bytes) -> bytes:
    """The raw value of a suite over a message; the caller has made sure that key and suite belong together."""
    if isinstance(private, sm2.PrivateKey):
        return private.sign(message)
    digest = _HASHES[suite.digest]
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), digest)
    return private.sign(message, ec.ECDSA(digest))


def request(private: PrivateKey, suite: Suite, owner: str) -> bytes:
    """A certificate request (PKCS#10, DER) for CN=`owner`, signed by the key itself."""
    return certificate_requests.build_der(
        owner,
        public_key_der=public(private),
        identifier=suite.signature_identifier,
        sign=lambda asked: value(private, suite, asked),
    )


def armoured(request: bytes) -> bytes:
    """A request in PEM."""
    head, tail = b"-----BEGIN CERTIFICATE REQUEST-----\n", b"-----END CERTIFICATE REQUEST-----\n"
    return head + base64.encodebytes(request) + tail
