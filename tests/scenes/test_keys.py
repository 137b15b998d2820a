"""Looking after keys from the panel (manual 6.5): an empty key that comes to seal, a new PIN, a locked key opened."""

import json
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import needs
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, start
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System, prepared, with_soft_keys
from tools.launch.demo import PIN

pytestmark = [needs.program("chromium"), pytest.mark.timeout(240)]
EMPTY, SIGN = "DEMO-EMPTY-0001", "DEMO-SIGN-0001"
NEW_PIN, AFTER_UNLOCK = "246810", "135791"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = prepared(tmp_path_factory.mktemp("keys") / "home")
    with_soft_keys(made)
    yield made
    made.shut_down()


def card(page: Page, serial: str) -> Locator:
    return page.locator(f'[data-test="key-card"][data-serial="{serial}"]')


def my_keys(desk: Desk, account: str) -> Page:
    desk.log_in(account)
    desk.page.get_by_test_id("nav-keys").click()
    expect(desk.page.get_by_test_id("key-card").first).to_be_visible()
    return desk.page


def client_window(page: Page, button: Locator) -> Page:
    """Press a button that opens the client's own window, and give that window."""
    with page.expect_popup() as popup:
        button.click()
    window = popup.value
    expect(window).to_have_url(re.compile(r"/window/"))
    expect(window.locator("#confirm")).to_be_enabled()
    return window


def answer(window: Page, *secrets: str) -> None:
    fields = window.locator('input[type="password"]')
    expect(fields).to_have_count(len(secrets))
    for place, secret in enumerate(secrets):
        fields.nth(place).fill(secret)
    window.locator("#confirm").click()


def tries_left(system: System, serial: str) -> int:
    record = json.loads((system.home / "agent" / "keys" / serial / "key.json").read_text())
    return int(record["tries_left"])


def test_an_empty_key_becomes_one_that_seals_a_contract(
    desk: Desk, chromium: Browser, system: System
) -> None:
    title = "给陈静的合同"
    initiator = sat_down(chromium, system)
    initiator.log_in("wangfang")
    start(initiator, system.home / "samples" / "采购合同.pdf", title, colleagues=["陈静"])
    initiator.context.close()

    page = my_keys(desk, "chenjing")
    mine = card(page, EMPTY)
    expect(mine.get_by_test_id("no-certificate")).to_be_visible()
    desk.picture("keys-empty")
    mine.get_by_test_id("enrol").click()
    page.wait_for_timeout(400)  # the dialog slides in
    desk.picture("keys-enrol")
    window = client_window(page, page.get_by_test_id("enrol-begin"))
    desk.picture("client-enrol", page=window)
    answer(window, PIN)
    expect(mine.get_by_test_id("stage-issue")).to_have_class(re.compile("done"))
    window = client_window(page, mine.get_by_test_id("go-on"))
    desk.picture("client-store", page=window)
    answer(window, PIN)
    expect(mine.locator('[data-step="done"]')).to_be_visible()
    expect(mine.get_by_test_id("certificate")).to_contain_text("陈静")
    expect(mine.get_by_test_id("key-seal")).to_contain_text("陈静之印")
    desk.picture("keys-enrolled")

    open_panel(desk, title)
    choose_seal(page, "空白演示 Key", "陈静之印")
    page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    expect(page.get_by_test_id("done")).to_be_visible()


def test_an_application_that_a_reload_interrupted_is_gone_on_with(desk: Desk) -> None:
    page = my_keys(desk, "zhangwei")
    mine = card(page, EMPTY)
    mine.get_by_test_id("enrol").click()
    page.get_by_test_id("kind-RSA_SHA256").click()
    answer(client_window(page, page.get_by_test_id("enrol-begin")), PIN)
    expect(mine.get_by_test_id("go-on")).to_be_visible()
    page.reload()
    expect(mine.get_by_test_id("enrolment-left")).to_be_visible()
    answer(client_window(page, mine.get_by_test_id("go-on")), PIN)
    expect(mine.locator('[data-step="done"]')).to_be_visible()
    expect(mine.get_by_test_id("certificate").filter(has_text="张伟")).to_be_visible()


def test_a_new_pin_is_set_in_the_clients_window_and_the_old_one_opens_nothing(
    desk: Desk, system: System
) -> None:
    page = my_keys(desk, "chenjing")
    mine = card(page, EMPTY)
    window = client_window(page, mine.get_by_test_id("change-pin"))
    desk.picture("client-pin", page=window)
    answer(window, PIN, NEW_PIN, NEW_PIN)
    expect(mine.locator('[data-step="done"][data-act="change_pin"]')).to_be_visible()
    mine.get_by_test_id("care-close").click()

    window = client_window(page, mine.get_by_test_id("change-pin"))
    answer(window, PIN, AFTER_UNLOCK, AFTER_UNLOCK)
    expect(window.locator("#banner")).to_contain_text("5")
    assert tries_left(system, EMPTY) == 5
    answer(window, NEW_PIN, PIN, PIN)
    expect(mine.locator('[data-step="done"][data-act="change_pin"]')).to_be_visible()


def test_a_locked_key_is_opened_by_the_desk_that_was_told_the_code(
    desk: Desk, chromium: Browser, system: System
) -> None:
    page = my_keys(desk, "liming")
    mine = card(page, SIGN)
    window = client_window(page, mine.get_by_test_id("change-pin"))
    while tries_left(system, SIGN) > 0:
        before = tries_left(system, SIGN)
        if before == 1:
            window.locator("#accept").check()
        answer(window, "999999", NEW_PIN, NEW_PIN)
        wait_until(page, lambda: tries_left(system, SIGN) < before)  # noqa: B023
        page.wait_for_timeout(300)
    expect(mine.get_by_test_id("locked")).to_be_visible()
    mine.get_by_test_id("unlock").scroll_into_view_if_needed()
    desk.picture("keys-locked")

    mine.get_by_test_id("unlock").click()
    page.get_by_test_id("unlock-reason").fill("连续输错口令")
    page.get_by_test_id("unlock-ask").click()
    code = mine.get_by_test_id("unlock-code").inner_text()
    mine.get_by_test_id("unlock-code").scroll_into_view_if_needed()
    desk.picture("unlock-code")

    clerk = sat_down(chromium, system)
    clerk.log_in("desk")
    clerk.page.get_by_test_id("nav-desk").click()
    item = clerk.page.get_by_test_id("desk-item").first
    expect(item).to_contain_text("李明")
    expect(clerk.page.get_by_test_id("desk-demo")).to_be_visible()
    expect(clerk.page.get_by_test_id("desk-page")).not_to_contain_text(code)
    clerk.picture("desk")
    item.locator("input").fill(code.lower().replace("-", " "))
    item.get_by_test_id("desk-approve").click()
    expect(item).to_have_attribute("data-state", "approved")
    clerk.context.close()

    window = client_window(page, mine.get_by_test_id("release"))
    expect(window.locator("body")).to_contain_text(code)
    desk.picture("client-unlock", page=window)
    answer(window, AFTER_UNLOCK, AFTER_UNLOCK)
    expect(mine.locator('[data-step="done"][data-act="unlock"]')).to_be_visible()
    assert tries_left(system, SIGN) == 6

    page.get_by_test_id("nav-inbox").click()
    start(desk, system.home / "samples" / "采购合同.pdf", "解锁之后", with_me=True)
    choose_seal(page, "签名章", "李明之印")
    page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), AFTER_UNLOCK)
    expect(page.get_by_test_id("done")).to_be_visible()


def wait_until(page: Page, condition) -> None:
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about")


def test_a_key_that_is_plugged_or_pulled_is_seen_by_itself(desk: Desk, system: System) -> None:
    page = my_keys(desk, "wangfang")
    keys = system.home / "agent" / "keys"
    aside = system.home / "pulled"
    expect(card(page, SIGN)).to_be_visible()
    shutil.move(keys / SIGN, aside)
    expect(card(page, SIGN)).to_have_count(0)
    shutil.move(aside, keys / SIGN)
    expect(card(page, SIGN)).to_be_visible()


def test_a_member_without_the_right_sees_no_desk(desk: Desk, system: System) -> None:
    page = my_keys(desk, "liming")
    expect(page.get_by_test_id("nav-desk")).to_have_count(0)
    page.goto(f"{system.origin}/desk")
    expect(page.locator('[data-test="problem"]')).to_have_attribute("data-code", "DESK_NOT_GRANTED")
