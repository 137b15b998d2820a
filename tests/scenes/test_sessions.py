"""登录设备: a person who forgot to log out elsewhere does it from here."""

from playwright.sync_api import Browser, expect

from tests import needs
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def test_a_browser_that_was_forgotten_is_logged_out_from_another(
    desk: Desk, chromium: Browser, system: System
) -> None:
    forgotten = sat_down(chromium, system)
    forgotten.log_in("zhangwei")
    desk.log_in("zhangwei")
    page = desk.page
    page.get_by_test_id("nav-sessions").click()
    rows = page.get_by_test_id("session")
    expect(rows.nth(0)).to_have_attribute("data-current", "true")
    expect(rows.nth(1)).to_have_attribute("data-current", "false")  # the newest of the others
    before = rows.count()
    desk.picture("sessions")
    rows.nth(1).get_by_test_id("end-session").click()
    expect(rows).to_have_count(before - 1)
    forgotten.page.reload()
    expect(forgotten.page).to_have_url(f"{system.origin}/login?next=/inbox")
    forgotten.context.close()
