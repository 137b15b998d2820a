"""WCAG 2.2 A and AA as far as a machine can judge it: axe-core, loaded into the page as it stands."""

from functools import cache

from playwright.sync_api import Page

from tests.scenes.system import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SETTLED = "() => document.getAnimations().every((one) => one.playState !== 'running')"
RUN = """
async (levels) => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: levels }, resultTypes: ['violations'] })
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} — ${node.failureSummary.split('\\n').slice(1).join(';')}`))
}
"""


@cache
def _program() -> str:
    assert AXE.exists(), "axe-core is not installed: run `make test`"
    return AXE.read_text("utf-8")


def violations(page: Page) -> list[str]:
    """What breaks a rule on the page now, each with the element and what to mend; empty where nothing does."""
    page.wait_for_function(SETTLED)
    page.evaluate(_program())  # evaluated, not added as a script: the page's own policy stays as it is
    found: list[str] = page.evaluate(RUN, LEVELS)
    return found


def judge(page: Page, where: object = "") -> None:
    """Fail with all that breaks a rule on the page now, each on a line of its own."""
    found = violations(page)
    assert not found, "\n".join([f"{page.url} {where}", *found])
