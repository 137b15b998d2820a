"""Logging in, out, and what a session is worth."""

from dataclasses import replace

import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code, start
from tests.worlds import PASSWORD, TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import login
from yunqian.server.api import auth, session
from yunqian.server.api.pace import Pace
from yunqian.server.settings import proxies


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


class TestBehindAProxy:
    @pytest.fixture(autouse=True)
    def _one_proxy_is_trusted(self, monkeypatch):
        behind = replace(settings.current(), trusted_proxies=proxies.parse("10.0.0.9"))
        monkeypatch.setattr(auth.settings, "current", lambda: behind)

    @staticmethod
    def tried(forwarded: str, *, peer: str = "10.0.0.9", account: str = "liming") -> str:
        """Try a wrong password from `peer` with this header."""
        body = {"account": account, "password": "wrong"}
        return code(Browser(address=peer).post("/api/session", body, **{"X-Forwarded-For": forwarded}))

    def test_one_persons_failures_do_not_pause_others_behind_the_same_proxy(self):
        assert [self.tried("203.0.113.7") for _ in range(6)] == ["LOGIN_INCORRECT"] * 5 + ["LOGIN_PAUSED"]
        assert self.tried("203.0.113.8") == "LOGIN_INCORRECT"

    def test_what_the_client_wrote_before_the_proxy_does_not_escape_the_pause(self):
        spoofed = [f"198.51.100.{number}, 203.0.113.7" for number in range(6)]
        assert [self.tried(one) for one in spoofed] == ["LOGIN_INCORRECT"] * 5 + ["LOGIN_PAUSED"]

    def test_a_client_that_comes_past_the_proxy_is_counted_as_itself_whatever_it_claims(self):
        claims = [f"198.51.100.{number}" for number in range(6)]
        answers = [self.tried(one, peer="203.0.113.66") for one in claims]
        assert answers == ["LOGIN_INCORRECT"] * 5 + ["LOGIN_PAUSED"]
        assert self.tried("198.51.100.0") == "LOGIN_INCORRECT"

    def test_nobody_pauses_another_by_claiming_his_address(self):
        for _ in range(6):
            self.tried("203.0.113.7", peer="203.0.113.66")
            self.tried("203.0.113.7, 203.0.113.66")
        assert self.tried("203.0.113.7") == "LOGIN_INCORRECT"

    def test_the_addresses_of_one_ipv6_subscriber_are_counted_together(self):
        answers = [self.tried(f"2001:db8:1:2::{number:x}") for number in range(6)]
        assert answers == ["LOGIN_INCORRECT"] * 5 + ["LOGIN_PAUSED"]
        assert self.tried("2001:db8:1:3::1") == "LOGIN_INCORRECT"


def test_without_a_trusted_proxy_no_header_counts():
    claims = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(6)]
    body = {"account": "liming", "password": "wrong"}
    answers = [code(Browser().post("/api/session", body, **claim)) for claim in claims]
    assert answers == ["LOGIN_INCORRECT"] * 5 + ["LOGIN_PAUSED"]


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


def pauses(admin) -> list[str]:
    rows = admin.execute("SELECT args ->> 'account' FROM procrastinate_jobs WHERE task_name = 'login.paused'")
    return [account for (account,) in rows]


def test_a_pause_is_recorded_once_however_often_it_refuses(admin):
    browser = Browser()
    for _ in range(4):
        browser.log_in("liming", "wrong")
    assert pauses(admin) == []
    for _ in range(4):
        browser.log_in("liming", "wrong")
    assert pauses(admin) == ["liming"]


def test_a_failure_right_after_a_pause_begins_a_second_one(admin):
    browser = Browser()
    for _ in range(5):
        browser.log_in("liming", "wrong")
    admin.execute(
        "UPDATE login_attempt SET at = at - interval '16 minutes' "
        "WHERE at = (SELECT min(at) FROM login_attempt)"
    )
    assert code(browser.log_in("liming", "wrong")) == "LOGIN_INCORRECT"
    assert code(browser.log_in("liming")) == "LOGIN_PAUSED"
    assert pauses(admin) == ["liming", "liming"]


def test_a_machine_that_tries_many_accounts_is_told_to_the_operator_once(monkeypatch, caplog, admin):
    monkeypatch.setattr(login, "FAILURES_PER_ADDRESS", 3)
    browser = Browser(address="203.0.113.7")
    answers = [code(browser.log_in(f"account{number}", "wrong")) for number in range(5)]
    assert answers == ["LOGIN_INCORRECT"] * 3 + ["LOGIN_PAUSED"] * 2
    told = [record.getMessage() for record in caplog.records if record.name == login.__name__]
    assert told == ["logins from 203.0.113.7 are paused after 3 failures"]
    assert pauses(admin) == []


def test_a_logout_that_cannot_be_recorded_has_ended_the_session_all_the_same(monkeypatch, admin):
    browser = Browser()
    browser.log_in("liming")
    kept = browser.client.cookies["yunqian_session"].value

    def unavailable(*_: object) -> None:
        raise Refused(Problem.DATABASE_UNAVAILABLE)

    monkeypatch.setattr(session.login, "log_out", unavailable)
    assert code(browser.delete("/api/session")) == "DATABASE_UNAVAILABLE"
    browser.client.cookies["yunqian_session"] = kept
    assert code(browser.get("/api/session")) == "LOGIN_REQUIRED"


def test_a_session_that_cannot_be_ended_is_not_recorded_as_closed(monkeypatch, admin):
    browser = Browser()
    browser.log_in("liming")

    def unavailable(_: object) -> None:
        raise Refused(Problem.DATABASE_UNAVAILABLE)

    monkeypatch.setattr(session.auth, "forget", unavailable)
    with snapshot.nothing_changes(admin):
        assert code(browser.delete("/api/session")) == "DATABASE_UNAVAILABLE"
    assert browser.get("/api/session").status_code == 200


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


START = {"upload_ids": ["x"], "title": "x", "recipients": []}


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


@pytest.mark.parametrize("site", ["cross-site", "same-site", "odd"])
def test_a_page_of_another_site_sets_nothing_off_not_even_a_download(two_tenants: TwoTenants, admin, site):
    browser = Browser(two_tenants.li_ming)
    at = f"/api/envelopes/{start(browser, 'liming')['id']}"
    with snapshot.nothing_changes(admin):
        for path in (at, f"{at}/document", f"{at}/download", "/api/session"):
            answer = browser.get(path, **{"Sec-Fetch-Site": site})
            assert (answer.status_code, code(answer)) == (403, "ORIGIN_NOT_ALLOWED")
    assert snapshot.refusals(admin) == []
    for own in ("same-origin", "none"):
        assert browser.get(f"{at}/download", **{"Sec-Fetch-Site": own}).status_code == 200


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


def test_an_entry_address_tells_whose_it_is_and_nothing_else(two_tenants: TwoTenants):
    assert Browser().get("/api/entry?slug=company").json() == {
        "slug": "company",
        "name": "广东示例科技有限公司",
    }


@pytest.mark.parametrize(
    "slug", ["nobody", "", "COMPANY", "company%00", "x" * 3_000, "../company", "company'--"]
)
def test_an_address_of_nobody_is_told_so(two_tenants: TwoTenants, admin, slug: str):
    with snapshot.nothing_changes(admin):
        assert code(Browser().get(f"/api/entry?slug={slug}")) in {"TENANT_NOT_FOUND", "REQUEST_INVALID"}


def test_entries_are_not_to_be_gone_through_by_machine(
    two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "ENTRY_PACE", Pace(most=2, seconds=60))
    found = [Browser().get(f"/api/entry?slug=guess{number}").status_code for number in range(3)]
    assert found == [404, 404, 429]
