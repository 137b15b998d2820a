"""Keys and certificates for tests: a root, issuing authorities, and holders good and bad.

`Hierarchy.built()` gives one world per process; a key is made once per kind of algorithm and reused, because
making RSA keys is what would make the tests slow.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from yunqian.crypto.certificates import Certificate, read

type_of_key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
YEAR = timedelta(days=365)

DOCUMENT_USAGE = ("digital_signature", "content_commitment")
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


@cache
def rsa_key(which: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One RSA key per name and size for the whole run."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(which: str, curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    """One elliptic-curve key per name and curve for the whole run."""
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    return ec.generate_private_key(curves[curve])


@dataclass(frozen=True)
class Holder:
    """A certificate with its private key and the authorities above it, nearest first, root last."""

    key: type_of_key
    certificate: Certificate
    above: tuple[Certificate, ...] = ()

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The authorities to embed: all above but the root, which the reader has."""
        return self.above[:-1]

    def sign(self, message: bytes, digest: str = "") -> bytes:
        """The raw value a key would answer: PKCS#1 v1.5, or DER SEQUENCE{r,s}."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), _hash(digest or "sha256"))
        wanted = digest or ("sha384" if self.key.curve.name == "secp384r1" else "sha256")
        return self.key.sign(message, ec.ECDSA(_hash(wanted)))


def _hash(name: str) -> hashes.HashAlgorithm:
    return {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384}[name]()


def issue(
    key: type_of_key,
    name: str,
    *,
    by: Holder | None = None,
    is_ca: bool = False,
    path_length: int | None = None,
    usages: Sequence[str] = DOCUMENT_USAGE,
    extended: x509.ObjectIdentifier | None = None,
    begins: datetime = NOW - YEAR,
    ends: datetime = NOW + YEAR,
    extra: x509.ExtensionType | None = None,
) -> Holder:
    """A holder certified by another, or by itself where `by` is None."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    issuer = x509.Name.from_rfc4514_string if by is None else None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer or by is None else _subject(by))
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:15], "big"))
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(is_ca, path_length if is_ca else None), critical=True)
    )
    named = ("key_cert_sign", "crl_sign") if is_ca else usages
    if named:
        usage = x509.KeyUsage(**{usage: usage in named for usage in _USAGES})
        builder = builder.add_extension(usage, critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=True)
    if extra:
        builder = builder.add_extension(extra, critical=True)
    signed = builder.sign(by.key if by else key, hashes.SHA256()).public_bytes(Encoding.DER)
    above = (by.certificate, *by.above) if by else ()
    return Holder(key, read(signed), above)


def _subject(holder: Holder) -> x509.Name:
    return x509.load_der_x509_certificate(holder.certificate.der).subject


def revocation_list(
    issuer: Holder,
    revoked: Sequence[Certificate] = (),
    *,
    at: datetime = NOW,
    days: int = 30,
    reason: x509.ReasonFlags | None = None,
    scope: x509.IssuingDistributionPoint | None = None,
) -> bytes:
    """A DER revocation list by `issuer` that revokes the given certificates as of `at`."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_subject(issuer))
        .last_update(at)
        .next_update(at + timedelta(days=days))
    )
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial).revocation_date(at)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if scope is not None:
        builder = builder.add_extension(scope, critical=True)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Hierarchy:
    """The world of certificates that the tests speak of."""

    root: Holder
    issuing: Holder
    person: Holder
    company: Holder
    elliptic: Holder
    elliptic_384: Holder
    expired: Holder
    wrong_usage: Holder
    stamper: Holder
    stranger: Holder

    @property
    def crl(self) -> bytes:
        """The issuing authority's list, with nobody on it."""
        return revocation_list(self.issuing)

    @property
    def crls(self) -> tuple[bytes, bytes]:
        """The lists of both authorities, with nobody on them."""
        return self.crl, revocation_list(self.root)


@cache
def built() -> Hierarchy:
    """The one hierarchy of this process."""
    root = issue(rsa_key("root"), "测试根证书机构", is_ca=True)
    issuing = issue(rsa_key("issuing"), "测试签发机构", by=root, is_ca=True, path_length=0)
    foreign = issue(rsa_key("foreign"), "别家根证书机构", is_ca=True)
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    return Hierarchy(
        root=root,
        issuing=issuing,
        person=issue(rsa_key("person"), "李明", by=issuing),
        company=issue(rsa_key("company"), "广东示例科技有限公司", by=issuing),
        elliptic=issue(ec_key("elliptic"), "王芳", by=issuing),
        elliptic_384=issue(ec_key("elliptic", "P-384"), "陈静", by=issuing),
        expired=issue(rsa_key("person"), "过期的人", by=issuing, begins=NOW - 2 * YEAR, ends=NOW - YEAR / 2),
        wrong_usage=issue(rsa_key("person"), "加密证书", by=issuing, usages=("key_encipherment",)),
        stamper=issue(rsa_key("stamper"), "测试时间戳机构", by=issuing, extended=stamping),
        stranger=issue(rsa_key("person"), "外人", by=foreign),
    )
