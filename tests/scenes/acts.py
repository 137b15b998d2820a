"""What a clerk does with mouse and keyboard, so that each scene reads as a story."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.agent.softhsm import PIN
from tests.scenes.conftest import Desk


@dataclass(frozen=True)
class Place:
    """Where a mark lies on the shown page, as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


def begin_start(desk: Desk) -> None:
    """发起签署: open the page where a signing is started."""
    desk.page.get_by_test_id("start").click()
    expect(desk.page.get_by_test_id("choose-document")).to_be_attached()


def upload(desk: Desk, document: Path, title: str) -> None:
    """Choose a document, wait until it is there, name the task."""
    desk.page.get_by_test_id("choose-document").set_input_files(document)
    expect(desk.page.get_by_test_id("uploaded")).to_be_visible()
    desk.page.get_by_test_id("title").fill(title)


def name_signers(desk: Desk, *, colleagues: Sequence[str] = (), with_me: bool = False) -> None:
    """Say who signs: oneself, colleagues by name."""
    if with_me:
        desk.page.get_by_test_id("add-me").click()
    for name in colleagues:
        desk.page.get_by_test_id("add-colleague").click()
        desk.page.get_by_role("option", name=name).click()


def name_outsider(desk: Desk, name: str, mobile: str) -> None:
    """Say who signs: a person of another organization or of none, by his number."""
    desk.page.get_by_test_id("add-by-phone").click()
    desk.page.get_by_test_id("signer-name").fill(name)
    desk.page.get_by_test_id("signer-mobile").fill(mobile)
    desk.page.get_by_test_id("signer-add").click()


def send(desk: Desk) -> None:
    """Send what is made up. Ends in the panel where one signs oneself, else in 我发起的."""
    desk.page.get_by_test_id("send").click()
    expect(desk.page).to_have_url(re.compile(r"/envelopes/[^/]+/seal|/started"))


def start(
    desk: Desk, document: Path, title: str, *, colleagues: Sequence[str] = (), with_me: bool = False
) -> None:
    """发起签署: upload, name, name the signers, send."""
    begin_start(desk)
    upload(desk, document, title)
    name_signers(desk, colleagues=colleagues, with_me=with_me)
    if with_me and not colleagues:
        expect(desk.page.get_by_test_id("preflight")).to_be_visible()
        desk.picture("start")
    send(desk)


def start_own(desk: Desk, document: Path, title: str) -> str:
    """发起签署 with oneself as the only signer; gives the envelope's id. Ends in the sealing panel."""
    start(desk, document, title, with_me=True)
    return desk.page.url.split("/")[-2]


def open_panel(desk: Desk, title: str) -> None:
    """Find the task under 待签署 and press PC 签署."""
    page = desk.page
    page.goto(f"{desk.system.origin}/inbox")
    row = page.get_by_test_id("row").filter(has_text=title)
    expect(row.get_by_test_id("status")).to_have_text(re.compile("轮到您|Your turn"))
    desk.picture("inbox")
    row.get_by_test_id("seal").click()
    expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()


def choose_seal(page: Page, key_label: str, seal: str) -> None:
    """Choose certificate and seal; the client must have found the keys."""
    expect(page.get_by_test_id("client-phase")).to_have_attribute("data-phase", "here")
    expect(page.get_by_test_id("key").first).to_be_visible()
    change = page.get_by_test_id("change")
    if change.is_visible():
        change.click()
    key = page.get_by_test_id("key").filter(has=page.get_by_text(key_label, exact=True))
    key.locator(f'[data-test="seal-choice"][data-seal="{seal}"]').click()


def drag(page: Page, mark: Locator, *, right: float, down: float) -> None:
    """Drag by so many CSS pixels, in steps as a hand does, once the mark stands still and nothing lies over it."""
    mark.hover()
    box = mark.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=5)
    page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()


def place_of(page: Page, mark: Locator, number: int) -> Place:
    """Where a mark lies on its page now."""
    paper = page.get_by_test_id("stage").locator(f'[data-page="{number}"]').bounding_box()
    box = mark.bounding_box()
    assert paper is not None
    assert box is not None
    left, top = (box["x"] - paper["x"]) / paper["width"], (box["y"] - paper["y"]) / paper["height"]
    return Place(left, top, left + box["width"] / paper["width"], top + box["height"] / paper["height"])


def begin(desk: Desk) -> Page:
    """保存并签名 → confirmation → the security client's own window."""
    desk.page.get_by_test_id("save").click()
    desk.page.get_by_test_id("begin").hover()  # waits until the sheet stands still
    desk.picture("sheet")
    with desk.page.expect_popup() as popup:
        desk.page.get_by_test_id("begin").click()
    window = popup.value
    expect(window).to_have_url(re.compile(r"/window/"))
    return window


def give_pin(window: Page, pin: str) -> None:
    """Type the PIN into the client's window and confirm."""
    window.locator("#pin").fill(pin)
    window.locator("#confirm").click()


def tab_to(page: Page, test_id: str, *, limit: int = 120) -> None:
    """Press Tab until the control of that name has the focus, seen by its ring."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement?.closest('[data-test]')?.dataset.test ?? ''")
        if here == test_id:
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(f"the Tab key does not come to {test_id}")


def second_window(desk: Desk) -> Page:
    """The client's window for the second key: a window of its own, opened by a click of its own."""
    with desk.page.expect_popup() as popup:
        desk.page.get_by_test_id("open-window").click()
    expect(popup.value.locator("header .chip")).to_have_text("第 2 把，共 2 把")
    return popup.value


def seal_here(desk: Desk) -> None:
    """Place the contract seal in the middle of what is in view, sign, and see it done."""
    choose_seal(desk.page, "公章", "合同专用章")
    desk.page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()
