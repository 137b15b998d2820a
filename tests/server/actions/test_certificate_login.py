"""Logging in with a key: a challenge is answered once, by the browser that has it, with a key that is bound here."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from tests.pki.hierarchy import Holder, rsa_key
from tests.pki.hierarchy import issue as issued
from tests.server import snapshot
from tests.server.authorities import Outside, outside
from tests.server.browsing import ORIGIN, Browser, code
from tests.worlds import TwoTenants, join
from yunqian.problems import Problem
from yunqian.server.actions import login
from yunqian.server.api import session as route
from yunqian.server.api.pace import Pace
from yunqian.wire.orders import LoginOrder, login_statement

__all__ = ["outside"]
COOKIE = "yunqian_session"


@pytest.fixture(autouse=True)
def _outside(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "PACE", Pace(most=500, seconds=60))


def asked(browser: Browser, holder: Holder):
    shown = {"certificate": base64.b64encode(holder.certificate.der).decode()}
    return browser.post("/api/session/challenges", shown)


def order_of(answer: Any) -> LoginOrder:
    assert answer.status_code == 200, answer.content
    return LoginOrder.model_validate_json(json.loads(answer.content)["payload"])


def answered(order: LoginOrder, holder: Holder, **changes: str) -> dict[str, str]:
    """What the security client of whoever holds this key gives."""
    value = holder.sign(login_statement(order))
    result = {
        "order_id": order.order_id,
        "certificate": base64.b64encode(holder.certificate.der).decode(),
        "signature": base64.b64encode(value).decode(),
    }
    return result | changes


def brought(browser: Browser, result: dict[str, str]):
    return browser.post("/api/session/certificate", result)


def log_in(browser: Browser, holder: Holder):
    return brought(browser, answered(order_of(asked(browser, holder)), holder))


def change_certificate(admin: psycopg.Connection, holder: Holder, setting: str, *values: object) -> None:
    admin.execute(f"UPDATE certificate SET {setting} WHERE sha256 = %s", [*values, holder.certificate.sha256])


def test_the_holder_of_a_bound_key_is_logged_in_and_the_ledger_says_by_which_certificate(
    two_tenants: TwoTenants, admin: psycopg.Connection
):
    browser = Browser()
    answer = log_in(browser, two_tenants.li_ming_key)
    assert answer.status_code == 200
    assert answer.json()["person"]["name"] == "李明"
    assert answer.json()["tenant"]["id"] == str(two_tenants.company_id)
    browser.csrf = answer.json()["csrf"]
    assert browser.get("/api/session").json()["person"]["account"] == "liming"
    (facts,) = admin.execute("SELECT facts FROM audit_event WHERE kind = 'session.opened'").fetchone()
    assert facts == {"certificate_sha256": two_tenants.li_ming_key.certificate.sha256}


def test_the_order_names_this_platform_the_certificate_and_five_minutes(two_tenants: TwoTenants):
    order = order_of(asked(Browser(), two_tenants.li_ming_key))
    assert (order.origin, order.certificate_owner) == (ORIGIN, "李明")
    assert order.certificate_sha256 == two_tenants.li_ming_key.certificate.sha256
    assert order.expires_at - order.issued_at == timedelta(minutes=5)
    assert len(order.nonce) == 64


def test_the_session_begins_under_a_new_identifier(two_tenants: TwoTenants):
    browser = Browser()
    order = order_of(asked(browser, two_tenants.li_ming_key))
    before = browser.client.cookies[COOKIE].value
    assert brought(browser, answered(order, two_tenants.li_ming_key)).status_code == 200
    assert browser.client.cookies[COOKIE].value != before


def test_an_answer_is_good_once_and_a_wrong_one_takes_the_challenge_too(
    two_tenants: TwoTenants, admin: psycopg.Connection
):
    browser, holder = Browser(), two_tenants.li_ming_key
    order = order_of(asked(browser, holder))
    wrong = answered(order, holder, signature=base64.b64encode(bytes(256)).decode())
    with snapshot.nothing_changes(admin):
        assert code(brought(browser, wrong)) == "SIGNATURE_INVALID"
        assert code(brought(browser, answered(order, holder))) == "LOGIN_CHALLENGE_OVER"
        assert browser.get("/api/session").status_code == 401


def test_a_repeated_answer_opens_nothing_in_another_browser(two_tenants: TwoTenants):
    browser, other, holder = Browser(), Browser(), two_tenants.li_ming_key
    result = answered(order_of(asked(browser, holder)), holder)
    asked(other, holder)
    assert code(brought(other, result)) == "LOGIN_CHALLENGE_OVER"
    assert code(brought(Browser(), result)) == "LOGIN_CHALLENGE_OVER"
    assert brought(browser, result).status_code == 200
    assert code(brought(browser, result)) == "LOGIN_CHALLENGE_OVER"


def test_of_eight_answers_at_once_one_is_taken(two_tenants: TwoTenants):
    holder = two_tenants.li_ming_key
    browser = Browser()
    result = answered(order_of(asked(browser, holder)), holder)
    copies = [Browser() for _ in range(8)]
    for copy in copies:
        copy.client.cookies[COOKIE] = browser.client.cookies[COOKIE].value

    def bring(copy: Browser) -> int:
        from django.db import connection

        try:
            return int(brought(copy, result).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(bring, copies))
    assert found == [200] + [409] * 7


def test_a_challenge_that_is_over_takes_no_answer(two_tenants: TwoTenants, admin: psycopg.Connection):
    browser, holder = Browser(), two_tenants.li_ming_key
    order = order_of(asked(browser, holder))
    admin.execute("UPDATE login_challenge SET expires_at = now() - interval '1 second'")
    assert code(brought(browser, answered(order, holder))) == "LOGIN_CHALLENGE_OVER"


def test_the_key_of_another_certificate_proves_nothing(two_tenants: TwoTenants):
    browser = Browser()
    order = order_of(asked(browser, two_tenants.li_ming_key))
    assert code(brought(browser, answered(order, two_tenants.wang_fang_key))) == "CERTIFICATE_MISMATCH"
    order = order_of(asked(browser, two_tenants.li_ming_key))
    claimed = base64.b64encode(two_tenants.li_ming_key.certificate.der).decode()
    forged = answered(order, two_tenants.wang_fang_key, certificate=claimed)
    assert code(brought(browser, forged)) == "SIGNATURE_INVALID"


def test_a_signature_for_another_platform_or_challenge_opens_nothing(two_tenants: TwoTenants):
    holder = two_tenants.li_ming_key
    for change in ({"origin": "https://evil.example"}, {"nonce": "0" * 64}, {"order_id": str(uuid4())}):
        browser = Browser()
        order = order_of(asked(browser, holder))
        result = answered(order.model_copy(update=change), holder, order_id=order.order_id)
        assert code(brought(browser, result)) == "SIGNATURE_INVALID"


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("state = 'revoked'", "LOGIN_CERTIFICATE_UNBOUND"),
        ("person_id = NULL", "LOGIN_CERTIFICATE_UNBOUND"),
    ],
    ids=["unbound", "the organization's"],
)
def test_a_certificate_that_is_nobodys_own_logs_nobody_in(
    two_tenants: TwoTenants, admin: psycopg.Connection, setting: str, problem: str
):
    change_certificate(admin, two_tenants.li_ming_key, setting)
    browser = Browser()
    with snapshot.nothing_changes(admin):
        assert code(log_in(browser, two_tenants.li_ming_key)) == problem
    assert browser.get("/api/session").status_code == 401


def test_a_stranger_with_a_trusted_certificate_is_told_that_it_is_bound_to_nobody(two_tenants: TwoTenants):
    stranger = issued(rsa_key("stranger"), "路人", by=two_tenants.root)
    assert code(log_in(Browser(), stranger)) == "LOGIN_CERTIFICATE_UNBOUND"


def test_a_certificate_of_an_unknown_authority_gets_no_challenge(
    two_tenants: TwoTenants, admin: psycopg.Connection
):
    root = issued(rsa_key("another root"), "另一机构", is_ca=True)
    stranger = issued(rsa_key("its holder"), "李明", by=root)
    with snapshot.nothing_changes(admin):
        assert code(asked(Browser(), stranger)) == "CERTIFICATE_UNTRUSTED"


def test_not_knowing_whether_it_is_revoked_is_a_refusal(two_tenants: TwoTenants, outside: Outside):
    sha256 = two_tenants.li_ming_key.certificate.sha256
    outside.unknown.add(sha256)
    assert code(log_in(Browser(), two_tenants.li_ming_key)) == "CERTIFICATE_UNTRUSTED"
    outside.revoked.add(sha256)
    outside.unknown.clear()
    assert code(log_in(Browser(), two_tenants.li_ming_key)) == "CERTIFICATE_REVOKED"


def test_a_suspended_member_stays_outside(two_tenants: TwoTenants, admin: psycopg.Connection):
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.li_ming.member_id])
    assert code(log_in(Browser(), two_tenants.li_ming_key)) == "MEMBER_SUSPENDED"


def test_who_belongs_to_two_organizations_acts_for_the_one_where_the_key_is_bound(two_tenants: TwoTenants):
    join(two_tenants.li_ming, slug="aaa", name="AAA 第一家")
    assert log_in(Browser(), two_tenants.li_ming_key).json()["tenant"]["id"] == str(two_tenants.company_id)


@pytest.mark.parametrize("shown", ["", "QQ", "QQ==", "A" * 24_001, "not base64!"])
def test_what_is_no_certificate_gets_no_challenge(shown: str, admin: psycopg.Connection, two_tenants):
    with snapshot.nothing_changes(admin):
        answer = Browser().post("/api/session/challenges", {"certificate": shown})
    assert answer.status_code == 422
    assert code(answer) in {"REQUEST_INVALID", "CERTIFICATE_UNREADABLE"}


@pytest.mark.parametrize("field", ["order_id", "certificate", "signature"])
@pytest.mark.parametrize("text", ["", "QQ", "\x00", "x" * 2_000])
def test_a_broken_answer_is_a_refusal_and_never_a_fault(two_tenants: TwoTenants, field: str, text: str):
    browser, holder = Browser(), two_tenants.li_ming_key
    order = order_of(asked(browser, holder))
    assert brought(browser, answered(order, holder, **{field: text})).status_code in (409, 422)


def test_a_page_of_another_origin_gets_neither(two_tenants: TwoTenants):
    browser, holder = Browser(), two_tenants.li_ming_key
    shown = {"certificate": base64.b64encode(holder.certificate.der).decode()}
    other = {"Origin": "https://evil.example"}
    assert code(browser.post("/api/session/challenges", shown, **other)) == "ORIGIN_NOT_ALLOWED"
    result = answered(order_of(asked(browser, holder)), holder)
    assert code(browser.post("/api/session/certificate", result, **other)) == "ORIGIN_NOT_ALLOWED"
    assert brought(browser, result).status_code == 200


def test_who_asks_too_often_waits(two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(route, "PACE", Pace(most=2, seconds=60))
    browser = Browser()
    assert asked(browser, two_tenants.li_ming_key).status_code == 200
    assert asked(browser, two_tenants.li_ming_key).status_code == 200
    assert code(asked(browser, two_tenants.li_ming_key)) == Problem.REQUESTS_TOO_MANY.code


def test_old_challenges_are_forgotten(two_tenants: TwoTenants, admin: psycopg.Connection):
    asked(Browser(), two_tenants.li_ming_key)
    login.forget_old(now=timezone.now())
    assert admin.execute("SELECT count(*) FROM login_challenge").fetchone() == (1,)
    login.forget_old(now=timezone.now() + timedelta(days=2))
    assert admin.execute("SELECT count(*) FROM login_challenge").fetchone() == (0,)
