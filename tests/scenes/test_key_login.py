"""Logging in with a key (manual 3.2): no account, no password; the organization's key opens no session."""

from playwright.sync_api import expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import give_pin
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def key_login(desk: Desk) -> None:
    desk.page.goto(f"{desk.system.origin}/login")
    desk.page.get_by_test_id("way-key").click()
    expect(desk.page.get_by_test_id("certificate-李明")).to_be_visible()


def test_a_person_logs_in_with_the_key_and_is_who_the_certificate_says(desk: Desk) -> None:
    page = desk.page
    key_login(desk)
    desk.picture("login-key")
    with page.expect_popup() as popup:
        page.get_by_test_id("certificate-李明").click()
    expect(popup.value.locator("body")).to_contain_text(desk.system.origin)
    desk.picture("client-login", page=popup.value)
    give_pin(popup.value, PIN)
    expect(page).to_have_url(f"{desk.system.origin}/inbox")
    expect(page.get_by_test_id("identity")).to_contain_text("李明")
    page.get_by_test_id("logout").click()
    expect(page.get_by_test_id("key-login")).to_be_visible()  # as it was chosen last


def test_the_key_of_the_organization_opens_no_session_and_the_page_says_why(desk: Desk) -> None:
    page = desk.page
    key_login(desk)
    with page.expect_popup() as popup:
        page.get_by_test_id("certificate-广东示例科技有限公司").click()
    give_pin(popup.value, PIN)
    problem = page.get_by_test_id("key-login").get_by_test_id("problem")
    expect(problem).to_have_attribute("data-code", "LOGIN_CERTIFICATE_UNBOUND")
    page.goto(f"{desk.system.origin}/inbox")
    expect(page).to_have_url(f"{desk.system.origin}/login?next=/inbox")


def test_who_cancels_in_the_client_may_choose_again(desk: Desk) -> None:
    page = desk.page
    key_login(desk)
    with page.expect_popup() as popup:
        page.get_by_test_id("certificate-李明").click()
    expect(popup.value.locator("#pin")).to_be_focused()  # the window's own script is there
    popup.value.locator("#cancel").click()
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "PIN_CANCELLED")
    expect(page.get_by_test_id("certificate-李明")).to_be_enabled()
