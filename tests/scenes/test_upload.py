"""Uploading in a browser: a cut line, a reloaded page, a Word document; nothing is lost and nothing sent twice."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests import needs, words
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = needs.program("chromium")
PART = 1024 * 1024
PARTS = re.compile(r"/api/incoming-uploads/[^/]+/parts\?offset=(\d+)")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A document of five parts: a page, and a picture's worth of noise beside it."""
    path = tmp_path / "大合同.pdf"
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.Root.Noise = made.make_stream(os.urandom(4 * PART + 1000))
        made.save(path)
    return path


class Line:
    """The line between page and platform: cut from the `cut_at`-th part on, until it is mended."""

    def __init__(self, page: Page) -> None:
        self.cut_at: int | None = None
        self.arrived: list[int] = []
        page.route(PARTS, self._carry)
        page.on("requestfinished", self._note)

    def _carry(self, route: Route) -> None:
        is_cut = self.cut_at is not None and len(self.arrived) >= self.cut_at
        route.abort() if is_cut else route.continue_()

    def _note(self, request: Request) -> None:
        found = PARTS.search(request.url)
        if found:
            self.arrived.append(int(found.group(1)))


@pytest.fixture
def starting(desk: Desk) -> Page:
    desk.log_in("liming")
    desk.page.goto(f"{desk.system.origin}/start")
    expect(desk.page.get_by_test_id("choose-document")).to_be_attached()
    return desk.page


def choose(page: Page, path: Path) -> None:
    page.get_by_test_id("choose-document").set_input_files(path)


def row(page: Page, state: str):
    return page.locator(f'[data-test="upload-row"][data-state="{state}"]')


def test_a_cut_connection_loses_nothing_and_sends_nothing_twice(starting: Page, desk: Desk, large: Path):
    line = Line(starting)
    line.cut_at = 2
    choose(starting, large)
    expect(row(starting, "paused")).to_be_visible(timeout=60_000)
    expect(row(starting, "paused")).to_contain_text("已上传的部分不会丢失")
    desk.picture("upload-paused")
    line.cut_at = None
    starting.get_by_test_id("upload-resume").click()
    expect(row(starting, "accepted")).to_be_visible(timeout=60_000)
    assert line.arrived == [number * PART for number in range(5)]


def test_a_reloaded_page_goes_on_with_the_same_document(starting: Page, large: Path):
    line = Line(starting)
    line.cut_at = 3
    choose(starting, large)
    expect(row(starting, "paused")).to_be_visible(timeout=60_000)
    starting.reload()
    line.cut_at = None
    choose(starting, large)
    expect(row(starting, "accepted")).to_be_visible(timeout=60_000)
    assert line.arrived == [number * PART for number in range(5)]


@needs.program("soffice")
@needs.namespaces()
def test_a_word_document_is_converted_and_looked_at(starting: Page, desk: Desk, tmp_path: Path):
    path = tmp_path / "采购合同.docx"
    path.write_bytes(words.CONTRACT)
    choose(starting, path)
    expect(row(starting, "accepted")).to_contain_text("采购合同.pdf", timeout=60_000)
    expect(row(starting, "accepted")).to_contain_text("由 Word 转换为 PDF")
    starting.get_by_test_id("upload-view").click()
    expect(starting.locator(".sheet canvas").first).to_be_visible(timeout=60_000)
    desk.picture("upload-word")
    starting.get_by_role("button", name=re.compile("close|关闭", re.IGNORECASE)).last.click()
    expect(starting.get_by_test_id("upload-preview")).to_be_hidden()


@pytest.fixture
def phone(chromium: Browser, system: System) -> Iterator[Desk]:
    made = sat_down(chromium, system, viewport={"width": 390, "height": 844}, has_touch=True)
    yield made
    made.context.close()
    assert made.errors == []


def test_several_documents_on_a_phone_each_with_its_own_answer(phone: Desk, contract: Path, tmp_path: Path):
    spoilt = tmp_path / "坏.pdf"
    spoilt.write_bytes(b"hello")
    phone.log_in("liming")
    phone.page.goto(f"{phone.system.origin}/start")
    phone.page.get_by_test_id("choose-document").set_input_files([contract, spoilt])
    expect(row(phone.page, "accepted")).to_be_visible(timeout=60_000)
    expect(row(phone.page, "refused").get_by_test_id("problem")).to_have_attribute(
        "data-code", "DOCUMENT_NOT_PDF"
    )
    phone.picture("upload-phone")
    row(phone.page, "refused").get_by_test_id("upload-remove").click()
    expect(row(phone.page, "refused")).to_have_count(0)
    wide = phone.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0
