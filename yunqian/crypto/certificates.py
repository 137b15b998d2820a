"""Tolerant reading of X.509 certificates, and strict building of chains up to given roots (RFC 5280 §6)."""

import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import x509

from yunqian.crypto import schemes
from yunqian.problems import Problem, Refused

_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)-----END", re.DOTALL)
_MAX_BYTES = 64 * 1024
_MAX_DEPTH = 8
_UNDERSTOOD = frozenset(
    {
        "basic_constraints",
        "key_usage",
        "extended_key_usage",
        "certificate_policies",
        "subject_alt_name",
        "issuer_alt_name",
        "authority_key_identifier",
        "key_identifier",
        "crl_distribution_points",
        "authority_information_access",
    }
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as read once; equality is equality of its DER.

    `may_sign` tells whether a person's or an organization's document may be signed with it: digitalSignature
    or nonRepudiation where key usage is stated (RFC 5280 §4.2.1.3), and not a certification authority.
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
    path_length: int | None = field(compare=False)
    subject_der: bytes = field(compare=False, repr=False)
    issuer_der: bytes = field(compare=False, repr=False)
    public_key_der: bytes = field(compare=False, repr=False)
    signed_der: bytes = field(compare=False, repr=False)
    scheme: schemes.Scheme | None = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    key_identifier: bytes | None = field(compare=False, repr=False)
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
    except Exception as error:  # a stranger's bytes: asn1crypto raises many kinds
        raise Refused(Problem.CERTIFICATE_UNREADABLE) from error


def _unarmoured(block: bytes) -> bytes:
    return b64decode(re.sub(rb"\s+", b"", block), validate=True)


def _parsed(der: bytes) -> Certificate:
    parsed = x509.Certificate.load(der, strict=True)
    body = parsed["tbs_certificate"]
    validity = body["validity"].native
    key = body["subject_public_key_info"]
    constraints = parsed.basic_constraints_value
    is_ca = bool(constraints is not None and constraints["ca"].native)
    usages = _usages(parsed)
    extended = _extended(parsed)
    return Certificate(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        owner=_owner(body["subject"]),
        subject=body["subject"].human_friendly,
        issuer_name=_owner(body["issuer"]),
        serial=body["serial_number"].native,
        not_before_at=validity["not_before"],
        not_after_at=validity["not_after"],
        key_algorithm=_key_algorithm(key),
        key_bits=_key_bits(key),
        may_sign=not is_ca and (usages is None or bool(usages & {"digital_signature", "non_repudiation"})),
        is_ca=is_ca and (usages is None or "key_cert_sign" in usages),
        may_stamp=extended == ["time_stamping"] and _is_critical(parsed, "extended_key_usage"),
        path_length=constraints["path_len_constraint"].native if is_ca else None,
        subject_der=body["subject"].dump(),
        issuer_der=body["issuer"].dump(),
        public_key_der=key.dump(),
        signed_der=body.dump(),
        scheme=schemes.read(parsed["signature_algorithm"].dump()),
        signature=parsed["signature_value"].native,
        key_identifier=parsed.key_identifier,
        unknown_critical=tuple(sorted(set(parsed.critical_extensions) - _UNDERSTOOD)),
    )


def _usages(parsed: x509.Certificate) -> set[str] | None:
    value = parsed.key_usage_value
    return None if value is None else set(value.native)


def _extended(parsed: x509.Certificate) -> list[str]:
    value = parsed.extended_key_usage_value
    return [] if value is None else list(value.native)


def _is_critical(parsed: x509.Certificate, name: str) -> bool:
    return name in parsed.critical_extensions


def _owner(name: x509.Name) -> str:
    """What people call the holder: the common name, or else the organization, or else the whole name."""
    entries: dict[str, Any] = name.native
    for kind in ("common_name", "organization_name"):
        value = entries.get(kind)
        if value:
            return value[-1] if isinstance(value, list) else str(value)
    return str(name.human_friendly)


def _key_algorithm(key: Any) -> str:
    """rsa, ec:<curve> or the bare algorithm's name; an unknown curve keeps its dotted form."""
    name = str(key["algorithm"]["algorithm"].native)
    if name != "ec":
        return name
    return f"ec:{key['algorithm']['parameters'].native}"


def _key_bits(key: Any) -> int:
    if key["algorithm"]["algorithm"].native == "rsa":
        return int(key["public_key"].parsed["modulus"].native).bit_length()
    return (len(key["public_key"].native) - 1) * 4


def chain(
    leaf: Certificate, others: Iterable[Certificate], roots: Iterable[Certificate], *, at: datetime
) -> tuple[Certificate, ...]:
    """The path from `leaf` up to one of `roots`, valid at `at`, both ends included.

    Every link is checked: issuer name, signature, CA flag, key usage, path length, validity; a critical
    extension we do not understand breaks the path (RFC 5280 §6.1.4). Nothing is fetched.
    Raises Refused(CERTIFICATE_EXPIRED) when a path fails only by validity, and otherwise
    Refused(CERTIFICATE_UNTRUSTED).
    """
    anchors = frozenset(roots)
    candidates = tuple(dict.fromkeys([*anchors, *others]))[:200]
    outdated: Certificate | None = None
    for path in _paths((leaf,), candidates, anchors):
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


def _paths(
    path: tuple[Certificate, ...], candidates: tuple[Certificate, ...], anchors: frozenset[Certificate]
) -> Iterator[tuple[Certificate, ...]]:
    last = path[-1]
    if last.unknown_critical:
        return
    if last in anchors:
        yield path
        return
    if len(path) >= _MAX_DEPTH:
        return
    for issuer in candidates:
        if (
            issuer not in path
            and _may_issue(issuer, last, below=len(path) - 1)
            and is_signed_by(last, issuer)
        ):
            yield from _paths((*path, issuer), candidates, anchors)


def _may_issue(issuer: Certificate, subject: Certificate, *, below: int) -> bool:
    has_room = issuer.path_length is None or below <= issuer.path_length
    return issuer.subject_der == subject.issuer_der and issuer.is_ca and has_room


@lru_cache(maxsize=1024)
def is_signed_by(subject: Certificate, issuer: Certificate) -> bool:
    """Whether the signature inside `subject` was made with the key of `issuer`."""
    if subject.scheme is None or subject.scheme.is_weak:
        return False
    return schemes.verify(subject.scheme, issuer.public_key_der, subject.signed_der, subject.signature)
