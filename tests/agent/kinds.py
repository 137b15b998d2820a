"""One order of each kind, as a platform writes them, for the tests that try them all."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.agent.world import NOW, ORIGIN, Site, pin
from yunqian.agent.desk import Desk
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.wire.batch_orders import BatchItem, BatchOrder
from yunqian.wire.key_orders import EnrolOrder, NamedKey, StoreOrder, UnlockOrder
from yunqian.wire.keys import DialogOpened, DialogState
from yunqian.wire.orders import BindOrder, LoginOrder, SignOrder

SOFT_1 = NamedKey(driver="soft", serial="SOFT-1", label="签名章")


def heading(at: datetime = NOW) -> dict[str, Any]:
    """What every order begins and ends with."""
    return {
        "order_id": secrets.token_hex(8),
        "origin": ORIGIN,
        "nonce": secrets.token_hex(16),
        "issued_at": at,
        "expires_at": at + timedelta(minutes=5),
    }


def _for_whom(at: datetime) -> dict[str, Any]:
    return heading(at) | {"tenant_name": "广东示例科技有限公司", "person_name": "李明"}


def login(certificate: Certificate, *, at: datetime = NOW, **changes: Any) -> LoginOrder:
    facts = heading(at) | {
        "platform_name": "云签测试平台",
        "certificate_sha256": certificate.sha256,
        "certificate_owner": certificate.owner,
        "algorithm": suites.suite_of(certificate).name,
    }
    return LoginOrder(**(facts | changes))


def batch(
    site: Site, *orders: SignOrder, at: datetime = NOW, sent_by: str = "王芳", **changes: Any
) -> BatchOrder:
    """Several documents for one key, all of them signed by the site's platform."""
    first = orders[0]
    facts = _for_whom(at) | {
        "certificate_sha256": first.certificate_sha256,
        "certificate_owner": first.certificate_owner,
        "algorithm": first.algorithm,
        "items": tuple(BatchItem(initiator_name=sent_by, order=site.signed(one)) for one in orders),
    }
    return BatchOrder(**(facts | changes))


def bind(certificate: Certificate, *, at: datetime = NOW, **changes: Any) -> BindOrder:
    facts = _for_whom(at) | {
        "holder_name": "李明",
        "certificate_sha256": certificate.sha256,
        "certificate_owner": certificate.owner,
        "algorithm": suites.suite_of(certificate).name,
    }
    return BindOrder(**(facts | changes))


def enrol(key: NamedKey = SOFT_1, *, at: datetime = NOW, **changes: Any) -> EnrolOrder:
    facts = _for_whom(at) | {"key": key, "algorithm": "SM2_SM3", "owner": "王芳"}
    return EnrolOrder(**(facts | changes))


def store(
    certificate: Certificate | None, key: NamedKey = SOFT_1, *, at: datetime = NOW, **changes: Any
) -> StoreOrder:
    written = None if certificate is None else base64.b64encode(certificate.der).decode()
    facts = _for_whom(at) | {"key": key, "certificate": written, "seals": ()}
    return StoreOrder(**(facts | changes))


def unlock(key: NamedKey = SOFT_1, *, at: datetime = NOW, **changes: Any) -> UnlockOrder:
    raw = X25519PrivateKey.generate().public_key().public_bytes_raw()
    public = base64.b64encode(raw).decode()
    facts = _for_whom(at) | {"key": key, "public_key": public, "sealed": "AAAA"}
    return UnlockOrder(**(facts | changes))


async def enter(
    desk: Desk, opened: DialogOpened, *texts: str, last: bool = False, agreed: bool = False
) -> DialogState:
    """What a person enters in a window, in the order of its sheet; gives the state afterwards."""
    assert opened.window_url is not None
    window_id = opened.window_url.rsplit("/", 1)[1]
    entered = zip(desk.window(window_id).act.secrets, map(pin, texts), strict=True)
    await desk.confirm(window_id, dict(entered), is_last_try_accepted=last, is_agreed=agreed)
    return await desk.state(opened.dialog_id, origin=ORIGIN)


def told(state: DialogState) -> str:
    """A state in short: its phase, and the problem of the last try or of the end."""
    report = state.problem or state.last_problem
    return state.phase.value if report is None else f"{state.phase.value} {report.code}"
