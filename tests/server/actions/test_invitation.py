"""A link is one place in one organization, for one person, once."""

from concurrent.futures import ThreadPoolExecutor
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


@pytest.fixture
def sun_li(two_tenants: TwoTenants) -> Browser:
    """The company's administrator."""
    return Browser(worlds.administrator(two_tenants.company_id))


@pytest.fixture
def wu_di() -> Browser:
    """A registered person of no organization."""
    browser = Browser()
    assert register(browser).status_code == 200
    return browser


def invite(browser: Browser, **wanted: Any) -> dict[str, Any]:
    answer = browser.post("/api/invitations", wanted)
    assert answer.status_code == 200, answer.content
    made: dict[str, Any] = answer.json()
    return made


def secret(invited: dict[str, Any]) -> str:
    return str(invited["link"]).rpartition("/join/")[2]


def look(browser: Browser, given: str):
    return browser.post("/api/joining/look", {"secret": given})


def join(browser: Browser, given: str):
    answer = browser.post("/api/joining", {"secret": given})
    if answer.status_code == 200:
        browser.csrf = answer.json()["csrf"]
    return answer


def test_who_says_yes_is_a_member_with_the_department_and_role_that_were_meant(
    sun_li: Browser, wu_di: Browser, admin: psycopg.Connection
):
    department = sun_li.post("/api/departments", {"name": "供应链部"}).json()["id"]
    role = sun_li.post("/api/roles", {"name": "合同员", "rights": ["start"]}).json()["id"]
    given = secret(invite(sun_li, name="吴迪", department_id=department, role_id=role))
    shown = look(wu_di, given).json()
    assert (shown["tenant_name"], shown["department"], shown["role"], shown["is_member"]) == (
        "广东示例科技有限公司",
        "供应链部",
        "合同员",
        False,
    )
    session = join(wu_di, given).json()
    assert (session["tenant"]["slug"], session["rights"]) == ("company", ["start"])
    assert session["person"]["department"] == "供应链部"
    assert {one["kind"] for one in session["tenants"]} == {"company", "person"}
    (listed,) = sun_li.get("/api/invitations").json()
    assert (listed["state"], listed["taken_by"]) == ("taken", "吴迪")
    assert admin.execute("SELECT count(*) FROM audit_event WHERE kind = 'member.joined'").fetchone() == (1,)


def test_the_secret_is_kept_as_its_digest_alone(sun_li: Browser, admin: psycopg.Connection):
    given = secret(invite(sun_li)).partition(".")[2]
    for (table,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        rows = admin.execute(f'SELECT t::text FROM public."{table}" t').fetchall()
        assert not [row for (row,) in rows if given in row], table


def test_it_is_taken_once(sun_li: Browser, wu_di: Browser, two_tenants: TwoTenants):
    given = secret(invite(sun_li))
    assert join(wu_di, given).status_code == 200
    assert code(join(Browser(two_tenants.wang_fang), given)) == "INVITATION_NOT_FOUND"


def test_of_twenty_at_once_one_is_in(sun_li: Browser, wu_di: Browser, admin: psycopg.Connection):
    given = secret(invite(sun_li))
    cookies, csrf = wu_di.client.cookies, wu_di.csrf

    def once(_: int) -> int:
        from django.db import connection

        browser = Browser()
        browser.client.cookies, browser.csrf = cookies.copy(), csrf
        try:
            return int(browser.post("/api/joining", {"secret": given}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, range(20)))
    assert answers.count(200) == 1
    assert admin.execute("SELECT count(*) FROM audit_event WHERE kind = 'member.joined'").fetchone() == (1,)


class TestByPhone:
    def test_the_link_goes_to_the_number_and_only_its_person_may_take_it(
        self, sun_li: Browser, wu_di: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        made = invite(sun_li, name="吴迪", mobile=f"+86 {MOBILE}")
        assert (made["is_sent"], made["invitation"]["mobile_masked"]) == (True, "138****1234")
        given = secret(made)
        assert given in texts()[0]
        stranger = Browser(two_tenants.wang_fang)
        with snapshot.nothing_changes(admin):
            for act in (look, join):
                assert code(act(stranger, given)) == "INVITATION_NOT_FOUND"
        assert join(wu_di, given).status_code == 200

    def test_a_number_that_is_somebody_elses_now_takes_nothing(
        self, sun_li: Browser, wu_di: Browser, admin: psycopg.Connection
    ):
        given = secret(invite(sun_li, mobile=MOBILE))
        admin.execute("UPDATE person SET mobile_index = NULL, mobile_sealed = NULL")
        assert code(join(wu_di, given)) == "INVITATION_NOT_FOUND"

    def test_where_no_message_goes_out_the_link_is_given_by_hand(self, sun_li: Browser):
        behave("sms", "unavailable")
        made = invite(sun_li, mobile=MOBILE)
        assert (made["is_sent"], made["invitation"]["state"]) == (False, "open")

    def test_what_is_no_number_invites_nobody(self, sun_li: Browser, admin: psycopg.Connection):
        with snapshot.nothing_changes(admin):
            assert code(sun_li.post("/api/invitations", {"mobile": "12345"})) == "MOBILE_INVALID"


class TestOver:
    def test_a_withdrawn_one_opens_nothing(self, sun_li: Browser, wu_di: Browser):
        made = invite(sun_li)
        path = f"/api/invitations/{made['invitation']['id']}/withdraw"
        assert sun_li.post(path).json()["state"] == "withdrawn"
        assert code(look(wu_di, secret(made))) == "INVITATION_NOT_FOUND"
        assert code(sun_li.post(path)) == "TRANSITION_NOT_ALLOWED"

    def test_after_a_week_it_opens_nothing(self, sun_li: Browser, wu_di: Browser, admin: psycopg.Connection):
        made = invite(sun_li)
        admin.execute("UPDATE invitation SET expires_at = now() - interval '1 second'")
        assert code(join(wu_di, secret(made))) == "INVITATION_NOT_FOUND"
        assert sun_li.get("/api/invitations").json()[0]["state"] == "expired"

    @pytest.mark.parametrize(
        "given",
        [
            "x" * 40,
            f"{'0' * 32}.{'a' * 43}",
            "../../etc/passwd/aaaaaaaa",
            "",
            "a" * 500,
            "' OR 1=1 -- aaaaaaaaaaaa",
        ],
    )
    def test_what_nobody_gave_out_opens_nothing(self, wu_di: Browser, admin: psycopg.Connection, given: str):
        with snapshot.nothing_changes(admin):
            assert code(join(wu_di, given)) in {"INVITATION_NOT_FOUND", "REQUEST_INVALID"}

    def test_the_secret_of_one_organization_opens_no_other(
        self, sun_li: Browser, wu_di: Browser, two_tenants: TwoTenants
    ):
        given = secret(invite(sun_li)).partition(".")[2]
        assert code(join(wu_di, f"{two_tenants.center_id.hex}.{given}")) == "INVITATION_NOT_FOUND"

    def test_nobody_is_let_in_by_a_suspended_organization(
        self, sun_li: Browser, wu_di: Browser, admin: psycopg.Connection, two_tenants: TwoTenants
    ):
        given = secret(invite(sun_li))
        admin.execute("UPDATE tenant SET state = 'suspended' WHERE id = %s", [two_tenants.company_id])
        for act in (look, join):
            assert code(act(wu_di, given)) == "TENANT_SUSPENDED"


class TestWhoIsOrWas:
    def test_a_member_is_told_that_he_is_one(self, sun_li: Browser, two_tenants: TwoTenants, admin):
        given = secret(invite(sun_li))
        zhang_wei = Browser(two_tenants.zhang_wei)
        with snapshot.nothing_changes(admin):
            assert code(join(zhang_wei, given)) == "MEMBER_ALREADY"

    def test_a_suspended_member_is_let_in_by_no_link(self, sun_li: Browser, two_tenants: TwoTenants, admin):
        elsewhere = worlds.join(two_tenants.zhang_wei, slug="branch", name="示例分公司")
        browser = Browser(two_tenants.zhang_wei)
        browser.act_for(elsewhere)
        sun_li.post(f"/api/members/{two_tenants.zhang_wei.member_id}/suspend")
        given = secret(invite(sun_li))
        with snapshot.nothing_changes(admin):
            assert code(join(browser, given)) == "MEMBER_ALREADY"

    def test_who_has_left_comes_back_without_what_he_had(self, sun_li: Browser, two_tenants: TwoTenants):
        elsewhere = worlds.join(two_tenants.zhang_wei, slug="branch", name="示例分公司")
        member = str(two_tenants.zhang_wei.member_id)
        sun_li.post("/api/grants", {"right": "start", "holder_kind": "member", "holder_id": member})
        sun_li.post(f"/api/members/{member}/leave", {})
        browser = Browser()
        browser.log_in("zhangwei")
        browser.act_for(elsewhere)
        session = join(browser, secret(invite(sun_li))).json()
        assert (session["tenant"]["slug"], session["rights"]) == ("company", [])


def test_who_may_not_manage_members_invites_nobody(two_tenants: TwoTenants, admin: psycopg.Connection):
    browser = Browser(two_tenants.zhang_wei)
    with snapshot.nothing_changes(admin):
        assert code(browser.post("/api/invitations", {"name": "吴迪"})) == "MEMBERS_NOT_GRANTED"


def test_nobody_joins_without_being_logged_in(sun_li: Browser):
    given = secret(invite(sun_li))
    for act in (look, join):
        assert code(act(Browser(), given)) == "LOGIN_REQUIRED"
