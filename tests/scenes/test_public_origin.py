"""A platform on the network and the security client on this PC: pairing, the browser's permission, a signature.

The page is https at an address that Chromium takes for a public one, so its Local Network Access rule applies.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import needs
from tests.scenes.acts import begin, choose_seal, give_pin, start
from tests.scenes.conftest import FLAGS, Desk, sat_down
from tests.scenes.public import PLATFORM, STRANGER, PublicSystem, certify, front
from tests.scenes.system import ROOT, free_port, prepared, with_soft_keys
from tools import client_release
from tools.client_archive import archive_name
from tools.launch.demo import PIN

pytestmark = needs.program("chromium")
REACH = """async (port) => {
  const tried = {}
  for (const path of ['/hello', '/keys']) {
    tried[path] = await fetch(`http://127.0.0.1:${port}${path}`).then((r) => r.text(), (e) => e.name)
  }
  tried['/dialogs'] = await fetch(`http://127.0.0.1:${port}/dialogs`, {
    method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }).then(r => r.text(), e => e.name)
  tried['/events'] = await new Promise((done) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/events`)
    socket.onmessage = (event) => done(event.data)
    socket.onerror = () => done('error')
  })
  return tried
}"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSystem]:
    """The product with its demo keys behind https; the client runs and is paired with nobody."""
    folder = tmp_path_factory.mktemp("public")
    certificate, private = certify(folder)
    plain = prepared(folder / "home")
    made = PublicSystem(plain.home, plain.port, plain.client_port, plain.environment, front_port=free_port())
    made.environment |= {"YUNQIAN_ORIGINS": made.origin, "SSL_CERT_FILE": str(certificate)}
    with front(made, certificate, private), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))  # the test itself waits for the page, too
        with_soft_keys(made)
        offer_client(made.home)
        unpair(made)
        yield made
        made.shut_down()


def offer_client(home: Path) -> None:
    """As `make client` leaves it, but for what is in the archive: building one takes a minute and has its own tests."""
    folder = home / "client"
    folder.mkdir(parents=True)
    (folder / archive_name()).write_bytes(b"an archive of the client")
    assert client_release.main(["demo", str(home)]) == 0


def unpair(system: PublicSystem) -> None:
    """As on the day of the installation; the running client follows."""
    path = system.home / "agent" / "agent.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"platforms": []}))


@pytest.fixture(scope="module")
def outside(chromium: Browser, system: PublicSystem) -> Iterator[Browser]:
    """A browser for which the platform and the stranger are sites of the network."""
    places = ",".join(f"{address}:{system.front_port}=public" for address in (PLATFORM, STRANGER))
    flags = [*FLAGS, f"--ip-address-space-overrides={places}"]
    browser = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=flags)
    yield browser
    browser.close()


@pytest.fixture
def desk(outside: Browser, system: PublicSystem) -> Iterator[Desk]:
    made = sat_down(outside, system, ignore_https_errors=True)
    yield made
    made.context.close()
    assert made.errors == []


def answer_question(page: Page, origin: str, setting: str) -> None:
    """What the person clicks in the browser's own question, or later in its settings."""
    session = page.context.new_cdp_session(page)
    context = session.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    for name in ("loopback-network", "local-network-access"):
        asked = {
            "permission": {"name": name},
            "setting": setting,
            "origin": origin,
            "browserContextId": context,
        }
        session.send("Browser.setPermission", asked)


def card(page: Page) -> Locator:
    return page.get_by_test_id("client-card")


def test_the_question_is_explained_before_the_browser_asks_and_nothing_is_sent_until_the_click(
    desk: Desk, system: PublicSystem
) -> None:
    page = desk.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    desk.log_in("liming")
    page.get_by_test_id("nav-keys").click()
    expect(card(page)).to_have_attribute("data-phase", "ask")
    page.wait_for_timeout(3000)
    assert not [url for url in sent if f":{system.client_port}" in url]
    desk.picture("client-permission")
    page.get_by_test_id("find-client").click()
    page.wait_for_timeout(1000)
    assert [url for url in sent if f":{system.client_port}" in url]


def test_a_refused_permission_is_told_with_the_way_back_and_the_page_goes_on_when_it_is_granted(
    desk: Desk, system: PublicSystem
) -> None:
    page = desk.page
    desk.log_in("liming")
    answer_question(page, system.origin, "denied")
    page.get_by_test_id("nav-keys").click()
    expect(page.get_by_test_id("client-denied")).to_be_visible()
    desk.picture("client-denied")
    answer_question(page, system.origin, "granted")
    expect(page.get_by_test_id("client-denied")).to_have_count(0)
    expect(page.get_by_test_id("client-steps")).to_be_visible()


def test_a_client_that_knows_nobody_is_paired_by_the_code_on_both_screens_and_signs(
    desk: Desk, system: PublicSystem
) -> None:
    page = desk.page
    desk.log_in("liming")
    answer_question(page, system.origin, "granted")
    page.get_by_test_id("nav-keys").click()
    with page.expect_download() as taken:
        page.get_by_test_id("download-client").click()
    digest = hashlib.sha256(taken.value.path().read_bytes()).hexdigest()
    expect(page.get_by_test_id("client-steps")).to_contain_text(digest)
    code = page.get_by_test_id("pairing-code").inner_text()
    desk.picture("client-pairing")

    with page.expect_popup() as popup:
        page.get_by_test_id("own-page").click()
    own = popup.value
    own.locator("input[name=address]").fill(system.origin)
    own.locator("form button").first.click()
    expect(own.locator("#code")).to_have_text(code)
    desk.picture("client-own-page", page=own)
    own.locator("button[name=answer][value=yes]").click()
    own.wait_for_load_state()
    own.close()

    expect(page.get_by_test_id("client-status")).to_have_attribute("data-phase", "here")
    page.get_by_test_id("nav-inbox").click()
    start(desk, system.home / "samples" / "采购合同.pdf", "公网平台上的合同", with_me=True)
    choose_seal(page, "签名章", "李明之印")
    page.get_by_test_id("place-seal").click()
    window = begin(desk)
    expect(window.get_by_role("img", name="第 1 页")).to_be_visible()
    desk.picture("client-strong", page=window)
    give_pin(window, PIN)
    expect(page.get_by_test_id("done")).to_be_visible()


def test_a_page_of_somebody_else_gets_nothing_even_with_the_permission(
    desk: Desk, system: PublicSystem
) -> None:
    page = desk.page
    page.goto(system.stranger)
    answer_question(page, system.stranger, "granted")
    before = (system.home / "agent" / "journal.log").read_text().count("dialog")
    assert page.evaluate(REACH, system.client_port) == {
        "/hello": "TypeError",
        "/keys": "TypeError",
        "/dialogs": "TypeError",
        "/events": "error",
    }
    assert (system.home / "agent" / "journal.log").read_text().count("dialog") == before


def test_another_code_pairs_with_nobody(system: PublicSystem) -> None:
    path = system.home / "agent" / "agent.json"
    unpair(system)
    before = path.read_text()
    done = subprocess.run(
        [sys.executable, "-m", "yunqian", "agent", "pair", system.origin, "--code", "0000-0000-0000-0000"],
        cwd=ROOT,
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert path.read_text() == before
