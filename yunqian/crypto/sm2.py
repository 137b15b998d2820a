"""SM2 signatures with SM3 (GB/T 32918.2-2016, GM/T 0009-2012) over the machine's libcrypto.

Two levels, and they must not be mixed up: a *message* is signed as e = SM3(Z ‖ M), where Z binds the signer's
identity and public key; a bare *e* of 32 bytes is what a security key signs. Z and e are made here with
`digests`; libcrypto does the arithmetic. The machine is asked once, and must first pass the standard's example.
"""

import threading
from functools import lru_cache

from yunqian.crypto import der, digests, libcrypto
from yunqian.problems import Problem, Refused

DEFAULT_ID = b"1234567812345678"
"""The identity of everybody who has agreed on no other (GM/T 0009 §10); certificates are signed with it."""

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
_CURVE = b"".join(number.to_bytes(32, "big") for number in (A, B, _GX, _GY))
_OID = der.oid("1.2.156.10197.1.301")
_ALGORITHM = der.sequence(der.oid("1.2.840.10045.2.1"), _OID)
_BIT_STRING = 0x03
_DIGEST_BYTES = 32


def sm3(message: bytes) -> bytes:
    """The SM3 digest of some bytes (GB/T 32905). Raises Refused(ALGORITHM_UNSUPPORTED)."""
    return bytes(_sm3(message).digest())


def is_on_curve(point: bytes) -> bool:
    """Whether 65 bytes 04 ‖ x ‖ y are a point of the curve; the point at infinity has no such form."""
    if len(point) != 65 or point[0] != 4:
        return False
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    return x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def z_value(point: bytes, identity: bytes = DEFAULT_ID) -> bytes:
    """Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ G ‖ P), ENTL in bits (GB/T 32918.2 §5.5); `point` is 04 ‖ x ‖ y.

    Raises ValueError for an identity of more than 8191 bytes: a defect of the caller.
    """
    if len(identity) > 0xFFFF // 8:
        raise ValueError("the identity is too long")
    return bytes(_sm3((len(identity) * 8).to_bytes(2, "big") + identity + _CURVE + point[1:]).digest())


def der_value(value: bytes) -> bytes:
    """A signature value as DER SEQUENCE{r, s} (GM/T 0009 §7.3), from DER or from the 64 bytes r ‖ s.

    Raises Refused(SIGNATURE_INVALID) for any other form, and for numbers outside [1, n-1].
    """
    return der.sequence(*(der.integer(number) for number in _numbers(value)))


def raw_value(value: bytes) -> bytes:
    """A signature value as the 64 bytes r ‖ s, from either form; refuses as `der_value` does."""
    return b"".join(number.to_bytes(32, "big") for number in _numbers(value))


def _numbers(value: bytes) -> tuple[int, int]:
    if len(value) == 64:
        pair = int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big")
        if _in_range(*pair):
            return pair
    pair = _read_der(value)
    if not _in_range(*pair):
        raise Refused(Problem.SIGNATURE_INVALID)
    return pair


def _in_range(r: int, s: int) -> bool:
    return 0 < r < N and 0 < s < N


def _read_der(value: bytes) -> tuple[int, int]:
    """The two integers of a canonical SEQUENCE{r, s}, (0, 0) for anything else, which no check accepts."""
    try:
        parts = der.children(der.only(value, der.SEQUENCE))
        if [tag for tag, _ in parts] != [der.INTEGER] * 2:
            return 0, 0
        r, s = (int.from_bytes(der.only(part, der.INTEGER), "big", signed=True) for _, part in parts)
    except der.NotDer:
        return 0, 0
    is_shortest = value == der.sequence(der.integer(r), der.integer(s))
    return (r, s) if is_shortest else (0, 0)


class PublicKey:
    """A point of the curve with which signatures are checked."""

    __slots__ = ("_key", "point")

    def __init__(self, point: bytes) -> None:
        """Raises Refused(CERTIFICATE_UNREADABLE) for bytes that are no point of the curve."""
        whole = _uncompressed(point)
        key = _library().public_key(_spki(whole)) if is_on_curve(whole) else None
        if key is None:
            raise Refused(Problem.CERTIFICATE_UNREADABLE)
        self.point, self._key = whole, key

    @property
    def spki(self) -> bytes:
        """DER SubjectPublicKeyInfo in the usual spelling: id-ecPublicKey with the named curve."""
        return _spki(self.point)

    def e_value(self, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
        """E = SM3(Z ‖ M), what is signed in the place of a message (GB/T 32918.2 §6.1)."""
        started = self.digest(identity)
        started.update(message)
        return bytes(started.digest())

    def digest(self, identity: bytes = DEFAULT_ID) -> digests.Running:
        """An SM3 that has taken in Z already: feed it a long message in pieces, its digest is e."""
        return _sm3(z_value(self.point, identity))

    def is_right(self, message: bytes, value: bytes, identity: bytes = DEFAULT_ID) -> bool:
        """Whether a DER value is this key's over a message."""
        return self.is_right_over_e(self.e_value(message, identity), value)

    def is_right_over_e(self, e: bytes, value: bytes) -> bool:
        """Whether a DER value is this key's over a bare e; an e that is not 32 bytes long has none.

        Range and r + s ≠ 0 (mod n) are checked here too, whatever the library does (GB/T 32918.2 §7.1).
        """
        r, s = _read_der(value)
        if len(e) != _DIGEST_BYTES or not _in_range(r, s) or (r + s) % N == 0:
            return False
        return _library().verify(self._key, e, value)


class PrivateKey:
    """A private key held by libcrypto; what is printed, raised or logged shows the public point at most.

    For tests, the demo and software keys: a server's keys belong in a module that never gives them out.
    """

    __slots__ = ("_key", "public")

    def __init__(self, encoded: bytes) -> None:
        """Read DER PKCS#8 (not encrypted) or SEC 1. Raises Refused(ALGORITHM_UNSUPPORTED) for other keys."""
        key = _library().private_key(encoded)
        spki = _library().public_part(key) if key else b""
        if key is None or not is_on_curve(spki[-65:]):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="SM2")
        self._key, self.public = key, PublicKey(spki[-65:])

    @classmethod
    def of_number(cls, number: bytes) -> "PrivateKey":
        """The key with a given secret number of 32 bytes; randomness is the caller's.

        Raises ValueError for a number outside [1, n-2] (GB/T 32918.1 §6.1), a defect of the caller, without
        telling the number.
        """
        if len(number) != 32 or not 0 < int.from_bytes(number, "big") < N - 1:
            raise ValueError("the number is no private key")
        return cls(der.sequence(der.integer(1), der.octets(number), der.explicit(0, _OID)))

    @staticmethod
    def pkcs8_of_number(number: bytes) -> bytes:
        """DER PKCS#8, not encrypted, of the key with a secret number; refuses as `of_number` does.

        For a key that is kept: whoever keeps it encrypts these bytes.
        """
        public = PrivateKey.of_number(number).public.point
        point = der.explicit(1, der.tlv(_BIT_STRING, b"\x00", public))
        inner = der.sequence(der.integer(1), der.octets(number), point)
        return der.sequence(der.integer(0), _ALGORITHM, der.octets(inner))

    def __repr__(self) -> str:
        return f"<PrivateKey of {self.public.point.hex()[:16]}…>"

    def sign(self, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
        """The DER value over a message, that is over its e."""
        return self.sign_e(self.public.e_value(message, identity))

    def sign_e(self, e: bytes) -> bytes:
        """The DER value over a bare e. Raises ValueError for any other length than 32: a defect of the caller."""
        if len(e) != _DIGEST_BYTES:
            raise ValueError("e has 32 bytes")
        value = _library().sign(self._key, e)
        if value is None:
            raise _unsupported()
        return value


@lru_cache(maxsize=512)
def public_key(point: bytes) -> PublicKey:
    """The key at a point (04 ‖ x ‖ y, or compressed), remembered: making one costs as much as a check."""
    return PublicKey(point)


def require() -> None:
    """Raises Refused(ALGORITHM_UNSUPPORTED) where this machine cannot do SM2 and SM3."""
    _library()


def _uncompressed(point: bytes) -> bytes:
    """04 ‖ x ‖ y from a compressed point too (SEC 1 §2.3.4); other bytes come back as they are."""
    if len(point) != 33 or point[0] not in (2, 3):
        return point
    x = int.from_bytes(point[1:], "big")
    y = pow(
        x * x * x + A * x + B, (P + 1) // 4, P
    )  # p = 3 (mod 4); where there is no root, is_on_curve says so
    if y % 2 != point[0] % 2:
        y = P - y
    return b"\x04" + point[1:] + y.to_bytes(32, "big")


def _spki(point: bytes) -> bytes:
    return der.sequence(_ALGORITHM, der.tlv(_BIT_STRING, b"\x00", point))


def _sm3(begin: bytes) -> digests.Running:
    return digests.new(digests.SM3, begin)


def _unsupported() -> Refused:
    return Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="SM2")


_loading = threading.Lock()
_loaded: list[libcrypto.Library | None] = []


def _library() -> libcrypto.Library:
    """The library, loaded at the first need and tested once. Raises Refused(ALGORITHM_UNSUPPORTED)."""
    if not _loaded:
        with _loading:
            if not _loaded:
                _loaded.append(_tested())
    library = _loaded[0]
    if library is None:
        raise _unsupported()
    return library


def _tested() -> libcrypto.Library | None:
    try:
        library = libcrypto.Library()
        return library if _passes(library) else None
    except (libcrypto.Unavailable, Refused):
        return None


# GB/T 32918.5-2017, appendix A.2: the example every implementation must reproduce.
_EXAMPLE_NUMBER = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_EXAMPLE_POINT = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_EXAMPLE_E = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
_EXAMPLE_VALUE = der.sequence(
    der.integer(0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3),
    der.integer(0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA),
)


def _passes(library: libcrypto.Library) -> bool:
    """SM3 and Z, a check that must succeed, one that must fail, and a signature checked again."""
    if _sm3(z_value(_EXAMPLE_POINT) + b"message digest").digest() != _EXAMPLE_E:
        return False
    public = library.public_key(_spki(_EXAMPLE_POINT))
    private = library.private_key(
        der.sequence(der.integer(1), der.octets(_EXAMPLE_NUMBER), der.explicit(0, _OID))
    )
    if public is None or private is None or library.public_part(private) != _spki(_EXAMPLE_POINT):
        return False
    if not library.verify(public, _EXAMPLE_E, _EXAMPLE_VALUE):
        return False
    value = library.sign(private, _EXAMPLE_E)
    if value is None or not library.verify(public, _EXAMPLE_E, value):
        return False
    return not library.verify(public, bytes(32), value)
