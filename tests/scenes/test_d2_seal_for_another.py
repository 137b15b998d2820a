"""Scene D2 (manual 4.2): a person uploads a document and names a colleague, who seals it; both see it done."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, seal_here, start
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


@pytest.fixture
def colleague(chromium: Browser, system: System) -> Iterator[Desk]:
    """张伟 at a computer of his own; the contract seal was granted to him, the right to start was not."""
    made = sat_down(chromium, system)
    made.log_in("zhangwei")
    yield made
    made.context.close()
    assert made.errors == []


def test_a_colleague_seals_and_only_the_initiator_downloads(
    desk: Desk, colleague: Desk, contract: Path
) -> None:
    title = "办公设备采购合同"
    desk.log_in("liming")
    start(desk, contract, title, colleagues=["张伟"])
    expect(desk.page).to_have_url(re.compile("/started"))
    row = desk.page.get_by_test_id("row").filter(has_text=title)
    expect(row.get_by_test_id("status")).to_have_text("等待 张伟 签署")

    expect(colleague.page.get_by_test_id("start")).to_have_count(0)
    open_panel(colleague, title)
    seal_here(colleague)
    colleague.page.get_by_test_id("done-view").click()
    expect(colleague.page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")
    expect(colleague.page.get_by_test_id("download")).to_have_count(0)
    refused = colleague.context.request.get(
        colleague.page.url.replace("/envelopes", "/api/envelopes") + "/download"
    )
    assert refused.status == 403
    assert refused.json()["code"] == "DOWNLOAD_RESERVED_TO_INITIATOR"

    desk.page.reload()
    expect(row.get_by_test_id("status")).to_have_text("已完成")
    row.get_by_test_id("view").click()
    expect(desk.page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")
    expect(desk.page.get_by_test_id("download")).to_be_visible()


def test_two_panels_on_one_document_lose_no_signature(desk: Desk, colleague: Desk, contract: Path) -> None:
    title = "两人同时签署的合同"
    desk.log_in("liming")
    start(desk, contract, title, colleagues=["张伟"], with_me=True)
    open_panel(desk, title)
    open_panel(colleague, title)
    choose_seal(colleague.page, "公章", "合同专用章")
    colleague.page.get_by_test_id("place-seal").click()
    seal_here(desk)

    colleague.page.get_by_test_id("save").click()
    with colleague.page.expect_popup():  # opened by the click, closed again when the server refuses
        colleague.page.get_by_test_id("begin").click()
    problem = colleague.page.get_by_test_id("sheet").get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", "REVISION_MOVED")
    with colleague.page.expect_popup() as popup:
        colleague.page.get_by_test_id("begin").click()
    give_pin(popup.value, PIN)
    expect(colleague.page.get_by_test_id("done")).to_be_visible()
    colleague.page.get_by_test_id("done-view").click()
    signatures = colleague.page.get_by_test_id("signature")
    expect(signatures).to_have_count(2)
    for place in range(2):
        expect(signatures.nth(place)).to_have_attribute("data-verdict", "valid")


def test_who_comes_while_another_signs_waits_without_a_pin_and_goes_on_by_himself(
    desk: Desk, colleague: Desk, contract: Path
) -> None:
    title = "同一时刻两人签署"
    desk.log_in("liming")
    start(desk, contract, title, colleagues=["张伟"], with_me=True)
    open_panel(desk, title)
    open_panel(colleague, title)
    choose_seal(colleague.page, "公章", "合同专用章")
    colleague.page.get_by_test_id("place-seal").click()
    choose_seal(desk.page, "公章", "合同专用章")
    desk.page.get_by_test_id("place-seal").click()
    window = begin(desk)

    colleague.page.get_by_test_id("save").click()
    with colleague.page.expect_popup():
        colleague.page.get_by_test_id("begin").click()
    progress = colleague.page.get_by_test_id("sign-progress")
    expect(progress).to_have_attribute("data-step", "queued")
    expect(progress.get_by_test_id("problem")).to_contain_text("李明 正在签署这份文件")
    give_pin(window, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()
    problem = colleague.page.get_by_test_id("sheet").get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", "REVISION_MOVED")
