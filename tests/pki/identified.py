"""Certificates that say more of their holder than a name: organization, numbers in extensions or in the subject."""

import secrets
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.pki.hierarchy import Holder, rsa_key
from yunqian.crypto import der
from yunqian.crypto.certificates import read

ENTITY = "1.3.6.1.4.1.18760.1.12.11"
PERSON = "1.2.156.10260.4.1.1"
CODE = "1.2.156.10260.4.1.4"
USAGES = (
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


def text(value: str, tag: int = 0x0C) -> bytes:
    """A string as a DER element."""
    return der.tlv(tag, value.encode())


def holder(
    which: str,
    name: str,
    *,
    by: Holder,
    organization: str = "",
    serial_number: str = "",
    extensions: dict[str, bytes] | None = None,
    usages: tuple[str, ...] = ("digital_signature", "content_commitment"),
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> Holder:
    """A holder certified by `by`, within its validity unless said otherwise, with these extensions, none critical."""
    stated = [
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.SERIAL_NUMBER, serial_number),
        (NameOID.COMMON_NAME, name),
    ]
    key, above = rsa_key(which), x509.load_der_x509_certificate(by.certificate.der)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(kind, value) for kind, value in stated if value]))
        .issuer_name(above.subject)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(120))
        .not_valid_before(begins or by.certificate.not_before_at)
        .not_valid_after(ends or by.certificate.not_after_at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{one: one in usages for one in USAGES}), critical=True)
    )
    for kind, value in (extensions or {}).items():
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(kind), value)
        builder = builder.add_extension(unknown, critical=False)
    made = builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return Holder(key, read(made), (by.certificate, *by.above))
