"""One running product for all scenes, with two keys in SoftHSM2, and a browser page for each test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.agent import softhsm
from tests.agent.softhsm import Slot, Store
from tests.scenes import clicks
from tests.scenes.clicks import Hands
from tests.scenes.system import ROOT, System, prepared
from yunqian.crypto import certificates

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KEYS = {"签名章": "DEMO-SIGN-0001", "公章": "DEMO-SEAL-0001"}
PASSWORD = "yunqian-demo"
PICTURES = ROOT / "docs" / "manual" / "images"
_taken: set[str] = set()
expect.set_options(timeout=15_000)  # as patient as the clicks are: two programs may share a slow machine


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two slots, an RSA key made inside each."""
    folder = tmp_path_factory.mktemp("keys") / "store"
    return softhsm.make(folder, [Slot(label) for label in KEYS])


def certified(system: System, store: Store) -> None:
    """Let the demo's authority issue for the keys inside the slots, as it does for the demo's soft keys."""
    for label, serial in KEYS.items():
        folder = system.home / "agent" / "keys" / serial
        folder.mkdir(parents=True)
        (folder / "request.pem").write_bytes(store.request(label))
    system.run("demo")
    for label, serial in KEYS.items():
        chain = (system.home / "agent" / "keys" / serial / "certificate.pem").read_bytes()
        store.put_certificate(label, certificates.read(chain).der)
    system.point_client_at(Path(store.module))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Iterator[System]:
    """The running product. Its web panel must have been built: `make test` does that first."""
    assert (ROOT / "web" / "dist" / "index.html").exists(), "web/dist is not built: run `make test`"
    made = prepared(tmp_path_factory.mktemp("product") / "home")
    made.environment |= store.environment
    try:
        made.run("migrate")
        certified(made, store)
        made.start_all()
        yield made
    finally:
        made.shut_down()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


PAGES_STAND = """
() => [...document.querySelectorAll('[data-page]:not([data-picture], [data-drawn])')].every((one) => {
  const box = one.getBoundingClientRect()
  return box.bottom < 0 || box.top > innerHeight || box.width === 0
})
"""


def wait_for_pages(page: Page) -> None:
    """Until every page in view has something on it; one that cannot be drawn is in the picture as it is."""
    with suppress(PlaywrightTimeout):
        page.wait_for_function(PAGES_STAND, timeout=8000)


@dataclass
class Desk:
    """A person's computer: a browser window on the platform, watched for errors nobody should see."""

    context: BrowserContext
    page: Page
    system: System
    errors: list[str]
    hands: Hands = field(default_factory=Hands)
    takes_pictures: bool = True

    def picture(self, name: str, *, page: Page | None = None) -> None:
        """A screenshot; with YUNQIAN_PICTURES=1 it goes into the manual, from the first scene that takes it."""
        if self.takes_pictures and os.environ.get("YUNQIAN_PICTURES") and name not in _taken:
            _taken.add(name)
            PICTURES.mkdir(parents=True, exist_ok=True)
            wait_for_pages(page or self.page)
            # Where something fades in, the picture is of what it becomes.
            (page or self.page).screenshot(path=PICTURES / f"{name}.png", animations="disabled")

    def log_in(self, account: str, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.system.origin}/login")
        self.page.get_by_test_id("account").fill(account)
        self.page.get_by_test_id("password").fill(password)
        self.page.get_by_test_id("login").click()
        expect(self.page).to_have_url(f"{self.system.origin}/inbox")


def sat_down(chromium: Browser, system: System, **options: object) -> Desk:
    """A fresh browser profile in Chinese, on a PC unless `options` say otherwise.

    Of somebody who asked for less motion: a list that unfolds under a pointer can take the press on one line and the
    release on another, which is then no click.
    """
    wanted = {
        "locale": "zh-CN",
        "viewport": {"width": 1440, "height": 900},
        "timezone_id": "Asia/Shanghai",
        "reduced_motion": "reduce",
    }
    context = chromium.new_context(**{**wanted, **options})  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    hands = Hands()
    hands.sit_down(context)
    return Desk(context, context.new_page(), system, errors, hands)


@pytest.fixture
def desk(chromium: Browser, system: System) -> Iterator[Desk]:
    made = sat_down(chromium, system)
    yield made
    made.context.close()
    assert made.errors == []


@pytest.fixture(scope="session", autouse=True)
def test_ids() -> None:
    """`data-test` is how the pages name their controls for tests."""
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture(scope="session")
def contract(system: System) -> Path:
    """The four-page contract in Chinese that the demo gives a newcomer."""
    (path,) = (system.home / "samples").glob("*.pdf")
    with pikepdf.open(path) as opened:
        assert len(opened.pages) == 4
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the scenes of this run asked of a person's hands."""
    if not clicks.SCENES:
        return
    terminalreporter.section("clicks per scene of the manual")
    for line in clicks.table():
        terminalreporter.write_line(line)
    if os.environ.get("YUNQIAN_PICTURES"):
        (PICTURES.parent / "clicks.md").write_text(clicks.page(), "utf-8")
