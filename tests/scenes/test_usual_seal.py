"""Who seals as last time has nothing to choose or to drag: one key takes three clicks and a PIN, two keys take five."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, give_pin, second_window, start_own
from tests.scenes.clicks import counted
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(240)]
PLACE = {
    "document": 0,
    "recipient": 0,
    "kind": "seal",
    "page": 1,
    "x_pt": 330,
    "y_pt": 120,
    "width_pt": 113,
    "height_pt": 113,
}


def send_to_oneself(page: Page, origin: str, contract: Path, title: str, *places: dict[str, Any]) -> None:
    """As an application sends it."""
    csrf = {"X-CSRFToken": page.request.get(f"{origin}/api/session").json()["csrf"]}
    document = {"name": contract.name, "mimeType": "application/pdf", "buffer": contract.read_bytes()}
    upload = page.request.post(f"{origin}/api/uploads", multipart={"document": document}, headers=csrf).json()
    started = page.request.post(
        f"{origin}/api/envelopes",
        data={
            "upload_ids": [upload["id"]],
            "title": title,
            "recipients": [{"account": "liming"}],
            "places": places,
        },
        headers=csrf,
    )
    assert started.ok, started.text()


def test_three_clicks_and_a_pin_from_the_list(desk: Desk, contract: Path) -> None:
    page = desk.page
    desk.log_in("liming")
    start_own(desk, contract, "第一次要选印章的合同")
    choose_seal(page, "公章", "合同专用章")
    page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    expect(page.get_by_test_id("done")).to_be_visible()

    send_to_oneself(page, desk.system.origin, contract, "第二次不用选的合同", PLACE)
    page.goto(f"{desk.system.origin}/inbox")
    with counted(desk, "4.1 再次", "常用印章、建议位置：打开，保存并签名，确认，口令", clicks=3, pins=1):
        page.get_by_test_id("row").filter(has_text="第二次不用选的合同").get_by_test_id("seal").click()
        expect(page.get_by_test_id("stage").get_by_test_id("mark-seal")).to_be_visible()
        desk.picture("panel-usual")
        give_pin(begin(desk), PIN)
        expect(page.get_by_test_id("done")).to_be_visible()
    page.get_by_test_id("done-view").click()
    expect(page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")


def test_two_keys_as_last_time_are_five_clicks_and_two_pins(desk: Desk, contract: Path) -> None:
    page = desk.page
    desk.log_in("liming")
    start_own(desk, contract, "第一次用两把 Key 的合同")
    choose_seal(page, "签名章", "李明之印")
    page.get_by_test_id("place-seal").click()
    page.get_by_test_id("place-date").click()
    choose_seal(page, "公章", "公章")
    page.get_by_test_id("place-seal").click()
    page.get_by_test_id("place-paging").click()
    give_pin(begin(desk), PIN)
    give_pin(second_window(desk), PIN)
    expect(page.get_by_test_id("done")).to_be_visible()

    send_to_oneself(page, desk.system.origin, contract, "第二次照样放的合同")
    page.goto(f"{desk.system.origin}/inbox")
    with counted(
        desk, "4.3 再次", "照上次放置：打开，放置，保存并签名，确认，第二把 Key 的窗口", clicks=5, pins=2
    ):
        page.get_by_test_id("row").filter(has_text="第二次照样放的合同").get_by_test_id("seal").click()
        expect(page.get_by_test_id("last-time")).to_contain_text("2 把 Key")
        desk.picture("panel-last-time")
        page.get_by_test_id("place-again").click()
        expect(page.get_by_test_id("session").locator("li")).to_have_count(2)
        give_pin(begin(desk), PIN)
        give_pin(second_window(desk), PIN)
        expect(page.get_by_test_id("done")).to_be_visible()
    page.get_by_test_id("done-view").click()
    expect(page.get_by_test_id("signature")).to_have_count(2)
