"""What the security client's tests share: a platform, its orders, soft keys with certificates, and a clock.

Everything is real but the hour: keys sign, orders are signed by an Ed25519 key made for the test.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from tests.pki import parties
from yunqian.agent import app
from yunqian.agent.acts import Secret
from yunqian.agent.acts.unlocks import Unlocks
from yunqian.agent.config import Config, Platform, SoftDriver
from yunqian.agent.desk import Desk
from yunqian.agent.journal import Journal
from yunqian.agent.keys import soft
from yunqian.agent.keys.port import Driver
from yunqian.agent.keys.ring import Ring
from yunqian.agent.pin import Pin
from yunqian.agent.spent import Ledger
from yunqian.crypto import attributes, certificate_requests, certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.wire.orders import MarkKind, MarkSummary, SignedOrder, SignOrder

ORIGIN = "https://sign.example.gov"
OTHER_ORIGIN = "https://other.example.org"
STRANGER = "https://evil.example.com"
PIN = "246810"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PORT = 17311
TITLE = "采购合同（2026-118）.pdf"


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(frozen=True)
class Site:
    """A platform: its origin and the key it signs orders with."""

    origin: str = ORIGIN
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def paired(self) -> Platform:
        raw = self.key.public_key().public_bytes_raw()
        return Platform(origin=self.origin, name="云签测试平台", order_key=base64.b64encode(raw).decode())

    def signed(self, order: SignOrder | str) -> SignedOrder:
        payload = order if isinstance(order, str) else order.model_dump_json()
        value = self.key.sign(payload.encode())
        return SignedOrder(payload=payload, signature=base64.b64encode(value).decode())

    def order(self, certificate: Certificate, *, at: datetime = NOW, **changes: Any) -> SignOrder:
        suite = suites.suite_of(certificate)
        digest = secrets.token_bytes(hashes_size(suite))
        facts: dict[str, Any] = {
            "order_id": secrets.token_hex(8),
            "ceremony_id": "ceremony-1",
            "position": 1,
            "total": 2,
            "origin": self.origin,
            "tenant_name": "广东示例科技有限公司",
            "person_name": "李明",
            "title": TITLE,
            "page_count": 4,
            "document_sha256": "ab" * 32,
            "marks": (
                MarkSummary(kind=MarkKind.SEAL, name="合同专用章", pages=(1,)),
                MarkSummary(kind=MarkKind.DATE, name="2026-11-22", pages=(1,)),
            ),
            "certificate_sha256": certificate.sha256,
            "certificate_owner": certificate.owner,
            "algorithm": suite.name,
            "to_be_signed": base64.b64encode(attributes.build(digest, certificate, suite)).decode(),
            "nonce": secrets.token_hex(16),
            "issued_at": at,
            "expires_at": at + timedelta(minutes=5),
        }
        return SignOrder(**(facts | changes))


def hashes_size(suite: Suite) -> int:
    """Bytes of the suite's digest."""
    return 48 if suite.digest == "sha384" else 32


@cache
def issuer() -> ec.EllipticCurvePrivateKey:
    """The key of the test authority, made once."""
    return ec.generate_private_key(ec.SECP256R1())


def certify(
    public_key: Any, owner: str, *, begin: datetime = NOW - timedelta(days=1), days: int = 400
) -> bytes:
    """A signing certificate for this public key, in PEM, by the test authority."""

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    usage = {"digital_signature": True, "content_commitment": True}
    others = (
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    built = (
        x509.CertificateBuilder()
        .subject_name(name(owner))
        .issuer_name(name("测试证书机构"))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.KeyUsage(**usage, **dict.fromkeys(others, False)), critical=True)
        .sign(issuer(), hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


def certify_sm2(request: bytes, owner: str) -> bytes:
    """A signing certificate by an SM2 authority for the SM2 key of a request."""
    asked = certificate_requests.read(request)
    assert asked.is_proven
    top = parties.authority(parties.key("sm2", "agent root"), "国密测试证书机构")
    odd = parties.Odd(spki=asked.public_key_der)
    return parties.person(parties.key("sm2", "nobody"), owner, by=top, odd=odd).certificate.der


def _certify_other(request: bytes, owner: str) -> bytes:
    asked = x509.load_pem_x509_csr(request)
    assert isinstance(asked.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    return certify(asked.public_key(), owner)


def pin(text: str = PIN) -> Pin:
    return Pin(bytearray(text.encode()))


def entered(text: str = PIN) -> dict[Secret, Pin]:
    """What a person enters in a sheet that asks for the PIN alone."""
    return {Secret.PIN: pin(text)}


def soft_key(
    folder: Path,
    serial: str = "SOFT-1",
    *,
    owner: str = "李明",
    algorithm: Suite = Suite.RSA_SHA256,
    pin_text: str = PIN,
) -> Certificate:
    """A soft key in `folder/keys` with a certificate; gives the certificate."""
    home = soft.create(
        folder / app.KEYS_FOLDER, serial=serial, label="签名章", pin=pin(pin_text), algorithm=algorithm
    )
    asked = (home / "request.pem").read_bytes()
    pem = certify_sm2(asked, owner) if algorithm is Suite.SM2_SM3 else _certify_other(asked, owner)
    (home / "certificate.pem").write_bytes(pem)
    return certificates.read(pem)


@dataclass
class World:
    """A client with soft keys in `folder`, two paired platforms, and a clock of its own."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    site: Site = field(default_factory=Site)
    other_site: Site = field(default_factory=lambda: Site(OTHER_ORIGIN))

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / app.JOURNAL_NAME, clock=self.clock)

    @property
    def journal_text(self) -> str:
        path = self.folder / app.JOURNAL_NAME
        return path.read_text() if path.exists() else ""

    def config(self) -> Config:
        return Config(
            port=PORT,
            platforms=(self.site.paired(), self.other_site.paired()),
            drivers=(SoftDriver(kind="soft", folder=app.KEYS_FOLDER),),
        )

    def desk(self, drivers: Sequence[Driver] | None = None) -> Desk:
        """A desk as after a start of the client; what it keeps on disk is in `folder`."""
        if drivers is None:
            return app.desk(self.folder, self.config(), clock=self.clock)
        return Desk(
            platforms=self.config().platforms,
            ring=Ring(drivers),
            journal=self.journal,
            ledger=Ledger(self.folder / app.LEDGER_NAME, now=self.clock()),
            unlocks=Unlocks(self.folder / app.UNLOCKS_FOLDER, clock=self.clock),
            clock=self.clock,
            window_base=f"http://127.0.0.1:{PORT}",
        )

    def tries_left(self, serial: str = "SOFT-1") -> int:
        """As written on disk."""
        record = json.loads((self.folder / app.KEYS_FOLDER / serial / "key.json").read_text())
        return int(record["tries_left"])
