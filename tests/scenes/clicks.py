"""How much a scene asks of a person's hands: clicks, drags, fields filled in, PINs given.

The browser counts by itself, in every window of the person's computer, what a pointer really did: an init script
listens before any page does. A drag is no click; a document chosen counts as one click; what happens in the security
client's own window counts apart, because that is where a PIN is given. Printed at the end of the run; with
YUNQIAN_PICTURES=1 written into docs/manual/clicks.md.

    with counted(desk, "4.1", "自己上传，自己盖章", clicks=3, pins=1):
        ...

`clicks` is an upper bound that fails the test; without one the scene is only counted.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import BrowserContext

if TYPE_CHECKING:
    from tests.scenes.conftest import Desk

LISTENING = """
(() => {
  if (window.top !== window) return
  const inClient = location.pathname.startsWith('/window/')
  const tell = (what) => {
    if (!inClient) window.countedByTheScene?.(what)
    else if (what === 'clicks') window.countedByTheScene?.('client')
  }
  const far = 5
  let down = null
  let dragged = false
  addEventListener('pointerdown', (event) => { down = [event.clientX, event.clientY]; dragged = false }, true)
  addEventListener('pointerup', (event) => {
    if (!down || !event.isTrusted) return
    dragged = Math.hypot(event.clientX - down[0], event.clientY - down[1]) > far
    if (dragged) tell('drags')
    down = null
  }, true)
  addEventListener('click', (event) => {
    if (event.isTrusted && event.detail > 0 && !dragged) tell('clicks')
    dragged = false
  }, true)
  addEventListener('change', (event) => {
    const field = event.target
    if (!event.isTrusted || !(field instanceof HTMLElement)) return
    if (field.matches('input[type=file]')) tell('clicks')
    else if (field.matches('textarea, input:not([type=checkbox], [type=radio])')) tell('fields')
  }, true)
})()
"""
COLUMNS = {"clicks": "点击 clicks", "drags": "拖动 drags", "fields": "填写 fields", "pins": "口令 PINs"}


@dataclass
class Hands:
    """What was counted at one computer since it was last set to nothing."""

    done: Counter[str] = field(default_factory=Counter)

    def sit_down(self, context: BrowserContext) -> None:
        """Count in every window of this browser profile from now on."""
        context.expose_binding("countedByTheScene", lambda _source, what: self.done.update([what]))
        context.add_init_script(LISTENING)


@dataclass(frozen=True)
class Scene:
    """One scene as it was counted, with the bound that it kept."""

    number: str
    name: str
    done: Counter[str]
    bound: int | None

    def row(self) -> str:
        counts = " | ".join(str(self.done[what]) for what in COLUMNS)
        return (
            f"| {self.number} | {self.name} | {counts} | {'' if self.bound is None else f'≤ {self.bound}'} |"
        )


SCENES: dict[str, Scene] = {}


@contextmanager
def counted(
    desk: "Desk", number: str, name: str, *, clicks: int | None = None, pins: int | None = None
) -> Iterator[Counter[str]]:
    """Count what the body of the `with` does at `desk`; fail where it took more than `clicks`, or other `pins`."""
    desk.hands.done.clear()
    yield desk.hands.done
    desk.page.evaluate("0")  # what the page has told is in by now
    done = Counter(desk.hands.done)
    done["pins"] = done.pop("client", 0)
    SCENES[number] = Scene(number, name, done, clicks)
    assert clicks is None or done["clicks"] <= clicks, f"{number} {name} took {dict(done)}"
    assert pins is None or done["pins"] == pins, f"{number} {name} took {dict(done)}"


def table() -> list[str]:
    """The counted scenes as lines of Markdown, by number of the manual."""
    head = " | ".join(COLUMNS.values())
    rows = [SCENES[number].row() for number in sorted(SCENES)]
    return [f"| 手册 | 场景 scene | {head} | 上限 bound |", "|---|---|--:|--:|--:|--:|--:|", *rows]


def page() -> str:
    """docs/manual/clicks.md."""
    told = (
        "场景测试在浏览器里数出来的：真实的点击、拖动、填写的栏目、在安全客户端里输入的口令。"
        "选择一个文件算一次点击。由 `make screenshots` 写入，请勿手改。\n\n"
        "Counted in the browser by the scenes: real clicks, drags, fields filled in, PINs given in the security "
        "client's window. Choosing a file is one click. Written by `make screenshots`; do not edit."
    )
    return "\n".join(["# 每个场景要点几下 · Clicks per scene", "", told, "", *table(), ""])
