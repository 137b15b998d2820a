"""Many at once on a real PostgreSQL: no signature is lost, none is doubled, everybody is told the truth."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connections

from tests.server.browsing import (
    Browser,
    code,
    detail,
    open_ceremony,
    opening,
    pdf,
    placement,
    seal,
    signed,
    start,
)
from tests.worlds import TwoTenants


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make the calls at the same moment, each in a thread with a database connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def marks(world: TwoTenants) -> tuple[dict[str, Any], dict[str, Any]]:
    his = placement(world.seals["liming.personal"], world.li_ming_key)
    hers = placement(world.seals["wangfang.personal"], world.wang_fang_key, y_pt=300)
    return his, hers


def clone(browser: Browser) -> Browser:
    """The same session in another window."""
    other = Browser()
    other.csrf = browser.csrf
    other.client.cookies = browser.client.cookies
    return other


def post_result(browser: Browser, ceremony: dict[str, Any], result: dict[str, Any]) -> Callable[[], Any]:
    window = clone(browser)
    return lambda: window.post(f"/api/ceremonies/{ceremony['id']}/results", result)


def test_the_same_result_eight_times_at_once_is_one_revision_and_one_answer(two_tenants: TwoTenants, admin):
    li = Browser(two_tenants.li_ming)
    started = start(li, "liming")
    opened = open_ceremony(li, started, marks(two_tenants)[0])
    result = signed(opened, two_tenants.holders)
    answers = together(*[post_result(li, opened, result)] * 8)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {answers[0].content}
    numbers = [number for (number,) in admin.execute("SELECT number FROM revision ORDER BY number")]
    assert numbers == [0, 1]
    kinds = [event["kind"] for event in li.get(f"/api/envelopes/{started['id']}/events").json()]
    assert kinds == ["envelope.started", "ceremony.opened", "order.signed", "document.sealed"]
    (jobs,) = admin.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
    assert jobs == 1


ROUNDS = 500
"""How often two signers want to be the next one at the same moment."""


def sign_in_turn(browser: Browser, envelope: dict[str, Any], world: TwoTenants, mark: dict[str, Any]) -> int:
    """Sign as the page does: wait while somebody else signs, look again when the document moved. How often it waited.

    A key's answer that is refused would be a PIN for nothing, so it is an error here.
    """
    waited = 0
    while True:
        request = opening(detail(browser, envelope["id"]), mark)
        opened = browser.post(f"/api/envelopes/{envelope['id']}/ceremonies", request)
        if opened.status_code == 200:
            break
        assert code(opened) in {"DOCUMENT_BEING_SIGNED", "REVISION_MOVED"}
        waited += 1
        sleep(0.01)
    answer = browser.post(
        f"/api/ceremonies/{opened.json()['id']}/results", signed(opened.json(), world.holders)
    )
    assert answer.status_code == 200, code(answer)
    return waited


@pytest.mark.timeout(1200)
def test_two_signers_at_the_same_second_lose_no_signature_and_give_no_pin_for_nothing(
    two_tenants: TwoTenants, admin
):
    li, wang = Browser(two_tenants.li_ming), Browser(two_tenants.wang_fang)
    his_mark, her_mark = marks(two_tenants)
    request = {
        "upload_ids": [li.upload(pdf(1)).json()["id"]],
        "title": "同一时刻",
        "recipients": [{"account": "liming"}, {"account": "wangfang"}],
    }
    waits = 0
    for _ in range(ROUNDS):
        admin.execute("UPDATE upload SET used_at = NULL")  # the same bytes again, without another intake
        started = li.post("/api/envelopes", request).json()
        waits += sum(
            together(
                lambda envelope=started: sign_in_turn(li, envelope, two_tenants, his_mark),
                lambda envelope=started: sign_in_turn(wang, envelope, two_tenants, her_mark),
            )
        )
        now = detail(li, started["id"])
        assert (now["state"], now["documents"][0]["head"]) == ("completed", 2)
    assert waits > ROUNDS // 2  # of two who come at once, one waits
    report = li.get(f"/api/envelopes/{started['id']}/report").json()
    assert (len(report["signatures"]), report["verdict"]) == (2, "valid")


def test_two_panels_of_one_person_at_once_leave_one_open_session(two_tenants: TwoTenants, admin):
    li = Browser(two_tenants.li_ming)
    started = start(li, "liming")
    mark = marks(two_tenants)[0]
    windows = [clone(li) for _ in range(4)]
    together(*[lambda window=window: open_ceremony(window, started, mark) for window in windows])
    states = [state for (state,) in admin.execute("SELECT state FROM ceremony ORDER BY state")]
    assert states == ["abandoned", "abandoned", "abandoned", "open"]


def test_one_upload_sent_four_times_at_once_is_one_envelope(two_tenants: TwoTenants, admin):
    from tests.server.browsing import pdf

    li = Browser(two_tenants.li_ming)
    request = {
        "upload_ids": [li.upload(pdf()).json()["id"]],
        "title": "合同",
        "recipients": [{"account": "liming"}],
    }
    windows = [clone(li) for _ in range(4)]
    answers = together(*[lambda window=window: window.post("/api/envelopes", request) for window in windows])
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    (count,) = admin.execute("SELECT count(*) FROM envelope").fetchone()
    assert count == 1


def test_many_wrong_passwords_at_once_are_all_counted(two_tenants: TwoTenants):
    tries = [Browser(address="10.1.1.1") for _ in range(8)]
    answers = together(*[lambda browser=browser: browser.log_in("liming", "wrong") for browser in tries])
    codes = sorted(code(answer) for answer in answers)
    assert codes == ["LOGIN_INCORRECT"] * 5 + ["LOGIN_PAUSED"] * 3


def test_events_written_at_once_still_make_a_whole_chain(two_tenants: TwoTenants):
    from uuid import UUID

    from yunqian.server.queries import evidence

    li = Browser(two_tenants.li_ming)
    started = start(li, "liming")
    windows = [clone(li) for _ in range(6)]
    address = f"/api/envelopes/{started['id']}/download"
    answers = together(*[lambda window=window: window.get(address) for window in windows])
    assert {answer.status_code for answer in answers} == {200}
    seal(li, started, two_tenants.holders, marks(two_tenants)[0])
    found = li.get(f"/api/envelopes/{started['id']}/events").json()
    assert [event["sequence"] for event in found] == list(range(1, 11))
    assert evidence.breaks(tenant_id=two_tenants.company_id, envelope_id=UUID(started["id"])) == ()
