"""Members, departments, roles and rights: what is given reaches, what is taken back is gone at the next request."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from tests import worlds
from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf, start
from tests.worlds import TwoTenants


@pytest.fixture
def sun_li(two_tenants: TwoTenants) -> Browser:
    """The company's administrator."""
    return Browser(worlds.administrator(two_tenants.company_id))


@pytest.fixture
def zhang_wei(two_tenants: TwoTenants) -> Browser:
    """A member without any right."""
    return Browser(two_tenants.zhang_wei)


def soon(**more: float) -> str:
    return (timezone.now() + timedelta(**more)).isoformat()


def may_start(browser: Browser) -> bool:
    answer = browser.upload(pdf())
    assert answer.status_code == 200 or code(answer) == "START_NOT_GRANTED"
    return bool(answer.status_code == 200)


def grant(browser: Browser, kind: str, holder_id: object, right: str = "start", **more: Any):
    body = {"right": right, "holder_kind": kind, "holder_id": str(holder_id), **more}
    return browser.post("/api/grants", body)


def department(browser: Browser, name: str, parent_id: str | None = None) -> str:
    answer = browser.post("/api/departments", {"name": name, "parent_id": parent_id})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id"])


def role(browser: Browser, name: str = "合同员", rights: tuple[str, ...] = ("start",)) -> str:
    answer = browser.post("/api/roles", {"name": name, "rights": rights})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id"])


class TestRights:
    def test_nobody_may_start_before_it_is_granted(self, zhang_wei: Browser):
        assert not may_start(zhang_wei)

    def test_a_grant_to_a_member_reaches_at_the_next_request_and_ends_at_the_next(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser
    ):
        given = grant(sun_li, "member", two_tenants.zhang_wei.member_id)
        assert given.json()["holder_name"] == "张伟"
        assert may_start(zhang_wei)
        assert sun_li.delete(f"/api/grants/{given.json()['id']}").status_code == 204
        assert not may_start(zhang_wei)

    def test_a_grant_ends_by_itself(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser, admin: psycopg.Connection
    ):
        grant(sun_li, "member", two_tenants.zhang_wei.member_id, until_at=soon(hours=1))
        assert may_start(zhang_wei)
        admin.execute(
            "UPDATE \"grant\" SET until_at = now() - interval '1 second' WHERE until_at IS NOT NULL"
        )
        assert not may_start(zhang_wei)
        (over,) = [one for one in sun_li.get("/api/grants").json() if one["until_at"]]
        assert over["is_over"]

    def test_given_again_the_later_word_holds(self, two_tenants: TwoTenants, sun_li: Browser):
        member_id = two_tenants.zhang_wei.member_id
        first = grant(sun_li, "member", member_id, until_at=soon(hours=1)).json()
        second = grant(sun_li, "member", member_id).json()
        assert (first["id"], second["until_at"]) == (second["id"], None)

    def test_a_grant_to_a_department_reaches_everybody_below_it(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser
    ):
        top = department(sun_li, "业务中心")
        below = department(sun_li, "华南业务部", department(sun_li, "业务一部", top))
        moved = f"/api/members/{two_tenants.zhang_wei.member_id}/department"
        grant(sun_li, "department", top)
        assert not may_start(zhang_wei)
        assert sun_li.post(moved, {"department_id": below}).json()["rights"] == ["start"]
        assert may_start(zhang_wei)
        assert sun_li.post(moved, {"department_id": None}).json()["rights"] == []
        assert not may_start(zhang_wei)

    def test_a_department_moved_elsewhere_takes_its_people_along(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser
    ):
        top, other = department(sun_li, "业务中心"), department(sun_li, "后勤中心")
        below = department(sun_li, "华南业务部", top)
        sun_li.post(f"/api/members/{two_tenants.zhang_wei.member_id}/department", {"department_id": below})
        grant(sun_li, "department", top)
        assert may_start(zhang_wei)
        sun_li.put(f"/api/departments/{below}", {"name": "华南业务部", "parent_id": other})
        assert not may_start(zhang_wei)

    def test_a_role_gives_its_rights_to_who_has_it_and_what_it_names_may_change(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser
    ):
        role_id, member_id = role(sun_li), str(two_tenants.zhang_wei.member_id)
        assert (
            sun_li.post(f"/api/roles/{role_id}/holders", {"member_id": member_id}).json()["member_count"] == 1
        )
        assert may_start(zhang_wei)
        sun_li.put(f"/api/roles/{role_id}", {"name": "合同员", "rights": ["seals"]})
        assert not may_start(zhang_wei)
        assert zhang_wei.get("/api/session").json()["rights"] == ["seals"]
        sun_li.delete(f"/api/roles/{role_id}/holders/{member_id}")
        assert zhang_wei.get("/api/session").json()["rights"] == []

    def test_a_role_held_for_a_time_ends_by_itself(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser, admin: psycopg.Connection
    ):
        body = {"member_id": str(two_tenants.zhang_wei.member_id), "until_at": soon(hours=1)}
        sun_li.post(f"/api/roles/{role(sun_li)}/holders", body)
        assert may_start(zhang_wei)
        admin.execute("UPDATE role_holder SET until_at = now() - interval '1 second'")
        assert not may_start(zhang_wei)

    def test_the_rights_of_one_organization_are_worth_nothing_in_another(
        self, two_tenants: TwoTenants, sun_li: Browser
    ):
        elsewhere = worlds.join(two_tenants.zhang_wei, slug="branch", name="示例分公司")
        grant(sun_li, "member", two_tenants.zhang_wei.member_id)
        browser = Browser(two_tenants.zhang_wei)
        assert may_start(browser)
        browser.act_for(elsewhere)
        assert not may_start(browser)

    def test_every_change_is_in_the_ledger(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        given = grant(sun_li, "member", two_tenants.zhang_wei.member_id).json()
        sun_li.delete(f"/api/grants/{given['id']}")
        rows = admin.execute(
            "SELECT kind, facts ->> 'right' FROM audit_event WHERE kind LIKE 'right.%' ORDER BY sequence"
        ).fetchall()
        assert rows == [("right.granted", "start"), ("right.withdrawn", "start")]


class TestLastAdministrator:
    """However the last lasting right to give rights would get lost, it is refused and nothing changes."""

    WAYS: tuple[tuple[str, Callable[[Browser, str, str], Any]], ...] = (
        ("taking it back", lambda browser, member, given: browser.delete(f"/api/grants/{given}")),
        ("suspending", lambda browser, member, given: browser.post(f"/api/members/{member}/suspend")),
        ("leaving", lambda browser, member, given: browser.post(f"/api/members/{member}/leave", {})),
        (
            "an end",
            lambda browser, member, given: grant(browser, "member", member, "members", until_at=soon(days=9)),
        ),
    )

    @pytest.mark.parametrize(("way", "act"), WAYS, ids=[way for way, _ in WAYS])
    def test_it_stays(self, two_tenants: TwoTenants, admin: psycopg.Connection, way: str, act):
        last = worlds.administrator(two_tenants.company_id)
        browser = Browser(last)
        (given,) = [one["id"] for one in browser.get("/api/grants").json() if one["right"] == "members"]
        with snapshot.nothing_changes(admin):
            assert code(act(browser, str(last.member_id), given)) == "LAST_ADMINISTRATOR"

    def test_it_stays_when_held_through_a_role_or_a_department(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        (own,) = [one for one in sun_li.get("/api/grants").json() if one["right"] == "members"]
        role_id = role(sun_li, "管理员", ("members",))
        holder = {"member_id": own["holder_id"]}
        sun_li.post(f"/api/roles/{role_id}/holders", holder)
        assert sun_li.delete(f"/api/grants/{own['id']}").status_code == 204
        with snapshot.nothing_changes(admin):
            for refused in (
                sun_li.delete(f"/api/roles/{role_id}/holders/{own['holder_id']}"),
                sun_li.put(f"/api/roles/{role_id}", {"name": "管理员", "rights": []}),
                sun_li.post(f"/api/roles/{role_id}/holders", holder | {"until_at": soon(days=9)}),
            ):
                assert code(refused) == "LAST_ADMINISTRATOR"

    def test_two_administrators_who_take_it_from_each_other_at_once_leave_one(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser
    ):
        grant(sun_li, "member", two_tenants.zhang_wei.member_id, "members")
        given = {
            one["holder_name"]: one["id"]
            for one in sun_li.get("/api/grants").json()
            if one["right"] == "members"
        }

        def take(pair: tuple[Browser, str]) -> int:
            from django.db import connection

            try:
                return int(pair[0].delete(f"/api/grants/{pair[1]}").status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(take, [(sun_li, given["张伟"]), (zhang_wei, given["孙丽"])]))
        assert answers[0] == 204
        assert answers[1] in {403, 409}


class TestDepartmentsAndRoles:
    def test_a_department_cannot_get_into_itself(self, sun_li: Browser, admin: psycopg.Connection):
        top = department(sun_li, "业务中心")
        below = department(sun_li, "华南业务部", top)
        with snapshot.nothing_changes(admin):
            for inside in (top, below):
                refused = sun_li.put(f"/api/departments/{top}", {"name": "业务中心", "parent_id": inside})
                assert code(refused) == "DEPARTMENT_INSIDE_ITSELF"

    def test_two_of_one_name_beside_each_other_are_refused_and_elsewhere_taken(self, sun_li: Browser):
        top = department(sun_li, "业务中心")
        department(sun_li, "一部", top)
        refused = sun_li.post("/api/departments", {"name": "一部", "parent_id": top})
        assert (code(refused), refused.json()["facts"]) == ("NAME_TAKEN", {"name": "一部"})
        department(sun_li, "一部")
        assert code(sun_li.post("/api/departments", {"name": "一部"})) == "NAME_TAKEN"

    def test_one_that_is_used_stays(self, two_tenants: TwoTenants, sun_li: Browser):
        (sales,) = [one for one in sun_li.get("/api/departments").json() if one["name"] == "销售部"]
        assert sales["member_count"] == 1
        assert code(sun_li.delete(f"/api/departments/{sales['id']}")) == "STILL_USED"
        sun_li.post(f"/api/members/{two_tenants.zhang_wei.member_id}/department", {"department_id": None})
        assert sun_li.delete(f"/api/departments/{sales['id']}").status_code == 204

    def test_a_role_that_somebody_has_stays(self, two_tenants: TwoTenants, sun_li: Browser):
        role_id, member_id = role(sun_li), str(two_tenants.zhang_wei.member_id)
        assert code(sun_li.post("/api/roles", {"name": "合同员", "rights": []})) == "NAME_TAKEN"
        sun_li.post(f"/api/roles/{role_id}/holders", {"member_id": member_id})
        assert code(sun_li.delete(f"/api/roles/{role_id}")) == "STILL_USED"
        sun_li.delete(f"/api/roles/{role_id}/holders/{member_id}")
        assert sun_li.delete(f"/api/roles/{role_id}").status_code == 204

    @pytest.mark.parametrize("name", ["", "一\u0000部", "一\n部", "部" * 101])
    def test_a_name_that_is_none_is_refused(self, sun_li: Browser, name: str):
        assert code(sun_li.post("/api/departments", {"name": name})) == "REQUEST_INVALID"
        assert code(sun_li.post("/api/roles", {"name": name, "rights": []})) == "REQUEST_INVALID"


class TestMembers:
    def test_they_are_listed_newest_first_page_by_page(self, two_tenants: TwoTenants, sun_li: Browser):
        for number in range(5):
            worlds._member(two_tenants.company_id, f"staff{number}", f"职工{number}", "仓库", may_start=False)
        names: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = sun_li.get(
                f"/api/members?limit=3&cursor={cursor}" if cursor else "/api/members?limit=3"
            ).json()
            names += [one["name"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert names == ["职工4", "职工3", "职工2", "职工1", "职工0", "孙丽", "张伟", "李明"]
        assert page["active_count"] == 8

    def test_they_are_found_by_name_account_department_and_whole_number(self, sun_li: Browser, two_tenants):
        def found(query: str) -> list[str]:
            return [one["name"] for one in sun_li.get(f"/api/members?{query}").json()["items"]]

        (sales,) = [one["id"] for one in sun_li.get("/api/departments").json() if one["name"] == "销售部"]
        assert found("search=张") == ["张伟"]
        assert found("search=liming") == ["李明"]
        assert found(f"department_id={sales}") == ["张伟"]
        assert found("search=13800131234") == []

    def test_a_suspended_one_is_refused_at_once_and_comes_back(
        self, two_tenants: TwoTenants, sun_li: Browser, zhang_wei: Browser
    ):
        path = f"/api/members/{two_tenants.zhang_wei.member_id}"
        assert sun_li.post(f"{path}/suspend").json()["state"] == "suspended"
        assert code(zhang_wei.get("/api/session")) == "MEMBER_SUSPENDED"
        assert sun_li.post(f"{path}/resume").json()["state"] == "active"
        assert zhang_wei.get("/api/session").status_code == 200

    def test_who_leaves_hands_over_what_he_started_and_has_nothing_left(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        li_ming, zhang_wei = Browser(two_tenants.li_ming), Browser(two_tenants.zhang_wei)
        envelope = start(li_ming, "wangfang")
        path = f"/api/members/{two_tenants.li_ming.member_id}/leave"
        with snapshot.nothing_changes(admin):
            refused = sun_li.post(path, {})
            assert (code(refused), refused.json()["facts"]) == ("SUCCESSOR_NEEDED", {"count": 1})
            for nobody in (two_tenants.li_ming.member_id, two_tenants.wang_fang.member_id):
                assert code(sun_li.post(path, {"successor_id": str(nobody)})) in {
                    "SUCCESSOR_NEEDED",
                    "MEMBER_NOT_FOUND",
                }
        left = sun_li.post(path, {"successor_id": str(two_tenants.zhang_wei.member_id)}).json()
        assert (left["state"], left["rights"], left["roles"]) == ("left", [], [])
        assert code(li_ming.get("/api/session")) == "MEMBER_SUSPENDED"
        listed = zhang_wei.get("/api/envelopes?list=started").json()["items"]
        assert [(one["id"], one["initiator"]["name"]) for one in listed] == [(envelope["id"], "李明")]
        assert zhang_wei.get(f"/api/envelopes/{envelope['id']}").json()["may_download"]
        kinds = admin.execute(
            "SELECT kind FROM audit_event WHERE envelope_id IS NOT NULL ORDER BY sequence"
        ).fetchall()
        assert ("envelope.handed_over",) in kinds
        assert admin.execute(
            'SELECT (SELECT count(*) FROM "grant" WHERE member_id = %(id)s), '
            "(SELECT count(*) FROM seal_grant WHERE member_id = %(id)s)",
            {"id": two_tenants.li_ming.member_id},
        ).fetchone() == (0, 0)
        mine = {"person": two_tenants.li_ming.person_id}
        seals = admin.execute("SELECT DISTINCT state FROM seal WHERE person_id = %(person)s", mine)
        assert seals.fetchall() == [("cancelled",)]
        bound = admin.execute("SELECT DISTINCT state FROM certificate WHERE person_id = %(person)s", mine)
        assert bound.fetchall() == [("revoked",)]

    def test_who_has_left_is_not_suspended_or_let_in_but_invited(
        self, two_tenants: TwoTenants, sun_li: Browser
    ):
        path = f"/api/members/{two_tenants.zhang_wei.member_id}"
        sun_li.post(f"{path}/leave", {})
        for act in ("suspend", "resume"):
            assert code(sun_li.post(f"{path}/{act}")) == "MEMBER_HAS_LEFT"
        assert code(grant(sun_li, "member", two_tenants.zhang_wei.member_id)) == "MEMBER_HAS_LEFT"
        names = [one["name"] for one in sun_li.get("/api/members").json()["items"]]
        assert "张伟" not in names
        with_left = sun_li.get("/api/members?with_left=true").json()["items"]
        assert [one["state"] for one in with_left if one["name"] == "张伟"] == ["left"]

    def test_twenty_leavings_at_once_are_one(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        def leave(_: int) -> int:
            from django.db import connection

            try:
                return int(
                    sun_li.post(f"/api/members/{two_tenants.zhang_wei.member_id}/leave", {}).status_code
                )
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(leave, range(20)))
        assert answers == [200] + [409] * 19
        assert admin.execute("SELECT count(*) FROM audit_event WHERE kind = 'member.left'").fetchone() == (1,)


class TestLooks:
    def test_a_look_has_a_reason_that_the_ledger_keeps(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        from yunqian.server import scope
        from yunqian.server.adapters import personal
        from yunqian.server.records.models import Person

        person_id = two_tenants.zhang_wei.person_id
        sealed = personal.seal("13800131234", table="person", column="mobile", row_id=str(person_id))
        with scope.platform(is_writing=True):
            Person.objects.filter(id=person_id).update(mobile_sealed=sealed)
        path = f"/api/members/{two_tenants.zhang_wei.member_id}"
        assert sun_li.get(path).json()["mobile_masked"] == "138****1234"
        for reason in (None, "", " "):
            refused = sun_li.post(f"{path}/look", {"field": "mobile", "reason": reason})
            assert code(refused) == "REQUEST_INVALID"
        seen = sun_li.post(f"{path}/look", {"field": "mobile", "reason": "通知补签"})
        assert seen.json() == {"value": "13800131234"}
        (facts,) = admin.execute("SELECT facts FROM audit_event WHERE kind = 'personal.seen'").fetchone() or (
            {},
        )
        assert (facts["reason"], facts["name"], facts["field"]) == ("通知补签", "张伟", "mobile")
        assert "13800131234" not in str(facts)
        absent = sun_li.post(f"{path}/look", {"field": "id_number", "reason": "通知补签"})
        assert code(absent) == "PERSONAL_ABSENT"

    def test_it_asks_for_a_fresh_proof(self, two_tenants: TwoTenants, sun_li: Browser, monkeypatch):
        from yunqian.server.api import auth

        monkeypatch.setattr(auth, "FRESH_SECONDS", 0)
        path = f"/api/members/{two_tenants.zhang_wei.member_id}/look"
        assert code(sun_li.post(path, {"field": "mobile", "reason": "通知"})) == "STEP_UP_REQUIRED"


class TestStrangers:
    @pytest.mark.parametrize("path", ["members", "departments", "roles", "grants", "invitations"])
    def test_who_has_not_the_right_sees_nothing_of_it(self, zhang_wei: Browser, path: str):
        assert code(zhang_wei.get(f"/api/{path}")) == "MEMBERS_NOT_GRANTED"

    def test_another_organizations_identifiers_are_nobodys(
        self, two_tenants: TwoTenants, sun_li: Browser, admin: psycopg.Connection
    ):
        other = Browser(worlds._holding(two_tenants.chen_jing, ("members",)))
        its_role, its_department = role(other), department(other, "交易一科")
        theirs = str(two_tenants.wang_fang.member_id)
        own = str(two_tenants.zhang_wei.member_id)
        (its_grant, *_) = [one["id"] for one in other.get("/api/grants").json()]
        asked = {
            "MEMBER_NOT_FOUND": [
                sun_li.get(f"/api/members/{theirs}"),
                sun_li.post(f"/api/members/{theirs}/suspend"),
                sun_li.post(f"/api/members/{theirs}/leave", {}),
                grant(sun_li, "member", theirs),
                sun_li.post(f"/api/roles/{role(sun_li)}/holders", {"member_id": theirs}),
            ],
            "DEPARTMENT_NOT_FOUND": [
                sun_li.post(f"/api/members/{own}/department", {"department_id": its_department}),
                sun_li.post("/api/departments", {"name": "x", "parent_id": its_department}),
                sun_li.delete(f"/api/departments/{its_department}"),
                grant(sun_li, "department", its_department),
                sun_li.post("/api/invitations", {"department_id": its_department}),
            ],
            "ROLE_NOT_FOUND": [
                sun_li.put(f"/api/roles/{its_role}", {"name": "x", "rights": []}),
                sun_li.delete(f"/api/roles/{its_role}"),
                grant(sun_li, "role", its_role),
                sun_li.post("/api/invitations", {"role_id": its_role}),
            ],
            "GRANT_NOT_FOUND": [sun_li.delete(f"/api/grants/{its_grant}")],
        }
        for problem, answers in asked.items():
            assert {(code(one), one.status_code) for one in answers} == {(problem, 404)}
        assert other.get(f"/api/members/{theirs}").json()["state"] == "active"
