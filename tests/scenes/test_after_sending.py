"""手册 6.2: what was sent is sent on, given another deadline, recalled; who was asked declines."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, start, start_own
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def opened(desk: Desk, title: str) -> Page:
    """The newest document of that title, open for reading."""
    page = desk.page
    page.goto(f"{desk.system.origin}/started")
    page.get_by_text(title).first.click()
    expect(page.get_by_test_id("title")).to_have_text(title)
    return page


def test_the_initiator_sends_it_on_and_recalls_it(desk: Desk, contract: Path) -> None:
    desk.log_in("liming")
    start(desk, contract, "待撤回的合同", colleagues=["张伟"])
    page = opened(desk, "待撤回的合同")
    page.get_by_test_id("act-forward").click()
    page.get_by_test_id("act-name").fill("郑九")
    page.get_by_test_id("act-mobile").fill("13900007777")
    desk.picture("acts")
    page.get_by_test_id("act-go").click()
    expect(page.get_by_text("郑九").first).to_be_visible()
    page.get_by_test_id("act-void").click()
    page.get_by_test_id("act-reason").fill("条款需要重新起草")
    page.get_by_test_id("act-go").click()
    expect(page.get_by_test_id("ended")).to_contain_text("条款需要重新起草")
    expect(page.get_by_test_id("act-void")).to_have_count(0)
    desk.picture("acts-ended")


def test_who_was_asked_declines_and_the_initiator_reads_why(
    desk: Desk, chromium: Browser, system: System, contract: Path
) -> None:
    desk.log_in("liming")
    start(desk, contract, "待拒签的合同", colleagues=["张伟"])
    asked = sat_down(chromium, system)
    asked.log_in("zhangwei")
    asked.page.get_by_test_id("row").filter(has_text="待拒签的合同").get_by_role("link").first.click()
    asked.page.get_by_test_id("act-decline").click()
    asked.page.get_by_test_id("act-reason").fill("第三条金额有误")
    asked.page.get_by_test_id("act-go").click()
    expect(asked.page.get_by_test_id("ended")).to_contain_text("第三条金额有误")
    page = opened(desk, "待拒签的合同")
    expect(page.get_by_test_id("ended")).to_contain_text("张伟")
    asked.context.close()
    assert asked.errors == []


def test_a_colleague_takes_over_is_reminded_and_finds_it_by_the_bell(
    desk: Desk, chromium: Browser, system: System, contract: Path
) -> None:
    desk.log_in("liming")
    start(desk, contract, "待转交的合同", colleagues=["张伟"])
    page = opened(desk, "待转交的合同")
    page.get_by_test_id("act-remind").click()
    expect(page.get_by_test_id("act-remind")).to_be_disabled()
    asked = sat_down(chromium, system)
    asked.log_in("zhangwei")
    expect(asked.page.get_by_test_id("unread")).to_be_visible()
    asked.page.get_by_test_id("bell").click()
    expect(asked.page.get_by_test_id("notice").filter(has_text="催您签署《待转交的合同》")).to_be_visible()
    asked.picture("notices")
    asked.page.get_by_test_id("notice").filter(has_text="请您签署《待转交的合同》").click()
    expect(asked.page.get_by_test_id("title")).to_have_text("待转交的合同")
    asked.page.get_by_test_id("act-handOver").click()
    asked.page.get_by_test_id("act-account").click()
    asked.page.get_by_role("option", name="孙丽").click()
    asked.picture("hand-over")
    asked.page.get_by_test_id("act-go").click()
    expect(asked.page).to_have_url(f"{system.origin}/inbox")
    expect(asked.page.get_by_text("待转交的合同")).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("handover")).to_contain_text("孙丽")
    page.get_by_test_id("bell").click()
    expect(page.get_by_test_id("notice").filter(has_text="转交给 孙丽")).to_be_visible()
    page.get_by_test_id("read-all").click()
    expect(page.get_by_test_id("unread")).to_have_count(0)
    asked.context.close()
    assert asked.errors == []


def test_an_address_for_mail_is_proved_by_the_code_that_comes_to_it(desk: Desk) -> None:
    desk.log_in("zhangwei")
    page = desk.page
    page.goto(f"{desk.system.origin}/account")
    page.get_by_test_id("set-mail").click()
    page.get_by_test_id("mail-address").fill("zhangwei@example.cn")
    page.get_by_test_id("mail-send").click()
    caught = page.get_by_test_id("mail-caught")
    expect(caught).to_contain_text("演示替身")
    found = re.search(r"验证码 (\d{6})", caught.inner_text())
    assert found
    page.get_by_test_id("mail-code").fill(found.group(1))
    desk.picture("mail-address")
    page.get_by_test_id("mail-prove").click()
    expect(page.get_by_test_id("my-mail")).to_have_text("z***@example.cn")
    page.get_by_test_id("remove-mail").click()
    expect(page.get_by_test_id("my-mail")).not_to_contain_text("@")


def test_what_was_signed_ends_by_agreement_and_says_that_the_signatures_stand(
    desk: Desk, contract: Path
) -> None:
    """Who signed it alone has nobody to ask, so proposing is agreeing."""
    desk.log_in("liming")
    start_own(desk, contract, "待作废的合同")
    open_panel(desk, "待作废的合同")
    choose_seal(desk.page, "签名章", "李明之印")
    desk.page.get_by_test_id("place-seal").click()
    window = begin(desk)
    give_pin(window, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()
    page = opened(desk, "待作废的合同")
    page.get_by_test_id("act-proposeEnd").click()
    page.get_by_test_id("act-reason").fill("双方同意解除合同")
    desk.picture("propose-end")
    page.get_by_test_id("act-go").click()
    expect(page.get_by_test_id("ending")).to_have_attribute("data-state", "agreed")
    expect(page.get_by_test_id("ending")).to_contain_text("电子签名仍然真实有效")
    expect(page.get_by_test_id("act-proposeEnd")).to_have_count(0)
    desk.picture("ended-together")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_test_id("ending")).to_be_visible()
    desk.picture("ended-together-phone")
