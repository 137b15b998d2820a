"""The client's own page in a real browser: a person pairs by hand, and a stranger's page gets nothing.

With YUNQIAN_PICTURES=1 the pictures go into docs/images/client.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests import needs
from tests.agent.test_app import PROGRAM, free_port
from tests.agent.world import Site, World
from yunqian.agent import config
from yunqian.agent.config import Config, SoftDriver
from yunqian.wire.platforms import PlatformCard, pairing_code

pytestmark = needs.program("chromium")
FLAGS = ("--no-sandbox", "--disable-gpu")
PICTURES = Path(__file__).resolve().parents[3] / "docs" / "images" / "client"
PROBE = """async (address) => {
  const seen = {};
  for (const mode of ["cors", "no-cors"]) {
    try { const a = await fetch(address, { mode }); seen[mode] = `${a.type} ${a.status} ${await a.text()}`; }
    catch (error) { seen[mode] = error.name; }
  }
  const frame = document.createElement("iframe");
  frame.src = address;
  document.body.append(frame);
  await new Promise((done) => { frame.onload = done; setTimeout(done, 3000); });
  try { seen.frame = frame.contentDocument ? frame.contentDocument.body.innerText : "closed"; }
  catch (error) { seen.frame = error.name; }
  return seen;
}"""


class Platform:
    """A platform on loopback that says of itself what it should, and serves an empty page."""

    def __init__(self) -> None:
        self.key = Site().paired().order_key
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def card(self) -> PlatformCard:
        return PlatformCard(
            origin=self.origin, name="某市公共资源交易平台", order_key=self.key, oldest_protocol=1
        )

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(platform) -> type[BaseHTTPRequestHandler]:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_card = self.path == "/.well-known/yunqian-platform"
                body = platform.card.model_dump_json().encode() if is_card else b"<!doctype html><p>page"
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if is_card else "text/html")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return None

        return Answer


@pytest.fixture
def platform() -> Iterator[Platform]:
    one = Platform()
    yield one
    one.stop()


@pytest.fixture
def address(client: World) -> Iterator[str]:
    """A running client with one soft key, paired with nobody."""
    port = free_port()
    config.write(client.folder, Config(port=port, drivers=(SoftDriver(kind="soft", folder="keys"),)))
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--folder", str(client.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert program.stdout is not None
        program.stdout.readline()  # it listens
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.communicate(timeout=20)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        yield browser.new_page(locale="zh-CN", viewport={"width": 720, "height": 640})
        browser.close()


def take(page: Page, name: str) -> None:
    if os.environ.get("YUNQIAN_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_pairs_and_removes_a_platform(
    client: World, platform: Platform, address: str, page: Page, language: str
) -> None:
    page.goto(f"{address}/?lang={language}")
    take(page, f"home-new-{language}")
    page.locator("input[name=address]").fill(platform.origin + "/tasks")
    page.locator(".pair button").click()
    expect(page.locator("#code")).to_have_text(pairing_code(platform.card))
    take(page, f"home-code-{language}")
    page.locator("button[value=yes]").click()
    expect(page.locator(".banner.good")).to_contain_text(platform.origin)
    take(page, f"home-paired-{language}")
    assert [one.origin for one in config.load(client.folder).platforms] == [platform.origin]

    platform.key = Site().paired().order_key
    page.locator("input[name=address]").fill(platform.origin)
    page.locator(".pair button").click()
    expect(page.locator(".banner.bad")).to_be_visible()
    take(page, f"home-changed-{language}")

    page.locator(".list form button").click()
    expect(page.locator("#code")).to_have_count(0)
    page.locator("button[value=yes]").click()
    expect(page.locator(".none")).to_be_visible()
    assert config.load(client.folder).platforms == ()


def test_the_enter_key_never_says_yes(client: World, platform: Platform, address: str, page: Page) -> None:
    page.goto(address)
    page.locator("input[name=address]").fill(platform.origin)
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".banner.good")).to_contain_text("没有配对")
    assert config.load(client.folder).platforms == ()


def test_a_stranger_s_page_sees_nothing_of_it(platform: Platform, address: str, page: Page) -> None:
    page.goto(platform.origin)
    seen = page.evaluate(PROBE, f"{address}/")
    assert seen["cors"] == "TypeError", json.dumps(seen)
    assert seen["no-cors"] in ("TypeError", "opaque 0 ")
    assert "SOFT-1" not in seen["frame"]


def test_it_fits_a_narrow_window_and_needs_no_script(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("script").count() == 0
