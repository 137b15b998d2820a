"""手册 4.1、4.2 beyond the manual's steps: several documents and people, a draft gone on with, a contact, a place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import (
    begin,
    begin_start,
    give_pin,
    name_outsider,
    name_signers,
    open_panel,
    send,
    upload,
)
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(240)]
OUTSIDER, MOBILE = "王芳", "13800000004"


@pytest.fixture
def at(chromium: Browser, system: System) -> Iterator:
    """Somebody else, logged in at a computer of his own."""
    desks: list[Desk] = []

    def sit(account: str, **options: object) -> Desk:
        made = sat_down(chromium, system, **options)
        made.log_in(account)
        desks.append(made)
        return made

    yield sit
    for one in desks:
        one.context.close()
        assert one.errors == []


@pytest.fixture
def papers(contract: Path, tmp_path: Path) -> list[Path]:
    """A contract and its annex."""
    annex = tmp_path / "附件一 设备清单.pdf"
    annex.write_bytes(contract.read_bytes())
    return [contract, annex]


def row(page: Page, title: str) -> Locator:
    return page.get_by_test_id("row").filter(has_text=title)


def chosen(page: Page, name: str) -> Locator:
    """One of those who were chosen, as the page lists them."""
    return page.get_by_test_id("signer").filter(has_text=name)


def kept_with(page: Page, act: Locator, told: str) -> None:
    """Do the last change, and wait until the draft has been kept with it."""
    with page.expect_response(
        lambda answer: "/api/drafts" in answer.url and told in (answer.request.post_data or "") and answer.ok
    ):
        act.click()
    expect(page.get_by_test_id("saved")).to_be_visible()


def draft(page: Page, title: str) -> Locator:
    """One of the drafts that the start page offers to go on with."""
    return page.get_by_test_id("draft").filter(has_text=title)


def test_what_is_prepared_survives_a_reload_and_is_sent_in_the_order_that_was_set(
    desk: Desk, at, papers: list[Path]
) -> None:
    title = "设备采购合同及附件"
    page = desk.page
    desk.log_in("liming")
    begin_start(desk)
    page.get_by_test_id("choose-document").set_input_files(papers)
    expect(page.locator('[data-test="upload-row"][data-state="accepted"]')).to_have_count(2)
    page.get_by_test_id("title").fill(title)
    name_outsider(desk, OUTSIDER, MOBILE)
    name_signers(desk, colleagues=["张伟", "孙丽"])
    chosen(page, "孙丽").get_by_test_id("signer-copy").click()
    page.get_by_test_id("order-in_turn").click()
    page.get_by_role("button", name="上移 张伟").click()
    page.get_by_test_id("deadline-7").click()
    kept_with(page, page.get_by_test_id("remind-before"), '"remind_before_hours":24')

    page.reload()
    expect(draft(page, title)).to_contain_text("2 个文件 · 3 人")
    desk.picture("start-drafts")
    draft(page, title).get_by_test_id("draft-resume").click()
    expect(page.get_by_test_id("title")).to_have_value(title)
    expect(page.get_by_test_id("upload-row")).to_have_count(2)
    expect(page.get_by_test_id("signer")).to_contain_text(["张伟", "王芳", "孙丽"])
    expect(page.get_by_test_id("signer").locator(".turn")).to_have_text(["1", "2"])
    expect(chosen(page, "孙丽").get_by_test_id("signer-copy").locator("input")).to_be_checked()
    expect(page.get_by_test_id("remind-before").locator("input")).to_be_checked()
    expect(page.get_by_test_id("sentence")).to_have_text("2 个文件发给 2 位完成人，首先由 张伟 签署。")
    desk.picture("start-order")
    send(desk)
    expect(row(page, title).get_by_test_id("status")).to_have_text("等待 张伟 签署")
    expect(row(page, title).get_by_test_id("status-more")).to_contain_text("到期")
    page.goto(f"{desk.system.origin}/start")
    expect(page.get_by_test_id("choose-document")).to_be_attached()
    expect(draft(page, title)).to_have_count(0)

    assert_each_finds_what_is_his(at, title)


def assert_each_finds_what_is_his(at, title: str) -> None:
    """张伟 is asked, 孙丽 may look and no more, 王芳 is in a later turn and hears nothing yet."""
    asked, copied, later = at("zhangwei").page, at("sunli").page, at("wangfang").page
    expect(row(asked, title).get_by_test_id("seal")).to_be_visible()
    copied.get_by_test_id("nav-copied").click()
    expect(row(copied, title).get_by_test_id("view")).to_be_visible()
    expect(row(copied, title).get_by_test_id("seal")).to_have_count(0)
    expect(row(later, title)).to_have_count(0)


def test_who_was_addressed_once_is_found_in_the_contact_book_without_his_number(
    desk: Desk, papers: list[Path]
) -> None:
    page = desk.page
    desk.log_in("liming")
    for title, times in (("第一次发给王芳", 0), ("再次发给王芳", 1)):
        begin_start(desk)
        page.get_by_test_id("choose-document").set_input_files(papers[0])
        page.get_by_test_id("title").fill(title)
        if times:
            page.get_by_test_id("add-contact").click()
            known = page.get_by_role("option", name=OUTSIDER)
            expect(known).to_have_count(1)
            expect(known).not_to_contain_text(MOBILE)
            desk.picture("start-contacts")
            known.click()
        else:
            name_outsider(desk, OUTSIDER, MOBILE)
        send(desk)
        expect(row(page, title).get_by_test_id("status")).to_have_text("等待 王芳 签署")


def test_the_second_window_on_a_draft_overwrites_nothing(desk: Desk) -> None:
    first = desk.page
    desk.log_in("liming")
    begin_start(desk)
    kept_with(first, first.get_by_test_id("add-me"), "李明")
    second = desk.context.new_page()
    second.goto(first.url)
    second.get_by_test_id("draft-resume").first.click()
    expect(chosen(second, "李明")).to_be_visible()
    kept_with(second, second.get_by_test_id("deadline-30"), '"deadline_at":"')

    first.get_by_test_id("remind-every").click()
    problem = first.get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", "DRAFT_MOVED")
    desk.picture("start-moved")
    first.reload()
    first.get_by_test_id("draft-resume").first.click()
    expect(first.get_by_test_id("deadline-30")).to_have_class("el-button el-button--primary el-button--small")
    expect(first.get_by_test_id("remind-every").locator("input")).not_to_be_checked()


def test_a_draft_is_thrown_away_only_when_that_was_confirmed(desk: Desk) -> None:
    page = desk.page
    desk.log_in("liming")
    begin_start(desk)
    name_outsider(desk, "吴迪", "13900007777")
    kept_with(page, page.get_by_test_id("deadline-3"), "吴迪")
    page.reload()
    drafts = page.get_by_test_id("draft")
    expect(drafts.first).to_be_visible()
    before = drafts.count()
    drafts.first.get_by_test_id("draft-forget").click()
    page.get_by_role("tooltip").get_by_role("button", name="取消").click()
    expect(drafts).to_have_count(before)
    drafts.first.get_by_test_id("draft-forget").click()
    page.get_by_role("tooltip").get_by_role("button", name="删除草稿").click()
    expect(drafts).to_have_count(before - 1)
    page.reload()
    expect(page.get_by_test_id("choose-document")).to_be_attached()
    expect(drafts).to_have_count(before - 1)


def test_the_only_seal_of_a_signer_stands_where_it_was_proposed(desk: Desk, at, contract: Path) -> None:
    title = "建议了盖章位置的合同"
    desk.log_in("liming")
    begin_start(desk)
    upload(desk, contract, title)
    name_signers(desk, colleagues=["张伟"])
    desk.page.get_by_test_id("propose").click()
    desk.page.get_by_test_id("place-corner").click()
    expect(desk.page.get_by_test_id("place")).to_contain_text("张伟")
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_test_id("propose")).to_contain_text("1 处")
    send(desk)
    signer = at("zhangwei")
    open_panel(signer, title)
    paper = signer.page.get_by_test_id("stage").locator('[data-page="4"]')
    expect(paper.get_by_test_id("mark-seal")).to_have_count(1)  # his only seal stands there by itself
    give_pin(begin(signer), PIN)
    expect(signer.page.get_by_test_id("done")).to_be_visible()


def test_starting_fits_on_a_phone(at, papers: list[Path]) -> None:
    desk = at("liming", viewport={"width": 390, "height": 844}, has_touch=True)
    page = desk.page
    page.goto(f"{desk.system.origin}/start")
    page.get_by_test_id("choose-document").set_input_files(papers)
    name_signers(desk, colleagues=["张伟"], with_me=True)
    page.get_by_test_id("order-in_turn").click()
    expect(page.get_by_test_id("sentence")).to_be_visible()
    desk.picture("start-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_test_id("send")).to_be_enabled()
