"""The outside as tests have it: a certificate authority and a time-stamp authority that can be told to fail."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from asn1crypto import keys, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.pki.hierarchy import Holder, issue, revocation_list, rsa_key
from tests.worlds import TwoTenants
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import authorities
from yunqian.server.adapters.ca.port import Status


@dataclass
class Outside:
    """Both authorities; what a test sets here is what they do."""

    stamper: Holder
    revoked: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    problem: Problem | None = None
    wrong_imprint: bool = False
    stamps: int = 0

    def intermediates(self) -> tuple[Certificate, ...]:
        return ()

    def status(self, certificate: Certificate) -> Status:
        if certificate.sha256 in self.unknown:
            return Status.UNKNOWN
        return Status.REVOKED if certificate.sha256 in self.revoked else Status.GOOD

    def stamp(self, imprint: bytes, digest: str) -> bytes:
        if self.problem:
            raise Refused(self.problem)
        self.stamps += 1
        asked = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": digest},
                    "hashed_message": bytes(32) if self.wrong_imprint else imprint,
                },
                "nonce": secrets.randbits(63),
                "cert_req": True,
            }
        )
        answer = _authority(self.stamper).request_tsa_response(asked)
        token: bytes = answer["time_stamp_token"].dump()
        return token


def _authority(holder: Holder) -> DummyTimeStamper:
    key = holder.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(
        x509.Certificate.load(holder.certificate.der),
        keys.PrivateKeyInfo.load(key),
        certs_to_embed=SimpleCertificateStore(),
    )


@pytest.fixture
def outside(two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """The act with these authorities in place of the configured ones."""
    valid = two_tenants.root.certificate
    stamper = issue(
        rsa_key("world-stamper"),
        "测试时间戳机构",
        by=two_tenants.root,
        extended=ExtendedKeyUsageOID.TIME_STAMPING,
        usages=("digital_signature",),
        begins=valid.not_before_at,
        ends=valid.not_after_at,
    )
    nobody = revocation_list(two_tenants.root, at=datetime.now(UTC) - timedelta(minutes=1))
    (settings.current().trust_folder / "root.crl").write_bytes(nobody)
    both = Outside(stamper)
    monkeypatch.setattr(authorities, "ca", SimpleNamespace(current=lambda: both))
    monkeypatch.setattr(authorities, "tsa", SimpleNamespace(current=lambda: both))
    return both
