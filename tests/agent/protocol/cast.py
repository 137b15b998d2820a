"""Who plays in the vectors of the client's protocol: fixed keys, fixed hour, fixed orders. Nobody's real keys.

What no seed can make again (an RSA pair, certificates, a seal) was made once and lies in tests/vectors/client; the
PIN of the keys there is 246810, the administrator's PIN of SOFT-1 is 97531864.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.agent.protocol import document
from yunqian.agent.keys.port import SUITES, KeyAct
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import attributes, certificates, sealed_box
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.base import Message
from yunqian.wire.batch_orders import BatchItem, BatchOrder
from yunqian.wire.key_orders import EnrolOrder, NamedKey, StoreOrder, UnlockOrder, unlock_code
from yunqian.wire.orders import BindOrder, LoginOrder, MarkKind, MarkSummary, Prepared, SignedOrder, SignOrder

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "client"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ORIGIN = "https://sign.example.gov"
OTHER_ORIGIN = "https://other.example.org"
STRANGER = "https://evil.example.com"
NAME = "云签测试平台"
PIN = "246810"
ADMIN_PIN = "97531864"
ORDER_SEED, OTHER_SEED, RELEASE_SEED, UNLOCK_SEED, EPHEMERAL_SEED = (
    bytes([number]) * 32 for number in (1, 2, 3, 4, 5)
)
SOFT_1 = NamedKey(driver="soft", serial="SOFT-1", label="签名章")
SOFT_2 = NamedKey(driver="soft", serial="SOFT-2", label="新钥匙")
FAILING = NamedKey(driver="pkcs11", serial="P11-0007", label="财务章")
_LIVES = timedelta(minutes=5)


def text64(raw: bytes) -> str:
    """Base 64 as every message writes it."""
    return base64.b64encode(raw).decode()


def order_key(seed: bytes = ORDER_SEED) -> Ed25519PrivateKey:
    """The key that a platform signs its orders with."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public64(seed: bytes = ORDER_SEED) -> str:
    """Its public half, as in agent.json and PlatformCard."""
    return text64(order_key(seed).public_key().public_bytes_raw())


def signed(order: Message | str, seed: bytes = ORDER_SEED) -> SignedOrder:
    """An order, or any text, signed over its exact bytes: written out here, and not taken from the server."""
    payload = order if isinstance(order, str) else order.model_dump_json()
    return SignedOrder(payload=payload, signature=text64(order_key(seed).sign(payload.encode())))


def kept(name: str) -> Certificate:
    """A certificate of tests/vectors/client."""
    return certificates.read((FOLDER / name).read_bytes())


def signer() -> Certificate:
    """The certificate on SOFT-1."""
    return kept("keys/SOFT-1/certificate.pem")


def _heading(order_id: str, at: datetime) -> dict[str, Any]:
    nonce = order_id.encode().hex().ljust(32, "0")[:32]
    times = {"issued_at": at, "expires_at": at + _LIVES}
    return {"order_id": order_id, "origin": ORIGIN, "nonce": nonce, **times}


def sign(order_id: str = "sign-1", *, at: datetime = NOW, holder: str = "", **changes: Any) -> SignOrder:
    """A signature by SOFT-1, or by the certificate `holder` of the folder."""
    certificate = kept(holder) if holder else signer()
    suite = Suite.ECDSA_SHA256 if holder else Suite.RSA_SHA256
    facts = _heading(order_id, at) | {
        "ceremony_id": "ceremony-1",
        "position": 1,
        "total": 2,
        "tenant_name": "广东示例科技有限公司",
        "person_name": "李明",
        "title": "采购合同（2026-118）.pdf",
        "page_count": 4,
        "document_sha256": "ab" * 32,
        "marks": (
            MarkSummary(kind=MarkKind.SEAL, name="合同专用章", pages=(1,)),
            MarkSummary(kind=MarkKind.PAGING, name="合同专用章", pages=(1, 2, 3, 4)),
            MarkSummary(kind=MarkKind.DATE, name="2026-11-22", pages=(1,)),
        ),
        "certificate_sha256": certificate.sha256,
        "certificate_owner": certificate.owner,
        "algorithm": suite.name,
        "to_be_signed": text64(attributes.build(b"\xd1" * 32, certificate, suite)),
    }
    return SignOrder(**(facts | changes))


def sign_seen(order_id: str = "sign-3", **changes: Any) -> SignOrder:
    """A signature whose document the client fetches, checks and shows before the PIN."""
    content, byte_range = document.prepared()
    digest = hashlib.sha256(content[: byte_range[1]] + content[byte_range[2] :]).digest()
    facts = {
        "page_count": 1,
        "document_sha256": hashlib.sha256(content).hexdigest(),
        "marks": (MarkSummary(kind=MarkKind.SEAL, name="合同专用章", pages=(1,)),),
        "to_be_signed": text64(attributes.build(digest, signer(), Suite.RSA_SHA256)),
        "prepared": Prepared(path="/api/prepared/q3Jx0T8rVw2LkYp9", size=len(content), byte_range=byte_range),
    }
    return sign(order_id, **(facts | changes))


def batch(
    order_id: str = "batch-1", items: tuple[Message | SignedOrder, ...] = (), **changes: Any
) -> BatchOrder:
    """Several documents for SOFT-1; without `items` the three of `batched`."""
    parts = [one if isinstance(one, SignedOrder) else signed(one) for one in items or batched()]
    names = ("王芳", "陈晓", "赵敏")
    facts = _heading(order_id, NOW) | {
        "tenant_name": "广东示例科技有限公司",
        "person_name": "李明",
        "certificate_sha256": signer().sha256,
        "certificate_owner": signer().owner,
        "algorithm": Suite.RSA_SHA256.name,
        "items": tuple(
            BatchItem(initiator_name=names[place % 3], order=part) for place, part in enumerate(parts)
        ),
    }
    return BatchOrder(**(facts | changes))


def batched(**changes: Any) -> tuple[SignOrder, ...]:
    """Three documents of one batch, each with an order of its own."""
    titles = ("采购合同（2026-118）.pdf", "付款申请单.pdf", "会议纪要.pdf")
    return tuple(
        sign(
            f"sign-{letter}",
            position=1,
            total=1,
            ceremony_id=f"ceremony-{letter}",
            title=title,
            to_be_signed=attributes_of(letter.encode() * 32),
            **changes,
        )
        for letter, title in zip("abc", titles, strict=True)
    )


def attributes_of(digest: bytes) -> str:
    """Signed attributes over this digest, for the certificate on SOFT-1."""
    return text64(attributes.build(digest, signer(), Suite.RSA_SHA256))


def login(order_id: str = "login-1", *, at: datetime = NOW, **changes: Any) -> LoginOrder:
    """A login with the certificate on SOFT-1."""
    facts = _heading(order_id, at) | {
        "platform_name": NAME,
        "certificate_sha256": signer().sha256,
        "certificate_owner": signer().owner,
        "algorithm": Suite.RSA_SHA256.name,
    }
    return LoginOrder(**(facts | changes))


def bind(order_id: str = "bind-1", **changes: Any) -> BindOrder:
    """The binding of the certificate on SOFT-1 to its person."""
    facts = _heading(order_id, NOW) | {
        "tenant_name": "广东示例科技有限公司",
        "person_name": "李明",
        "holder_name": "李明",
        "certificate_sha256": signer().sha256,
        "certificate_owner": signer().owner,
        "algorithm": Suite.RSA_SHA256.name,
    }
    return BindOrder(**(facts | changes))


def _for_whom(order_id: str, key: NamedKey) -> dict[str, Any]:
    return _heading(order_id, NOW) | {
        "tenant_name": "广东示例科技有限公司",
        "person_name": "李明",
        "key": key,
    }


def enrol(order_id: str = "enrol-1", key: NamedKey = SOFT_2, **changes: Any) -> EnrolOrder:
    """A key pair in the empty key SOFT-2."""
    return EnrolOrder(**(_for_whom(order_id, key) | {"algorithm": "SM2_SM3", "owner": "王芳"} | changes))


def store(order_id: str = "store-1", key: NamedKey = SOFT_1, **changes: Any) -> StoreOrder:
    """Certificate and seal onto SOFT-1, whose key pair the certificate belongs to."""
    written = {"certificate": text64(signer().der), "seals": (text64(seal()),)}
    return StoreOrder(**(_for_whom(order_id, key) | written | changes))


def seal() -> bytes:
    """A seal object bound to the certificate on SOFT-1."""
    return (FOLDER / "seal.der").read_bytes()


def unlock_public() -> bytes:
    """The public half of the one open request for unlocking."""
    return X25519PrivateKey.from_private_bytes(UNLOCK_SEED).public_key().public_bytes_raw()


def unlock(order_id: str = "unlock-1", *, released: str = ADMIN_PIN, **changes: Any) -> UnlockOrder:
    """What the desk released for SOFT-1, sealed to the open request."""
    code = unlock_code(SOFT_1, unlock_public()).encode()
    box = sealed_box.seal(unlock_public(), released.encode(), bound_to=code, ephemeral=EPHEMERAL_SEED)
    answer = {"public_key": text64(unlock_public()), "sealed": text64(box)}
    return UnlockOrder(**(_for_whom(order_id, SOFT_1) | answer | changes))


@dataclass(frozen=True, slots=True)
class ShelfKey:
    """A vendor's key without its vendor: listed like any other; its software dies as soon as it is to sign."""

    serial: str
    label: str
    driver: str
    certificates: tuple[Certificate, ...]
    seen: Tries
    suites: tuple[Suite, ...] = SUITES
    acts: frozenset[KeyAct] = frozenset()
    seals: tuple[bytes, ...] = ()
    is_demo: bool = False

    def tries(self) -> Tries:
        """As set."""
        return self.seen

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """What a driver's process that ends in the middle of an act is told as."""
        raise Refused(Problem.KEY_DRIVER_STOPPED, driver=f"{self.driver} vendor.so")


@dataclass
class Shelf:
    """A driver that shows what lies on it."""

    keys: list[ShelfKey] = field(default_factory=list)
    name: str = "shelf"

    def plugged(self) -> list[ShelfKey]:
        return self.keys


def shelf() -> Shelf:
    """One key behind PKCS#11 that tells no number of tries, a locked one and an empty one behind GM/T 0016."""
    care = frozenset({KeyAct.CHANGE_PIN, KeyAct.UNLOCK, KeyAct.ENROL, KeyAct.STORE})
    return Shelf(
        [
            ShelfKey(
                FAILING.serial,
                FAILING.label,
                FAILING.driver,
                (kept("pkcs11.der"),),
                Tries(left=None),
                acts=frozenset({KeyAct.CHANGE_PIN}),
            ),
            ShelfKey(
                "SKF-2201",
                "公章",
                "skf",
                (kept("skf.der"),),
                Tries(left=0, is_locked=True),
                suites=(Suite.SM2_SM3, Suite.RSA_SHA256),
                acts=care,
            ),
            ShelfKey("SKF-2202", "未使用", "skf", (), Tries(left=8, is_default=True), acts=care),
        ]
    )
