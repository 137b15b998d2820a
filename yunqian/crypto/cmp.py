"""The Certificate Management Protocol as byte strings (RFC 4210, RFC 9480), as a registration authority speaks it.

Messages are protected by a shared secret (password-based MAC, RFC 4210 §5.1.3.1). Reading believes nothing: protection,
transaction and nonces are checked before the body is looked at. Nothing here knows a network.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from yunqian.crypto import ber, der, digests

_PBM = "1.2.840.113533.7.66.13"
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_MACS = {
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
    "1.3.6.1.5.5.8.1.2": "sha1",  # what OpenSSL protects with unless told otherwise; as a MAC it holds
}
_SHA256, _HMAC_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9"
_MOST_ITERATIONS = 100_000
_NULL_NAME = der.explicit(4, der.sequence())
_CONFIRM = "1.3.6.1.5.5.7.4.13"
_IMPLICIT_CONFIRM = der.sequence(der.oid(_CONFIRM), der.NULL)
_COMMON_NAME, _ORGANIZATION, _COUNTRY = "2.5.4.3", "2.5.4.10", "2.5.4.6"
_REASON = "2.5.29.21"
_GENERALIZED_TIME, _BIT_STRING, _UTF8, _PRINTABLE = 0x18, 0x03, 0x0C, 0x13
_MOST_CERTIFICATES = 20
ITERATIONS = 10_000


class Body(IntEnum):
    """The kinds of messages that we send or understand (§5.1.2)."""

    CR = 2
    CP = 3
    RR = 11
    RP = 12
    PKICONF = 19
    ERROR = 23
    CERT_CONF = 24
    POLL_REQ = 25
    POLL_REP = 26


class Wrong(ValueError):
    """The answer is no answer to what was asked: unprotected, of another transaction, or not to be read."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that was checked. `is_confirmed`: the authority wants no word of thanks for the certificate."""

    body: int
    content: ber.Element
    sender_nonce: bytes
    extra: tuple[bytes, ...]
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """The one response to the one request: its status (§5.2.3), and the certificate where there is one."""

    status: int
    said: str
    certificate: bytes | None
    others: tuple[bytes, ...]


@dataclass(slots=True)
class Transaction:
    """One conversation with an authority: every message of it carries its identifier, and the last nonce heard."""

    reference: bytes
    secret: bytes
    identifier: bytes
    heard: bytes = b""
    said: bytes = b""

    def message(self, kind: Body, content: bytes, *, nonce: bytes, salt: bytes, at: datetime) -> bytes:
        """A protected message; `nonce` and `salt` are 16 random octets each."""
        parameters = der.sequence(
            der.octets(salt),
            der.sequence(der.oid(_SHA256)),
            der.integer(ITERATIONS),
            der.sequence(der.oid(_HMAC_SHA256)),
        )
        header = der.sequence(
            der.integer(2),
            _NULL_NAME,
            _NULL_NAME,
            der.explicit(0, der.tlv(_GENERALIZED_TIME, f"{at:%Y%m%d%H%M%S}Z".encode())),
            der.explicit(1, der.sequence(der.oid(_PBM), parameters)),
            der.explicit(2, der.octets(self.reference)),
            der.explicit(4, der.octets(self.identifier)),
            der.explicit(5, der.octets(nonce)),
            *([der.explicit(6, der.octets(self.heard))] if self.heard else []),
            *([der.explicit(8, der.sequence(_IMPLICIT_CONFIRM))] if kind is Body.CR else []),
        )
        self.said = nonce
        body = der.explicit(kind, content)
        key = _key(self.secret, salt, "sha256", ITERATIONS)
        value = hmac.digest(key, der.sequence(header, body), "sha256")
        return der.sequence(header, body, der.explicit(0, der.tlv(_BIT_STRING, b"\x00", value)))

    def read(self, answer: bytes) -> Told:
        """An answer in this conversation. Raises Wrong for anything else."""
        try:
            told = self._read(answer)
        except (ValueError, LookupError) as error:
            raise Wrong(str(error)) from error
        self.heard = told.sender_nonce
        return told

    def _read(self, answer: bytes) -> Told:
        header, body, *rest = ber.only(answer, ber.SEQUENCE).children()
        fields = {one.tag: one for one in header.tagged(ber.SEQUENCE).children()[3:]}
        protection = next((one for one in rest if one.tag == 0xA0), None)
        if protection is None:
            raise Wrong("not protected")
        value = ber.bits(protection.children()[0])
        if not hmac.compare_digest(self._mac(fields[0xA1], header.whole + body.whole), value):
            raise Wrong("protected by somebody else")
        if _octets(fields.get(0xA4)) != self.identifier:
            raise Wrong("of another transaction")
        if _octets(fields.get(0xA6)) != self.said:
            raise Wrong("an answer to another message")
        extra = next((one.children()[0].children() for one in rest if one.tag == 0xA1), [])
        return Told(
            body=body.tag & 0x1F,
            content=body.children()[0],
            sender_nonce=_octets(fields.get(0xA5)),
            extra=tuple(one.whole for one in extra[:_MOST_CERTIFICATES]),
            is_confirmed=_grants_confirmation(fields.get(0xA8)),
        )

    def _mac(self, algorithm: ber.Element, protected: bytes) -> bytes:
        kind, parameters = algorithm.children()[0].tagged(ber.SEQUENCE).children()
        if ber.dotted(kind) != _PBM:
            raise Wrong("protected in another way")
        salt, owf, count, mac = parameters.tagged(ber.SEQUENCE).children()
        iterations = ber.integer(count)
        if not 1 <= iterations <= _MOST_ITERATIONS:
            raise Wrong("too many iterations")
        key = _key(
            self.secret,
            salt.tagged(der.OCTETS).content,
            _HASHES[ber.dotted(owf.children()[0])],
            iterations,
        )
        whole = der.tlv(ber.SEQUENCE, protected)
        return hmac.digest(key, whole, _MACS[ber.dotted(mac.children()[0])])


def certificate_request(public_key_der: bytes, *, name: str, organization: str | None) -> bytes:
    """CertReqMessages for one certificate; that the key is held was verified by whoever asks (raVerified, §5.2.8)."""
    subject = der.sequence(
        _named(_COUNTRY, "CN", _PRINTABLE),
        *([_named(_ORGANIZATION, organization)] if organization else []),
        _named(_COMMON_NAME, name),
    )
    key = ber.only(public_key_der, ber.SEQUENCE)
    template = der.sequence(der.explicit(5, subject), der.explicit(6, key.content))
    return der.sequence(der.sequence(der.sequence(der.integer(0), template), b"\x80\x00"))


def confirmation(certificate_der: bytes, *, digest: str, is_accepted: bool) -> bytes:
    """CertConfirmContent: the certificate is as it was asked for, or is refused (§5.3.18)."""
    hashed = digests.of(digest, certificate_der)
    refusal = [] if is_accepted else [der.sequence(der.integer(2))]
    return der.sequence(der.sequence(der.octets(hashed), der.integer(0), *refusal))


def revocation_request(issuer_der: bytes, serial: int, *, reason: int) -> bytes:
    """RevReqContent for one certificate (§5.3.9); `reason` is that of RFC 5280 §5.3.1."""
    number = ber.only(der.integer(serial), ber.INTEGER).content
    template = der.sequence(der.tlv(0x81, number), der.explicit(3, issuer_der))
    extension = der.sequence(der.oid(_REASON), der.octets(der.tlv(0x0A, bytes([reason]))))
    return der.sequence(der.sequence(template, der.sequence(extension)))


def poll_request() -> bytes:
    """PollReqContent for the one request (§5.3.22)."""
    return der.sequence(der.sequence(der.integer(0)))


def issued(told: Told) -> Issued:
    """The response in a `cp`. Raises Wrong where there is not exactly one, to our one request."""
    try:
        return _issued(told)
    except (ValueError, LookupError) as error:
        raise Wrong(str(error)) from error


def check_after(told: Told) -> int:
    """How many seconds a `pollRep` wants us to wait. Raises Wrong."""
    try:
        return max(0, ber.integer(told.content.children()[0].children()[1]))
    except (ValueError, LookupError) as error:
        raise Wrong(str(error)) from error


def revoked(told: Told) -> tuple[int, str]:
    """The status in an `rp`, and what was said with it. Raises Wrong."""
    try:
        return _status(told.content.children()[0].children()[0])
    except (ValueError, LookupError) as error:
        raise Wrong(str(error)) from error


def error(told: Told) -> str:
    """What an `error` says. Raises Wrong."""
    try:
        status, said = _status(told.content.children()[0])
    except (ValueError, LookupError) as problem:
        raise Wrong(str(problem)) from problem
    return said or f"status {status}"


def _issued(told: Told) -> Issued:
    parts = told.content.tagged(ber.SEQUENCE).children()
    published = [one for one in parts if one.tag == 0xA1]
    others = [one.whole for part in published for one in part.children()[0].children()]
    (response,) = parts[-1].tagged(ber.SEQUENCE).children()
    number, status, *rest = response.tagged(ber.SEQUENCE).children()
    if ber.integer(number) != 0:
        raise Wrong("a response to another request")
    code, said = _status(status)
    pair = rest[0].children()[0] if rest and rest[0].tag == ber.SEQUENCE else None
    if pair is not None and pair.tag != 0xA0:
        raise Wrong("an encrypted certificate was not asked for")
    found = pair.children()[0].whole if pair else None
    return Issued(code, said, found, (*others[:_MOST_CERTIFICATES], *told.extra))


def _status(found: ber.Element) -> tuple[int, str]:
    """PKIStatusInfo: the status, and its texts and failure bits in one line."""
    number, *rest = found.tagged(ber.SEQUENCE).children()
    texts = [
        text.content.decode("utf-8", "replace")
        for one in rest
        if one.tag == ber.SEQUENCE
        for text in one.children()
    ]
    failed = [
        f"failure {bit}" for one in rest if one.tag == ber.BIT_STRING for bit in _set_bits(ber.bits(one))
    ]
    said = ", ".join([*texts, *failed])
    return ber.integer(number), "".join(filter(str.isprintable, said))[:200]


def _set_bits(octets: bytes) -> list[int]:
    return [bit for bit in range(len(octets) * 8) if octets[bit // 8] & 0x80 >> bit % 8]


def _octets(field: ber.Element | None) -> bytes:
    return field.children()[0].tagged(der.OCTETS).content if field else b""


def _grants_confirmation(info: ber.Element | None) -> bool:
    listed = info.children()[0].children() if info else []
    return any(ber.dotted(one.children()[0]) == _CONFIRM for one in listed)


def _named(kind: str, text: str, tag: int = _UTF8) -> bytes:
    return der.set_of(der.sequence(der.oid(kind), der.tlv(tag, text.encode())))


def _key(secret: bytes, salt: bytes, digest: str, iterations: int) -> bytes:
    """The key of a password-based MAC: the hash taken again and again (RFC 4210 §5.1.3.1)."""
    key = secret + salt
    for _ in range(iterations):
        key = hashlib.new(digest, key).digest()
    return key
