"""Viewing (manual 3.5): the first page at once, a long document in little memory, and nothing beside reading."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests import needs
from tests.scenes import viewing
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]
LONG = 500
CONTENT = r"https?://[^/]+/documents/"
MOST_DRAWN = 12
MOST_PICTURES = 60
MOST_GROWTH_BYTES = 80_000_000

HELD = """() => ({
  drawn: document.querySelectorAll('canvas').length,
  pictures: document.querySelectorAll('.paper img').length,
  pixels: [...document.querySelectorAll('canvas')].reduce((sum, one) => sum + one.width * one.height, 0),
})"""


@pytest.fixture(scope="module")
def long() -> bytes:
    return viewing.pages(LONG)


def at_page(page: Page, number: int, what: str = "") -> Any:
    return page.get_by_test_id("stage").locator(f'[data-page="{number}"]{what}')


def heap(page: Page) -> int:
    """What the page's own memory holds after everything that nobody holds was collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: int = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used


def watched(page: Page) -> list[Response]:
    """Every answer with a document or a part of it."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        if re.match(CONTENT, answer.url):
            answers.append(answer)

    page.on("response", note)
    return answers


def scrolled_through(page: Page, each: Callable[[], None]) -> None:
    stage = page.get_by_test_id("stage")
    height = stage.evaluate("one => one.scrollHeight")
    step = stage.evaluate("one => one.clientHeight") * 8
    for top in range(0, height, step):
        stage.evaluate("(one, top) => one.scrollTo(0, top)", top)
        page.wait_for_timeout(40)
        each()
    stage.evaluate("one => one.scrollTo(0, one.scrollHeight)")


@pytest.mark.timeout(400)  # the product is started within it, and a slow machine takes its time for 500 pages
def test_a_document_of_500_pages_is_read_to_its_end_and_only_what_is_near_is_held(desk: Desk, long: bytes):
    desk.log_in("liming")
    envelope = viewing.sent(desk, "长文件 五百页", long)
    page, parts = desk.page, watched(desk.page)
    page.goto(f"{desk.system.origin}/envelopes/{envelope['id']}")
    expect(at_page(page, 1, '[data-picture="page"], [data-page="1"][data-drawn]').first).to_be_visible()
    expect(at_page(page, 1, "[data-drawn]")).to_be_visible()
    expect(page.get_by_test_id("thumb-4").locator('[data-picture="small"]')).to_be_visible()
    desk.picture("view-long")
    before, most = heap(page), {"drawn": 0, "pictures": 0, "pixels": 0}

    def look() -> None:
        held = page.evaluate(HELD)
        for name in most:
            most[name] = max(most[name], held[name])

    scrolled_through(page, look)
    expect(at_page(page, LONG, "[data-drawn]")).to_be_visible()
    expect(page.get_by_test_id("page-of")).to_contain_text(f"{LONG} / {LONG}")
    page.get_by_test_id("thumb-1").click()
    expect(at_page(page, 1, "[data-drawn]")).to_be_visible()
    look()
    assert 0 < most["drawn"] <= MOST_DRAWN, most
    assert most["pictures"] <= MOST_PICTURES, most
    assert heap(page) - before < MOST_GROWTH_BYTES
    assert {one.status for one in parts} <= {200, 206}
    assert [one.status for one in parts].count(206) > 1


def test_where_the_viewer_cannot_read_the_document_its_pages_are_still_there_as_pictures(desk: Desk):
    desk.log_in("liming")
    envelope = viewing.sent(desk, "只有图片", viewing.pages(3))
    desk.page.route(re.compile(CONTENT), lambda route: route.abort())
    desk.page.goto(f"{desk.system.origin}/envelopes/{envelope['id']}")
    expect(at_page(desk.page, 1, '[data-picture="page"]')).to_be_visible()
    expect(desk.page.get_by_test_id("problem")).to_be_visible()
    picture = at_page(desk.page, 1).locator("img")
    assert picture.evaluate("one => one.naturalWidth") >= 640


def test_the_address_of_a_document_opens_nothing_in_a_window(desk: Desk):
    desk.log_in("liming")
    envelope = viewing.sent(desk, "地址", viewing.pages(1))
    document = envelope["documents"][0]
    answer = desk.page.goto(f"{desk.system.origin}/documents/{envelope['id']}/{document['id']}/0")
    assert answer is not None
    assert answer.status == 403
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; sandbox")


def test_an_envelope_of_several_documents_is_read_one_after_another(desk: Desk):
    desk.log_in("liming")
    envelope = viewing.sent(desk, "三份文件", *(viewing.pages(count) for count in (1, 2, 3)))
    page = desk.page
    page.goto(f"{desk.system.origin}/envelopes/{envelope['id']}")
    expect(page.get_by_test_id("page-of")).to_contain_text("1")
    page.get_by_test_id("documents").get_by_text("3. 第3份").click()
    expect(at_page(page, 3)).to_be_attached()
    expect(page.get_by_test_id("thumb-3").locator('[data-picture="small"]')).to_be_visible()
    desk.picture("view-documents")
    page.get_by_test_id("thumb-3").click()
    expect(at_page(page, 3, "[data-drawn]")).to_be_visible()


def test_zooming_shows_no_blank_page_and_draws_sharp_again(desk: Desk):
    desk.log_in("liming")
    envelope = viewing.sent(desk, "放大", viewing.pages(2))
    page = desk.page
    page.goto(f"{desk.system.origin}/envelopes/{envelope['id']}")
    drawn = at_page(page, 1, "[data-drawn]")
    expect(drawn).to_be_visible()
    before = drawn.get_attribute("data-drawn")
    for _ in range(3):
        page.get_by_role("button", name="放大").first.click()
        assert at_page(page, 1).locator("canvas, img").count() == 1
    expect(at_page(page, 1, f'[data-drawn]:not([data-drawn="{before}"])')).to_be_visible()
