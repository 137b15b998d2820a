"""One person in several organizations: he meets an envelope only while acting for the one it addresses."""

import json
from typing import Any

import pytest

from tests import worlds
from tests.server import snapshot
from tests.server.browsing import (
    Browser,
    code,
    counts,
    detail,
    open_ceremony,
    opening,
    pdf,
    placement,
    seal,
    signed,
    start,
)
from tests.worlds import Member, TwoTenants
from yunqian.server import scope
from yunqian.server.actions import authorities
from yunqian.server.records.models import Person


@pytest.fixture
def elsewhere(two_tenants: TwoTenants) -> Member:
    """王芳 of the center, as a member of a further organization."""
    return worlds.join(two_tenants.wang_fang, slug="branch", name="示例分公司")


@pytest.fixture
def mark(two_tenants: TwoTenants) -> dict[str, Any]:
    return placement(two_tenants.seals["wangfang.personal"], two_tenants.wang_fang_key)


@pytest.fixture
def envelope(two_tenants: TwoTenants, elsewhere: Member) -> dict[str, Any]:
    """Of the company, for 王芳 of the center."""
    return start(Browser(two_tenants.li_ming), "wangfang")


def suspend(admin, member: Member) -> None:
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [member.member_id])


def everything(browser: Browser, envelope: dict[str, Any], mark: dict[str, Any]) -> set[str]:
    """The answers to all that a signer may ask of an envelope."""
    at = f"/api/envelopes/{envelope['id']}"
    asked = [
        browser.get(at + part) for part in ("", "/events", "/document", "/download", "/report", "/panel")
    ]
    asked.append(browser.post(at + "/ceremonies", opening(envelope, mark)))
    return {code(answer) for answer in asked}


def test_whom_the_addressed_organization_suspended_does_not_find_it_from_another(
    two_tenants: TwoTenants, elsewhere: Member, envelope, wang: Browser, mark, admin
):
    suspend(admin, two_tenants.wang_fang)
    with snapshot.nothing_changes(admin):
        assert everything(wang, envelope, mark) == {"MEMBER_SUSPENDED"}
    assert wang.act_for(elsewhere).status_code == 200
    with snapshot.nothing_changes(admin):
        assert everything(wang, envelope, mark) == {"ENVELOPE_NOT_FOUND"}
        assert code(wang.act_for(two_tenants.wang_fang)) == "TENANT_NOT_FOUND"


def test_a_new_login_of_whom_the_addressed_organization_suspended_finds_nothing_either(
    two_tenants: TwoTenants, envelope, mark, admin
):
    suspend(admin, two_tenants.wang_fang)
    again = Browser(two_tenants.wang_fang)
    assert again.get("/api/session").json()["tenant"]["slug"] == "branch"
    with snapshot.nothing_changes(admin):
        assert everything(again, envelope, mark) == {"ENVELOPE_NOT_FOUND"}


def test_the_lists_are_those_of_the_organization_acted_for(
    two_tenants: TwoTenants, elsewhere: Member, envelope, wang: Browser, mark, admin
):
    second = start(Browser(two_tenants.li_ming), "wangfang", title="采购合同二")
    seal(wang, second, two_tenants.holders, mark)
    titles = {which: list_of(wang, which) for which in ("inbox", "signed", "started")}
    assert titles == {"inbox": ["采购合同"], "signed": ["采购合同二"], "started": []}
    assert counts(wang) == {"inbox": 1, "signed": 1}
    wang.act_for(elsewhere)
    assert counts(wang) == {}
    waiting = [{"tenant_id": str(two_tenants.center_id), "inbox": 1, "is_capped": False}]
    assert wang.get("/api/counts").json()["elsewhere"] == waiting
    for which in titles:
        assert list_of(wang, which) == list_of(wang, which, "采购") == []
    with snapshot.nothing_changes(admin):
        assert everything(wang, envelope, mark) == {"ENVELOPE_NOT_FOUND"}
    wang.act_for(two_tenants.wang_fang)
    assert list_of(wang, "inbox", "采购") == ["采购合同"]
    suspend(admin, two_tenants.wang_fang)
    wang.act_for(elsewhere)
    assert counts(wang) == {}
    assert wang.get("/api/counts").json()["elsewhere"] == []


def list_of(browser: Browser, which: str, search: str = "") -> list[str]:
    found = browser.get(f"/api/envelopes?list={which}&q={search}").json()["items"]
    return [line["title"] for line in found]


def test_not_found_tells_a_person_of_several_organizations_where_to_look(
    two_tenants: TwoTenants, elsewhere: Member, envelope, wang: Browser
):
    """The same sentence for what exists and what does not, so it tells nobody anything."""
    wang.act_for(elsewhere)
    answers = [wang.get(f"/api/envelopes/{one}") for one in (envelope["id"], elsewhere.member_id)]
    assert "切换单位" in answers[0].json()["zh"]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("step", ["read", "prepare", "results", "abandon"])
def test_a_session_left_by_a_switch_is_not_there_and_goes_on_after_the_switch_back(
    two_tenants: TwoTenants, elsewhere: Member, envelope, wang: Browser, mark, admin, step
):
    ceremony = open_ceremony(wang, envelope, mark)
    result = signed(ceremony, two_tenants.holders)
    wang.act_for(elsewhere)
    with snapshot.nothing_changes(admin):
        assert code(ask(wang, ceremony, step, result)) == "CEREMONY_NOT_FOUND"
    wang.act_for(two_tenants.wang_fang)
    assert ask(wang, ceremony, step, result).status_code == 200


@pytest.mark.parametrize("step", ["read", "prepare", "results", "abandon"])
def test_a_session_of_whom_was_suspended_meanwhile_is_nowhere(
    two_tenants: TwoTenants, elsewhere: Member, envelope, wang: Browser, mark, admin, step
):
    ceremony = open_ceremony(wang, envelope, mark)
    result = signed(ceremony, two_tenants.holders)
    suspend(admin, two_tenants.wang_fang)
    with snapshot.nothing_changes(admin):
        assert code(ask(wang, ceremony, step, result)) == "MEMBER_SUSPENDED"
    wang.act_for(elsewhere)
    with snapshot.nothing_changes(admin):
        assert code(ask(wang, ceremony, step, result)) == "CEREMONY_NOT_FOUND"
    assert detail(Browser(two_tenants.li_ming), envelope["id"])["documents"][0]["head"] == 0


def ask(browser: Browser, ceremony: dict[str, Any], step: str, result: dict[str, Any]) -> Any:
    at = f"/api/ceremonies/{ceremony['id']}"
    return browser.get(at) if step == "read" else browser.post(f"{at}/{step}", result)


def test_a_suspension_while_the_time_stamp_is_fetched_takes_no_revision(
    two_tenants: TwoTenants, envelope, wang: Browser, mark, admin, monkeypatch
):
    """Between the two transactions of a signature nobody holds a lock; the second one asks again."""
    ceremony = open_ceremony(wang, envelope, mark)

    stamp = authorities.stamp

    def meanwhile(signature: bytes) -> bytes:
        suspend(admin, two_tenants.wang_fang)
        return stamp(signature)

    monkeypatch.setattr(authorities, "stamp", meanwhile)
    answer = ask(wang, ceremony, "results", signed(ceremony, two_tenants.holders))
    assert code(answer) == "MEMBER_SUSPENDED"
    assert admin.execute("SELECT max(number) FROM revision").fetchone() == (0,)


def test_an_initiator_whom_his_organization_suspended_finds_nothing_of_it_from_another(
    two_tenants: TwoTenants, admin
):
    elsewhere = worlds.join(two_tenants.li_ming, slug="branch", name="示例分公司")
    li = Browser(two_tenants.li_ming)
    sent = start(li, "liming")
    mark = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    suspend(admin, two_tenants.li_ming)
    li.act_for(elsewhere)
    with snapshot.nothing_changes(admin):
        assert everything(li, sent, mark) == {"ENVELOPE_NOT_FOUND"}
    assert counts(li) == {}


class TestWhoIsAddressedForWhich:
    def test_a_member_of_the_initiators_organization_for_that_one_whatever_his_home(
        self, two_tenants: TwoTenants, elsewhere: Member, wang: Browser, admin
    ):
        boss = worlds._member(elsewhere.tenant_id, "qianbo", "钱博", "总部", may_start=True)
        sent = start(Browser(boss), "wangfang")
        assert sent["recipients"][0]["person"]["tenant_name"] == "示例分公司"
        assert list_of(wang, "inbox") == []
        wang.act_for(elsewhere)
        assert list_of(wang, "inbox") == ["采购合同"]
        assert detail(wang, sent["id"])["recipients"][0]["is_me"] is True

    def test_the_order_names_the_organization_acted_for_and_seals_of_another_do_not_count(
        self, two_tenants: TwoTenants, elsewhere: Member, wang: Browser, mark, admin
    ):
        boss = worlds._member(elsewhere.tenant_id, "qianbo", "钱博", "总部", may_start=True)
        sent = start(Browser(boss), "wangfang")
        wang.act_for(elsewhere)
        at = f"/api/envelopes/{sent['id']}/ceremonies"
        with snapshot.nothing_changes(admin):
            assert code(wang.post(at, opening(sent, mark))) == "CERTIFICATE_NOT_BOUND"
        tables = ("seal", "certificate", "seal_certificate")
        moved = "".join(f"UPDATE {table} SET tenant_id = '{elsewhere.tenant_id}';" for table in tables)
        admin.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {moved} COMMIT")
        order = json.loads(open_ceremony(wang, sent, mark)["order"]["payload"])
        assert (order["tenant_name"], order["person_name"]) == ("示例分公司", "王芳")

    def test_a_stranger_for_his_home(self, two_tenants: TwoTenants, elsewhere: Member, envelope, admin):
        addressed = admin.execute("SELECT for_tenant_id, tenant_name FROM recipient").fetchall()
        assert addressed == [(two_tenants.center_id, "某市公共资源交易中心")]

    def test_the_initiator_who_signs_too_for_the_organization_he_starts_for(self, two_tenants: TwoTenants):
        sent = start(Browser(two_tenants.li_ming), "liming")
        assert (sent["may_sign"], sent["recipients"][0]["is_me"]) == (True, True)

    def test_who_could_act_for_no_organization_is_not_found(self, two_tenants: TwoTenants, admin):
        """No home; or a home that is ours, of which he is no member."""
        with scope.platform(is_writing=True):
            for account, home in (("homeless", None), ("unlisted", two_tenants.company_id)):
                Person.objects.create(account=account, name=account, password="x", home_id=home)
        li = Browser(two_tenants.li_ming)
        upload_id = li.upload(pdf()).json()["id"]
        for account in ("homeless", "unlisted"):
            wanted = {"upload_ids": [upload_id], "title": "一", "recipients": [{"account": account}]}
            with snapshot.nothing_changes(admin):
                assert code(li.post("/api/envelopes", wanted)) == "PERSON_NOT_FOUND"

    def test_who_joins_the_owner_later_is_addressed_for_his_home_still(
        self, two_tenants: TwoTenants, envelope, wang: Browser, mark, admin
    ):
        """The rows are then visible to him as a member of the owner; the rules say no all the same."""
        joined = Member(
            two_tenants.wang_fang.person_id, two_tenants.company_id, envelope["id"], "wangfang", "王芳"
        )
        admin.execute(
            "INSERT INTO member (id, tenant_id, person_id, is_active, joined_at) VALUES (%s, %s, %s, true, now())",
            [joined.member_id, joined.tenant_id, joined.person_id],
        )
        ceremony = open_ceremony(wang, envelope, mark)
        wang.act_for(joined)
        with snapshot.nothing_changes(admin):
            assert everything(wang, envelope, mark) == {"ENVELOPE_NOT_FOUND"}
            assert code(ask(wang, ceremony, "abandon", {})) == "CEREMONY_NOT_FOUND"
        assert list_of(wang, "inbox") == []
        wang.act_for(two_tenants.wang_fang)
        assert ask(wang, ceremony, "abandon", {}).status_code == 200
