"""Logging in, out, and what a session is worth."""

import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.worlds import PASSWORD, TwoTenants


def test_the_platform_tells_before_login_what_the_page_needs():
    answer = Browser().get("/api/platform")
    assert answer.status_code == 200
    assert (answer.json()["is_demo"], answer.json()["demo_accounts"]) == (False, [])
    assert answer.json()["client_ports"] == [17311]


def test_without_login_nothing_is_answered():
    assert code(Browser().get("/api/session")) == "LOGIN_REQUIRED"
    assert code(Browser().get("/api/counts")) == "LOGIN_REQUIRED"


def test_the_right_password_opens_a_session_for_the_home_organization(two_tenants: TwoTenants):
    answer = Browser().log_in("liming")
    session = answer.json()
    assert session["person"] == {
        "id": str(two_tenants.li_ming.person_id),
        "name": "李明",
        "account": "liming",
        "tenant_name": "广东示例科技有限公司",
        "department": "采购部",
    }
    assert session["tenant"]["slug"] == "company"
    assert [tenant["slug"] for tenant in session["tenants"]] == ["company"]
    assert session["rights"] == ["start"]


def test_the_session_cookie_is_not_for_scripts_and_changes_at_login(two_tenants: TwoTenants):
    browser = Browser()
    browser.log_in("liming")
    first = browser.client.cookies["yunqian_session"]
    assert (first["httponly"], first["samesite"]) == (True, "Lax")
    planted = first.value
    browser.log_in("zhangwei")
    assert browser.client.cookies["yunqian_session"].value != planted
    browser.client.cookies["yunqian_session"] = planted
    assert code(browser.get("/api/session")) == "LOGIN_REQUIRED"


@pytest.mark.parametrize("account", ["liming", "nobody"])
def test_a_wrong_password_and_an_unknown_account_answer_the_same(account):
    answer = Browser().log_in(account, "wrong")
    assert (answer.status_code, code(answer)) == (401, "LOGIN_INCORRECT")
    assert answer.json()["facts"] == {}


def test_five_failures_pause_this_account_from_this_address_only():
    here, elsewhere = Browser(address="10.0.0.1"), Browser(address="10.0.0.2")
    assert [code(here.log_in("liming", "wrong")) for _ in range(5)] == ["LOGIN_INCORRECT"] * 5
    paused = here.log_in("liming", PASSWORD)
    assert (paused.status_code, code(paused), paused.json()["facts"]) == (
        429,
        "LOGIN_PAUSED",
        {"minutes": 15},
    )
    assert paused.headers["Retry-After"] == "900"
    assert elsewhere.log_in("liming").status_code == 200
    assert here.log_in("zhangwei").status_code == 200


def test_a_success_starts_the_count_anew():
    browser = Browser()
    for _ in range(2):
        for _ in range(4):
            browser.log_in("liming", "wrong")
        assert browser.log_in("liming").status_code == 200


def test_a_refused_login_leaves_a_job_that_records_it(admin):
    Browser().log_in("liming", "wrong")
    Browser().log_in("nobody", "wrong")
    jobs = list(admin.execute("SELECT task_name, args ->> 'account' FROM procrastinate_jobs ORDER BY id"))
    assert jobs == [("login.refused", "liming"), ("login.refused", "nobody")]


def test_after_logout_the_old_cookie_opens_nothing():
    browser = Browser()
    browser.log_in("liming")
    stolen = browser.client.cookies["yunqian_session"].value
    assert browser.delete("/api/session").status_code == 204
    browser.client.cookies["yunqian_session"] = stolen
    assert code(browser.get("/api/session")) == "LOGIN_REQUIRED"


def test_a_suspension_takes_effect_at_the_next_request(two_tenants: TwoTenants, admin):
    browser = Browser(two_tenants.li_ming)
    assert browser.get("/api/counts").status_code == 200
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.li_ming.member_id])
    with snapshot.nothing_changes(admin):
        assert code(browser.get("/api/counts")) == "MEMBER_SUSPENDED"
        assert code(browser.post("/api/envelopes", START)) == "MEMBER_SUSPENDED"
    assert code(Browser().log_in("liming")) == "MEMBER_SUSPENDED"


START = {"upload_id": "x", "title": "x", "recipients": []}


def test_a_write_without_the_csrf_value_is_refused(two_tenants: TwoTenants, admin):
    browser = Browser(two_tenants.li_ming)
    browser.csrf = "0" * 32
    with snapshot.nothing_changes(admin):
        assert code(browser.post("/api/envelopes", START)) == "ORIGIN_NOT_ALLOWED"
        assert code(browser.delete("/api/session")) == "ORIGIN_NOT_ALLOWED"
        assert code(browser.upload(b"%PDF-1.7")) == "ORIGIN_NOT_ALLOWED"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:8001", "http://127.0.0.1"]
)
def test_a_write_from_another_origin_is_refused_even_with_the_csrf_value(two_tenants: TwoTenants, origin):
    browser = Browser(two_tenants.li_ming)
    assert code(browser.post("/api/envelopes", START, Origin=origin)) == "ORIGIN_NOT_ALLOWED"
    login = {"account": "liming", "password": PASSWORD}
    assert code(Browser().post("/api/session", login, Origin=origin)) == "ORIGIN_NOT_ALLOWED"


def test_one_may_act_only_for_an_organization_of_ones_own(two_tenants: TwoTenants, admin):
    browser = Browser(two_tenants.li_ming)
    wanted = {"tenant_id": str(two_tenants.center_id)}
    with snapshot.nothing_changes(admin):
        assert code(browser.post("/api/session/tenant", wanted)) == "TENANT_NOT_FOUND"
        assert code(browser.post("/api/session/tenant", {"tenant_id": "x"})) == "TENANT_NOT_FOUND"
    own = browser.post("/api/session/tenant", {"tenant_id": str(two_tenants.company_id)})
    assert own.json()["tenant"]["slug"] == "company"


def test_people_are_the_active_colleagues_and_nobody_else(two_tenants: TwoTenants, admin):
    browser = Browser(two_tenants.li_ming)
    assert {person["account"] for person in browser.get("/api/people").json()} == {"zhangwei", "liming"}
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.zhang_wei.member_id])
    assert [person["account"] for person in browser.get("/api/people").json()] == ["liming"]
