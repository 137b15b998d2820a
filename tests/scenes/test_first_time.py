"""Who is here for the first time is told what to do, once, and finds the way without asking anybody."""

from playwright.sync_api import Browser, expect

from tests import needs
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]


def test_an_empty_inbox_shows_the_three_first_things_with_what_is_done(desk: Desk) -> None:
    desk.log_in("chenjing")
    page = desk.page
    first = page.get_by_test_id("first-things")
    expect(first).to_be_visible()
    expect(page.get_by_test_id("first-key")).to_have_attribute("data-done", "false")
    expect(page.get_by_test_id("first-start")).to_contain_text("发起权限")
    desk.picture("first-things")
    page.get_by_test_id("first-key").get_by_role("button").click()
    expect(page).to_have_url(f"{desk.system.origin}/keys")


def test_the_ticks_are_what_the_platform_knows(chromium: Browser, system: System) -> None:
    made = sat_down(chromium, system)
    made.log_in("chenjing")
    page = made.page
    expect(page.get_by_test_id("first-things")).to_be_visible()
    expect(page.get_by_test_id("first-key")).to_have_attribute("data-done", "false")
    seals = page.request.get(f"{system.origin}/api/seals").json()
    done = str(any(one["state"] == "in_use" for one in seals)).lower()
    expect(page.get_by_test_id("first-seal")).to_have_attribute("data-done", done)
    made.context.close()


def test_a_hint_that_was_put_away_stays_away_for_this_person_alone(desk: Desk) -> None:
    desk.log_in("sunli")
    page = desk.page
    page.get_by_test_id("nav-keys").click()
    hint = page.get_by_test_id("hint-keys")
    expect(hint).to_be_visible()
    hint.get_by_test_id("put-away").click()
    expect(hint).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("keys-page")).to_be_visible()
    expect(hint).to_have_count(0)
    page.get_by_test_id("logout").click()
    desk.log_in("zhangwei")
    page.get_by_test_id("nav-keys").click()
    expect(hint).to_be_visible()
