"""What people see when the platform is gone, when the network is, and when their session ends under their hands."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests import needs
from tests.scenes.conftest import PASSWORD, Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(180)]
GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
API = re.compile(r"/api/")


def nobody_behind(route: Route) -> None:
    """What a reverse proxy says while the platform restarts."""
    route.fulfill(status=502, content_type="text/html", body=GATEWAY)


def relogin(page: Page, account: str) -> None:
    """Log in over the page that one is on."""
    dialog = page.get_by_test_id("relogin")
    expect(dialog).to_be_visible()
    dialog.get_by_test_id("account").fill(account)
    dialog.get_by_test_id("password").fill(PASSWORD)
    dialog.get_by_test_id("login").click()


def half_done(desk: Desk, contract: Path, title: str) -> Page:
    """A person who is about to send what he uploaded, when his session ends."""
    desk.log_in("liming")
    page = desk.page
    page.get_by_test_id("start").click()
    page.get_by_test_id("choose-document").set_input_files(contract)
    expect(page.get_by_test_id("uploaded")).to_be_visible()
    page.get_by_test_id("title").fill(title)
    page.get_by_test_id("add-me").click()
    desk.context.clear_cookies()
    return page


def test_a_lost_network_is_told_and_nothing_typed_is_lost(desk: Desk) -> None:
    desk.log_in("liming")
    page = desk.page
    page.get_by_test_id("nav-started").click()
    page.get_by_test_id("search").fill("采购")
    desk.context.set_offline(True)
    line = page.get_by_test_id("connection")
    expect(line).to_have_attribute("data-standing", "lost")
    desk.picture("fault-offline")
    desk.context.set_offline(False)
    expect(line).to_have_attribute("data-standing", "back")
    expect(page.get_by_test_id("search")).to_have_value("采购")
    expect(line).to_have_count(0)


def test_a_platform_that_restarts_is_waited_for(desk: Desk) -> None:
    desk.log_in("liming")
    page = desk.page
    page.route(API, nobody_behind)
    page.get_by_test_id("nav-signed").click()
    expect(page.get_by_test_id("problem").first).to_have_attribute("data-code", "SERVER_UNREACHABLE")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-standing", "lost")
    page.unroute(API)
    page.get_by_test_id("try-again").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-standing", "back")


def test_who_comes_while_the_platform_is_gone_is_told_and_tries_again(desk: Desk) -> None:
    page = desk.page
    page.route(API, nobody_behind)
    page.goto(f"{desk.system.origin}/login")
    expect(page.get_by_test_id("not-reached")).to_be_visible()
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "SERVER_UNREACHABLE")
    desk.picture("fault-closed")
    page.unroute(API)
    page.get_by_test_id("problem").get_by_role("button").click()
    expect(page.get_by_test_id("account")).to_be_visible()


def test_a_session_that_ended_is_begun_again_over_the_work(desk: Desk, contract: Path) -> None:
    title = "登录失效时正在发起的合同"
    page = half_done(desk, contract, title)
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("relogin")).to_contain_text("李明")
    desk.picture("fault-relogin")
    relogin(page, "liming")
    expect(page).to_have_url(re.compile(r"/envelopes/[^/]+/seal"))
    page.goto(f"{desk.system.origin}/started")
    expect(page.get_by_test_id("row").filter(has_text=title)).to_have_count(1)


def test_another_person_who_logs_in_there_sees_nothing_of_the_work(desk: Desk, contract: Path) -> None:
    page = half_done(desk, contract, "别人不该看到的合同")
    page.get_by_test_id("send").click()
    relogin(page, "zhangwei")
    expect(page).to_have_url(f"{desk.system.origin}/inbox")
    expect(page.get_by_test_id("identity")).to_contain_text("张伟")
    expect(page.get_by_text("别人不该看到的合同")).to_have_count(0)


def test_who_does_not_log_in_again_is_led_to_the_login(desk: Desk, contract: Path) -> None:
    page = half_done(desk, contract, "没有再登录的合同")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("relogin")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{desk.system.origin}/login?next=/start")
