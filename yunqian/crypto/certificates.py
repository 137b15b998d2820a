"""Tolerant reading of X.509 certificates, and strict building of chains up to given roots (RFC 5280 §6)."""

import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from yunqian.crypto import ber, extensions, names, public_keys, schemes
from yunqian.problems import Problem, Refused

_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)-----END", re.DOTALL)
_MAX_BYTES = 64 * 1024
_MAX_DEPTH = 8
_MAX_CANDIDATES = 200
_MAX_ISSUERS_TRIED = 400
_REST_OF_TIME = r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d*)?(Z|[+-]\d{4})?"
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_TIMES = {
    _UTC_TIME: re.compile(rf"(\d\d){_REST_OF_TIME}".encode()),
    _GENERALIZED_TIME: re.compile(rf"(\d{{4}}){_REST_OF_TIME}".encode()),
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as read once; equality is equality of its DER.

    `may_sign` tells whether a person's or an organization's document may be signed with it: digitalSignature
    or nonRepudiation where key usage is stated (RFC 5280 §4.2.1.3), not a certification authority, and not a
    certificate whose stated purposes are all a machine's (time stamps, OCSP).
    `may_answer` and `is_exempt_from_revocation` matter for the responders of OCSP (RFC 6960 §4.2.2.2).
    `unknown_critical` names the extensions that forbid every path through it, see `extensions`. The fields that
    end in `_der`, and `signature`, are slices of the bytes as they were found.
    """

    der: bytes = field(repr=False)
    sha256: str = field(compare=False)
    owner: str = field(compare=False)
    subject: str = field(compare=False)
    issuer_name: str = field(compare=False)
    serial: int = field(compare=False)
    not_before_at: datetime = field(compare=False)
    not_after_at: datetime = field(compare=False)
    key_algorithm: str = field(compare=False)
    key_bits: int = field(compare=False)
    may_sign: bool = field(compare=False)
    is_ca: bool = field(compare=False)
    may_stamp: bool = field(compare=False)
    may_answer: bool = field(compare=False)
    is_exempt_from_revocation: bool = field(compare=False)
    path_length: int | None = field(compare=False)
    subject_der: bytes = field(compare=False, repr=False)
    issuer_der: bytes = field(compare=False, repr=False)
    public_key_der: bytes = field(compare=False, repr=False)
    signed_der: bytes = field(compare=False, repr=False)
    scheme: schemes.Scheme | None = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    key_identifier: bytes | None = field(compare=False, repr=False)
    authority_key: bytes | None = field(compare=False, repr=False)
    unknown_critical: tuple[str, ...] = field(compare=False, repr=False)

    @property
    def serial_hex(self) -> str:
        """The serial number as certificate authorities print it."""
        return f"{self.serial:X}"

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies within the validity, both ends included (RFC 5280 §4.1.2.5)."""
        return self.not_before_at <= at <= self.not_after_at


def read(der_or_pem: bytes) -> Certificate:
    """Read one certificate from DER or PEM (the first one in a PEM text).

    Raises Refused(CERTIFICATE_UNREADABLE) for anything else.
    """
    return _read(bytes(der_or_pem))


def read_all(pem: bytes) -> tuple[Certificate, ...]:
    """Every certificate of a PEM text, in its order; a DER certificate gives one."""
    blocks = _PEM.findall(pem)
    return tuple(_read(_unarmoured(block)) for block in blocks) if blocks else (read(pem),)


@lru_cache(maxsize=512)
def _read(encoded: bytes) -> Certificate:
    try:
        if not encoded or len(encoded) > _MAX_BYTES:
            raise ValueError("size")
        match = _PEM.search(encoded)
        return _parsed(_unarmoured(match[1]) if match else encoded)
    except Exception as error:  # a stranger's bytes
        raise Refused(Problem.CERTIFICATE_UNREADABLE) from error


def _unarmoured(block: bytes) -> bytes:
    return b64decode(re.sub(rb"\s+", b"", block), validate=True)


def _parsed(encoded: bytes) -> Certificate:
    whole, end = ber.element(encoded)
    if encoded[end:].strip(b"\x00\r\n\t "):
        raise ber.NotBer("something stands behind the certificate")
    signed, algorithm, signature = whole.tagged(ber.SEQUENCE).children()
    fields = signed.tagged(ber.SEQUENCE).children()
    if fields[0].tag == _VERSION:
        del fields[0]
    serial, inner, issuer, validity, subject, key, *rest = fields
    begins, ends = validity.tagged(ber.SEQUENCE).children()
    stated = [one.children()[0] for one in rest if one.tag == _EXTENSIONS]
    said = extensions.read(stated[0] if stated else None)
    kind, name = public_keys.read(key.whole), names.read(subject.whole)
    scheme = schemes.read(algorithm.whole)
    return Certificate(
        der=whole.whole,
        sha256=hashlib.sha256(whole.whole).hexdigest(),
        owner=name.owner,
        subject=name.displayed,
        issuer_name=names.read(issuer.whole).owner,
        serial=ber.integer(serial),
        not_before_at=_moment(begins),
        not_after_at=_moment(ends),
        key_algorithm=kind.algorithm,
        key_bits=kind.bits,
        may_sign=said.may_sign,
        is_ca=said.may_issue,
        may_stamp=said.may_stamp,
        may_answer=said.may_answer,
        is_exempt_from_revocation=said.is_exempt_from_revocation,
        path_length=said.path_length,
        subject_der=subject.whole,
        issuer_der=issuer.whole,
        public_key_der=key.whole,
        signed_der=signed.whole,
        scheme=scheme if schemes.read(inner.whole) == scheme else None,
        signature=ber.bits(signature),
        key_identifier=said.key_identifier,
        authority_key=said.authority_key,
        unknown_critical=said.not_understood,
    )


def _moment(found: ber.Element) -> datetime:
    """UTCTime or GeneralizedTime, whichever stands there: some authorities write the long form before 2050.

    Seconds and zone may be missing, though RFC 5280 §4.1.2.5 wants both; without a zone it is UTC.
    """
    pattern = _TIMES.get(found.tag)
    match = pattern.fullmatch(found.content) if pattern else None
    if match is None:
        raise ber.NotBer("not a time")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if found.tag == _UTC_TIME:
        year += 2000 if year < 50 else 1900
    zone = (match[7] or b"Z").decode()
    offset = timedelta() if zone == "Z" else timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return local + offset if zone[0] == "-" else local - offset


def chain(
    leaf: Certificate, others: Iterable[Certificate], roots: Iterable[Certificate], *, at: datetime
) -> tuple[Certificate, ...]:
    """The path from `leaf` up to one of `roots`, valid at `at`, both ends included.

    Every link is checked: issuer name, signature, CA flag, key usage, path length, validity; a critical
    extension we do not understand breaks the path (RFC 5280 §6.1.4). Nothing is fetched.
    Constraints on names (§4.2.1.10) are not applied, so a certificate that carries them breaks the path too.
    Links may mix RSA, ECDSA and SM2.
    Raises Refused(CERTIFICATE_EXPIRED) when a path fails only by validity, Refused(ALGORITHM_UNSUPPORTED) where
    a link is SM2 and the machine is not able to check it, and otherwise Refused(CERTIFICATE_UNTRUSTED).
    """
    search = _Search(roots, others)
    outdated: Certificate | None = None
    for path in search.paths((leaf,)):
        late = next((link for link in path if not link.covers(at)), None)
        if late is None:
            return path
        outdated = outdated or late
    if outdated is not None:
        raise expired(outdated)
    raise Refused(Problem.CERTIFICATE_UNTRUSTED, owner=leaf.owner)


def expired(certificate: Certificate) -> Refused:
    """The refusal for a certificate outside its validity, with both ends as dates."""
    return Refused(
        Problem.CERTIFICATE_EXPIRED,
        owner=certificate.owner,
        not_before=f"{certificate.not_before_at:%Y-%m-%d}",
        not_after=f"{certificate.not_after_at:%Y-%m-%d}",
    )


class _Search:
    """Depth first from a leaf to the anchors, with an end to the patience for made-up piles of authorities."""

    def __init__(self, roots: Iterable[Certificate], others: Iterable[Certificate]) -> None:
        anchors = tuple(roots)
        self._anchors = frozenset(anchors)
        self._candidates = tuple(dict.fromkeys([*anchors, *others]))[:_MAX_CANDIDATES]
        self._left = _MAX_ISSUERS_TRIED

    def paths(self, path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        """Every path that begins with these links, but for the time at which it is looked at."""
        last = path[-1]
        if last.unknown_critical:
            return
        if last in self._anchors:
            yield path
            return
        if len(path) >= _MAX_DEPTH:
            return
        for issuer in sorted(self._candidates, key=lambda one: not _is_named(one, last)):
            if not _may_follow(issuer, path):
                continue
            self._left -= 1
            if self._left < 0:
                return
            if is_signed_by(last, issuer):
                yield from self.paths((*path, issuer))


def _is_named(issuer: Certificate, subject: Certificate) -> bool:
    """Whether the authority key identifier points there; only a hint where to look first (RFC 5280 §4.2.1.1)."""
    return issuer.key_identifier is not None and issuer.key_identifier == subject.authority_key


def _may_follow(issuer: Certificate, path: tuple[Certificate, ...]) -> bool:
    """CA flag and key usage, path length, name, and the same authority with the same key only once.

    Certificates that an authority issued to itself do not use up its path length (RFC 5280 §6.1.4 l).
    """
    below = sum(not names.match(one.subject_der, one.issuer_der) for one in path[1:])
    has_room = issuer.path_length is None or below <= issuer.path_length
    is_new = all(
        issuer.public_key_der != one.public_key_der or issuer.subject_der != one.subject_der for one in path
    )
    return issuer.is_ca and has_room and is_new and names.match(issuer.subject_der, path[-1].issuer_der)


@lru_cache(maxsize=1024)
def is_signed_by(subject: Certificate, issuer: Certificate) -> bool:
    """Whether the signature inside `subject` was made with the key of `issuer`."""
    if subject.scheme is None or subject.scheme.is_weak:
        return False
    return schemes.verify(subject.scheme, issuer.public_key_der, subject.signed_der, subject.signature)
