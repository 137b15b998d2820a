"""Which digest and which signature belong together; the only combinations that yunqian signs with."""

from enum import Enum

from yunqian.crypto import der, digests, public_keys, schemes, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused

_MIN_RSA_BITS = 2048


class Suite(Enum):
    """A suite; its name travels in SignOrder.algorithm and must never change."""

    RSA_SHA256 = schemes.Scheme(schemes.Padding.PKCS1, "sha256")
    ECDSA_SHA256 = schemes.Scheme(schemes.Padding.ECDSA, "sha256")
    ECDSA_SHA384 = schemes.Scheme(schemes.Padding.ECDSA, "sha384")
    SM2_SM3 = schemes.Scheme(schemes.Padding.SM2, "sm3")

    @property
    def digest(self) -> str:
        """The digest's name as hashlib knows it."""
        return self.value.digest

    @property
    def digest_identifier(self) -> bytes:
        """DER AlgorithmIdentifier of the digest, without parameters (RFC 5754 §2)."""
        return der.sequence(der.oid(digests.OIDS[self.digest]))

    @property
    def signature_identifier(self) -> bytes:
        """DER AlgorithmIdentifier of the signature; RSA has NULL parameters (RFC 4055 §5), others have none."""
        dotted, parameters = _SIGNATURE_IDENTIFIERS[self.name]
        return der.sequence(der.oid(dotted), parameters)


_SIGNATURE_IDENTIFIERS: dict[str, tuple[str, bytes]] = {
    "RSA_SHA256": ("1.2.840.113549.1.1.11", der.NULL),
    "ECDSA_SHA256": ("1.2.840.10045.4.3.2", b""),
    "ECDSA_SHA384": ("1.2.840.10045.4.3.3", b""),
    "SM2_SM3": ("1.2.156.10197.1.501", b""),
}
_CURVES = {
    "ec:secp256r1": Suite.ECDSA_SHA256,
    "ec:secp384r1": Suite.ECDSA_SHA384,
    public_keys.SM2: Suite.SM2_SM3,
}


def suite_of(certificate: Certificate) -> Suite:
    """The one suite that this certificate's key signs with.

    Raises Refused(ALGORITHM_UNSUPPORTED) for RSA under 2048 bits, for any other key or curve, and for SM2
    where this machine cannot do it.
    """
    if certificate.key_algorithm == "rsa" and certificate.key_bits >= _MIN_RSA_BITS:
        return Suite.RSA_SHA256
    suite = _CURVES.get(certificate.key_algorithm)
    if suite is None:
        raise Refused(
            Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{certificate.key_algorithm} {certificate.key_bits}"
        )
    if suite is Suite.SM2_SM3:
        sm2.require()
    return suite


def check(suite: Suite, certificate: Certificate, message: bytes, signature: bytes) -> bool:
    """Whether `signature` was made over `message` with this certificate's key and this suite."""
    return schemes.verify(suite.value, certificate.public_key_der, message, signature)
