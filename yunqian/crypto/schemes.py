"""Signature schemes as they stand in other people's certificates, revocation lists and CMS.

`suites` says what we make; this says what we can check, which is more.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from yunqian.crypto import ber, public_keys, sm2
from yunqian.problems import Problem, Refused

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sm3": hashes.SM3,
}
_MIN_RSA_BITS = 1024
_SM2_WITH_SM3 = frozenset(
    {
        "1.2.156.10197.1.501",  # in certificates, with NULL or without parameters
        "1.2.156.10197.1.301.1",  # sm2Sign: in many a SignerInfo beside certificates that say .501
    }
)
_RSA_WITH_SM3 = frozenset({"1.2.156.10197.1.504"})  # GM/T 0006: sm3WithRSAEncryption


class Padding(StrEnum):
    """What lies between the digest and the key operation."""

    PKCS1 = "pkcs1"
    PSS = "pss"
    ECDSA = "ecdsa"
    SM2 = "sm2"


@dataclass(frozen=True, slots=True)
class Scheme:
    """A padding with its digest; `salt_bytes` matters for PSS only."""

    padding: Padding
    digest: str
    salt_bytes: int = 0

    @property
    def is_weak(self) -> bool:
        """SHA-1 no longer binds a signer to one document: two with the same digest can be made."""
        return self.digest in {"sha1", "md5"}

    @property
    def label(self) -> str:
        """As people write it: RSA-SHA256, RSA-PSS-SHA256, ECDSA-SHA384, SM2-SM3."""
        names = {Padding.PKCS1: "RSA", Padding.PSS: "RSA-PSS", Padding.ECDSA: "ECDSA", Padding.SM2: "SM2"}
        return f"{names[self.padding]}-{self.digest.upper()}"


@lru_cache(maxsize=256)
def read(algorithm_der: bytes, digest: str | None = None) -> Scheme | None:
    """The scheme named by a DER AlgorithmIdentifier, or None where we cannot check it.

    A CMS may name the bare key algorithm (rsaEncryption, RFC 3370 §3.2); then `digest` completes it.
    Raises ValueError for bytes that are no AlgorithmIdentifier.
    """
    if _names(algorithm_der, _SM2_WITH_SM3):
        return Scheme(Padding.SM2, "sm3")
    if _names(algorithm_der, _RSA_WITH_SM3):
        return Scheme(Padding.PKCS1, "sm3")
    algorithm = algos.SignedDigestAlgorithm.load(algorithm_der)
    name = str(algorithm["algorithm"].native)
    if name == "rsassa_pss":
        return _pss(algorithm)
    kind = {"rsassa_pkcs1v15": Padding.PKCS1, "ecdsa": Padding.ECDSA}.get(_kind(algorithm))
    hashed = name.split("_")[0] if "_" in name and name.split("_")[0] in _HASHES else digest
    if kind is None or hashed not in _HASHES:
        return None
    return Scheme(kind, hashed)


def _names(algorithm_der: bytes, wanted: frozenset[str]) -> bool:
    """Whether an AlgorithmIdentifier names one of `wanted`, with NULL or without parameters."""
    kind, *parameters = ber.only(algorithm_der, ber.SEQUENCE).children() or [ber.Element(0, b"", b"")]
    has_none = not parameters or (len(parameters) == 1 and parameters[0].whole == b"\x05\x00")
    return ber.dotted(kind) in wanted and has_none


def _kind(algorithm: algos.SignedDigestAlgorithm) -> str:
    try:
        return str(algorithm.signature_algo)
    except ValueError:
        return "unknown"


def _pss(algorithm: algos.SignedDigestAlgorithm) -> Scheme | None:
    parameters = algorithm["parameters"]
    if parameters.native is None:  # left out they mean SHA-1 (RFC 4055 §3.1), which is not believed
        return None
    digest = str(parameters["hash_algorithm"]["algorithm"].native)
    generator = parameters["mask_gen_algorithm"]
    is_plain = (
        generator["algorithm"].native == "mgf1" and generator["parameters"]["algorithm"].native == digest
    )
    salt = int(parameters["salt_length"].native)
    return Scheme(Padding.PSS, digest, salt) if is_plain and digest in _HASHES else None


def verify(scheme: Scheme, public_key_der: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is right over `message`; a key that does not fit the scheme answers False.

    With SM2 the message is bound to the key by Z with the default identity, and the value is DER.
    Raises Refused(ALGORITHM_UNSUPPORTED) for SM2 on a machine without it: that is not a "no".
    """
    if scheme.padding is Padding.SM2:
        return _verify_sm2(public_key_der, message, signature)
    key = _key(public_key_der)
    algorithm = _HASHES[scheme.digest]()
    try:
        if isinstance(key, rsa.RSAPublicKey) and scheme.padding is not Padding.ECDSA:
            if key.key_size < _MIN_RSA_BITS:
                return False
            key.verify(signature, message, _rsa_padding(scheme, algorithm), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme.padding is Padding.ECDSA:
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _verify_sm2(public_key_der: bytes, message: bytes, signature: bytes) -> bool:
    try:
        kind = public_keys.read(public_key_der)
        if kind.algorithm != public_keys.SM2:
            return False
        return sm2.public_key(kind.octets).is_right(message, signature)
    except ber.NotBer:
        return False
    except Refused as refusal:
        if refusal.problem is not Problem.CERTIFICATE_UNREADABLE:
            raise
        return False


def _rsa_padding(scheme: Scheme, algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if scheme.padding is Padding.PSS:
        return padding.PSS(padding.MGF1(algorithm), scheme.salt_bytes)
    return padding.PKCS1v15()


@lru_cache(maxsize=512)
def _key(public_key_der: bytes) -> PublicKeyTypes | None:
    try:
        return load_der_public_key(public_key_der)
    except (ValueError, UnsupportedAlgorithm):
        return None
