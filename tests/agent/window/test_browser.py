"""The window in a real browser, opened as a popup by a page, with a key in SoftHSM2 behind PKCS#11."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from playwright.sync_api import Page, expect, sync_playwright

from tests import needs
from tests.agent import softhsm, world
from tests.agent.softhsm import PIN, Slot, Store
from tests.agent.world import Site
from tests.scenes.system import free_port
from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.wire.keys import DialogOpened, DialogPhase, DialogState
from yunqian.wire.orders import check_code

pytestmark = [needs.program("softhsm2-util"), needs.program("chromium")]
PROGRAM = "import sys; from yunqian.agent.app import main; sys.exit(main(sys.argv[1:]))"
FLAGS = ("--no-sandbox", "--disable-gpu")
ORIGIN = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Client:
    """A running client with one key, and the platform it is paired with."""

    port: int
    site: Site
    certificate: Certificate

    def ask(self, method: str, path: str, body: str | None = None) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else body.encode(),
            headers={"Origin": ORIGIN, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def open(self) -> tuple[DialogOpened, bytes]:
        """A dialog, and the bytes that its order wants signed."""
        order = self.site.order(self.certificate, at=datetime.now(UTC))
        answer = self.ask("POST", "/dialogs", self.site.signed(order).model_dump_json())
        return DialogOpened.model_validate_json(answer), base64.b64decode(order.to_be_signed)

    def state(self, opened: DialogOpened) -> DialogState:
        return DialogState.model_validate_json(self.ask("GET", f"/dialogs/{opened.dialog_id}"))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Certificate]:
    """A store with one slot, and the certificate in it."""
    store = softhsm.make(tmp_path_factory.mktemp("hsm") / "store", [Slot("公章")])
    begin = datetime.now(UTC).replace(microsecond=0)
    pem = world.certify(load_pem_public_key(store.public_key("公章")), "广东示例科技有限公司", begin=begin)
    certificate = certificates.read(pem)
    store.put_certificate("公章", certificate.der)
    return store, certificate


@pytest.fixture
def running(tmp_path: Path, key: tuple[Store, Certificate]) -> Iterator[Client]:
    store, certificate = key
    client = Client(free_port(), Site(ORIGIN), certificate)
    order_key = client.site.paired().order_key
    store.write_configuration(tmp_path, port=client.port, origin=ORIGIN, order_key=order_key)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--folder", str(tmp_path)],
        env={**os.environ, **store.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        wait_for(client)
        yield client
    finally:
        program.terminate()
        program.wait(10)


def wait_for(client: Client) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            client.ask("GET", "/hello")
        except OSError:
            assert time.monotonic() < deadline, "the client did not come up"
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def opener() -> Iterator[Page]:
    """A page that opens popups, with the browser in Chinese."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        page = browser.new_context(locale="zh-CN").new_page()
        page.goto("about:blank")
        yield page
        browser.close()


def popup(opener: Page, opened: DialogOpened) -> Page:
    """As the panel does it: an empty popup on the click, its address later."""
    with opener.expect_popup() as caught:
        opener.evaluate("window.popup = window.open('about:blank', 'sign', 'popup,width=480,height=760')")
    opener.evaluate("address => { window.popup.location = address }", opened.window_url)
    return caught.value


def test_a_wrong_pin_then_the_right_one_and_the_window_closes_itself(running: Client, opener: Page) -> None:
    opened, message = running.open()
    window = popup(opener, opened)
    faults: list[str] = []

    def note(fault: Any) -> None:
        faults.append(str(fault))

    window.on("pageerror", note)
    expect(window.locator("#code")).to_have_text(check_code(message))
    expect(window.get_by_text("合同专用章 · 第 1 页")).to_be_visible()
    expect(window.get_by_label("口令")).to_be_focused()

    window.get_by_label("口令").fill("000000")
    window.get_by_role("button", name="确认签名").click()
    expect(window.get_by_role("alert")).to_contain_text("口令不正确")
    expect(window.get_by_label("口令")).to_have_value("")
    assert running.state(opened).phase is DialogPhase.WAITING

    with window.expect_event("close"):
        window.get_by_label("口令").fill(PIN)
        window.get_by_label("口令").press("Enter")
    assert opener.evaluate("window.popup.closed") is True
    state = running.state(opened)
    assert state.result is not None
    value = base64.b64decode(state.result.signature)
    assert suites.check(Suite.RSA_SHA256, running.certificate, message, value)
    assert faults == []


def test_cancel_closes_the_window_and_the_page_is_told(running: Client, opener: Page) -> None:
    opened, _ = running.open()
    window = popup(opener, opened)
    with window.expect_event("close"):
        window.get_by_role("button", name="取消").click()
    state = running.state(opened)
    assert (state.phase, state.problem and state.problem.code) == (DialogPhase.REFUSED, "PIN_CANCELLED")


def test_when_the_page_gives_up_the_window_says_so(running: Client, opener: Page) -> None:
    opened, _ = running.open()
    window = popup(opener, opened)
    expect(window.get_by_label("口令")).to_be_visible()
    running.ask("DELETE", f"/dialogs/{opened.dialog_id}")
    expect(window.get_by_role("status")).to_contain_text("您取消了操作")
    expect(window.get_by_label("口令")).to_be_hidden()


def test_the_other_language_is_one_click_away(running: Client, opener: Page) -> None:
    opened, _ = running.open()
    window = popup(opener, opened)
    window.get_by_role("link", name="English").click()
    expect(window.get_by_role("heading", name="Security client · Confirm signature")).to_be_visible()
    assert json.loads(running.ask("GET", f"/dialogs/{opened.dialog_id}"))["phase"] == "waiting"


NEW = "864202"


def change_pin(running: Client, opener: Page) -> tuple[DialogOpened, Page]:
    """The window in which the PIN of the one key is changed."""
    (key,) = json.loads(running.ask("GET", "/keys"))["keys"]
    named = {name: key[name] for name in ("driver", "serial", "label")}
    answer = running.ask("POST", "/pin-changes", json.dumps({"key": named}))
    opened = DialogOpened.model_validate_json(answer)
    return opened, popup(opener, opened)


def enter(window: Page, *texts: str) -> None:
    for name, text in zip(("old_pin", "new_pin", "new_pin_again"), texts, strict=True):
        window.locator(f"#{name}").fill(text)


def test_a_new_pin_is_entered_twice_and_a_slip_is_said_before_anything_is_sent(
    running: Client, opener: Page
) -> None:
    opened, window = change_pin(running, opener)
    sent: list[str] = []
    window.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    expect(window.get_by_role("heading", name="安全客户端 · 修改口令")).to_be_visible()
    expect(window.get_by_label("原口令")).to_be_focused()
    for texts, said in (
        ((PIN, NEW, NEW + "0"), "两次输入的新口令不一致"),
        ((PIN, "12345", "12345"), "新口令太弱"),
        ((PIN, "888888", "888888"), "新口令太弱"),
        ((PIN, PIN, PIN), "新口令太弱"),
    ):
        enter(window, *texts)
        window.get_by_role("button", name="修改口令").click()
        expect(window.get_by_role("alert")).to_contain_text(said)
    assert sent == []
    with window.expect_event("close"):
        enter(window, PIN, NEW, NEW)
        window.locator("#new_pin_again").press("Enter")
    assert running.state(opened).result is not None
    assert len(sent) == 1

    back, window = change_pin(running, opener)
    enter(window, PIN, PIN + "1", PIN + "1")
    window.get_by_role("button", name="修改口令").click()
    expect(window.get_by_role("alert")).to_contain_text("口令不正确")
    for name in ("old_pin", "new_pin", "new_pin_again"):
        expect(window.locator(f"#{name}")).to_have_value("")
    with window.expect_event("close"):
        enter(window, NEW, PIN, PIN)
        window.get_by_role("button", name="修改口令").click()
    assert running.state(back).phase is DialogPhase.SIGNED


def test_a_difference_is_said_when_the_second_field_is_left(running: Client, opener: Page) -> None:
    _, window = change_pin(running, opener)
    enter(window, PIN, NEW, "8642")
    window.locator("#new_pin_again").blur()
    expect(window.get_by_role("alert")).to_contain_text("两次输入的新口令不一致")
    window.locator("#new_pin_again").fill(NEW)
    expect(window.locator("#banner")).to_be_hidden()
