"""Drafts, people addressed before, and places that an initiator proposes."""

import psycopg
import pytest

from tests.server import snapshot
from tests.server.actions.test_races import clone, together
from tests.server.browsing import Browser, code, detail, pdf, seal, start
from tests.worlds import TwoTenants, join
from yunqian.server.actions import draft as actions

CONTENT = {"title": "供货合同", "recipients": [{"id": "m", "name": "吴迪", "mobile": "13900001234"}]}
PLACE = {
    "document": 0,
    "recipient": 0,
    "kind": "seal",
    "page": 1,
    "x_pt": 300,
    "y_pt": 100,
    "width_pt": 113,
    "height_pt": 113,
    "label": "甲方盖章",
}


@pytest.fixture
def zhang(two_tenants: TwoTenants) -> Browser:
    """张伟, a colleague who may not start."""
    return Browser(two_tenants.zhang_wei)


def begun(browser: Browser, **changes) -> dict:
    answer = browser.post("/api/drafts", CONTENT | changes)
    assert answer.status_code == 200, answer.content
    return answer.json()


def sending(browser: Browser, **changes) -> dict:
    wanted = {
        "upload_ids": [browser.upload(pdf()).json()["id"]],
        "title": "供货合同",
        "recipients": [{"account": "liming"}, {"account": "wangfang"}],
    }
    return wanted | changes


def test_a_draft_is_kept_and_found_again(li: Browser):
    made = begun(li)
    (found,) = li.get("/api/drafts").json()
    assert found == made
    assert (found["version"], found["content"]["title"], found["gone"]) == (1, "供货合同", [])


def test_numbers_and_names_in_a_draft_lie_sealed(li: Browser, admin: psycopg.Connection):
    begun(li)
    (kept,) = admin.execute("SELECT content_sealed FROM draft").fetchone()
    assert b"13900001234" not in bytes(kept)
    assert "吴迪".encode() not in bytes(kept)


def test_of_two_windows_the_later_one_overwrites_nothing(li: Browser, admin: psycopg.Connection):
    made = begun(li)
    at = f"/api/drafts/{made['id']}"
    saved = li.put(at, {"version": 1, "content": CONTENT | {"title": "第一个窗口"}}).json()
    assert (saved["version"], saved["content"]["title"]) == (2, "第一个窗口")
    with snapshot.nothing_changes(admin):
        refused = li.put(at, {"version": 1, "content": CONTENT | {"title": "第二个窗口"}})
        assert code(refused) == "DRAFT_MOVED"


def test_twenty_windows_that_save_at_once_leave_one_of_them(li: Browser):
    made = begun(li)
    windows = [clone(li) for _ in range(20)]
    answers = together(
        *(
            lambda window=window: window.put(f"/api/drafts/{made['id']}", {"version": 1, "content": CONTENT})
            for window in windows
        )
    )
    assert sorted(one.status_code for one in answers) == [200, *[409] * 19]


@pytest.mark.parametrize("who", ["zhang", "wang"])
def test_a_draft_is_nobody_elses_business(li: Browser, request, admin: psycopg.Connection, who: str):
    made = begun(li)
    other = request.getfixturevalue(who)
    with snapshot.nothing_changes(admin):
        assert made["id"] not in [one["id"] for one in other.get("/api/drafts").json()]
        at = f"/api/drafts/{made['id']}"
        assert code(other.delete(at)) == "DRAFT_NOT_FOUND"
        assert code(other.put(at, {"version": 1, "content": CONTENT})) in {
            "DRAFT_NOT_FOUND",
            "START_NOT_GRANTED",
        }


def test_who_may_no_longer_start_keeps_no_more_drafts_and_may_throw_his_away(
    li: Browser, admin: psycopg.Connection
):
    made = begun(li)
    admin.execute('DELETE FROM "grant" WHERE "right" = \'start\'')
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/drafts", CONTENT)) == "START_NOT_GRANTED"
        saving = li.put(f"/api/drafts/{made['id']}", {"version": 1, "content": CONTENT})
        assert code(saving) == "START_NOT_GRANTED"
        assert code(li.get("/api/contacts")) == "START_NOT_GRANTED"
    assert li.delete(f"/api/drafts/{made['id']}").status_code == 204


def test_who_has_left_the_organization_reaches_his_drafts_no_more(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    made = begun(li)
    at, person = f"/api/drafts/{made['id']}", str(two_tenants.li_ming.person_id)
    admin.execute("UPDATE member SET is_active = false WHERE person_id = %s", [person])
    with snapshot.nothing_changes(admin):
        asked = [
            li.get("/api/drafts"),
            li.get("/api/contacts"),
            li.post("/api/drafts", CONTENT),
            li.put(at, {"version": 1, "content": CONTENT}),
            li.delete(at),
        ]
        assert [code(one) for one in asked] == ["MEMBER_SUSPENDED"] * 5


def test_a_draft_stays_in_the_organization_where_it_was_begun(li: Browser, two_tenants: TwoTenants):
    made = begun(li)
    li.act_for(join(two_tenants.li_ming, slug="branch", name="分公司"))
    assert li.get("/api/drafts").json() == []
    assert code(li.delete(f"/api/drafts/{made['id']}")) == "DRAFT_NOT_FOUND"
    li.act_for(two_tenants.li_ming)
    assert [one["id"] for one in li.get("/api/drafts").json()] == [made["id"]]


def test_drafts_are_bounded(li: Browser, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "MOST", 2)
    begun(li), begun(li)
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/drafts", CONTENT)) == "DRAFTS_TOO_MANY"


def test_a_draft_tells_which_of_its_documents_are_gone(li: Browser):
    kept, gone = (li.upload(pdf()).json() for _ in range(2))
    made = begun(li, uploads=[kept, gone])
    li.delete(f"/api/uploads/{gone['id']}")
    (found,) = li.get("/api/drafts").json()
    assert (found["id"], found["gone"]) == (made["id"], [gone["id"]])


def test_a_draft_that_is_sent_is_gone_and_twenty_clicks_send_one_envelope(
    li: Browser, admin: psycopg.Connection
):
    made = begun(li)
    request = sending(li, draft_id=made["id"])
    windows = [clone(li) for _ in range(20)]
    answers = together(*(lambda window=window: window.post("/api/envelopes", request) for window in windows))
    assert sorted(one.status_code for one in answers) == [200, *[404] * 19]
    assert li.get("/api/drafts").json() == []
    assert admin.execute("SELECT count(*) FROM envelope").fetchone() == (1,)


def test_a_draft_that_is_not_there_sends_nothing(li: Browser, admin: psycopg.Connection):
    request = sending(li, draft_id="00000000-0000-4000-8000-000000000000")
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "DRAFT_NOT_FOUND"


def test_whom_one_has_addressed_before_is_addressed_again_without_number_or_account(
    li: Browser, wang: Browser
):
    wu = {"mobile": "13900001234", "name": "吴迪"}
    li.post("/api/envelopes", sending(li, recipients=[{"account": "liming"}, {"account": "wangfang"}, wu]))
    book = {one["name"]: one for one in li.get("/api/contacts").json()}
    assert set(book) == {"王芳", "吴迪"}
    assert book["吴迪"]["note"] == "139****1234"
    again = [{"contact_id": book["吴迪"]["id"]}, {"contact_id": book["王芳"]["id"]}]
    started = li.post("/api/envelopes", sending(li, recipients=again)).json()
    assert {one["person"]["name"] for one in started["recipients"]} == {"吴迪", "王芳"}
    assert detail(wang, started["id"])["may_sign"]


def test_a_contact_of_somebody_else_is_none_of_mine(
    li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    started = start(li, "liming", "wangfang")
    seat = next(one["id"] for one in started["recipients"] if one["person"]["name"] == "李明")
    request = sending(wang, recipients=[{"contact_id": seat}])
    with snapshot.nothing_changes(admin):
        assert code(wang.post("/api/envelopes", request)) in {"CONTACT_NOT_FOUND", "START_NOT_GRANTED"}
        assert code(li.post("/api/envelopes", sending_again(request, contact_id="no-identifier"))) in {
            "UPLOAD_NOT_FOUND",
            "CONTACT_NOT_FOUND",
        }


def sending_again(request: dict, **recipient) -> dict:
    return request | {"recipients": [recipient]}


def test_a_colleague_who_has_left_is_no_contact_any_more(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    started = start(li, "liming", two_tenants.zhang_wei.account)
    seat = next(one["id"] for one in started["recipients"] if one["person"]["name"] != "李明")
    person = str(two_tenants.zhang_wei.person_id)
    admin.execute("UPDATE member SET is_active = false WHERE person_id = %s", [person])
    request = sending(li, recipients=[{"contact_id": seat}])
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "CONTACT_NOT_FOUND"


def test_a_proposed_place_is_shown_to_its_signer_alone(li: Browser, wang: Browser):
    hers = PLACE | {"recipient": 1, "page": 2, "label": "乙方盖章"}
    started = li.post("/api/envelopes", sending(li, places=[PLACE, hers])).json()
    shown = [one.get(f"/api/envelopes/{started['id']}/panel").json()["proposed"] for one in (li, wang)]
    assert [[(place["label"], place["page"]) for place in one] for one in shown] == [
        [("甲方盖章", 1)],
        [("乙方盖章", 2)],
    ]


def test_nobody_has_to_follow_a_proposed_place(li: Browser, two_tenants: TwoTenants, personal):
    request = sending(li, recipients=[{"account": "liming"}], places=[PLACE])
    started = li.post("/api/envelopes", request).json()
    assert seal(li, started, two_tenants.holders, personal)["state"] == "done"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"page": 3}, "REQUEST_INVALID"),
        ({"document": 1}, "REQUEST_INVALID"),
        ({"recipient": 2}, "REQUEST_INVALID"),
        ({"x_pt": 590}, "MARK_OUTSIDE_PAGE"),
        ({"y_pt": -5}, "MARK_OUTSIDE_PAGE"),
    ],
)
def test_a_place_that_is_not_there_is_refused_and_nothing_is_sent(
    li: Browser, admin: psycopg.Connection, changes: dict, problem: str
):
    request = sending(li, places=[PLACE | changes])
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == problem


def test_no_place_is_proposed_to_who_gets_a_copy(li: Browser, admin: psycopg.Connection):
    recipients = [{"account": "wangfang", "is_copy": True}, {"account": "liming"}]
    request = sending(li, recipients=recipients, places=[PLACE])
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "REQUEST_INVALID"


def test_a_reminder_before_the_deadline_needs_one(li: Browser, admin: psycopg.Connection):
    request = sending(li, remind_before_hours=24)
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "REQUEST_INVALID"


def test_the_schedule_of_reminders_is_kept_with_the_envelope(li: Browser, admin: psycopg.Connection):
    request = sending(li, deadline_at="2027-01-31T10:00:00Z", remind_before_hours=24, remind_every_days=3)
    assert li.post("/api/envelopes", request).status_code == 200
    kept = admin.execute("SELECT remind_before_hours, remind_every_days FROM envelope").fetchone()
    assert kept == (24, 3)
