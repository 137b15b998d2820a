"""How long until the first page of a document is seen: the platform's picture, and the first paint in a real browser.

Every first look is at a document of its own, which nothing has kept yet. The floors stand beside it: an answer that
holds nothing, and PDFium drawing the same page in this process, warm.
"""

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pikepdf
import pypdfium2
from playwright.sync_api import Browser, Page, sync_playwright

from bench.platform import Platform
from bench.timing import Timed
from bench.visitor import ACCOUNT, PASSWORD, Visitor

PAGES = (1, 50, 500)
ROUNDS, ROUNDS_SHORT = 12, 5
WARM_ROUNDS = 4
WIDTH = 960
_FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_LIMIT_MS = 60_000
# Notes when the first page has its picture, and its drawing by pdf.js: milliseconds since the address was opened, or
# since the last click on it.
_NOTING = """
window.seen = {}
let began = 0
addEventListener('click', () => { began = performance.now(); window.seen = {} }, true)
const look = () => {
  const page = document.querySelector('[data-test="stage"] [data-page="1"]')
  for (const [name, told] of [['picture', 'data-picture'], ['sharp', 'data-drawn']])
    if (page?.hasAttribute(told) && !(name in window.seen)) window.seen[name] = performance.now() - began
  requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""


@dataclass
class Viewing:
    """One length of document."""

    pages: int
    size_bytes: int = 0
    floor: Timed = field(default_factory=lambda: Timed("PDFium in this process"))
    picture: Timed = field(default_factory=lambda: Timed("picture, first look"))
    again: Timed = field(default_factory=lambda: Timed("picture, next look"))
    clicked: Timed = field(default_factory=lambda: Timed("browser, page 1 is seen after a click in the list"))
    opened: Timed = field(default_factory=lambda: Timed("browser with nothing kept, page 1 is seen"))
    sharp: Timed = field(default_factory=lambda: Timed("browser with nothing kept, page 1 by pdf.js"))

    @property
    def all(self) -> tuple[Timed, ...]:
        return (self.floor, self.picture, self.again, self.clicked, self.opened, self.sharp)


def measure(platform: Platform, *, rounds: int) -> tuple[Timed, list[Viewing]]:
    """The floor of every request, and each length."""
    visitor = _visitor(platform)
    empty = Timed("an answer that holds nothing (GET /api/health)")
    for _ in range(40):
        empty.run(lambda: visitor.ask("GET", "/api/health"))
    with _browser() as browser:
        return empty, [_measured(platform, browser, count, rounds) for count in PAGES]


def _measured(platform: Platform, browser: Browser, count: int, rounds: int) -> Viewing:
    found = Viewing(count)
    for number in range(rounds):
        _looked(found, _visitor(platform), paper(count, number))
        with _logged_in(platform, browser) as page:
            envelope, _ = _envelope(_visitor(platform), paper(count, number + rounds))
            page.goto(f"{platform.origin}/envelopes/{envelope}")
            seen = _noted(page)
            found.opened.milliseconds.append(min(seen.values()))
            found.sharp.milliseconds.append(seen["sharp"])
            _envelope(_visitor(platform), paper(count, number + 2 * rounds))
            page.goto(f"{platform.origin}/started")
            page.locator('[data-test="row"] [data-test="view"]').first.click()
            found.clicked.milliseconds.append(min(_noted(page).values()))
    return found


def _looked(found: Viewing, visitor: Visitor, document: bytes) -> None:
    """The picture of page 1, never drawn before, and then from memory."""
    found.size_bytes = len(document)
    found.floor.run(lambda: _bare(document))
    envelope, identifier = _envelope(visitor, document)
    path = f"/api/envelopes/{envelope}/documents/{identifier}/picture?page=1&width={WIDTH}"
    found.picture.run(lambda: visitor.ask("GET", path))
    for _ in range(WARM_ROUNDS):
        found.again.run(lambda: visitor.ask("GET", path))


def _visitor(platform: Platform) -> Visitor:
    """A fresh one: the server closes connections that were idle while the browser was at work."""
    visitor = Visitor(platform.port)
    visitor.log_in()
    return visitor


def paper(count: int, number: int) -> bytes:
    """A4 pages of text and lines; another `number` is another document."""
    made, written = pikepdf.new(), io.BytesIO()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    resources = made.make_indirect(pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=made.make_indirect(font))))
    for at in range(1, count + 1):
        page = made.add_blank_page(page_size=(595.276, 841.89))
        lines = "".join(
            f"BT /F1 10 Tf 72 {y} Td (Clause {at}.{y} of contract {number}: the parties agree) Tj ET "
            for y in range(80, 760, 14)
        )
        page.Contents = made.make_stream(lines.encode())
        page.Resources = resources
    made.save(written)
    return written.getvalue()


def _envelope(visitor: Visitor, document: bytes) -> tuple[str, str]:
    """Send it to oneself; the identifiers of envelope and document."""
    recipients = [{"account": ACCOUNT, "turn": 1}]
    wanted = {"upload_ids": [visitor.upload(document)["id"]], "title": "长合同", "recipients": recipients}
    made = visitor.post("/api/envelopes", wanted)
    return made["id"], made["documents"][0]["id"]


def _bare(document: bytes) -> None:
    pdf = pypdfium2.PdfDocument(io.BytesIO(document))
    page = pdf[0]
    page.render(scale=WIDTH / page.get_size()[0])
    pdf.close()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def _logged_in(platform: Platform, browser: Browser) -> Iterator[Page]:
    """A window of a fresh profile, somebody logged in, which notes when page 1 of a document is there."""
    with browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}) as context:
        headers = {"Origin": platform.origin}
        login = {"account": ACCOUNT, "password": PASSWORD}
        answer = context.request.post(f"{platform.origin}/api/session", data=login, headers=headers)
        if not answer.ok:
            raise SystemExit(f"login in the browser answered {answer.status}")
        page = context.new_page()
        page.add_init_script(_NOTING)
        yield page


def _noted(page: Page) -> dict[str, float]:
    """Milliseconds until page 1 had its picture and its drawing."""
    began = time.monotonic()
    while (time.monotonic() - began) * 1000 < _LIMIT_MS:
        seen: dict[str, float] = page.evaluate("window.seen")
        if "sharp" in seen:
            return seen
        time.sleep(0.05)
    raise SystemExit("the browser did not draw the first page")
