"""A seal that is frozen, cancelled or over, and whom it is granted to: from the next request on, also in the act."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import worlds
from tests.server import sealing, snapshot
from tests.server.browsing import (
    Browser,
    code,
    detail,
    open_ceremony,
    opening,
    placement,
    seal,
    signed,
    start,
)
from tests.worlds import TwoTenants
from yunqian.server.actions import acceptance
from yunqian.server.actions import seal as acts
from yunqian.server.api import seals as api
from yunqian.server.api.pace import Pace

HOUR = timedelta(hours=1)


@pytest.fixture
def sun(two_tenants: TwoTenants) -> Browser:
    return Browser(worlds.administrator(two_tenants.company_id))


@pytest.fixture
def official(two_tenants: TwoTenants) -> dict[str, Any]:
    return placement(
        two_tenants.seals["liming.official"], two_tenants.company_key, width_pt=113, height_pt=113
    )


@pytest.fixture
def zhang(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.zhang_wei)


def tried(browser: Browser, envelope: dict[str, Any], mark: dict[str, Any]) -> str:
    return code(browser.post(f"/api/envelopes/{envelope['id']}/ceremonies", opening(envelope, mark)))


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + hours * HOUR).isoformat()


def test_freezing_stops_the_seal_and_ends_what_was_about_to_carry_it(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official
):
    envelope = start(li, "liming")
    opened = open_ceremony(li, envelope, official)
    answered = signed(opened, two_tenants.holders)
    assert sealing.move(sun, official["seal_id"], "freeze").json()["state"] == "frozen"
    late = li.post(f"/api/ceremonies/{opened['id']}/results", answered)
    assert code(late) == "CEREMONY_CLOSED"
    assert detail(li, envelope["id"])["documents"][0]["head"] == 0
    assert tried(li, envelope, official) == "SEAL_NOT_IN_USE"
    kinds = [one["kind"] for one in li.get(f"/api/envelopes/{envelope['id']}/events").json()]
    assert kinds[-1] == "ceremony.stopped"
    assert sealing.move(sun, official["seal_id"], "unfreeze", "找到了").json()["state"] == "in_use"
    seal(li, envelope, two_tenants.holders, official)


def test_freezing_also_ends_ceremonies_on_envelopes_of_another_organization(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin
):
    envelope = start(Browser(two_tenants.wang_fang), "liming")
    opened = open_ceremony(li, envelope, official)
    sealing.move(sun, official["seal_id"], "freeze")
    states = admin.execute(
        "SELECT ceremony.state, sign_order.state FROM ceremony JOIN sign_order ON ceremony_id = ceremony.id"
    ).fetchall()
    assert states == [("abandoned", "dropped")]
    assert admin.execute("SELECT count(*) FROM seal_ceremony").fetchone() == (0,)
    late = li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
    assert code(late) == "CEREMONY_CLOSED"


def test_a_seal_frozen_between_the_keys_answer_and_its_embedding_is_not_embedded(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, monkeypatch: pytest.MonkeyPatch
):
    """The signature is made and stamped; the platform still does not take it."""
    envelope = start(li, "liming")
    opened = open_ceremony(li, envelope, official)
    stamped = acceptance._embedded

    def frozen_meanwhile(*given, **named):
        made = stamped(*given, **named)
        monkeypatch.setattr(acts.seal_flight, "end", lambda *_, **__: 0)
        assert sealing.move(sun, official["seal_id"], "freeze").status_code == 200
        return made

    monkeypatch.setattr(acceptance, "_embedded", frozen_meanwhile)
    answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
    assert code(answer) == "SEAL_NOT_IN_USE"
    assert detail(li, envelope["id"])["documents"][0]["head"] == 0


def test_freezing_while_signing_ends_with_the_one_or_the_other(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin
):
    for _ in range(3):
        envelope = start(li, "liming")
        opened = open_ceremony(li, envelope, official)
        answered = signed(opened, two_tenants.holders)
        with ThreadPoolExecutor(2) as pool:
            sending = pool.submit(li.post, f"/api/ceremonies/{opened['id']}/results", answered)
            freezing = pool.submit(sealing.move, sun, official["seal_id"], "freeze")
        assert freezing.result().status_code == 200
        is_sealed = detail(li, envelope["id"])["documents"][0]["head"] == 1
        assert is_sealed == (sending.result().status_code == 200)
        assert is_sealed or code(sending.result()) in ("SEAL_NOT_IN_USE", "CEREMONY_CLOSED")
        assert sealing.move(sun, official["seal_id"], "unfreeze").status_code == 200
    uses = admin.execute("SELECT count(*) FROM seal_use").fetchone()
    assert uses == admin.execute("SELECT count(*) FROM revision WHERE number > 0").fetchone()


def test_what_was_cancelled_never_comes_back(sun: Browser, li: Browser, official, admin):
    assert sealing.move(sun, official["seal_id"], "cancel", "换新章").json()["state"] == "cancelled"
    with snapshot.nothing_changes(admin):
        for what in ("freeze", "unfreeze", "cancel"):
            assert code(sealing.move(sun, official["seal_id"], what)) == "TRANSITION_NOT_ALLOWED"
    (told,) = [one for one in li.get("/api/seals").json() if one["id"] == official["seal_id"]]
    assert told["state"] == "cancelled"


def test_who_may_apply_a_seal_may_not_freeze_it_and_freezes_his_own(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin
):
    own = two_tenants.seals["liming.personal"]
    with snapshot.nothing_changes(admin):
        assert code(sealing.move(li, official["seal_id"], "freeze")) == "SEALS_NOT_GRANTED"
        assert code(sealing.move(sun, own, "freeze")) == "SEAL_NOT_FOUND"
    assert sealing.move(li, own, "freeze").json()["state"] == "frozen"


def test_a_seal_is_refused_from_its_last_moment_on_and_the_hourly_job_writes_it_down(
    li: Browser, sun: Browser, two_tenants: TwoTenants, official, admin
):
    envelope = start(li, "liming")
    admin.execute("UPDATE seal SET valid_until_at = now() - interval '1 second' WHERE kind = 'official'")
    assert tried(li, envelope, official) == "SEAL_NOT_IN_USE"
    assert [one["state"] for one in li.get("/api/seals").json() if not one["is_personal"]] == ["expired"]
    assert acts.expire_old(now=datetime.now(UTC)) == 2
    assert acts.expire_old(now=datetime.now(UTC)) == 0
    told = sun.get(f"/api/seals/{official['seal_id']}/history").json()
    assert [(one["kind"], one["person_name"]) for one in told] == [("seal.expired", None)]


def test_a_seal_of_an_organization_that_is_not_verified_is_not_applied_and_ones_own_is(
    li: Browser, two_tenants: TwoTenants, official, admin
):
    envelope = start(li, "liming")
    admin.execute("UPDATE tenant SET verified_at = NULL")
    assert tried(li, envelope, official) == "TENANT_NOT_VERIFIED"
    panel = li.get(f"/api/envelopes/{envelope['id']}/panel").json()
    assert [one["kind"] for one in panel["seals"]] == ["name"]
    own = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    seal(li, envelope, two_tenants.holders, own)


@pytest.mark.parametrize("kind", ["member", "role", "department"])
def test_a_seal_reaches_a_member_through_each_kind_of_holder_until_it_is_withdrawn(
    li: Browser, sun: Browser, zhang: Browser, two_tenants: TwoTenants, official, admin, kind
):
    envelope = start(li, "zhangwei")
    assert tried(zhang, envelope, official) == "SEAL_NOT_ALLOWED"
    holder = holder_of(sun, admin, two_tenants, kind)
    given = sealing.give(sun, official["seal_id"], kind, holder)
    assert (given["holder_kind"], given["is_over"]) == (kind, False)
    opened = open_ceremony(zhang, envelope, official)
    path = f"/api/administration/seals/{official['seal_id']}/grants/{given['id']}"
    assert sun.delete(path).status_code == 204
    late = zhang.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
    assert code(late) == "SEAL_NOT_ALLOWED"
    assert code(sun.delete(path)) == "GRANT_NOT_FOUND"


def holder_of(sun: Browser, admin, world: TwoTenants, kind: str) -> str:
    """Zhang Wei, a role that he has, or a department above his own."""
    member = str(world.zhang_wei.member_id)
    if kind == "member":
        return member
    if kind == "role":
        role = sun.post("/api/roles", {"name": "用印员", "rights": []}).json()["id"]
        sun.post(f"/api/roles/{role}/holders", {"member_id": member})
        return str(role)
    above = sun.post("/api/departments", {"name": "营销中心"}).json()["id"]
    admin.execute(
        "UPDATE department SET parent_id = %s WHERE id = (SELECT department_id FROM member WHERE id = %s)",
        [above, member],
    )
    return str(above)


def test_a_grant_that_is_over_reaches_nobody(
    li: Browser, sun: Browser, zhang: Browser, two_tenants: TwoTenants, official, admin
):
    envelope = start(li, "zhangwei")
    member = two_tenants.zhang_wei.member_id
    sealing.give(sun, official["seal_id"], "member", member, until_at=in_hours(1))
    assert any(one["id"] == official["seal_id"] for one in zhang.get("/api/seals").json())
    admin.execute("UPDATE seal_grant SET until_at = now() WHERE until_at IS NOT NULL")
    assert tried(zhang, envelope, official) == "SEAL_NOT_ALLOWED"
    assert zhang.get("/api/seals").json() == []
    past = {"holder_kind": "member", "holder_id": str(member), "until_at": in_hours(-1)}
    answer = sun.post(f"/api/administration/seals/{official['seal_id']}/grants", past)
    assert code(answer) == "GRANT_ENDS_BEFORE"


def test_a_holder_of_another_organization_is_no_holder(
    sun: Browser, two_tenants: TwoTenants, official, admin
):
    wanted = {"holder_kind": "member", "holder_id": str(two_tenants.wang_fang.member_id)}
    with snapshot.nothing_changes(admin):
        answer = sun.post(f"/api/administration/seals/{official['seal_id']}/grants", wanted)
        assert code(answer) == "MEMBER_NOT_FOUND"


def test_anybody_with_the_public_code_learns_the_state_and_nothing_more(
    sun: Browser, two_tenants: TwoTenants, official, admin
):
    ((public,),) = admin.execute(
        "SELECT public_code FROM seal WHERE id = %s", [official["seal_id"]]
    ).fetchall()
    told = Browser().get(f"/api/seal-status/{public.lower()}").json()
    assert set(told) == {
        *("public_code", "kind", "name", "owner_name", "state", "since_at", "filing_number"),
    }
    assert (told["owner_name"], told["state"]) == ("广东示例科技有限公司", "in_use")
    sealing.move(sun, official["seal_id"], "freeze")
    assert Browser().get(f"/api/seal-status/{public}").json()["state"] == "frozen"
    for odd in ("0" * 16, official["seal_id"], "x" * 500, "' OR 1=1"):
        assert code(Browser().get(f"/api/seal-status/{odd}")) == "SEAL_NOT_FOUND"


def test_who_guesses_public_codes_is_slowed_down(monkeypatch: pytest.MonkeyPatch, two_tenants):
    monkeypatch.setattr(api, "STATUS_PACE", Pace(most=3, seconds=60))
    answers = [code(Browser().get(f"/api/seal-status/{one:016d}")) for one in range(5)]
    assert answers == ["SEAL_NOT_FOUND"] * 3 + ["REQUESTS_TOO_MANY"] * 2


@pytest.mark.parametrize("kind", ["role", "department"])
def test_what_a_seal_is_granted_to_is_not_removed_from_under_it(sun: Browser, official, admin, kind):
    body = {"name": "用印员", "rights": []} if kind == "role" else {"name": "用印室"}
    made = sun.post(f"/api/{kind}s", body).json()["id"]
    sealing.give(sun, official["seal_id"], kind, made)
    with snapshot.nothing_changes(admin):
        assert code(sun.delete(f"/api/{kind}s/{made}")) == "STILL_USED"
