"""每个单位有自己的入口地址: its people log in there and act for it; others are told where they are."""

from playwright.sync_api import expect

from tests import needs
from tests.scenes.conftest import PASSWORD, Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def came_by(desk: Desk, slug: str) -> None:
    desk.page.goto(f"{desk.system.origin}/t/{slug}")


def logged_in(desk: Desk, account: str) -> None:
    desk.page.get_by_test_id("account").fill(account)
    desk.page.get_by_test_id("password").fill(PASSWORD)
    desk.page.get_by_test_id("login").click()
    expect(desk.page).to_have_url(f"{desk.system.origin}/inbox")


def test_the_page_says_whose_it_is_and_leads_there(desk: Desk) -> None:
    came_by(desk, "demo-company")
    expect(desk.page.get_by_test_id("entry")).to_have_text("广东示例科技有限公司")
    desk.picture("entry")
    logged_in(desk, "zhangwei")
    expect(desk.page.get_by_test_id("identity")).to_contain_text("广东示例科技有限公司")
    desk.page.get_by_test_id("nav-sessions").click()
    expect(desk.page.get_by_test_id("entry-address")).to_have_text(f"{desk.system.origin}/t/demo-company")


def test_who_belongs_elsewhere_is_told_and_comes_to_his_own(desk: Desk) -> None:
    came_by(desk, "demo-center")
    expect(desk.page.get_by_test_id("entry")).to_be_visible()
    logged_in(desk, "zhangwei")
    expect(desk.page.locator(".el-message")).to_contain_text("某市公共资源交易中心")
    expect(desk.page.get_by_test_id("identity")).to_contain_text("广东示例科技有限公司")


def test_an_address_of_nobody_is_told_and_the_login_works_all_the_same(desk: Desk) -> None:
    came_by(desk, "nobody")
    expect(desk.page.get_by_test_id("problem")).to_have_attribute("data-code", "TENANT_NOT_FOUND")
    logged_in(desk, "zhangwei")
