"""Who signs second sees what the first one signed: a picture of the document as it was then, small and large."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes import axe
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, second_window, start
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(240)]
RED = """one => {
  const canvas = document.createElement('canvas')
  canvas.width = one.naturalWidth
  canvas.height = one.naturalHeight
  const paint = canvas.getContext('2d')
  paint.drawImage(one, 0, 0)
  const { data } = paint.getImageData(0, 0, canvas.width, canvas.height)
  let red = 0
  for (let at = 0; at < data.length; at += 4) if (data[at] > 120 && data[at + 1] < 90 && data[at + 2] < 90) red += 1
  return red
}"""


def red_of(picture: Locator) -> int:
    """How much seal there is on a picture, in pixels."""
    expect(picture).to_be_visible()
    found: int = picture.evaluate(RED)
    return found


def looked_at(desk: Desk, place: int) -> int:
    """Open the picture of a signature, turn to its next page and back, close it; gives how much seal it shows."""
    page = desk.page
    card = page.get_by_test_id("as-signed").nth(place)
    card.scroll_into_view_if_needed()
    expect(card.locator("img")).to_be_visible()
    card.click()
    dialog = page.get_by_test_id("as-signed-dialog").filter(visible=True)
    shown = dialog.get_by_test_id("as-signed-page")
    red = red_of(shown)
    if is_wide(page):
        desk.picture("signature-then-1")
    axe.judge(page)
    dialog.get_by_test_id("page-after").click()
    expect(dialog.locator('[data-page-shown="2"]')).to_be_visible()
    assert red_of(shown) == 0
    dialog.get_by_test_id("page-before").click()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return red


def is_wide(page: Page) -> bool:
    return bool(page.viewport_size and page.viewport_size["width"] > 1000)


def test_the_second_signer_looks_at_what_the_first_one_signed(
    desk: Desk, chromium: Browser, system: System, contract: Path
) -> None:
    title = "两把 Key 先后签署的合同"
    page = desk.page
    desk.log_in("liming")
    start(desk, contract, title, colleagues=["张伟"], with_me=True)
    choose_seal(page, "签名章", "李明之印")
    page.get_by_test_id("place-seal").click()
    choose_seal(page, "公章", "公章")
    page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    give_pin(second_window(desk), PIN)
    expect(page.get_by_test_id("done")).to_be_visible()

    for language, width, height in (("zh-CN", 1440, 900), ("en", 390, 844)):
        second = sat_down(chromium, system, locale=language, viewport={"width": width, "height": height})
        second.log_in("zhangwei")
        open_panel(second, title)
        before, after = (looked_at(second, place) for place in (0, 1))
        assert 0 < before < after
        assert second.errors == []
        second.context.close()
