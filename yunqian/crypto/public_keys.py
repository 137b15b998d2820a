"""SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) as found: which algorithm, how many bits, and for SM2 the point.

For SM2 two spellings occur: id-ecPublicKey with the curve as its parameter (GB/T 35276), and the curve itself
in the place of the algorithm, with or without a parameter.
"""

from dataclasses import dataclass
from functools import lru_cache

from yunqian.crypto import ber

SM2 = "ec:sm2"
_RSA, _ELLIPTIC, _SM2_CURVE = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.2.156.10197.1.301"
_NAMES = {
    _RSA: "rsa",
    "1.2.840.113549.1.1.10": "rsassa_pss",
    "1.2.840.10040.4.1": "dsa",
    "1.3.101.112": "ed25519",
    "1.3.101.113": "ed448",
}
_CURVES = {
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.132.0.10": "secp256k1",
    _SM2_CURVE: "sm2",
}


@dataclass(frozen=True, slots=True)
class KeyKind:
    """`algorithm` is rsa, ec:<curve> or another bare name; an unknown one keeps its dotted form."""

    algorithm: str
    bits: int
    octets: bytes


@lru_cache(maxsize=512)
def read(spki: bytes) -> KeyKind:
    """Read a SubjectPublicKeyInfo. Raises ber.NotBer where its structure is none."""
    parts = ber.only(spki, ber.SEQUENCE).children()
    if len(parts) != 2:
        raise ber.NotBer("not a public key")
    algorithm, octets = _algorithm(parts[0]), ber.bits(parts[1])
    return KeyKind(algorithm, _size(algorithm, octets), octets)


def _algorithm(identifier: ber.Element) -> str:
    kind, *parameters = identifier.tagged(ber.SEQUENCE).children()
    dotted = ber.dotted(kind)
    if dotted == _SM2_CURVE:
        return SM2
    if dotted != _ELLIPTIC:
        return _NAMES.get(dotted, dotted)
    if not parameters or parameters[0].tag != ber.OID:
        return "ec:unnamed"  # a curve by its numbers is never accepted (RFC 5480 §2.1.1)
    curve = ber.dotted(parameters[0])
    return f"ec:{_CURVES.get(curve, curve)}"


def _size(algorithm: str, octets: bytes) -> int:
    if algorithm.startswith("rsa"):
        modulus, *_ = ber.only(octets, ber.SEQUENCE).children() or [ber.Element(0, b"", b"")]
        return ber.integer(modulus).bit_length()
    if algorithm.startswith("ec:"):
        return _elliptic_size(octets)
    return len(octets) * 8


def _elliptic_size(octets: bytes) -> int:
    is_compressed = octets[:1] in (b"\x02", b"\x03")
    return (len(octets) - 1) * (8 if is_compressed else 4)
