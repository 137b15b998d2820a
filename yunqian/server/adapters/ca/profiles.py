"""What the demo authority's certificates and lists look like (RFC 5280; GM/T 0015 §5 for their usages)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

ORGANIZATION = "云签演示证书机构（仅供演示）"
ROOT_LIFE = timedelta(days=3650)
ISSUING_LIFE = timedelta(days=1825)
HOLDER_LIFE = timedelta(days=730)
LIST_LIFE = timedelta(days=7)
MAKER_NAME = "云签演示制章单位 Demo Seal Maker"
MAKER_RENEWED_BEFORE = timedelta(days=60)
_SKEW = timedelta(minutes=5)  # another machine's clock may be a little behind ours

_SHA256 = hashes.SHA256()
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Issuer:
    """An authority's part that signs: its name in addresses, its certificate and its key."""

    name: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def root(key: rsa.RSAPrivateKey, *, at: datetime) -> x509.Certificate:
    """A self-signed root above one level of issuing authorities."""
    name = _authority_name("云签演示根证书 Demo Root")
    started = _started(name, name, key.public_key(), at=at, life=ROOT_LIFE)
    return _authority(started, key.public_key(), path_length=1).sign(key, _SHA256)


def issuing(key: rsa.RSAPrivateKey, *, by: Issuer, origin: str, at: datetime) -> x509.Certificate:
    """The authority that certifies holders and answers OCSP itself (RFC 6960 §4.2.2.2)."""
    name = _authority_name("云签演示签发机构 Demo Issuing CA")
    started = _started(name, by.certificate.subject, key.public_key(), at=at, life=ISSUING_LIFE)
    placed = _placed(_authority(started, key.public_key(), path_length=0), by=by, origin=origin)
    return placed.sign(by.key, _SHA256)


def holder(
    key: CertificateIssuerPublicKeyTypes,
    *,
    name: str,
    organization: str | None,
    by: Issuer,
    origin: str,
    at: datetime,
) -> x509.Certificate:
    """A certificate that documents are signed with: digitalSignature and nonRepudiation, nothing else."""
    subject = _subject(name, organization or "")
    started = _started(subject, by.certificate.subject, key, at=at, life=HOLDER_LIFE)
    usages = _usage("digital_signature", "content_commitment")
    return _end(started, key, usages, by=by, origin=origin).sign(by.key, _SHA256)


def stamper(key: rsa.RSAPublicKey, *, by: Issuer, origin: str, at: datetime) -> x509.Certificate:
    """A time-stamping certificate: one purpose, critical (RFC 3161 §2.3); it lives as long as its issuer."""
    life = by.certificate.not_valid_after_utc - at
    subject = _authority_name("云签演示时间戳 Demo TSA")
    started = _started(subject, by.certificate.subject, key, at=at, life=life)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    ended = _end(started, key, _usage("digital_signature"), by=by, origin=origin)
    return ended.add_extension(purpose, critical=True).sign(by.key, _SHA256)


def revocation_list(
    by: Issuer, revoked: Iterable[tuple[int, datetime, str]], *, number: int, at: datetime
) -> bytes:
    """A complete list in DER of (serial, revoked at, reason of RFC 5280 §5.3.1)."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(at)
        .next_update(at + LIST_LIFE)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_above(by), critical=False)
    )
    for serial, since, reason in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        flag = x509.ReasonFlags(reason)
        if flag is not x509.ReasonFlags.unspecified:  # it should be absent then (RFC 5280 §5.3.1)
            entry = entry.add_extension(x509.CRLReason(flag), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, _SHA256).public_bytes(Encoding.DER)


def _subject(name: str, organization: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, organization)]
    parts.append((NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts if value])


def _authority_name(name: str) -> x509.Name:
    return _subject(name, ORGANIZATION)


def _started(
    subject: x509.Name,
    issuer: x509.Name,
    key: CertificateIssuerPublicKeyTypes,
    *,
    at: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SKEW)
        .not_valid_after(at + life)
    )


def _authority(
    started: x509.CertificateBuilder, key: rsa.RSAPublicKey, *, path_length: int
) -> x509.CertificateBuilder:
    return (
        started.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage("digital_signature", "key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _end(
    started: x509.CertificateBuilder,
    key: CertificateIssuerPublicKeyTypes,
    usage: x509.KeyUsage,
    *,
    by: Issuer,
    origin: str,
) -> x509.CertificateBuilder:
    profiled = (
        started.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    return _placed(profiled, by=by, origin=origin)


def _placed(builder: x509.CertificateBuilder, *, by: Issuer, origin: str) -> x509.CertificateBuilder:
    """Say who is above, and where his certificate, his list and his answers are (RFC 5280 §4.2.1.13, §4.2.2.1).

    The root is seldom at hand, so only what the issuing authority signed names an OCSP address.
    """
    point = x509.DistributionPoint([_address(f"{origin}/pki/{by.name}.crl")], None, None, None)
    kinds = [(AuthorityInformationAccessOID.CA_ISSUERS, f"{origin}/pki/{by.name}.cer")]
    if by.name == "issuing":
        kinds.append((AuthorityInformationAccessOID.OCSP, f"{origin}/pki/ocsp"))
    access = [x509.AccessDescription(kind, _address(url)) for kind, url in kinds]
    return (
        builder.add_extension(_above(by), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
    )


def _above(by: Issuer) -> x509.AuthorityKeyIdentifier:
    own = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _address(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)


def _usage(*named: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in named for usage in _USAGES})
