"""Organizations are made and stopped by the operator, and verified by the register; nobody else touches them."""

from typing import Any

import psycopg
import pytest

from tests import worlds
from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.server.phones import MOBILE, behave, phones, register, texts
from tests.worlds import TwoTenants

__all__ = ["phones"]
pytestmark = pytest.mark.usefixtures("phones")
USCC, OTHER_USCC = "91350100M000100Y43", "9144030071526726XG"


@pytest.fixture
def he_ping(two_tenants: TwoTenants) -> Browser:
    """Who runs the platform."""
    return Browser(worlds.operator())


@pytest.fixture
def sun_li(two_tenants: TwoTenants) -> Browser:
    """The company's administrator."""
    return Browser(worlds.administrator(two_tenants.company_id))


def made(browser: Browser, **changes: Any):
    wanted = {
        "name": "示例建材(广东)有限公司",
        "kind": "company",
        "slug": "jiancai",
        "administrator": {"name": "吴迪", "mobile": MOBILE},
    }
    return browser.post("/api/tenants", wanted | changes)


class TestMaking:
    def test_its_first_administrator_comes_with_the_link_and_can_give_rights(self, he_ping: Browser):
        answer = made(he_ping).json()
        assert answer["tenant"]["name"] == "示例建材（广东）有限公司"
        assert (answer["tenant"]["verified_at"], answer["invited"]["is_sent"]) == (None, True)
        assert answer["invited"]["link"] in texts()[0]
        browser = Browser()
        # the same phone a minute later
        register(browser, mobile=MOBILE)
        given = answer["invited"]["link"].rpartition("/")[2]
        session = browser.post("/api/joining", {"secret": given}).json()
        browser.csrf = session["csrf"]
        assert (session["tenant"]["slug"], session["rights"]) == (
            "jiancai",
            ["members", "seals", "certificates"],
        )
        assert browser.post("/api/departments", {"name": "采购部"}).status_code == 200

    def test_the_operator_sees_nothing_of_what_is_inside(self, he_ping: Browser, two_tenants: TwoTenants):
        line = next(one for one in he_ping.get("/api/tenants").json()["items"] if one["slug"] == "company")
        assert set(line) == {
            "id", "slug", "name", "kind", "state", "uscc", "verified_at", "created_at", "is_demo",
        }  # fmt: skip
        assert code(he_ping.post("/api/session/tenant", {"tenant_id": line["id"]})) == "TENANT_NOT_FOUND"
        member = two_tenants.zhang_wei.member_id
        assert code(he_ping.get(f"/api/members/{member}")) == "MEMBERS_NOT_GRANTED"

    def test_the_spaces_of_persons_are_not_among_them(self, he_ping: Browser, admin: psycopg.Connection):
        register(Browser())
        assert "person" not in {one["kind"] for one in he_ping.get("/api/tenants?limit=100").json()["items"]}
        (space,) = admin.execute("SELECT id FROM tenant WHERE kind = 'person'").fetchone() or ("",)
        refused = he_ping.post(f"/api/tenants/{space}/suspend", {"reason": "试一试"})
        assert code(refused) == "TENANT_NOT_FOUND"

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"slug": "company"}, "NAME_TAKEN"),
            ({"slug": "p-abc"}, "NAME_TAKEN"),
            ({"slug": "demo-mine"}, "NAME_TAKEN"),
            ({"slug": "Has Space"}, "REQUEST_INVALID"),
            ({"slug": "../x"}, "REQUEST_INVALID"),
            ({"kind": "operator"}, "REQUEST_INVALID"),
            ({"kind": "authority"}, "REQUEST_INVALID"),
            ({"kind": "person"}, "REQUEST_INVALID"),
            ({"name": "公"}, "ORGANIZATION_NAME_INVALID"),
            ({"name": "公司\u202e"}, "ORGANIZATION_NAME_INVALID"),
            ({"administrator": {"mobile": "123"}}, "MOBILE_INVALID"),
            ({"verified_at": "2026-01-01T00:00:00Z"}, "REQUEST_INVALID"),
            ({"is_demo": True}, "REQUEST_INVALID"),
        ],
    )
    def test_what_is_wrong_makes_nothing(
        self, he_ping: Browser, admin: psycopg.Connection, changes: dict[str, Any], problem: str
    ):
        with snapshot.nothing_changes(admin):
            assert code(made(he_ping, **changes)) == problem

    def test_the_list_goes_on_page_by_page_and_is_searched(self, he_ping: Browser):
        for number in range(4):
            assert made(he_ping, slug=f"org-{number}", name=f"示例{number}号公司").status_code == 200
        first = he_ping.get("/api/tenants?limit=3").json()
        second = he_ping.get(f"/api/tenants?limit=100&cursor={first['next_cursor']}").json()
        slugs = [one["slug"] for one in (*first["items"], *second["items"])]
        assert slugs[:4] == ["org-3", "org-2", "org-1", "org-0"]
        assert len(slugs) == len(set(slugs))
        assert [one["slug"] for one in he_ping.get("/api/tenants?search=2号").json()["items"]] == ["org-2"]


class TestSuspending:
    def test_all_its_people_are_refused_at_the_next_request_and_come_back(
        self, he_ping: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        li_ming = Browser(two_tenants.li_ming)
        path = f"/api/tenants/{two_tenants.company_id}"
        assert he_ping.post(f"{path}/suspend", {"reason": "欠费"}).json()["state"] == "suspended"
        refused = li_ming.get("/api/envelopes?list=inbox")
        assert (code(refused), refused.json()["facts"]) == (
            "TENANT_SUSPENDED",
            {"tenant": "广东示例科技有限公司"},
        )
        assert code(Browser().log_in("liming")) == "TENANT_SUSPENDED"
        assert code(he_ping.post(f"{path}/suspend", {"reason": "欠费"})) == "TRANSITION_NOT_ALLOWED"
        assert he_ping.post(f"{path}/resume", {"reason": "已缴清"}).json()["state"] == "active"
        assert li_ming.get("/api/envelopes?list=inbox").status_code == 200
        reasons = admin.execute(
            "SELECT facts ->> 'reason' FROM audit_event "
            "WHERE kind LIKE 'tenant.%%' AND tenant_id = %s ORDER BY sequence",
            [two_tenants.company_id],
        ).fetchall()
        assert reasons == [("欠费",), ("已缴清",)]

    def test_who_belongs_elsewhere_too_goes_on_there(self, he_ping: Browser, two_tenants: TwoTenants):
        elsewhere = worlds.join(two_tenants.li_ming, slug="branch", name="示例分公司")
        browser = Browser(two_tenants.li_ming)
        he_ping.post(f"/api/tenants/{two_tenants.company_id}/suspend", {"reason": "欠费"})
        assert browser.act_for(elsewhere).status_code == 200
        assert Browser().log_in("liming").json()["tenant"]["slug"] == "branch"

    def test_the_operator_does_not_suspend_himself(self, he_ping: Browser, admin: psycopg.Connection):
        (own,) = admin.execute("SELECT id FROM tenant WHERE kind = 'operator'").fetchone() or ("",)
        with snapshot.nothing_changes(admin):
            refused = he_ping.post(f"/api/tenants/{own}/suspend", {"reason": "误操作"})
            assert code(refused) == "REQUEST_INVALID"

    def test_it_asks_for_a_fresh_proof_and_a_reason(self, he_ping: Browser, two_tenants, monkeypatch):
        from yunqian.server.api import auth

        path = f"/api/tenants/{two_tenants.company_id}/suspend"
        assert code(he_ping.post(path, {"reason": ""})) == "REQUEST_INVALID"
        monkeypatch.setattr(auth, "FRESH_SECONDS", 0)
        assert code(he_ping.post(path, {"reason": "欠费"})) == "STEP_UP_REQUIRED"

    def test_the_right_is_worth_nothing_outside_the_operators_organization(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        member = str(two_tenants.zhang_wei.member_id)
        sun_li.post("/api/grants", {"right": "operate", "holder_kind": "member", "holder_id": member})
        zhang_wei = Browser(two_tenants.zhang_wei)
        with snapshot.nothing_changes(admin):
            for answer in (
                zhang_wei.get("/api/tenants"),
                made(zhang_wei),
                zhang_wei.post(f"/api/tenants/{two_tenants.center_id}/suspend", {"reason": "试一试"}),
            ):
                assert code(answer) == "OPERATE_NOT_GRANTED"


class TestVerification:
    @pytest.fixture(autouse=True)
    def _not_verified(self, admin: psycopg.Connection, two_tenants: TwoTenants) -> None:
        admin.execute("UPDATE tenant SET verified_at = NULL WHERE id = %s", [two_tenants.company_id])

    def verify(self, browser: Browser, uscc: str = USCC, representative: str = "李明"):
        body = {"uscc": uscc, "legal_representative": representative}
        return browser.post("/api/organization/verification", body)

    def test_what_the_register_confirms_stands(self, sun_li: Browser):
        shown = self.verify(sun_li, USCC.lower()).json()
        assert (shown["uscc"], shown["legal_representative"]) == (USCC, "李明")
        assert shown["verified_at"] is not None
        assert shown["is_checked_by_sandbox"]
        assert code(self.verify(sun_li)) == "COMPANY_VERIFIED_ALREADY"

    @pytest.mark.parametrize(
        ("representative", "problem"),
        [
            ("李不符", "COMPANY_MISMATCH"),
            ("李查无", "COMPANY_MISMATCH"),
            ("李注销", "COMPANY_NOT_ACTIVE"),
            ("李超时", "REGISTER_UNAVAILABLE"),
            ("李3", "PERSON_NAME_INVALID"),
        ],
    )
    def test_whatever_else_it_says_verifies_nothing(
        self, sun_li: Browser, admin: psycopg.Connection, representative: str, problem: str
    ):
        assert code(self.verify(sun_li, representative=representative)) == problem
        rows = admin.execute("SELECT count(*) FROM tenant WHERE uscc <> '' OR legal_representative <> ''")
        assert rows.fetchone() == (0,)

    def test_a_register_that_is_down_verifies_nothing(self, sun_li: Browser, admin: psycopg.Connection):
        behave("company", "unavailable")
        with snapshot.nothing_changes(admin):
            assert code(self.verify(sun_li)) == "REGISTER_UNAVAILABLE"

    def test_a_wrong_code_is_refused_before_anybody_is_asked(
        self, sun_li: Browser, admin: psycopg.Connection
    ):
        with snapshot.nothing_changes(admin):
            assert code(self.verify(sun_li, "91350100M000100Y44")) == "USCC_INVALID"

    def test_one_code_is_one_organizations(
        self, sun_li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        admin.execute("UPDATE tenant SET uscc = %s WHERE id = %s", [USCC, two_tenants.center_id])
        with snapshot.nothing_changes(admin):
            assert code(self.verify(sun_li)) == "COMPANY_TAKEN"

    def test_after_ten_failures_a_day_the_register_is_asked_no_more(self, sun_li: Browser):
        for _ in range(10):
            assert code(self.verify(sun_li, representative="李不符")) == "COMPANY_MISMATCH"
        assert code(self.verify(sun_li)) == "COMPANY_CHECKS_TOO_MANY"

    def test_who_may_not_manage_members_verifies_nothing(
        self, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        zhang_wei = Browser(two_tenants.zhang_wei)
        with snapshot.nothing_changes(admin):
            assert code(self.verify(zhang_wei)) == "MEMBERS_NOT_GRANTED"

    def test_a_persons_own_space_is_no_company(self):
        browser = Browser()
        register(browser)
        assert code(self.verify(browser)) == "MEMBERS_NOT_GRANTED"

    def test_every_member_sees_how_his_organization_stands(self, two_tenants: TwoTenants):
        shown = Browser(two_tenants.zhang_wei).get("/api/organization").json()
        assert (shown["tenant"]["slug"], shown["verified_at"]) == ("company", None)
