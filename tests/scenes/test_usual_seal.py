"""Who seals with the same key and seal as last time has nothing to choose: from the list, three clicks and a PIN."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, give_pin, start_own
from tests.scenes.clicks import counted
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(240)]
PLACE = {"document": 0, "recipient": 0, "kind": "seal", "page": 1, "x_pt": 330, "y_pt": 120}


def sent_with_a_place(page: Page, origin: str, contract: Path, title: str) -> None:
    """As an application sends it: to oneself, with the place of the seal proposed."""
    csrf = {"X-CSRFToken": page.request.get(f"{origin}/api/session").json()["csrf"]}
    document = {"name": contract.name, "mimeType": "application/pdf", "buffer": contract.read_bytes()}
    upload = page.request.post(f"{origin}/api/uploads", multipart={"document": document}, headers=csrf).json()
    started = page.request.post(
        f"{origin}/api/envelopes",
        data={
            "upload_ids": [upload["id"]],
            "title": title,
            "recipients": [{"account": "liming"}],
            "places": [{**PLACE, "width_pt": 113, "height_pt": 113}],
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

    sent_with_a_place(page, desk.system.origin, contract, "第二次不用选的合同")
    page.goto(f"{desk.system.origin}/inbox")
    with counted(desk, "4.1 再次", "常用印章、建议位置：打开，保存并签名，确认，口令", clicks=3, pins=1):
        page.get_by_test_id("row").filter(has_text="第二次不用选的合同").get_by_test_id("seal").click()
        expect(page.get_by_test_id("stage").get_by_test_id("mark-seal")).to_be_visible()
        desk.picture("panel-usual")
        give_pin(begin(desk), PIN)
        expect(page.get_by_test_id("done")).to_be_visible()
    page.get_by_test_id("done-view").click()
    expect(page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")
