"""手册 3.4、3.6: the lists in words, searching in them, the next task after signing, a list taken away as a file."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bench import bundle
from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, start
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


@pytest.fixture(scope="module")
def sent(chromium: Browser, system: System, contract: Path) -> Iterator[list[str]]:
    """Two tasks of Li Ming's that wait for Zhang Wei."""
    desk = sat_down(chromium, system)
    desk.log_in("liming")
    titles = ["ＡＢＣ设备采购合同（甲方）", "二号楼租赁协议"]
    for title in titles:
        start(desk, contract, title, colleagues=["张伟"])
    yield titles
    desk.context.close()


@pytest.mark.usefixtures("sent")
def test_a_search_stands_in_the_address_and_survives_reload_and_back(desk: Desk) -> None:
    page = desk.page
    desk.log_in("zhangwei")
    rows = page.get_by_test_id("row")
    expect(rows.filter(has_text="二号楼租赁协议")).to_be_visible()
    search = page.get_by_test_id("search")
    search.press_sequentially("abc", delay=30)
    expect(page).to_have_url(re.compile(r"\?q=abc$"))
    expect(search).to_be_focused()
    expect(rows).to_have_count(1)
    expect(rows.locator("mark")).to_have_text("ＡＢＣ")
    desk.picture("search")
    page.reload()
    expect(page.get_by_test_id("search")).to_have_value("abc")
    expect(rows).to_have_count(1)
    page.get_by_test_id("search").fill("租赁")
    page.get_by_test_id("search").press("Enter")
    expect(rows.locator("mark")).to_have_text("租赁")
    expect(page.get_by_test_id("search")).to_be_focused()
    page.go_back()
    expect(page.get_by_test_id("search")).to_have_value("abc")
    expect(rows.locator("mark")).to_have_text("ＡＢＣ")
    page.go_forward()
    expect(page.get_by_test_id("search")).to_have_value("租赁")


@pytest.mark.usefixtures("sent")
def test_nothing_found_says_what_to_do(desk: Desk) -> None:
    page = desk.page
    desk.log_in("zhangwei")
    page.get_by_test_id("search-more").click()
    page.get_by_test_id("search-initiator").fill("李")
    page.get_by_test_id("search-initiator").press("Enter")
    expect(page.get_by_test_id("row").filter(has_text="二号楼租赁协议")).to_be_visible()
    page.get_by_test_id("search").fill("没有这样的文件")
    page.get_by_test_id("search").press("Enter")
    expect(page.get_by_test_id("empty")).to_contain_text("没有找到")
    desk.picture("search-nothing")
    page.get_by_test_id("empty-drop-q").click()
    expect(page).to_have_url(re.compile(r"\?initiator="))
    expect(page.get_by_test_id("row").filter(has_text="二号楼租赁协议")).to_be_visible()
    page.get_by_test_id("drop-all").click()
    expect(page).to_have_url(re.compile(r"/inbox$"))


def test_the_lists_say_whose_turn_it_is_and_are_taken_away_as_files(
    desk: Desk, sent: list[str], tmp_path: Path
) -> None:
    page = desk.page
    desk.log_in("liming")
    page.get_by_test_id("nav-started").click()
    row = page.get_by_test_id("row").filter(has_text=sent[0])
    expect(row.get_by_test_id("status")).to_have_text("等待 张伟 签署")
    expect(row.get_by_test_id("status-more")).to_contain_text("刚刚轮到")
    desk.picture("lists-started")
    page.get_by_test_id("search").fill("采购合同（甲方")
    page.get_by_test_id("search").press("Enter")
    expect(page.get_by_test_id("row")).to_have_count(1)
    with page.expect_download() as saved:
        page.get_by_test_id("export-csv").click()
    saved.value.save_as(tmp_path / "list.csv")
    lines = list(csv.reader(io.StringIO((tmp_path / "list.csv").read_text("utf-8-sig"))))
    assert [line[0] for line in lines] == ["任务", sent[0]]
    with page.expect_download() as saved:
        page.get_by_test_id("export-xlsx").click()
    assert saved.value.suggested_filename == "我发起的.xlsx"
    page.get_by_test_id("nav-copied").click()
    expect(page.get_by_test_id("empty")).to_contain_text("抄送")


def test_after_signing_the_next_task_is_one_click_away(desk: Desk, contract: Path) -> None:
    page = desk.page
    desk.log_in("liming")
    for title in ("接着签的第一份", "接着签的第二份"):
        start(desk, contract, title, with_me=True)
        page.goto(f"{desk.system.origin}/inbox")
    open_panel(desk, "接着签的第二份")
    choose_seal(page, "公章", "合同专用章")
    page.get_by_test_id("place-seal").click()
    window = begin(desk)
    give_pin(window, PIN)
    expect(page.get_by_test_id("done")).to_be_visible()
    offered = page.get_by_test_id("next").locator("b").inner_text()
    desk.picture("next")
    page.get_by_test_id("next-go").click()
    expect(page.get_by_test_id("title")).to_have_text(offered)
    expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()
    expect(page.get_by_test_id("save")).to_be_visible()


@pytest.mark.usefixtures("sent")
def test_on_a_phone_a_line_is_a_card(chromium: Browser, system: System) -> None:
    phone = sat_down(chromium, system, viewport={"width": 390, "height": 844}, has_touch=True)
    phone.log_in("zhangwei")
    row = phone.page.get_by_test_id("row").filter(has_text="二号楼租赁协议")
    expect(row.get_by_test_id("seal")).to_be_visible()
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.picture("lists-phone")
    phone.context.close()
    assert phone.errors == []


def test_the_list_page_is_light_and_brings_no_library_for_documents() -> None:
    light = bundle.of_lists()
    assert light.total < bundle.LIMIT, light.files
    assert not light.has_pdf
