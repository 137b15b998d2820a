"""A certificate comes to be bound: at once, or by somebody who decides on it; and what stops it (manual 2(2))."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import needs
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import ROOT, System, prepared, with_soft_keys
from tools.launch.demo import PIN

pytestmark = [needs.program("chromium"), pytest.mark.timeout(240)]
COMPANY = "广东示例科技有限公司"
CLEAR, UNCLEAR = "DEMO-CLEAR-0001", "DEMO-UNCLEAR-0001"
ISSUE = """
import sys
from pathlib import Path
from yunqian.server import settings
from yunqian.server.adapters.ca import embedded, port
folder, name, organization = Path(sys.argv[1]), sys.argv[2], sys.argv[3] or None
authority = embedded.load(settings.current())
path = authority.issue((folder / "request.pem").read_bytes(), name=name, organization=organization)
(folder / "certificate.pem").write_bytes(port.pem(path))
"""


def with_key(system: System, serial: str, label: str, *, name: str, organization: str = "") -> None:
    """A further soft key, certified by the demo's authority and bound to nobody."""
    (system.home / "pin.txt").write_text(PIN, "utf-8")
    system.run(
        *("agent", "new-key", "--serial", serial, "--label", label, "--algorithm", "rsa"),
        *("--pin-file", str(system.home / "pin.txt")),
    )
    folder = system.home / "agent" / "keys" / serial
    done = subprocess.run(
        [sys.executable, "-c", ISSUE, str(folder), name, organization],
        cwd=ROOT,
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = prepared(tmp_path_factory.mktemp("binding") / "home")
    with_soft_keys(made)
    with_key(made, CLEAR, "张伟的 Key", name="张伟", organization=COMPANY)
    with_key(made, UNCLEAR, "张伟的旧 Key", name="张伟")
    yield made
    made.shut_down()


def card(page: Page, serial: str) -> Locator:
    return page.locator(f'[data-test="key-card"][data-serial="{serial}"]')


def my_keys(desk: Desk, account: str) -> Page:
    desk.log_in(account)
    desk.page.get_by_test_id("nav-keys").click()
    expect(desk.page.get_by_test_id("key-card").first).to_be_visible()
    return desk.page


def give_pin(page: Page, desk: Desk, picture: str = "") -> None:
    """Begin the binding, and enter the PIN in the client's window."""
    with page.expect_popup() as popup:
        page.get_by_test_id("bind-begin").click()
    window = popup.value
    expect(window).to_have_url(re.compile(r"/window/"))
    expect(window.locator("#confirm")).to_be_enabled()
    if picture:
        desk.picture(picture, page=window)
    window.locator('input[type="password"]').fill(PIN)
    window.locator("#confirm").click()


def certificates_page(chromium: Browser, system: System) -> Desk:
    """孙丽, who decides on certificates, on her page."""
    other = sat_down(chromium, system)
    other.log_in("sunli")
    other.page.get_by_test_id("nav-certificates").click()
    expect(other.page.get_by_test_id("certificates-page")).to_be_visible()
    return other


def decide(page: Page, what: str, reason: str) -> None:
    mine = page.locator('[data-test="bound-certificate"]', has_text="张伟本人").first
    mine.get_by_test_id(f"{what}-certificate").click()
    page.get_by_test_id("reason").fill(reason)
    page.get_by_test_id("reason-send").click()


def test_a_certificate_that_says_whose_it_is_is_bound_at_once_and_stops_when_it_is_lost(
    desk: Desk, chromium: Browser, system: System
) -> None:
    page = my_keys(desk, "zhangwei")
    mine = card(page, CLEAR)
    mine.get_by_test_id("bind").click()
    page.wait_for_timeout(400)  # the dialog slides in
    desk.picture("binding-ask")
    give_pin(page, desk, "client-bind")
    expect(page.locator('[data-test="binding"][data-step="bound"]')).to_be_visible()
    desk.picture("binding-bound")
    page.get_by_test_id("binding-close").click()
    expect(mine.get_by_test_id("standing")).to_have_text("已绑定")
    bound = page.locator('[data-test="bound-certificate"]', has_text="张伟本人")
    expect(bound).to_have_attribute("data-state", "bound")
    bound.scroll_into_view_if_needed()
    desk.picture("my-certificates")

    bound.get_by_test_id("report-loss").click()
    page.get_by_test_id("reason").fill("Key 遗失在出租车上")
    page.wait_for_timeout(400)
    desk.picture("certificate-loss")
    page.get_by_test_id("reason-send").click()
    expect(bound).to_have_attribute("data-state", "lost")
    expect(mine.get_by_test_id("standing")).to_have_text("已挂失")

    other = certificates_page(chromium, system)
    decide(other.page, "restore", "已找回，核对本人")
    again = other.page.locator('[data-test="bound-certificate"]', has_text="张伟本人")
    expect(again).to_have_attribute("data-state", "bound")
    again.get_by_test_id("show-history").click()
    expect(again.get_by_test_id("history").locator("li")).to_have_count(3)
    other.picture("certificate-history")
    other.context.close()


def test_a_certificate_that_does_not_say_enough_is_decided_on_by_somebody_else(
    desk: Desk, chromium: Browser, system: System
) -> None:
    page = my_keys(desk, "zhangwei")
    mine = card(page, UNCLEAR)
    mine.get_by_test_id("bind").click()
    give_pin(page, desk)
    expect(page.locator('[data-test="binding"][data-step="asked"]')).to_be_visible()
    page.get_by_test_id("binding-close").click()
    expect(mine.get_by_test_id("standing")).to_have_text("绑定待审批")
    expect(page.get_by_test_id("my-request").first).to_be_visible()

    other = certificates_page(chromium, system)
    asked = other.page.locator('[data-test="binding-request"][data-state="asked"]')
    expect(asked).to_contain_text("张伟 申请绑定")
    other.picture("certificates-requests")
    asked.get_by_test_id("approve-binding").click()
    expect(other.page.locator('[data-test="binding-request"][data-state="approved"]')).to_be_visible()
    expect(mine.get_by_test_id("standing")).to_have_text("已绑定")
    decide(other.page, "revoke", "换发新 Key")
    expect(other.page.locator('[data-test="bound-certificate"][data-state="revoked"]')).to_be_visible()
    other.context.close()


def test_the_certificate_of_somebody_else_is_refused_with_its_reason(desk: Desk) -> None:
    page = my_keys(desk, "zhangwei")
    card(page, "DEMO-SIGN-0001").get_by_test_id("bind").click()
    give_pin(page, desk)
    stopped = page.locator('[data-test="binding"][data-step="stopped"]')
    expect(stopped).to_contain_text("已绑定到其他人或其他单位")
    desk.picture("binding-of-another")
    expect(page.get_by_test_id("bind-begin")).to_be_enabled()
