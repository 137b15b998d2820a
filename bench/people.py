"""Logins of each kind, the members of a large organization, and what the row policies cost with a thousand of them.

Logins are timed one after another through the real server, the three kinds in turns, each beside what no server can
save: one Argon2id as the passwords have it, one RSA operation of the key. The lists are read through HTTP. The policy
cost is the same statement asked in turns by the application's role, which the policies bind, and by the database's
bootstrap role, which they do not.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from bench.platform import Key, Platform
from bench.timing import Timed
from bench.visitor import PASSWORD, Visitor
from yunqian.crypto import private_fields
from yunqian.server.adapters.sms.sandbox import SandboxSms
from yunqian.server.console import embedded
from yunqian.server.settings import Config
from yunqian.server.settings.config import read
from yunqian.wire.orders import LoginOrder, login_statement

LOGINS = 25  # the pace of a minute for one address lets no more through
MEMBERS = 10_000
TENANTS, MEMBERS_EACH = 1_000, 100
ROUNDS = 60

_PEOPLE = """
INSERT INTO person (id, account, name, password, home_id, is_demo, created_at)
  SELECT gen_random_uuid(), 'bench-' || n, '成员' || n, '!', NULL, true, now() FROM generate_series(1, {count}) n
"""
_MEMBERS = """
INSERT INTO member (id, tenant_id, person_id, is_active, joined_at)
  SELECT gen_random_uuid(), '{tenant}', person.id, true, now() - (substr(account, 7)::int * interval '1 minute')
  FROM person WHERE account LIKE 'bench-%'
"""
_TENANTS = """
INSERT INTO tenant (id, slug, name, kind, state, uscc, legal_representative, created_at, is_demo)
  SELECT gen_random_uuid(), 'bench-' || n, '单位' || n, 'company', 'active', '', '', now(), true
  FROM generate_series(1, {tenants}) n;
INSERT INTO member (id, tenant_id, person_id, is_active, joined_at)
  SELECT gen_random_uuid(), tenant.id, person.id, true, now() - (n * interval '1 minute')
  FROM tenant, generate_series(1, {each}) n
  JOIN person ON person.account = 'bench-' || n
  WHERE tenant.slug LIKE 'bench-%'
"""
_NEWEST = "SELECT id, person_id, joined_at FROM member WHERE tenant_id = %s ORDER BY joined_at DESC, id DESC LIMIT 50"
_COUNT = "SELECT count(*) FROM member WHERE tenant_id = %s AND is_active"


Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Login:
    """One way to log in, and its floor."""

    whole: Timed
    floor: Timed


@dataclass(frozen=True)
class Policy:
    """One statement with the row policies, and past them."""

    bound: Timed
    free: Timed


@dataclass(frozen=True)
class Found:
    """All figures of this part."""

    logins: tuple[Login, ...]
    code: Timed
    lists: tuple[Timed, ...]
    policies: tuple[Policy, ...]


def measure(platform: Platform) -> Found:
    """Logins first, on the platform as it is; then it is filled."""
    if not settings.configured:
        settings.configure()  # the hasher asks for nothing in it that differs from the product's
    config = read(platform.environment)
    with embedded.connect_as_admin(config, config.database.name) as admin:
        _numbers(config, admin)
        logins, code = _logins(platform, config)
        lists = _lists(platform, admin)
        policies = _policies(config, admin)
    return Found(logins, code, lists, policies)


def _logins(platform: Platform, config: Config) -> tuple[tuple[Login, ...], Timed]:
    hasher = Argon2PasswordHasher()
    hashed = hasher.encode(PASSWORD, hasher.salt())
    key = platform.keys["DEMO-SIGN-0001"]
    der = _certificate(platform.home)
    password = Login(Timed("password"), Timed("one Argon2id"))
    phone = Login(Timed("phone code"), Timed("nothing"))
    certificate = Login(Timed("certificate"), Timed("one RSA operation"))
    code = Timed("asking for a code")
    for number in range(LOGINS):
        password.whole.run(lambda: Visitor(platform.port).log_in())
        password.floor.run(lambda: hasher.verify(PASSWORD, hashed))
        _by_phone(platform, config, number, phone.whole, code)
        _by_certificate(platform, key, der, certificate.whole)
        certificate.floor.run(lambda: key.sign(b"x" * 200))
    return (password, phone, certificate), code


def _by_phone(platform: Platform, config: Config, number: int, whole: Timed, code: Timed) -> None:
    visitor, mobile = Visitor(platform.port), _mobile(number)
    code.run(lambda: visitor.post("/api/phone-codes", {"mobile": mobile, "purpose": "login"}))
    text = SandboxSms(config.home / "sms").messages(mobile)[0].text
    digits = re.findall(r"\d{6}", text)[0]
    whole.run(lambda: visitor.post("/api/session/phone", {"mobile": mobile, "code": digits}))


def _by_certificate(platform: Platform, key: Key, der: bytes, whole: Timed) -> None:
    """The challenge, the key's own operation, and the answer."""
    visitor, shown = Visitor(platform.port), base64.b64encode(der).decode()

    def log_in() -> Any:
        signed = visitor.post("/api/session/challenges", {"certificate": shown})
        order = LoginOrder.model_validate_json(signed["payload"])
        value = base64.b64encode(key.sign(login_statement(order))).decode()
        return visitor.post(
            "/api/session/certificate",
            {"order_id": order.order_id, "certificate": shown, "signature": value},
        )

    whole.run(log_in)


def _lists(platform: Platform, admin: Connection) -> tuple[Timed, ...]:
    admin.execute(_PEOPLE.format(count=MEMBERS).encode())
    (tenant,) = admin.execute("SELECT id FROM tenant WHERE slug = 'demo-company'").fetchone() or ("",)
    admin.execute(_MEMBERS.format(tenant=tenant).encode())
    admin.execute("ANALYZE person, member")
    visitor = Visitor(platform.port)
    visitor.log_in("sunli")
    paths = {
        "first page": "/api/members?limit=50",
        "page in the middle": f"/api/members?limit=50&cursor={_middle(admin, str(tenant))}",
        "found by a part of the name": "/api/members?limit=50&search=777",
        "found by the whole number": f"/api/members?limit=50&search={_mobile(0)}",
    }
    return tuple(_timed(name, lambda path=path: visitor.get(path)) for name, path in paths.items())  # type: ignore[misc]


def _middle(admin: Connection, tenant: str) -> str:
    """The cursor after half of the members."""
    asked = "SELECT joined_at, id FROM member WHERE tenant_id = %s ORDER BY joined_at DESC, id DESC OFFSET %s LIMIT 1"
    at, identifier = admin.execute(asked, [tenant, MEMBERS // 2]).fetchone() or ("", "")
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{identifier}".encode()).decode()


def _policies(config: Config, admin: Connection) -> tuple[Policy, ...]:
    for statement in _TENANTS.format(tenants=TENANTS, each=MEMBERS_EACH).split(";"):
        admin.execute(statement.encode())
    admin.execute("ANALYZE tenant, member")
    (tenant,) = admin.execute("SELECT id FROM tenant WHERE slug = 'bench-500'").fetchone() or ("",)
    with psycopg.connect(**config.database.for_psycopg()) as app:
        app.execute(
            "SELECT set_config('app.tenant', %s, false), set_config('app.person', '', false)", [str(tenant)]
        )
        return tuple(
            _compared(app, admin, name, asked, tenant)
            for name, asked in {"newest 50 members": _NEWEST, "count of members": _COUNT}.items()
        )


def _compared(
    app: psycopg.Connection[Any], admin: Connection, name: str, asked: str, tenant: object
) -> Policy:
    found = Policy(Timed(name), Timed(name))
    for _ in range(ROUNDS):
        bound = found.bound.run(lambda: app.execute(asked, [tenant]).fetchall())
        free = found.free.run(lambda: admin.execute(asked, [tenant]).fetchall())
        if bound != free or not bound:
            raise SystemExit(f"{name}: the two roles do not see the same")
    return found


def _timed(name: str, work: Callable[[], Any]) -> Timed:
    timed = Timed(name)
    for _ in range(ROUNDS):
        timed.run(work)
    return timed


def _numbers(config: Config, admin: Connection) -> None:
    """People who are verified with a number each, members of the demo's company."""
    for number in range(LOGINS):
        index = private_fields.blind_index(config.secrets.blind_index_key, _mobile(number), field="mobile")
        admin.execute(
            "WITH made AS (INSERT INTO person (id, account, name, password, home_id, is_demo, created_at, verified_at, "
            "mobile_index) SELECT gen_random_uuid(), %s, '吴迪', '!', id, true, now(), now(), %s FROM tenant "
            "WHERE slug = 'demo-company' RETURNING id, home_id) "
            "INSERT INTO member (id, tenant_id, person_id, is_active, joined_at) "
            "SELECT gen_random_uuid(), home_id, id, true, now() FROM made",
            [f"number-{number}", index],
        )


def _mobile(number: int) -> str:
    return f"139{number:08}"


def _certificate(home: Path) -> bytes:
    pem = (home / "agent" / "keys" / "DEMO-SIGN-0001" / "certificate.pem").read_bytes()
    return x509.load_pem_x509_certificates(pem)[0].public_bytes(Encoding.DER)
