"""A locked key, the authority's desk, and what reaches the client: nobody in between can read it or replace it."""

import base64
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.server.keycare import (
    ADMIN_PIN,
    Client,
    approve,
    ask,
    finished,
    keycare,
    made_authority,
    make_clerk,
    order_of,
)
from yunqian.crypto import sealed_box
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import unlocking

__all__ = ["keycare", "made_authority"]


@pytest.fixture
def clerk(keycare):
    return Browser(keycare.clerk)


def release(browser, asked):
    return browser.post(f"/api/unlocks/{asked['id']}/release")


def opened(client, released):
    order = order_of(released)
    private = client.private.private_bytes_raw()
    return bytes(sealed_box.open_(private, base64.b64decode(order["sealed"]), bound_to=client.code.encode()))


def events(admin):
    rows = admin.execute("SELECT kind FROM audit_event WHERE kind LIKE 'unlock.%' ORDER BY at, sequence")
    return [kind for (kind,) in rows]


def test_what_the_desk_releases_reaches_the_client_that_asked_and_is_forgotten(li, clerk, admin):
    client = Client()
    asked = ask(li, client)
    assert (asked["state"], asked["code"]) == ("asked", client.code)
    assert approve(clerk, asked)["state"] == "approved"
    released = release(li, asked).json()
    assert order_of(released)["purpose"] == "yunqian.unlock-order.v1"
    assert opened(client, released) == ADMIN_PIN.encode()
    done = li.post(f"/api/unlocks/{asked['id']}/done", finished(released)).json()
    assert (done["state"], done["order"]) == ("done", None)
    assert admin.execute("SELECT count(*) FROM unlock WHERE sealed IS NOT NULL").fetchall() == [(0,)]
    assert events(admin) == ["unlock.asked", "unlock.code_compared", "unlock.released", "unlock.done"]


def test_no_file_of_the_platform_keeps_a_pin_that_opens_a_key(li, clerk):
    asked = ask(li)
    approve(clerk, asked)
    release(li, asked)
    home = settings.current().home
    looked = subprocess.run(["grep", "-rlaF", ADMIN_PIN, str(home)], capture_output=True, check=False)
    assert (looked.returncode, looked.stdout) == (1, b"")  # 1: looked through everything and found nothing


def test_no_row_of_the_database_shows_it(li, clerk, admin):
    asked = ask(li)
    approve(clerk, asked)
    release(li, asked)
    tables = [
        name for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    hexed = ADMIN_PIN.encode().hex()
    for table in tables:
        for (text,) in admin.execute(f'SELECT t::text FROM public."{table}" t'):
            assert ADMIN_PIN not in text
            assert hexed not in text


def test_the_desk_is_never_shown_the_code_that_it_has_to_be_told(li, clerk):
    asked = ask(li)
    answer = clerk.get("/api/desk/unlocks")
    assert asked["code"] not in answer.content.decode()
    (shown,) = answer.json()["items"]
    assert (shown["person"]["name"], shown["person"]["account"]) == ("李明", "liming")
    assert (shown["person"]["tenant_name"], shown["tries_left"]) == ("广东示例科技有限公司", 5)
    assert answer.json()["is_demo"] is True


def test_a_code_of_another_client_cannot_be_put_in_the_place_of_the_persons(li, admin):
    """Whoever sits in between would have to find another public key with the same sixty bits."""
    mine, other = Client(), Client()
    with snapshot.nothing_changes(admin):
        swapped = mine.request(public_key=other.request()["public_key"])
        answer = li.post("/api/unlocks", {"request": swapped, "reason": "x"})
        assert code(answer) == "UNLOCK_CODE_NOT_OF_KEY"
        for odd in ("", "AAAA", "%%%"):
            answer = li.post("/api/unlocks", {"request": mine.request(public_key=odd), "reason": "x"})
            assert code(answer) in ("UNLOCK_CODE_NOT_OF_KEY", "REQUEST_INVALID")


def test_wrong_codes_count_and_the_fifth_closes_the_request(li, clerk, admin):
    asked = ask(li)
    path = f"/api/desk/unlocks/{asked['id']}/approve"
    answers = [clerk.post(path, {"code": "AAAA-AAAA-AAAA"}) for _ in range(5)]
    assert [code(one) for one in answers] == ["UNLOCK_CODE_WRONG"] * 4 + ["UNLOCK_CLOSED"]
    assert [one.json()["facts"].get("tries_left") for one in answers[:4]] == [4, 3, 2, 1]
    with snapshot.nothing_changes(admin):
        assert code(clerk.post(path, {"code": asked["code"]})) == "TRANSITION_NOT_ALLOWED"
        assert code(release(li, asked)) == "TRANSITION_NOT_ALLOWED"


def test_a_refusal_is_told_with_its_reason(li, clerk):
    asked = ask(li)
    clerk.post(f"/api/desk/unlocks/{asked['id']}/refuse", {"reason": "身份未能核实"})
    (mine,) = li.get("/api/unlocks").json()
    assert (mine["state"], mine["decision"]) == ("refused", "身份未能核实")


def test_where_no_desk_is_connected_nobody_is_given_a_code_to_read_out(li, admin, monkeypatch):
    def nobody():
        raise Refused(Problem.CONFIG_INSECURE, detail="no certificate authority's desk is connected")

    monkeypatch.setattr(unlocking.desk, "current", nobody)
    body = {"request": Client().request(), "reason": "输错口令被锁定"}
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/unlocks", body)) == "CONFIG_INSECURE"


def test_nothing_is_released_before_the_desk_has_approved(li, admin):
    asked = ask(li)
    with snapshot.nothing_changes(admin):
        assert code(release(li, asked)) == "TRANSITION_NOT_ALLOWED"


def test_the_authority_is_asked_once_and_the_same_box_comes_in_a_fresh_order(li, clerk, monkeypatch):
    asked = ask(li)
    approve(clerk, asked)
    first = order_of(release(li, asked).json())

    class Silent:
        def release(self, *asked, **named):
            raise Refused(Problem.DESK_UNAVAILABLE)

    monkeypatch.setattr(unlocking.desk, "current", Silent)
    second = order_of(release(li, asked).json())
    assert first["sealed"] == second["sealed"]
    assert first["order_id"] != second["order_id"]
    assert first["nonce"] != second["nonce"]


def test_two_releases_at_the_same_moment_carry_one_box(two_tenants, li, clerk):
    asked = ask(li)
    approve(clerk, asked)
    browsers = [Browser(two_tenants.li_ming) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda browser: release(browser, asked).json(), browsers))
    assert len({order_of(one)["sealed"] for one in answers if one.get("order")}) == 1


@pytest.mark.parametrize(
    ("how", "problem"), [("unavailable", "DESK_UNAVAILABLE")], ids=["the authority does not answer"]
)
def test_a_desk_that_fails_leaves_the_approval_as_it_was(li, clerk, keycare, admin, how, problem):
    asked = ask(li)
    approve(clerk, asked)
    keycare.behave(how)
    with snapshot.nothing_changes(admin):
        assert code(release(li, asked)) == problem
    keycare.behave("")
    assert release(li, asked).status_code == 200


def test_a_key_that_the_authority_does_not_know_is_told_by_its_number(li, clerk, admin):
    client = Client(key={"driver": "skf", "serial": "FOREIGN-1", "label": "另一把"})
    asked = ask(li, client)
    approve(clerk, asked)
    with snapshot.nothing_changes(admin):
        assert code(release(li, asked)) == "DESK_KEY_UNKNOWN"


def test_an_approval_ends_after_a_day(li, clerk, admin):
    asked = ask(li)
    approve(clerk, asked)
    admin.execute("UPDATE unlock SET decided_at = now() - interval '25 hours'")
    with snapshot.nothing_changes(admin):
        assert code(release(li, asked)) == "UNLOCK_APPROVAL_OVER"


def test_an_answer_to_an_earlier_order_finishes_nothing(li, clerk, admin):
    asked = ask(li)
    approve(clerk, asked)
    earlier, present = release(li, asked).json(), release(li, asked).json()
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/unlocks/{asked['id']}/done", finished(earlier))
        assert code(answer) == "ORDER_MISMATCH"
    for _ in range(2):  # telling it again changes nothing
        answer = li.post(f"/api/unlocks/{asked['id']}/done", finished(present))
        assert answer.json()["state"] == "done"


def test_a_new_request_for_the_same_key_withdraws_the_earlier_one(li, clerk, admin):
    first = ask(li)
    approve(clerk, first)
    ask(li)
    with snapshot.nothing_changes(admin):
        assert code(release(li, first)) == "TRANSITION_NOT_ALLOWED"


def test_a_box_that_its_client_has_forgotten_is_not_kept(li, clerk, admin):
    first = ask(li)
    approve(clerk, first)
    release(li, first)
    ask(li)
    rows = admin.execute("SELECT state FROM unlock WHERE sealed IS NOT NULL").fetchall()
    assert rows == []


def test_a_request_can_be_taken_back(li, clerk, admin):
    asked = ask(li)
    assert li.post(f"/api/unlocks/{asked['id']}/withdraw").json()["state"] == "withdrawn"
    with snapshot.nothing_changes(admin):
        answer = clerk.post(f"/api/desk/unlocks/{asked['id']}/approve", {"code": asked["code"]})
        assert code(answer) == "TRANSITION_NOT_ALLOWED"


def test_nobody_decides_on_a_request_of_his_own(clerk, keycare, admin):
    asked = ask(clerk)
    with snapshot.nothing_changes(admin):
        answer = clerk.post(f"/api/desk/unlocks/{asked['id']}/approve", {"code": asked["code"]})
        assert code(answer) == "UNLOCK_OF_ONES_OWN"
    other = Browser(make_clerk("desk2", "钱进"))
    assert approve(other, asked)["decided_by"] == "钱进"


def test_two_clerks_who_decide_at_the_same_moment_decide_once(li, clerk, keycare):
    asked = ask(li)
    second = Browser(make_clerk("desk2", "钱进"))
    path = f"/api/desk/unlocks/{asked['id']}"

    def decide(act):
        browser, word, body = act
        return browser.post(f"{path}/{word}", body)

    acts = [(clerk, "approve", {"code": asked["code"]}), (second, "refuse", {"reason": "x"})]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(decide, acts))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_the_right_of_the_desk_is_worth_nothing_in_another_organization(two_tenants, li, admin):
    from yunqian.server import scope
    from yunqian.server.records.models import Grant

    with scope.entered(person_id=None, tenant_id=two_tenants.center_id):
        Grant.objects.create(member_id=two_tenants.wang_fang.member_id, right="desk")
    wang, asked = Browser(two_tenants.wang_fang), ask(li)
    with snapshot.nothing_changes(admin):
        assert code(wang.get("/api/desk/unlocks")) == "DESK_NOT_GRANTED"
        answer = wang.post(f"/api/desk/unlocks/{asked['id']}/approve", {"code": asked["code"]})
        assert code(answer) == "DESK_NOT_GRANTED"


def test_a_member_of_the_authority_without_the_right_decides_nothing(keycare, li, admin):
    admin.execute('DELETE FROM "grant" WHERE "right" = \'desk\'')
    clerk, asked = Browser(keycare.clerk), ask(li)
    with snapshot.nothing_changes(admin):
        answer = clerk.post(f"/api/desk/unlocks/{asked['id']}/approve", {"code": asked["code"]})
        assert code(answer) == "DESK_NOT_GRANTED"


def test_who_asks_too_often_has_to_wait(li, admin):
    for _ in range(unlocking.MOST_IN_A_DAY):
        ask(li)
    with snapshot.nothing_changes(admin):
        body = {"request": Client().request(), "reason": "x"}
        assert code(li.post("/api/unlocks", body)) == "KEYCARE_TOO_OFTEN"


@pytest.mark.parametrize("body", [{}, {"code": "x"}, {"code": "AAAA-AAAA-AAA1"}, {"code": None}, [], "x"])
def test_an_odd_body_is_refused(clerk, li, admin, body):
    asked = ask(li)
    with snapshot.nothing_changes(admin):
        answer = clerk.post(f"/api/desk/unlocks/{asked['id']}/approve", body)
        assert code(answer) == "REQUEST_INVALID"


def test_the_desks_list_goes_on_where_it_ended(two_tenants, clerk, li):
    asked = [ask(Browser(two_tenants.chen_jing)), ask(li), ask(Browser(two_tenants.wang_fang))]
    first = clerk.get("/api/desk/unlocks?limit=2").json()
    rest = clerk.get(f"/api/desk/unlocks?limit=2&cursor={first['next_cursor']}").json()
    found = [one["id"] for one in [*first["items"], *rest["items"]]]
    assert found == [one["id"] for one in reversed(asked)]
    assert rest["next_cursor"] is None
    assert code(clerk.get("/api/desk/unlocks?cursor=nonsense")) == "REQUEST_INVALID"


def test_the_card_of_the_platform_is_what_the_pages_code_is_made_of(li):
    from yunqian.wire.platforms import PlatformCard, pairing_code

    card = PlatformCard.model_validate(json.loads(Browser().get("/.well-known/yunqian-platform").content))
    assert card.origin == "http://127.0.0.1:8000"
    assert li.get("/api/platform").json()["pairing_code"] == pairing_code(card)
