"""Single uses that somebody has to allow, and the ledger of every use: complete, searchable, safe to open."""

import csv
import io
from typing import Any

import psycopg
import pytest

from tests import worlds
from tests.server import sealing, snapshot
from tests.server.browsing import Browser, code, open_ceremony, opening, placement, seal, start
from tests.worlds import TwoTenants
from yunqian.server.queries import seal_uses

REQUESTS = "/api/administration/seal-uses/requests"


@pytest.fixture
def sun(two_tenants: TwoTenants) -> Browser:
    return Browser(worlds.administrator(two_tenants.company_id))


@pytest.fixture
def zhang(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.zhang_wei)


@pytest.fixture
def official(two_tenants: TwoTenants, sun: Browser) -> dict[str, Any]:
    """The company's seal, of which each use of Zhang Wei's is asked for."""
    seal_id = two_tenants.seals["liming.official"]
    sealing.give(sun, seal_id, "member", two_tenants.zhang_wei.member_id, needs_approval=True)
    return placement(seal_id, two_tenants.company_key, width_pt=113, height_pt=113)


def asked(browser: Browser, mark: dict[str, Any], envelope: dict[str, Any]):
    body = {"envelope_id": envelope["id"], "reason": "签约"}
    return browser.post(f"/api/seals/{mark['seal_id']}/uses", body)


def tried(browser: Browser, envelope: dict[str, Any], mark: dict[str, Any]) -> str:
    return code(browser.post(f"/api/envelopes/{envelope['id']}/ceremonies", opening(envelope, mark)))


def test_an_approved_use_serves_one_ceremony_of_its_envelope(
    li: Browser, sun: Browser, zhang: Browser, two_tenants: TwoTenants, official, admin
):
    envelope, other = (start(li, "zhangwei", title=title) for title in ("采购合同", "补充协议"))
    assert tried(zhang, envelope, official) == "SEAL_USE_NEEDS_APPROVAL"
    offered = zhang.get(f"/api/envelopes/{envelope['id']}/panel").json()["seals"]
    assert [one["needs_approval"] for one in offered] == [True]
    request = asked(zhang, official, envelope).json()
    assert tried(zhang, envelope, official) == "SEAL_USE_NEEDS_APPROVAL"
    assert sun.post(f"{REQUESTS}/{request['id']}/approve").json()["state"] == "approved"
    open_ceremony(zhang, envelope, official)  # given up by the next one: nothing was signed
    seal(zhang, envelope, two_tenants.holders, official)
    (mine,) = zhang.get("/api/seal-uses/requests").json()
    assert mine["state"] == "used"
    assert tried(zhang, other, official) == "SEAL_USE_NEEDS_APPROVAL"


def test_a_refused_use_stays_refused_and_nobody_allows_his_own(
    li: Browser, sun: Browser, zhang: Browser, two_tenants: TwoTenants, official, admin
):
    envelope = start(li, "zhangwei", "sunli")
    request = asked(zhang, official, envelope).json()
    assert code(asked(zhang, official, envelope)) == "SEAL_USE_ASKED_ALREADY"
    sun.post(f"{REQUESTS}/{request['id']}/refuse", {"reason": "用途不明"})
    with snapshot.nothing_changes(admin):
        assert tried(zhang, envelope, official) == "SEAL_USE_NEEDS_APPROVAL"
        assert code(sun.post(f"{REQUESTS}/{request['id']}/approve")) == "TRANSITION_NOT_ALLOWED"
    ((sun_id,),) = admin.execute(
        "SELECT member.id FROM member JOIN person ON person.id = person_id WHERE account = 'sunli'"
    ).fetchall()
    sealing.give(sun, official["seal_id"], "member", sun_id, needs_approval=True)
    own = asked(sun, official, envelope).json()
    with snapshot.nothing_changes(admin):
        assert code(sun.post(f"{REQUESTS}/{own['id']}/approve")) == "DECISION_OF_ONES_OWN"


def test_a_use_is_asked_for_envelopes_that_one_signs_and_seals_that_one_has(
    li: Browser, zhang: Browser, two_tenants: TwoTenants, official, admin
):
    wang = Browser(two_tenants.wang_fang)
    foreign = start(wang, "wangfang")
    sent = start(li, "zhangwei")
    with snapshot.nothing_changes(admin):
        assert code(asked(zhang, official, foreign)) == "ENVELOPE_NOT_FOUND"
        assert code(asked(zhang, official, {"id": "0"})) == "ENVELOPE_NOT_FOUND"
        assert code(asked(li, official, sent)) == "NOT_ADDRESSED"
        assert code(asked(wang, official, foreign)) == "SEAL_NOT_FOUND"


def test_every_signature_with_a_seal_stands_in_the_ledger_of_its_organization(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin
):
    personal = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key, x_pt=300)
    envelope = start(li, "liming", title="采购合同")
    seal(li, envelope, two_tenants.holders, official, personal)
    (line,) = sun.get("/api/administration/seal-uses").json()["items"]
    assert (line["seal_name"], line["person_name"], line["revision"]) == ("公章", "李明", 1)
    assert (line["envelope_title"], line["certificate_owner"]) == ("采购合同", "广东示例科技有限公司")
    assert line["certificate_sha256"] == two_tenants.company_key.certificate.sha256
    assert admin.execute("SELECT count(*) FROM seal_use").fetchone() == (2,)


@pytest.mark.parametrize("table", ["seal_use", "seal_event"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_ledger_and_the_history_are_never_changed(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin, table, verb
):
    seal(li, start(li, "liming"), two_tenants.holders, official)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
        admin.execute(verb.format(table))


def test_the_ledger_is_searched_and_paged_without_losing_or_repeating_a_line(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official
):
    for number in range(5):
        seal(li, start(li, "liming", title=f"合同 {number}"), two_tenants.holders, official)
    path, seen, cursor = "/api/administration/seal-uses?limit=2", [], ""
    while True:
        page = sun.get(path + cursor).json()
        seen += [line["envelope_title"] for line in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"合同 {number}" for number in (4, 3, 2, 1, 0)]

    def found(query: str) -> int:
        return len(sun.get(f"/api/administration/seal-uses?{query}").json()["items"])

    assert [
        found(query) for query in ("title=3", "person=李", "person=王", "until_at=2020-01-01T00:00:00Z")
    ] == [*(1, 5, 0, 0)]
    assert found(f"seal_id={official['seal_id']}") == 5
    assert found(f"seal_id={two_tenants.seals['liming.personal']}") == 0


def test_the_exported_ledger_opens_as_text_whatever_a_title_begins_with(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin
):
    title = '=HYPERLINK("evil.example","合同")'
    seal(li, start(li, "liming", title=title), two_tenants.holders, official)
    answer = sun.get("/api/administration/seal-uses/export")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    head, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (head[1], line[1], line[2]) == ("印章", "公章", "'" + title)
    kinds = admin.execute("SELECT facts FROM audit_event WHERE kind = 'seal.ledger_exported'").fetchall()
    assert [facts["lines"] for (facts,) in kinds] == [1]


def test_too_long_a_ledger_is_not_cut_off_in_silence(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(seal_uses, "MOST_EXPORTED", 0)
    seal(li, start(li, "liming"), two_tenants.holders, official)
    assert code(sun.get("/api/administration/seal-uses/export")) == "SEAL_LEDGER_TOO_LONG"
