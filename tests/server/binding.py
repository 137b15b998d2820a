"""Binding certificates in tests: a browser that shows one, and a key that proves it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.pki.hierarchy import Holder
from tests.pki.identified import CODE, holder, text
from tests.server.browsing import Browser, code
from tests.worlds import TwoTenants
from yunqian.wire.orders import BindOrder, bind_statement

USCC = "91440101MA5CUXKX5N"
COMPANY = "广东示例科技有限公司"
DAY = timedelta(days=1)


def valid(world: TwoTenants, *, begins: float = 0.0, ends: float = 0.0) -> dict[str, datetime]:
    """Within the validity of the world's root, moved by days."""
    root = world.root.certificate
    return {"begins": root.not_before_at + begins * DAY, "ends": root.not_after_at + ends * DAY}


def of_li(world: TwoTenants, which: str = "bind-li", **facts: Any) -> Holder:
    """A certificate that names Li Ming and his company, and no number."""
    stated = {"organization": COMPANY} | valid(world) | facts
    return holder(which, "李明", by=world.root, **stated)


def of_company(world: TwoTenants, which: str = "bind-company", name: str = COMPANY, **facts: Any) -> Holder:
    """A certificate of the company with its unified social credit code."""
    stated = {"organization": COMPANY, "extensions": {CODE: text(USCC)}} | valid(world) | facts
    return holder(which, name, by=world.root, **stated)


def shown(key: Holder, *, for_organization: bool = False) -> dict[str, Any]:
    der = base64.b64encode(key.certificate.der).decode()
    return {"certificate": der, "for_organization": for_organization}


def begun(browser: Browser, key: Holder, *, for_organization: bool = False) -> BindOrder:
    answer = browser.post("/api/certificates/challenges", shown(key, for_organization=for_organization))
    assert answer.status_code == 200, code(answer)
    return BindOrder.model_validate_json(json.loads(answer.content)["payload"])


def proved(order: BindOrder, key: Holder, **changes: str) -> dict[str, str]:
    """What the security client of whoever holds this key gives."""
    result = {
        "order_id": order.order_id,
        "certificate": base64.b64encode(key.certificate.der).decode(),
        "proof": base64.b64encode(key.sign(bind_statement(order))).decode(),
    }
    return result | changes


def bind(browser: Browser, key: Holder, *, for_organization: bool = False):
    order = begun(browser, key, for_organization=for_organization)
    return browser.post("/api/certificates", proved(order, key))


def bound(browser: Browser, key: Holder, *, for_organization: bool = False) -> dict[str, Any]:
    """The certificate that was bound at once."""
    answer = bind(browser, key, for_organization=for_organization)
    assert answer.status_code == 200, code(answer)
    certificate = answer.json()["certificate"]
    assert certificate is not None
    return certificate


def asked(browser: Browser, key: Holder, *, for_organization: bool = False) -> dict[str, Any]:
    """The request that somebody has to decide on."""
    answer = bind(browser, key, for_organization=for_organization)
    assert answer.status_code == 200, code(answer)
    request = answer.json()["request"]
    assert request is not None
    return request


def verify_company(admin: psycopg.Connection, world: TwoTenants) -> None:
    admin.execute(
        "UPDATE tenant SET uscc = %s, verified_at = %s WHERE id = %s",
        [USCC, datetime.now(UTC), world.company_id],
    )


def states(admin: psycopg.Connection, key: Holder) -> list[str]:
    rows = admin.execute(
        "SELECT state FROM certificate WHERE sha256 = %s ORDER BY tenant_id", [key.certificate.sha256]
    )
    return [state for (state,) in rows]


def kinds(admin: psycopg.Connection) -> list[str]:
    """The events about certificates, in their order."""
    rows = admin.execute("SELECT kind FROM audit_event WHERE kind LIKE 'certificate.%' ORDER BY at, sequence")
    return [kind for (kind,) in rows]
