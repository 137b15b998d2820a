"""What a clerk meets when something goes wrong: a reason in words, and a task that is as it was."""

from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, start_own
from tests.scenes.conftest import Desk
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def encrypted(folder: Path, contract: Path) -> Path:
    path = folder / "加密.pdf"
    with pikepdf.open(contract) as opened:
        opened.save(path, encryption=pikepdf.Encryption(owner="o", user="u"))
    return path


def broken(folder: Path, contract: Path) -> Path:
    path = folder / "损坏.pdf"
    path.write_bytes(contract.read_bytes()[:900])
    return path


def empty(folder: Path, contract: Path) -> Path:
    path = folder / "空.pdf"
    path.touch()
    return path


def no_pdf(folder: Path, contract: Path) -> Path:
    path = folder / "表格.pdf"
    path.write_bytes(b"PK\x03\x04" + bytes(600))
    return path


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (encrypted, "DOCUMENT_ENCRYPTED", "密码"),
        (broken, "DOCUMENT_BROKEN", "损坏"),
        (empty, "DOCUMENT_EMPTY", "空的"),
        (no_pdf, "DOCUMENT_NOT_PDF", "不是 PDF"),
    ],
    ids=["encrypted", "broken", "empty", "not a PDF"],
)
def test_a_document_that_cannot_be_signed_is_refused_with_its_reason(
    desk: Desk, tmp_path: Path, contract: Path, make, code: str, words: str
) -> None:
    desk.log_in("liming")
    desk.page.get_by_test_id("start").click()
    desk.page.get_by_test_id("choose-document").set_input_files(make(tmp_path, contract))
    problem = desk.page.get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", code)
    expect(problem).to_contain_text(words)
    expect(desk.page.get_by_test_id("uploaded")).to_have_count(0)
    expect(desk.page.get_by_test_id("send")).to_be_disabled()


def ready_to_sign(desk: Desk, contract: Path, title: str) -> None:
    desk.log_in("liming")
    start_own(desk, contract, title)
    choose_seal(desk.page, "签名章", "李明之印")
    desk.page.get_by_test_id("place-seal").click()


def test_a_closed_window_leaves_the_task_as_it_was(desk: Desk, contract: Path) -> None:
    title = "关掉窗口的合同"
    ready_to_sign(desk, contract, title)
    begin(desk).close()
    problem = desk.page.get_by_test_id("sheet").get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", "PIN_CANCELLED")
    with desk.page.expect_popup() as popup:
        desk.page.get_by_test_id("begin").click()
    give_pin(popup.value, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()


def test_a_client_that_ends_mid_act_leaves_the_task_as_it_was(
    desk: Desk, contract: Path, system: System
) -> None:
    title = "客户端中途退出的合同"
    ready_to_sign(desk, contract, title)
    begin(desk)
    system.stop("client")
    try:
        problem = desk.page.get_by_test_id("sheet").get_by_test_id("problem")
        expect(problem).to_have_attribute("data-code", "CLIENT_NOT_FOUND")
    finally:
        system.start_client()
    desk.page.once("dialog", lambda dialog: dialog.accept())
    open_panel(desk, title)
    choose_seal(desk.page, "签名章", "李明之印")
    desk.page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()


def test_a_wrong_password_is_told_without_saying_which_half_was_wrong(desk: Desk) -> None:
    for account in ("liming", "nobody-here"):
        desk.page.goto(f"{desk.system.origin}/login")
        desk.page.get_by_test_id("account").fill(account)
        desk.page.get_by_test_id("password").fill("wrong")
        desk.page.get_by_test_id("login").click()
        expect(desk.page.get_by_test_id("problem")).to_have_attribute("data-code", "LOGIN_INCORRECT")
