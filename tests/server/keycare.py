"""The looking after of keys in tests: an authority that issues, a desk that releases, a client that asks for both."""

import base64
import hashlib
import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import worlds
from tests.pki.parties import algorithm_of, key, sign
from tests.server.adapters.authorities import config_at
from tests.server.browsing import Browser
from tests.worlds import Member
from yunqian.crypto import certificate_requests
from yunqian.server import scope
from yunqian.server.actions import binding, enrolment, seal, seal_application, unlocking
from yunqian.server.adapters.ca import embedded
from yunqian.server.adapters.ca.embedded import EmbeddedAuthority
from yunqian.server.adapters.desk.fake import FakeDesk
from yunqian.wire.key_orders import NamedKey, unlock_code

ADMIN_PIN = "admin-864209753"
SERIAL = "DEMO-EMPTY-0001"
KEY = {"driver": "soft", "serial": SERIAL, "label": "空白演示 Key"}
ALGORITHMS = {"rsa": "RSA_SHA256", "ecdsa": "ECDSA_SHA256", "sm2": "SM2_SM3"}


@dataclass
class Client:
    """A security client's request for unlocking: the X25519 pair never leaves it."""

    private: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    key: dict[str, str] = field(default_factory=lambda: dict(KEY))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def code(self) -> str:
        return unlock_code(NamedKey(**self.key), self.public)

    def request(self, **changes: Any) -> dict[str, Any]:
        return {
            "key": self.key,
            "public_key": base64.b64encode(self.public).decode(),
            "code": self.code,
        } | changes


@dataclass
class Keycare:
    """Who is there: the authority, its desk with a clerk, and the folder in which the desk behaves."""

    authority: EmbeddedAuthority
    clerk: Member
    folder: Path

    def behave(self, how: str) -> None:
        (self.folder / "behave").write_text(how, encoding="utf-8")


@pytest.fixture(scope="session")
def made_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("keycare")
    embedded.make(config_at(home))
    return home


@pytest.fixture
def keycare(
    two_tenants: worlds.TwoTenants,
    made_authority: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Keycare:
    """The world of two tenants, and a certificate authority with a desk beside it."""
    shutil.copytree(made_authority, tmp_path / "home")
    authority = embedded.load(
        config_at(tmp_path / "home"), clock=lambda: datetime.now(UTC).replace(microsecond=0)
    )
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "admin-pins.json").write_text(json.dumps({SERIAL: ADMIN_PIN}), encoding="utf-8")
    desk = FakeDesk(folder)
    monkeypatch.setattr(enrolment, "ca", SimpleNamespace(current=lambda: authority))
    monkeypatch.setattr(enrolment, "seal_maker", SimpleNamespace(current=authority.make_seal_maker))
    for room in (binding, seal, seal_application):
        monkeypatch.setattr(room, "seal_maker", SimpleNamespace(current=authority.make_seal_maker))
    monkeypatch.setattr(unlocking, "desk", SimpleNamespace(current=lambda: desk))
    return Keycare(authority, make_clerk(), folder)


def make_clerk(account: str = "desk", name: str = "赵敏") -> Member:
    """A clerk at the desk of the certificate authority."""
    from yunqian.server.records.models import Grant, Tenant

    with scope.platform(is_writing=True):
        tenant, _ = Tenant.objects.get_or_create(
            slug="authority", defaults={"name": "测试证书机构", "kind": "authority"}
        )
    clerk = worlds._member(tenant.pk, account, name, "受理点", may_start=False)
    with scope.entered(person_id=None, tenant_id=tenant.pk):
        Grant.objects.create(member_id=clerk.member_id, right="desk")
    return clerk


def order_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The order inside an answer, as a client reads it."""
    return json.loads(answer["order"]["payload"])


def begin(browser: Browser, kind: str = "rsa", **changes: Any) -> dict[str, Any]:
    answer = browser.post("/api/enrolments", {"key": KEY, "algorithm": ALGORITHMS[kind]} | changes)
    assert answer.status_code == 200, answer.content
    return answer.json()


def requested(order: dict[str, Any], kind: str = "rsa", which: str = "in the key") -> dict[str, Any]:
    """What a key answers to an EnrolOrder: a request of ours, signed by a pair of this kind."""
    private = key(kind, which)
    public = (
        private.public.spki
        if kind == "sm2"
        else private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    pem = certificate_requests.build(
        "somebody else",
        public_key_der=public,
        identifier=algorithm_of(private),
        sign=lambda asked: sign(private, asked),
    )
    body = b"".join(pem.split(b"\n")[1:-2])
    return {"order_id": order["order_id"], "request": body.decode()}


def issue(browser: Browser, begun: dict[str, Any], kind: str = "rsa", which: str = "in the key"):
    return browser.post(f"/api/enrolments/{begun['id']}/request", requested(order_of(begun), kind, which))


def stored(issued: dict[str, Any]) -> dict[str, Any]:
    """What a key answers to a StoreOrder."""
    order = order_of(issued)
    seals = [hashlib.sha256(base64.b64decode(one)).hexdigest() for one in order["seals"]]
    return {
        "order_id": order["order_id"],
        "certificate_sha256": issued["certificate_sha256"],
        "seals_sha256": seals,
    }


def ask(browser: Browser, client: Client | None = None, **changes: Any) -> dict[str, Any]:
    body = {"request": (client or Client()).request(), "reason": "输错口令被锁定"} | changes
    answer = browser.post("/api/unlocks", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def approve(clerk: Browser, asked: dict[str, Any]) -> dict[str, Any]:
    answer = clerk.post(f"/api/desk/unlocks/{asked['id']}/approve", {"code": asked["code"]})
    assert answer.status_code == 200, answer.content
    return answer.json()


def finished(released: dict[str, Any]) -> dict[str, Any]:
    """What a client answers to an UnlockOrder."""
    return {"order_id": order_of(released)["order_id"], "unlocked_at": datetime.now(UTC).isoformat()}
