"""Scene D3 (manual 4.3): two USBKeys in one session, with date and paging seal; a PIN for each key."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, drag, give_pin, second_window, start_own
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def place_both(desk: Desk, contract: Path, title: str) -> None:
    """The signature seal with a date, then the official seal of the other key, beside each other."""
    desk.log_in("liming")
    start_own(desk, contract, title)
    page = desk.page
    choose_seal(page, "签名章", "李明之印")
    page.get_by_test_id("place-seal").click()
    page.get_by_test_id("place-date").click()
    drag(page, page.get_by_test_id("stage").get_by_test_id("mark-date"), right=0, down=60)
    choose_seal(page, "公章", "公章")
    page.get_by_test_id("place-seal").click()
    drag(page, page.get_by_test_id("stage").get_by_test_id("mark-seal").last, right=200, down=-80)
    expect(page.get_by_test_id("session").locator("li")).to_have_count(2)


def place_paging_seal(desk: Desk) -> None:
    """骑缝章 with the key and seal in use (manual 5.3), moved a little up along the edge."""
    page = desk.page
    page.get_by_test_id("place-paging").click()
    strips = page.get_by_test_id("stage").locator('[data-test^="strip-"]')
    expect(strips).to_have_count(4)
    before = strips.first.bounding_box()
    assert before is not None
    drag(page, strips.first, right=0, down=-60)
    after = strips.first.bounding_box()
    assert after is not None
    assert abs(before["y"] - 60 - after["y"]) < 2
    expect(page.get_by_test_id("paging-told")).to_contain_text("1–4")


def test_the_first_page_takes_a_larger_part_of_the_paging_seal_and_a_page_is_left_out(
    desk: Desk, contract: Path
) -> None:
    page = desk.page
    desk.log_in("liming")
    start_own(desk, contract, "首页占得多的骑缝章")
    choose_seal(page, "公章", "合同专用章")
    page.get_by_test_id("place-paging").click()
    strips = page.get_by_test_id("stage").locator('[data-test^="strip-"]')
    page.get_by_test_id("paging-skipped").fill("3")
    page.keyboard.press("Enter")
    expect(strips).to_have_count(3)
    page.get_by_test_id("paging-first-share").locator("input").fill("60")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("paging-told")).to_contain_text("1–2, 4")
    widths = [box["width"] for one in strips.all() if (box := one.bounding_box())]
    assert widths[0] == pytest.approx(3 * widths[1], rel=0.1)
    desk.picture("panel-paging-shares")
    page.get_by_test_id("paging-last-share").locator("input").fill("45")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("paging-told")).to_contain_text("占得太多")
    page.get_by_test_id("paging-last-share").locator("input").fill("20")
    page.keyboard.press("Enter")
    expect(strips).to_have_count(3)
    give_pin(begin(desk), PIN)
    page.get_by_test_id("done-view").click()
    expect(page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")
    expect(page.get_by_test_id("signature")).to_contain_text("1–2, 4")


def test_two_keys_sign_one_after_the_other_with_one_save(desk: Desk, contract: Path) -> None:
    place_both(desk, contract, "两把 Key 签署的合同")
    place_paging_seal(desk)
    desk.picture("panel-two-keys")
    window = begin(desk)
    expect(window.locator("header .chip")).to_have_text("第 1 把，共 2 把")
    first = window.locator("#code").inner_text()
    give_pin(window, PIN)
    window = second_window(desk)
    assert window.locator("#code").inner_text() != first
    expect(window.locator("body")).to_contain_text("骑缝章 公章 · 第 1–4 页")
    desk.picture("pin-second", page=window)
    give_pin(window, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()
    desk.page.get_by_test_id("done-view").click()
    signatures = desk.page.get_by_test_id("signature")
    expect(signatures).to_have_count(2)
    for place, name in enumerate(("李明", "广东示例科技有限公司")):
        expect(signatures.nth(place)).to_have_attribute("data-verdict", "valid")
        expect(signatures.nth(place)).to_contain_text(name)


def test_the_first_signature_stays_when_the_second_key_is_refused(desk: Desk, contract: Path) -> None:
    place_both(desk, contract, "第二把 Key 稍后再签的合同")
    give_pin(begin(desk), PIN)
    second_window(desk).locator("#cancel").click()
    problem = desk.page.get_by_test_id("sheet").get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", "PIN_CANCELLED")

    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.page.reload()
    expect(desk.page.get_by_test_id("resume")).to_contain_text("1 / 2")
    expect(desk.page.get_by_test_id("signature")).to_have_count(1)
    desk.page.get_by_test_id("go-on").click()
    with desk.page.expect_popup() as popup:
        desk.page.get_by_test_id("begin").click()
    give_pin(popup.value, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()
