"""The scenes of the platform's manual, 4.1 to 6.3: every step of it is a step here, in its order.

The keys lie in SoftHSM2 and are reached through the real security client. What more can be said about each scene
(faults, races, bytes) is tried in the other files; these are what a clerk with the manual in hand would do.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import (
    begin,
    begin_start,
    choose_seal,
    drag,
    give_pin,
    name_signers,
    open_panel,
    send,
    start,
    start_own,
    upload,
)
from tests.scenes.clicks import counted
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.steps import step
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(240)]


@pytest.fixture
def colleague(chromium: Browser, system: System) -> Iterator[Desk]:
    """张伟, at a computer of his own."""
    made = sat_down(chromium, system)
    made.log_in("zhangwei")
    yield made
    made.context.close()
    assert made.errors == []


def on_stage(page: Page, name: str) -> Locator:
    """A mark on the document."""
    return page.get_by_test_id("stage").get_by_test_id(name)


def done(desk: Desk) -> None:
    expect(desk.page.get_by_test_id("done")).to_be_visible()


def row(page: Page, title: str) -> Locator:
    return page.get_by_test_id("row").filter(has_text=title)


def valid(page: Page, count: int) -> None:
    """The page shows so many signatures, all of them valid."""
    signatures = page.get_by_test_id("signature")
    expect(signatures).to_have_count(count)
    for place in range(count):
        expect(signatures.nth(place)).to_have_attribute("data-verdict", "valid")


def finished(desk: Desk, contract: Path, title: str) -> Page:
    """A document that its initiator has uploaded and sealed himself; he is looking at it."""
    desk.log_in("liming")
    start_own(desk, contract, title)
    choose_seal(desk.page, "签名章", "李明之印")
    desk.page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    done(desk)
    desk.page.get_by_test_id("done-view").click()
    valid(desk.page, 1)
    return desk.page


def test_4_1_a_document_of_ones_own_sealed_by_oneself(desk: Desk, contract: Path) -> None:
    title = "手册 4.1 采购合同"
    page = desk.page
    desk.log_in("liming")
    with counted(desk, "4.1 发起", "上传文件，指定自己，发起", clicks=4):
        with step(desk, "4.1.1"):
            begin_start(desk)
        with step(desk, "4.1.2"):
            upload(desk, contract, title)
        with step(desk, "4.1.3", picture="start"):
            name_signers(desk, with_me=True)
        send(desk)
    page.goto(f"{desk.system.origin}/inbox")
    with counted(desk, "4.1 盖章", "从待签署打开，盖章，输入口令", clicks=5, pins=1):
        with step(desk, "4.1.4", picture="inbox"):
            expect(row(page, title).get_by_test_id("status")).to_have_text(re.compile("轮到您"))
        with step(desk, "4.1.5"):
            row(page, title).get_by_test_id("seal").click()
            choose_seal(page, "公章", "合同专用章")
            page.get_by_test_id("place-seal").click()
            give_pin(begin(desk), PIN)
            done(desk)
    with step(desk, "4.1.6", picture="view"):
        page.get_by_test_id("done-list").click()
        expect(row(page, title).get_by_test_id("status")).to_have_text("已完成")
        row(page, title).get_by_test_id("view").click()
        valid(page, 1)
        expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()


def test_4_2_a_document_sent_to_another_who_seals_it(desk: Desk, colleague: Desk, contract: Path) -> None:
    title = "手册 4.2 采购合同"
    desk.log_in("liming")
    with counted(desk, "4.2 发起", "上传文件，指定目标用户，发起", clicks=5):
        with step(desk, "4.2.1"):
            begin_start(desk)
        with step(desk, "4.2.2"):
            upload(desk, contract, title)
        with step(desk, "4.2.3", picture="start-for-another"):
            name_signers(desk, colleagues=["张伟"])
        send(desk)
    expect(row(desk.page, title).get_by_test_id("status")).to_have_text(re.compile("张伟"))
    colleague.page.goto(f"{desk.system.origin}/inbox")
    with counted(colleague, "4.2 盖章", "目标用户从待签署打开，盖章，输入口令", clicks=5, pins=1):
        with step(colleague, "4.2.4", picture="inbox-of-another"):
            expect(row(colleague.page, title)).to_contain_text("李明")
        with step(colleague, "4.2.5"):
            row(colleague.page, title).get_by_test_id("seal").click()
            choose_seal(colleague.page, "公章", "合同专用章")
            colleague.page.get_by_test_id("place-seal").click()
            give_pin(begin(colleague), PIN)
            done(colleague)
    with step(desk, "4.2.6", picture="started-done"):
        desk.page.reload()
        expect(row(desk.page, title).get_by_test_id("status")).to_have_text("已完成")
        row(desk.page, title).get_by_test_id("view").click()
        valid(desk.page, 1)


def test_4_3_a_signature_seal_then_the_official_seal_of_another_key(desk: Desk, contract: Path) -> None:
    page = desk.page
    with step(desk, "4.3.1"):
        assert (
            desk.system.home / "agent" / "agent.json"
        ).exists()  # two slots of one module: two keys plugged in
    desk.log_in("liming")
    with step(desk, "4.3.2", picture="keys-two"):
        page.get_by_test_id("nav-keys").click()
        expect(page.get_by_test_id("key-card")).to_have_count(2)
    page.get_by_test_id("nav-inbox").click()
    start_own(desk, contract, "手册 4.3 采购合同")
    page.goto(f"{desk.system.origin}/inbox")
    with counted(desk, "4.3", "签名章、日期、公章、骑缝章，两把 Key", clicks=11, pins=2):
        with step(desk, "4.3.3"):
            row(page, "手册 4.3 采购合同").get_by_test_id("seal").click()
            expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()
        with step(desk, "4.3.4", picture="panel-keys"):
            choose_seal(page, "签名章", "李明之印")
            page.get_by_test_id("place-seal").click()
        with step(desk, "4.3.5"):
            drag(page, on_stage(page, "mark-seal").first, right=-60, down=80)
        with step(desk, "4.3.6", picture="panel-date"):
            page.get_by_test_id("place-date").click()
            drag(page, on_stage(page, "mark-date"), right=-60, down=150)
        with step(desk, "4.3.7"):
            page.get_by_test_id("change").click()
        with step(desk, "4.3.8"):
            key = page.get_by_test_id("key").filter(has=page.get_by_text("公章", exact=True))
            key.locator('[data-test="seal-choice"][data-seal="公章"]').click()
        with step(desk, "4.3.9"):
            page.get_by_test_id("place-seal").click()
            drag(page, on_stage(page, "mark-seal").last, right=180, down=60)
        with step(desk, "4.3.10", picture="panel-two-keys"):
            page.get_by_test_id("place-paging").click()
            expect(page.get_by_test_id("stage").locator('[data-test^="strip-"]')).to_have_count(4)
            expect(page.get_by_test_id("session").locator("li")).to_have_count(2)
        with step(desk, "4.3.11"):
            window = begin(desk)
        with step(desk, "4.3.12"):
            give_pin(window, PIN)
            with page.expect_popup() as popup:
                page.get_by_test_id("open-window").click()
            desk.picture("pin-second", page=popup.value)
            give_pin(popup.value, PIN)
        with step(desk, "4.3.13", picture="done"):
            done(desk)
    page.get_by_test_id("done-view").click()
    valid(page, 2)


def test_5_1_the_panel_shows_the_document_and_its_signatures(
    desk: Desk, colleague: Desk, contract: Path
) -> None:
    title = "手册 5.1 采购合同"
    desk.log_in("liming")
    start(desk, contract, title, colleagues=["张伟"], with_me=True)
    open_panel(desk, title)
    choose_seal(desk.page, "签名章", "李明之印")
    desk.page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    done(desk)
    with step(colleague, "5.1.1", picture="panel-open"):
        open_panel(colleague, title)
        expect(colleague.page.get_by_test_id("page-of")).to_have_text(re.compile("1 / 4"))
    with step(colleague, "5.1.2", picture="panel-signatures"):
        valid(colleague.page, 1)
        expect(colleague.page.get_by_test_id("signature")).to_contain_text("李明")


def test_5_2_a_seal_with_a_key(desk: Desk, contract: Path) -> None:
    title = "手册 5.2 采购合同"
    page = desk.page
    desk.log_in("liming")
    start_own(desk, contract, title)
    with counted(desk, "5.2", "选章、拖动、放日期、签名", clicks=6, pins=1):
        with step(desk, "5.2.1"):
            expect(page.get_by_test_id("client-phase")).to_have_attribute("data-phase", "here")
            expect(page.get_by_test_id("key")).to_have_count(2)
        with step(desk, "5.2.2"):
            choose_seal(page, "公章", "合同专用章")
        with step(desk, "5.2.3"):
            page.get_by_test_id("place-seal").click()
            drag(page, on_stage(page, "mark-seal"), right=-120, down=90)
        with step(desk, "5.2.4", picture="panel"):
            page.get_by_test_id("place-date").click()
            drag(page, on_stage(page, "mark-date"), right=-110, down=180)
        with step(desk, "5.2.5"):
            window = begin(desk)
            desk.picture("pin", page=window)
            give_pin(window, PIN)
            done(desk)
        with step(desk, "5.2.6", picture="signed"):
            page.get_by_test_id("done-list").click()
            expect(row(page, title).get_by_test_id("status")).to_have_text("已完成")


def test_5_3_a_paging_seal(desk: Desk, contract: Path) -> None:
    title = "手册 5.3 采购合同"
    page = desk.page
    desk.log_in("liming")
    start_own(desk, contract, title)
    with counted(desk, "5.3", "选章、放章、放日期、骑缝章、签名", clicks=7, pins=1):
        with step(desk, "5.3.1"):
            expect(page.get_by_test_id("client-phase")).to_have_attribute("data-phase", "here")
        with step(desk, "5.3.2"):
            choose_seal(page, "公章", "公章")
        with step(desk, "5.3.3"):
            page.get_by_test_id("place-seal").click()
            expect(on_stage(page, "mark-seal")).to_be_visible()
        with step(desk, "5.3.4"):
            page.get_by_test_id("place-date").click()
            drag(page, on_stage(page, "mark-date"), right=0, down=120)
        with step(desk, "5.3.5"):
            page.get_by_test_id("place-paging").click()  # certificate and seal are still chosen
        with step(desk, "5.3.6", picture="panel-paging"):
            strips = page.get_by_test_id("stage").locator('[data-test^="strip-"]')
            expect(strips).to_have_count(4)
            drag(page, strips.first, right=0, down=-60)
        with step(desk, "5.3.7"):
            give_pin(begin(desk), PIN)
            done(desk)
        with step(desk, "5.3.8"):
            page.get_by_test_id("done-list").click()
            expect(row(page, title).get_by_test_id("status")).to_have_text("已完成")
    row(page, title).get_by_test_id("view").click()
    valid(page, 1)


def test_6_1_who_was_not_granted_it_may_not_start(desk: Desk, colleague: Desk, contract: Path) -> None:
    page = colleague.page
    with step(colleague, "6.1.1"):
        expect(page.get_by_test_id("start")).to_have_count(0)
        page.goto(f"{desk.system.origin}/started")
        expect(page.get_by_text("没有盖章任务发起权限").first).to_be_visible()
        refused = colleague.context.request.post(
            f"{desk.system.origin}/api/uploads",
            multipart={
                "document": {"name": "a.pdf", "mimeType": "application/pdf", "buffer": contract.read_bytes()}
            },
            headers={"X-CSRFToken": page.request.get(f"{desk.system.origin}/api/session").json()["csrf"]},
        )
        assert (refused.status, refused.json()["code"]) == (403, "START_NOT_GRANTED")
    with step(desk, "6.1.2"):
        desk.log_in("liming")
        expect(desk.page.get_by_test_id("start")).to_be_visible()


def test_6_2_ones_own_document_is_sent_on_and_anothers_is_not(
    desk: Desk, colleague: Desk, contract: Path
) -> None:
    title = "手册 6.2 采购合同"
    page = finished(desk, contract, title)
    with step(desk, "6.2.1"):
        page.get_by_test_id("act-forward").click()
        page.get_by_test_id("act-account").click()
        page.get_by_role("option", name="张伟").click()
        desk.picture("acts-forward")
        page.get_by_test_id("act-go").click()
        expect(page.get_by_text("张伟").first).to_be_visible()
    with step(colleague, "6.2.2"):
        colleague.page.goto(f"{desk.system.origin}/inbox")
        row(colleague.page, title).get_by_test_id("view").click()
        expect(colleague.page.get_by_test_id("title")).to_have_text(title)
        expect(colleague.page.get_by_test_id("act-forward")).to_have_count(0)


def test_6_3_only_the_initiator_downloads(desk: Desk, colleague: Desk, contract: Path) -> None:
    title = "手册 6.3 采购合同"
    desk.log_in("liming")
    start(desk, contract, title, colleagues=["张伟"])
    with step(desk, "6.3.1"):
        row(desk.page, title).get_by_test_id("view").click()
        with desk.page.expect_download() as download:
            desk.page.get_by_test_id("download").click()
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    with step(colleague, "6.3.2"):
        colleague.page.goto(f"{desk.system.origin}/inbox")
        row(colleague.page, title).get_by_test_id("view").click()
        expect(colleague.page.get_by_test_id("title")).to_have_text(title)
        expect(colleague.page.get_by_test_id("download")).to_have_count(0)
        refused = colleague.context.request.get(
            colleague.page.url.replace("/envelopes", "/api/envelopes") + "/download"
        )
        assert (refused.status, refused.json()["code"]) == (403, "DOWNLOAD_RESERVED_TO_INITIATOR")
        assert "发起人" in refused.json()["zh"]
