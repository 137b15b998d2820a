"""The sealing panel beyond the manual's steps: several documents, further pages, forms of the date, a reload."""

from pathlib import Path

from playwright.sync_api import expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import (
    begin,
    begin_start,
    choose_seal,
    give_pin,
    name_signers,
    seal_here,
    send,
    start,
    tab_to,
    upload,
)
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def test_two_documents_of_one_task_are_signed_one_after_the_other(
    desk: Desk, contract: Path, tmp_path: Path
) -> None:
    annex = tmp_path / "附件一.pdf"
    annex.write_bytes(contract.read_bytes())
    desk.log_in("liming")
    begin_start(desk)
    desk.page.get_by_test_id("choose-document").set_input_files([contract, annex])
    expect(desk.page.get_by_test_id("upload-row")).to_have_count(2)
    desk.page.get_by_test_id("title").fill("合同和附件")
    name_signers(desk, with_me=True)
    expect(desk.page.get_by_test_id("sentence")).to_contain_text("2 个文件")
    desk.picture("start-two-documents")
    send(desk)
    expect(desk.page.get_by_test_id("document")).to_have_count(2)
    seal_here(desk)
    desk.picture("done-next-document")
    desk.page.get_by_test_id("next-document").click()
    expect(desk.page.get_by_test_id("document").first).to_contain_text("已签")
    seal_here(desk)
    desk.page.get_by_test_id("done-view").click()
    expect(desk.page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")


def test_marks_survive_a_reload_and_go_to_further_pages_with_a_date_in_another_form(
    desk: Desk, contract: Path
) -> None:
    title = "多页盖章"
    desk.log_in("liming")
    start(desk, contract, title, with_me=True)
    choose_seal(desk.page, "公章", "合同专用章")
    desk.page.get_by_test_id("place-seal").click()
    desk.page.get_by_test_id("spread-all").click()
    expect(desk.page.get_by_test_id("session").get_by_test_id("remove-mark")).to_have_count(4)
    desk.page.get_by_test_id("date-form").click()
    desk.page.get_by_test_id("date-form-numerals").click()
    desk.page.get_by_test_id("place-date").click()
    expect(desk.page.get_by_test_id("mark-date")).to_contain_text("二〇二")
    desk.picture("panel-many-pages")

    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.page.reload()
    expect(desk.page.get_by_test_id("restored")).to_contain_text("5 处")
    expect(desk.page.get_by_test_id("session").get_by_test_id("remove-mark")).to_have_count(5)
    desk.page.keyboard.press("Control+z")
    expect(desk.page.get_by_test_id("session").get_by_test_id("remove-mark")).to_have_count(0)
    desk.page.keyboard.press("Control+y")
    give_pin(begin(desk), PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()


def test_a_document_is_sealed_with_the_keyboard_alone(desk: Desk, contract: Path) -> None:
    desk.log_in("liming")
    start(desk, contract, "键盘盖章", with_me=True)
    page = desk.page
    expect(page.get_by_test_id("seal-choice").first).to_be_enabled()
    tab_to(page, "seal-choice")
    page.keyboard.press("Enter")
    tab_to(page, "place-seal")
    page.keyboard.press("Enter")
    mark = page.get_by_test_id("mark-seal")
    before = mark.bounding_box()
    tab_to(page, "mark-seal")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    after = mark.bounding_box()
    assert before is not None
    assert after is not None
    assert (after["x"] > before["x"] + 5, after["y"] > before["y"]) == (True, True)
    tab_to(page, "position-y")
    page.keyboard.press("ArrowUp")
    tab_to(page, "save")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sheet")).to_be_visible()
    tab_to(page, "begin")
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    window = popup.value
    expect(window.locator("#pin")).to_be_focused()
    window.keyboard.type(PIN)
    window.keyboard.press("Enter")
    expect(page.get_by_test_id("done")).to_be_visible()


def test_a_place_that_was_proposed_is_taken_with_one_click(desk: Desk, contract: Path) -> None:
    desk.log_in("liming")
    begin_start(desk)
    upload(desk, contract, "建议位置")
    name_signers(desk, with_me=True)
    desk.page.get_by_test_id("propose").click()
    layer = desk.page.get_by_test_id("place-layer").first
    layer.click(position={"x": 500, "y": 600})
    desk.page.get_by_test_id("place-corner").click()
    expect(desk.page.get_by_test_id("place")).to_have_count(2)
    desk.picture("start-places")
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_test_id("propose")).to_contain_text("2 处")
    send(desk)
    expect(desk.page.get_by_test_id("place-proposed")).to_have_count(2)
    expect(desk.page.get_by_test_id("proposed-box").first).to_be_disabled()  # no seal is chosen yet
    choose_seal(desk.page, "公章", "合同专用章")
    desk.page.get_by_test_id("proposed-box").first.scroll_into_view_if_needed()
    desk.picture("panel-proposed")
    desk.page.get_by_test_id("proposed-box").first.click()
    expect(desk.page.get_by_test_id("mark-seal")).to_be_visible()
    expect(desk.page.get_by_test_id("place-filled")).to_have_count(1)
    desk.page.get_by_test_id("place-proposed").click()
    expect(desk.page.get_by_test_id("place-filled")).to_have_count(2)
    expect(desk.page.get_by_test_id("proposed-box")).to_have_count(0)
    give_pin(begin(desk), PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()


def test_a_draft_is_gone_on_with_after_the_page_was_left(desk: Desk, contract: Path) -> None:
    title = "没写完的合同"
    desk.log_in("liming")
    begin_start(desk)
    upload(desk, contract, title)
    name_signers(desk, colleagues=["张伟"], with_me=True)
    desk.page.get_by_test_id("order-in_turn").click()
    desk.page.get_by_test_id("deadline-7").click()
    expect(desk.page.get_by_test_id("saved")).to_be_visible()
    desk.page.wait_for_timeout(1500)  # the last change is kept a second after it
    desk.page.reload()
    draft = desk.page.get_by_test_id("draft").filter(has_text=title)
    desk.picture("start-drafts")
    draft.get_by_test_id("draft-resume").click()
    expect(desk.page.get_by_test_id("title")).to_have_value(title)
    expect(desk.page.get_by_test_id("signer")).to_have_count(2)
    send(desk)
    desk.page.goto(f"{desk.system.origin}/start")
    expect(desk.page.get_by_test_id("start-page")).to_be_visible()
    expect(desk.page.get_by_test_id("draft").filter(has_text=title)).to_have_count(0)
