"""Making an electronic seal: SESeal of GB/T 38540-2020 (V4), or of GM/T 0031-2014 (V1) for readers that ask for it.

The maker's key is a callable: it may lie in a file, in a key or in a module behind a network. What comes out is DER,
is read back before it is given away, and holds no extension. GM/T 0031-2025 (V5) is read and not made: its one
difference is a time stamp over the maker's value, and nobody here gives one out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from yunqian.crypto import certificates, der, digests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal import fields, seal, verdicts
from yunqian.eseal.seal import Seal, Version
from yunqian.problems import Problem, Refused

VENDOR = "YUNQIAN"
NAME_LIMIT = 100
MARK_LIMIT = 64
SIZE_LIMIT_MM = 200
_PNG = b"\x89PNG\r\n\x1a\n"
_BIT_STRING, _UTF8, _PRINTABLE, _IA5 = 0x03, 0x0C, 0x13, 0x16
_BY_CERTIFICATE, _BY_DIGEST = 1, 2
_UTC_TIME_YEARS = range(1950, 2050)  # RFC 5280 §4.1.2.5.1: what two digits of a year can say


class Kind(IntEnum):
    """Whose seal it is, as GM/T 0031-2014 numbers it."""

    ORGANIZATION = 1
    PERSON = 2


@dataclass(frozen=True, slots=True)
class Maker:
    """The seal maker (制章单位): its certificate, and `sign`, which gives the value over a message.

    The suite is the one of the certificate's key: an SM2 value covers Z with the default identity and is DER, or
    64 bytes r ‖ s; RSA is PKCS#1 v1.5 with SHA-256; an ECDSA value is DER.
    """

    certificate: Certificate
    sign: Callable[[bytes], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a seal shall say. `es_id` is its number at its maker; sizes are whole millimetres, as the standard has.

    `signers` are the certificates that may apply the seal. Times lose what is below a second.
    """

    es_id: str
    name: str
    kind: Kind
    png: bytes = field(repr=False)
    width_mm: float
    height_mm: float
    signers: tuple[Certificate, ...] = field(repr=False)
    created_at: datetime
    valid_from_at: datetime
    valid_until_at: datetime
    vendor_id: str = VENDOR


def make(wanted: Wanted, maker: Maker, *, version: Version = Version.V4, is_by_digest: bool = False) -> bytes:
    """The seal as DER, signed by its maker; `seal.read` gives every field of it back.

    With `is_by_digest` the list of signers names each by its digest (certListType 2, V4 only) in the suite of the
    maker, which says less about people and is shorter. Raises Refused(REQUEST_INVALID) for what a seal cannot say,
    Refused(CERTIFICATE_USAGE, CERTIFICATE_EXPIRED or ALGORITHM_UNSUPPORTED) for the maker's certificate, and
    Refused(SIGNATURE_INVALID) when the value that `sign` gave is not the maker's over this seal.
    """
    _require(wanted, version, is_by_digest=is_by_digest)
    suite = _suite(maker.certificate, at=wanted.created_at)
    info = _info(wanted, version, suite if is_by_digest else None)
    certificate, algorithm = der.octets(maker.certificate.der), _identifier(suite)
    if version is Version.V1:
        value = _bits(maker.sign(der.sequence(info, certificate, algorithm)))
        made = der.sequence(info, der.sequence(certificate, algorithm, value))
    else:
        made = der.sequence(info, certificate, algorithm, _bits(maker.sign(info)))
    if verdicts.judge_maker(seal.read(made)).verdict is not verdicts.Verdict.VALID:
        raise Refused(Problem.SIGNATURE_INVALID)
    return made


def is_as_wanted(made: Seal, wanted: Wanted, maker: Certificate, *, is_by_digest: bool = False) -> bool:
    """Whether a seal says what is wanted of it and is by this maker; number, times and form do not matter."""
    suite = suites.suite_of(maker)
    digested = {(one.kind, one.value) for one in made.certificate_digests}
    asked = {(suite.digest.upper(), _digest(suite, one)) for one in wanted.signers}
    listed, asked_whole = set(made.certificates), {one.der for one in wanted.signers}
    has_signers = (digested, listed) == ((asked, set()) if is_by_digest else (set(), asked_whole))
    shown = made.picture
    return (
        has_signers
        and made.maker_certificate == maker.der
        and (made.name, made.kind, shown.content) == (wanted.name, wanted.kind, wanted.png)
        and (shown.width_mm, shown.height_mm) == (wanted.width_mm, wanted.height_mm)
    )


def _require(wanted: Wanted, version: Version, *, is_by_digest: bool) -> None:
    """Refuse what the structure could not carry, or what no reader could use."""
    _refuse_unless(version is not Version.V5, "version of a seal: V1 or V4")
    _refuse_unless(version is Version.V4 or not is_by_digest, "signers by digest: V4 only")
    for what, mark in (("number of a seal", wanted.es_id), ("vendor of a seal", wanted.vendor_id)):
        is_fit = mark.isascii() and mark.isprintable() and mark.strip() == mark
        _refuse_unless(is_fit and 1 <= len(mark) <= MARK_LIMIT, what)
    is_fit = wanted.name.isprintable() and wanted.name.strip() == wanted.name
    _refuse_unless(is_fit and 1 <= len(wanted.name) <= NAME_LIMIT, "name of a seal")
    _refuse_unless(wanted.png.startswith(_PNG), "picture of a seal: PNG")
    for size_mm in (wanted.width_mm, wanted.height_mm):
        is_whole = float(size_mm).is_integer() and 1 <= size_mm <= SIZE_LIMIT_MM
        _refuse_unless(is_whole, f"size of a seal: whole mm up to {SIZE_LIMIT_MM}, not {size_mm:g}")
    distinct = {one.der for one in wanted.signers}
    _refuse_unless(1 <= len(distinct) <= fields.MEMBERS_MAX, "signers of a seal: at least one certificate")
    _refuse_unless(len(distinct) == len(wanted.signers), "signers of a seal: a certificate twice")
    _require_times(wanted, version)
    _refuse_unless(len(wanted.png) + sum(map(len, distinct)) < seal.MAX_BYTES // 2, "size of a seal in bytes")


def _require_times(wanted: Wanted, version: Version) -> None:
    times = (wanted.created_at, wanted.valid_from_at, wanted.valid_until_at)
    _refuse_unless(all(one.tzinfo is not None for one in times), "times of a seal: with a zone")
    _refuse_unless(wanted.valid_from_at < wanted.valid_until_at, "validity of a seal")
    try:
        years = {one.astimezone(UTC).year for one in times}
    except OverflowError:  # the first and the last day of the calendar, in another zone
        years = {0}
    fit = _UTC_TIME_YEARS if version is Version.V1 else range(1900, 10_000)
    _refuse_unless(all(year in fit for year in years), "years of a seal")


def _refuse_unless(is_fit: bool, detail: str) -> None:
    if not is_fit:
        raise Refused(Problem.REQUEST_INVALID, detail=detail)


def _suite(certificate: Certificate, *, at: datetime) -> Suite:
    if not certificate.may_sign:
        raise Refused(Problem.CERTIFICATE_USAGE, owner=certificate.owner)
    if not certificate.covers(at):
        raise certificates.expired(certificate)
    return suites.suite_of(certificate)


def _info(wanted: Wanted, version: Version, digested_by: Suite | None) -> bytes:
    """SES_SealInfo, its fields in the order of both standards; no extDatas."""
    header = der.sequence(_text(_IA5, "ES"), der.integer(version), _text(_IA5, wanted.vendor_id))
    sizes = map(der.integer, (int(wanted.width_mm), int(wanted.height_mm)))
    picture = der.sequence(_text(_IA5, "PNG"), der.octets(wanted.png), *sizes)
    properties = _properties(wanted, version, digested_by)
    return der.sequence(header, _text(_IA5, wanted.es_id), properties, picture)


def _properties(wanted: Wanted, version: Version, digested_by: Suite | None) -> bytes:
    if digested_by is None:
        listed = [der.octets(one.der) for one in wanted.signers]
    else:
        named = _text(_PRINTABLE, digested_by.digest.upper())
        listed = [der.sequence(named, der.octets(_digest(digested_by, one))) for one in wanted.signers]
    list_kind = der.integer(_BY_CERTIFICATE if digested_by is None else _BY_DIGEST)
    times = (wanted.created_at, wanted.valid_from_at, wanted.valid_until_at)
    return der.sequence(
        der.integer(wanted.kind),
        _text(_UTF8, wanted.name),
        b"" if version is Version.V1 else list_kind,
        der.sequence(*listed),
        *(_moment(one, version) for one in times),
    )


def _digest(suite: Suite, certificate: Certificate) -> bytes:
    return digests.of(suite.digest, certificate.der)


def _moment(at: datetime, version: Version) -> bytes:
    """GeneralizedTime in V4, UTCTime in V1; DER: in UTC, with seconds and nothing below them (X.690 §11.7)."""
    plain = at.astimezone(UTC)
    if version is Version.V1:
        return _text(fields.UTC_TIME, f"{plain:%y%m%d%H%M%SZ}")
    return _text(fields.GENERALIZED_TIME, f"{plain:%Y%m%d%H%M%SZ}")


def _identifier(suite: Suite) -> bytes:
    """The bare OBJECT IDENTIFIER of a suite: a seal has no place for parameters."""
    _, identifier, _ = der.element(suite.signature_identifier)
    tag, dotted, _ = der.element(identifier)
    return der.tlv(tag, dotted)


def _text(tag: int, content: str) -> bytes:
    return der.tlv(tag, content.encode())


def _bits(content: bytes) -> bytes:
    return der.tlv(_BIT_STRING, b"\x00", content)
