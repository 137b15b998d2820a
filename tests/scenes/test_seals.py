"""印章: a signature by hand, a scan without its background, a seal of the organization from the wish to the freeze."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import needs
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System
from tests.server import sealing

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


@pytest.fixture
def sun(chromium: Browser, system: System) -> Iterator[Desk]:
    """Who manages the seals, at her own computer."""
    made = sat_down(chromium, system)
    made.log_in("sunli")
    yield made
    made.context.close()
    assert made.errors == []


def seals(desk: Desk, tab: str = "mine") -> Page:
    page = desk.page
    page.goto(f"{desk.system.origin}/seals")
    page.get_by_test_id(f"tab-{tab}").click()
    return page


def write(page: Page) -> None:
    """Two strokes of a hand on the pad."""
    box = page.get_by_test_id("pad").bounding_box()
    assert box is not None
    for left in (0.2, 0.55):
        page.mouse.move(box["x"] + box["width"] * left, box["y"] + 40)
        page.mouse.down()
        for step in range(1, 9):
            down = 40 + (90 if step % 2 else 10)
            page.mouse.move(box["x"] + box["width"] * (left + 0.03 * step), box["y"] + down, steps=4)
        page.mouse.up()


def name_it(page: Page, name: str, reason: str = "签署采购合同") -> None:
    page.get_by_test_id("apply-name").fill(name)
    page.get_by_test_id("apply-reason").fill(reason)
    expect(page.get_by_test_id("preview")).to_have_attribute("data-ready", "true")


def choose(page: Page, which: str, option: str) -> None:
    """Choose in a list that may be searched."""
    page.get_by_test_id(which).click()
    page.get_by_role("option", name=option).locator("visible=true").click()


def card(page: Page, name: str):
    return page.locator(f'[data-test="seal-card"][data-name="{name}"]')


def test_a_signature_is_written_by_hand_and_can_be_used_at_once(desk: Desk) -> None:
    desk.log_in("zhangwei")
    page = seals(desk)
    page.get_by_test_id("apply").click()
    page.get_by_test_id("pad").scroll_into_view_if_needed()
    expect(page.get_by_test_id("apply-send")).to_be_disabled()
    write(page)
    name_it(page, "张伟手写签名")
    desk.picture("seals-pad")
    page.get_by_test_id("apply-send").click()
    expect(page.get_by_test_id("seals-said")).to_have_text("印章已可使用。")
    mine = card(page, "张伟手写签名")
    expect(mine).to_have_attribute("data-state", "in_use")
    mine.get_by_test_id("seal-history").click()
    expect(mine.get_by_test_id("history")).to_contain_text("制作完成")
    desk.picture("seals-mine")
    mine.get_by_test_id("freeze").click()
    page.get_by_test_id("seal-reason").fill("手机丢失")
    page.get_by_test_id("seal-reason-send").click()
    expect(mine).to_have_attribute("data-state", "frozen")


def test_a_scan_is_shown_without_its_background_before_it_is_sent(desk: Desk, tmp_path: Path) -> None:
    desk.log_in("zhangwei")
    page = seals(desk)
    page.get_by_test_id("apply").click()
    choose(page, "apply-kind", "个人名章")
    page.get_by_test_id("source-scan").click()
    path = tmp_path / "scan.png"
    path.write_bytes(b"<svg/>")
    page.get_by_test_id("choose-scan").set_input_files(path)
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "SCAN_NOT_A_PICTURE")
    good = tmp_path / "good.png"
    good.write_bytes(sealing.scan())
    page.get_by_test_id("choose-scan").set_input_files(good)
    name_it(page, "张伟名章")
    desk.picture("seals-scan")
    page.get_by_test_id("apply-send").click()
    expect(card(page, "张伟名章")).to_have_attribute("data-state", "in_use")


def test_a_seal_of_the_organization_is_applied_for_approved_made_granted_and_frozen(
    desk: Desk, sun: Desk, chromium: Browser, system: System
) -> None:
    desk.log_in("liming")
    page = seals(desk)
    expect(page.get_by_test_id("tab-manage")).to_have_count(0)
    page.get_by_test_id("apply").click()
    page.get_by_test_id("whose-organization").click()
    choose(page, "apply-kind", "财务专用章")
    page.get_by_test_id("apply-filing").fill("4401060012345")
    name_it(page, "财务专用章", "开票专用")
    desk.picture("seals-apply")
    page.get_by_test_id("apply-send").click()
    expect(page.get_by_test_id("seals-said")).to_have_text("申请已提交。")

    managing = seals(sun, "decide")
    asked = managing.locator('[data-test="application"][data-name="财务专用章"]')
    expect(asked).to_be_visible()
    sun.picture("seals-decide")
    asked.get_by_test_id("approve-application").click()
    expect(asked).to_have_attribute("data-state", "approved")
    asked.get_by_test_id("make-seal").click()
    managing.get_by_test_id("certificate-choice").first.click()
    sun.picture("seals-make")
    managing.get_by_test_id("certificates-send").click()
    expect(asked).to_have_attribute("data-state", "made")

    managing = seals(sun, "manage")
    made = card(managing, "财务专用章")
    made.get_by_test_id("show-grants").click()
    made.get_by_test_id("grant-holder").click()
    managing.get_by_role("option", name=re.compile("张伟")).locator("visible=true").click()
    made.get_by_test_id("grant-approval").click()
    made.get_by_test_id("grant-give").click()
    expect(made.get_by_test_id("grant")).to_contain_text("每次使用须审批")
    sun.picture("seals-manage")
    made.get_by_test_id("freeze").click()
    managing.get_by_test_id("seal-reason").fill("印章遗失")
    managing.get_by_test_id("seal-reason-send").click()
    expect(made).to_have_attribute("data-state", "frozen")

    address = made.get_by_test_id("public-page").get_attribute("href")
    stranger = sat_down(chromium, system)
    stranger.page.goto(f"{system.origin}{address}")
    told = stranger.page.get_by_test_id("status-found")
    expect(told).to_have_attribute("data-state", "frozen")
    expect(told).to_contain_text("广东示例科技有限公司")
    expect(stranger.page.locator("img")).to_have_count(0)
    stranger.picture("seals-status")
    stranger.context.close()
    assert stranger.errors == []


def test_the_ledger_is_searched_and_taken_away(sun: Desk) -> None:
    page = seals(sun, "ledger")
    page.get_by_test_id("ledger-person").fill("没有这个人")
    page.get_by_test_id("ledger-find").click()
    expect(page.get_by_text("没有用印记录。")).to_be_visible()
    sun.picture("seals-ledger")
    with page.expect_download() as download:
        page.get_by_test_id("ledger-export").click()
    assert download.value.path().read_bytes().startswith("\ufeff时间,印章".encode())


def test_the_pages_hold_together_in_english_and_on_a_phone(chromium: Browser, system: System) -> None:
    english = sat_down(chromium, system, locale="en-GB")
    english.log_in("sunli")
    page = seals(english, "manage")
    expect(page.get_by_test_id("seal-card").first).to_be_visible()
    english.picture("seals-manage-en")
    english.context.close()
    phone = sat_down(chromium, system, viewport={"width": 390, "height": 844}, has_touch=True)
    phone.log_in("liming")
    page = seals(phone)
    expect(page.get_by_test_id("seal-card").first).to_be_visible()
    phone.picture("seals-phone")
    page.get_by_test_id("apply").click()
    page.get_by_test_id("pad").scroll_into_view_if_needed()
    write(page)
    expect(page.get_by_test_id("preview")).to_have_attribute("data-ready", "true")
    phone.picture("seals-phone-pad")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    phone.context.close()
    assert english.errors == phone.errors == []
