"""手册 2、6.4 (B4, B5): a browser that cannot sign gets a word and no wall; a missing security client is offered."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import needs
from tests.scenes.acts import start_own
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(180)]
_LIKE_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
OLD = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_LIKE_CHROME.format('86.0.4240.198')}"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_LIKE_CHROME.format('142.0.0.0')}"
KYLIN = f"Mozilla/5.0 (X11; Linux x86_64; Kylin) {_LIKE_CHROME.format('142.0.0.0')}"
NO_BRANDS = "delete Navigator.prototype.userAgentData"  # as Firefox has none, and Chromium had none before 90
# What Chromium has only since 2024 to 2026, and pdf.js would call.
YOUNG = """
for (const [owner, names] of [
  [Map.prototype, ['getOrInsert', 'getOrInsertComputed']], [WeakMap.prototype, ['getOrInsert', 'getOrInsertComputed']],
  [Math, ['sumPrecise']], [Promise, ['try']], [URL, ['parse']], [Uint8Array, ['fromBase64', 'fromHex']],
  [Uint8Array.prototype, ['toBase64', 'toHex']],
]) for (const name of names) delete owner[name]
"""


@pytest.mark.parametrize(
    ("agent", "standing", "words"),
    [(FIREFOX, "other", "USBKey"), (OLD, "old", "118")],
    ids=["firefox", "old"],
)
def test_a_browser_that_cannot_sign_gets_a_word_and_no_wall(
    chromium: Browser, system: System, agent: str, standing: str, words: str
) -> None:
    made = sat_down(chromium, system, user_agent=agent)
    made.context.add_init_script(NO_BRANDS)
    page = made.page
    page.goto(f"{system.origin}/login")
    told = page.get_by_test_id("browser")
    expect(told).to_have_attribute("data-standing", standing)
    expect(told).to_contain_text(words)
    expect(told).to_contain_text("360 浏览器")
    expect(page.get_by_test_id("account")).to_be_visible()
    made.picture(f"browser-{standing}")
    made.log_in("liming")
    expect(told).to_be_visible()
    page.get_by_test_id("browser-put-away").click()
    expect(told).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("identity")).to_be_visible()
    expect(told).to_have_count(0)
    made.context.close()
    assert made.errors == []


def test_the_brands_count_more_than_the_user_agent_line(chromium: Browser, system: System) -> None:
    made = sat_down(chromium, system, user_agent=OLD)
    brands = json.dumps([{"brand": "Chromium", "version": "142"}])
    made.context.add_init_script(
        f"Object.defineProperty(navigator, 'userAgentData', {{ value: {{ brands: {brands} }} }})"
    )
    made.page.goto(f"{system.origin}/login")
    expect(made.page.get_by_test_id("account")).to_be_visible()
    expect(made.page.get_by_test_id("browser")).to_have_count(0)
    made.context.close()


def test_a_document_is_drawn_without_what_only_young_browsers_have(desk: Desk, contract: Path) -> None:
    desk.context.add_init_script(YOUNG)
    desk.log_in("liming")
    start_own(desk, contract, "在旧一些的浏览器里打开的合同")
    expect(desk.page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()


def without_client(page: Page, system: System) -> None:
    """As if the security client were not installed."""
    page.route(f"http://127.0.0.1:{system.client_port}/**", lambda route: route.abort("connectionrefused"))


def offering(page: Page, *systems: str) -> None:
    """The platform hands on archives for these systems."""
    archives = [
        {
            "system": one,
            "machine": "x86_64",
            "name": f"yunqian-agent-9.9.9-{one}-x86_64.zip",
            "size": 31_000_000,
            "sha256": "ab" * 32,
        }
        for one in systems
    ]
    payload = json.dumps({"version": "9.9.9", "archives": archives})

    def answer(route: Route) -> None:
        route.fulfill(json={"payload": payload, "signature": "AA=="})

    page.route("**/.well-known/yunqian-client", answer)


@pytest.mark.parametrize(
    ("agent", "desktop", "said"), [(WINDOWS, "windows", "yunqian-agent.exe"), (KYLIN, "kylin", "放行")]
)
def test_the_client_is_offered_with_the_steps_of_this_computer(
    chromium: Browser, system: System, agent: str, desktop: str, said: str
) -> None:
    made = sat_down(chromium, system, user_agent=agent)
    page = made.page
    without_client(page, system)
    offering(page, "windows", "linux")
    made.log_in("liming")
    page.get_by_test_id("nav-keys").click()
    expect(page.get_by_test_id("download-client")).to_contain_text("9.9.9")
    steps = page.get_by_test_id("install-steps")
    expect(steps).to_have_attribute("data-desktop", desktop)
    expect(steps.locator("li")).to_have_count(3)
    expect(steps).to_contain_text(said)
    made.picture(f"client-download-{desktop}")
    made.context.close()
    assert made.errors == []


def test_where_none_is_handed_on_the_page_says_whom_to_ask(desk: Desk) -> None:
    without_client(desk.page, desk.system)
    desk.page.goto(f"{desk.system.origin}/login")
    desk.page.get_by_test_id("way-key").click()
    expect(desk.page.get_by_test_id("none-here")).to_contain_text("单位管理员")


def test_who_has_another_computer_than_any_archive_is_for_is_told(desk: Desk) -> None:
    without_client(desk.page, desk.system)
    offering(desk.page, "windows")
    desk.page.goto(f"{desk.system.origin}/login")
    desk.page.get_by_test_id("way-key").click()
    expect(desk.page.get_by_test_id("none-for-you")).to_be_visible()
    expect(desk.page.get_by_test_id("getting")).to_contain_text("windows")
