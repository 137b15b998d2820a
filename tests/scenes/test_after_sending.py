"""手册 6.2: what was sent is sent on, given another deadline, recalled; who was asked declines."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests import needs
from tests.scenes.acts import start
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def opened(desk: Desk, title: str) -> Page:
    """The newest document of that title, open for reading."""
    page = desk.page
    page.goto(f"{desk.system.origin}/started")
    page.get_by_text(title).first.click()
    expect(page.get_by_test_id("title")).to_have_text(title)
    return page


def test_the_initiator_sends_it_on_and_recalls_it(desk: Desk, contract: Path) -> None:
    desk.log_in("liming")
    start(desk, contract, "待撤回的合同", colleagues=["张伟"])
    page = opened(desk, "待撤回的合同")
    page.get_by_test_id("act-forward").click()
    page.get_by_test_id("act-name").fill("郑九")
    page.get_by_test_id("act-mobile").fill("13900007777")
    desk.picture("acts")
    page.get_by_test_id("act-go").click()
    expect(page.get_by_text("郑九").first).to_be_visible()
    page.get_by_test_id("act-void").click()
    page.get_by_test_id("act-reason").fill("条款需要重新起草")
    page.get_by_test_id("act-go").click()
    expect(page.get_by_test_id("ended")).to_contain_text("条款需要重新起草")
    expect(page.get_by_test_id("act-void")).to_have_count(0)
    desk.picture("acts-ended")


def test_who_was_asked_declines_and_the_initiator_reads_why(
    desk: Desk, chromium: Browser, system: System, contract: Path
) -> None:
    desk.log_in("liming")
    start(desk, contract, "待拒签的合同", colleagues=["张伟"])
    asked = sat_down(chromium, system)
    asked.log_in("zhangwei")
    asked.page.get_by_text("待拒签的合同").first.click()
    asked.page.get_by_test_id("act-decline").click()
    asked.page.get_by_test_id("act-reason").fill("第三条金额有误")
    asked.page.get_by_test_id("act-go").click()
    expect(asked.page.get_by_test_id("ended")).to_contain_text("第三条金额有误")
    page = opened(desk, "待拒签的合同")
    expect(page.get_by_test_id("ended")).to_contain_text("张伟")
    asked.context.close()
    assert asked.errors == []
