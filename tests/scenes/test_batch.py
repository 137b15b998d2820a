"""Scene: three documents wait; one PIN signs them; one of them is recalled meanwhile, and the other two stand."""

import base64
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes import axe
from tests.scenes.acts import give_pin
from tests.scenes.conftest import Desk

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(300)]
TITLES = ("采购合同（批量一）", "付款申请单（批量二）", "会议纪要（批量三）")
BOX = "one => one.getBoundingClientRect().toJSON()"
ASK = """async ([method, path, body, document]) => {
  const session = await (await fetch('/api/session')).json()
  const headers = { 'X-CSRFToken': session.csrf }
  let sent = undefined
  if (document) {
    const bytes = Uint8Array.from(atob(document), (one) => one.charCodeAt(0))
    sent = new FormData()
    sent.append('document', new File([bytes], body.name, { type: 'application/pdf' }))
  } else if (body) { sent = JSON.stringify(body); headers['Content-Type'] = 'application/json' }
  const answer = await fetch('/api' + path, { method, headers, body: sent })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}"""


def ask(page: Page, method: str, path: str, body: Any = None, document: bytes = b"") -> Any:
    """What the page itself would ask the platform, as the person who is logged in."""
    return page.evaluate(ASK, [method, path, body, base64.b64encode(document).decode()])


def begun(desk: Desk, document: Path) -> list[str]:
    """Three documents that wait for oneself; their identifiers."""
    account = ask(desk.page, "GET", "/session")["person"]["account"]
    found = []
    for title in TITLES:
        upload = ask(desk.page, "POST", "/uploads", {"name": f"{title}.pdf"}, document.read_bytes())
        wanted = {"upload_ids": [upload["id"]], "title": title, "recipients": [{"account": account}]}
        found.append(ask(desk.page, "POST", "/envelopes", wanted)["id"])
    return found


def chosen(desk: Desk, *, key_label: str = "签名章") -> None:
    """Tick the three in 待签署, press 批量签署, choose the seal, look at the places."""
    page = desk.page
    page.goto(f"{desk.system.origin}/inbox")
    for title in TITLES:
        page.get_by_test_id("row").filter(has_text=title).get_by_test_id("tick").check()
    desk.picture("batch-inbox")
    page.get_by_test_id("batch-go").click()
    expect(page.get_by_test_id("batch-choice")).to_be_visible()
    page.get_by_test_id("batch-choice").locator("label.seal").filter(has_text=key_label).first.click()
    page.get_by_test_id("rule-paging").check()
    desk.picture("batch-choice")
    axe.judge(page, "choice")
    page.get_by_test_id("batch-look").click()
    expect(page.get_by_test_id("batch-line")).to_have_count(3)


def asked(desk: Desk) -> Page:
    """Confirm the list; gives the security client's own window."""
    page = desk.page
    page.get_by_test_id("batch-sign").click()
    page.get_by_test_id("batch-begin").click(trial=True)
    page.mouse.move(2, 2)
    desk.picture("batch-sheet")
    axe.judge(page, "sheet")
    with page.expect_popup() as popup:
        page.get_by_test_id("batch-begin").click()
    window = popup.value
    expect(window).to_have_url(re.compile(r"/window/"), timeout=60_000)
    return window


def states(desk: Desk) -> list[str]:
    lines = desk.page.get_by_test_id("batch-line").all()
    return [str(line.get_attribute("data-state")) for line in lines]


def test_three_documents_one_pin_and_the_one_that_was_recalled_meanwhile_is_told(
    desk: Desk, contract: Path
) -> None:
    desk.log_in("liming")
    envelopes = begun(desk, contract)
    chosen(desk)
    page = desk.page
    for preview in page.get_by_test_id("preview").all():
        expect(preview).to_have_attribute("data-drawn", "true", timeout=60_000)
        strip = preview.get_by_test_id("preview-strip")
        expect(strip).to_be_visible()
        room, cut, seal = (one.evaluate(BOX) for one in (preview, strip, strip.locator("img")))
        assert cut["right"] == pytest.approx(room["right"], abs=2)
        assert cut["width"] == pytest.approx(seal["width"] / 4, rel=0.1)  # each of four pages has a quarter
    desk.picture("batch-places")
    axe.judge(page, "places")
    waiting = ask(page, "GET", "/counts")["inbox"]["count"]
    window = asked(desk)
    expect(window.locator("#items li")).to_have_count(3)
    expect(window.locator("#items")).to_contain_text(TITLES[1])
    expect(window.locator("#code")).to_have_text(page.get_by_test_id("batch-code").inner_text())
    window.locator("#pin:enabled").fill(PIN, timeout=60_000)
    expect(window.locator("#confirm")).to_be_disabled()
    window.locator("#agree").check()
    desk.picture("batch-window", page=window)
    axe.judge(window)
    ask(page, "POST", f"/envelopes/{envelopes[1]}/void", {"reason": "内容有误"})
    give_pin(window, PIN)
    expect(page.get_by_test_id("batch-result")).to_be_visible(timeout=90_000)
    assert states(desk) == ["done", "failed", "done"]
    expect(page.get_by_test_id("nav-inbox")).to_have_text(re.compile(rf"^待签署\s*{waiting - 3 or ''}$"))
    expect(page.get_by_test_id("batch-line").nth(1)).to_contain_text(re.compile("撤回|已结束|不能|结束"))
    desk.picture("batch-result")
    axe.judge(page, "result")
    for number, envelope in enumerate(envelopes):
        now = ask(page, "GET", f"/envelopes/{envelope}")
        assert now["state"] == ("voided" if number == 1 else "completed")
        report = ask(page, "GET", f"/envelopes/{envelope}/report")
        assert len(report["signatures"]) == (0 if number == 1 else 1)
    page.reload()
    expect(page.get_by_test_id("batch-line")).to_have_count(3)
    assert states(desk)[0::2] == ["done", "done"]


def test_a_phone_without_a_key_is_told_where_it_works(desk: Desk, contract: Path) -> None:
    desk.log_in("liming")
    envelopes = begun(desk, contract)
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.page.route("http://127.0.0.1:*/hello", lambda route: route.abort())
    desk.page.goto(f"{desk.system.origin}/batch?ids={','.join(envelopes)}")
    expect(desk.page.get_by_test_id("batch-no-key")).to_be_visible()
    expect(desk.page.get_by_test_id("batch-look")).to_be_disabled()
    desk.picture("batch-phone")
    axe.judge(desk.page)
    (seal, *_) = ask(desk.page, "GET", "/batches/seals")
    wanted = {"request_id": "a batch for a phone", "envelope_ids": envelopes, "seal_id": seal["id"]}
    wanted["certificate_sha256"] = seal["certificate_sha256s"][0]
    made = ask(desk.page, "POST", "/batches", wanted)
    desk.page.goto(f"{desk.system.origin}/batch?batch={made['id']}")
    expect(desk.page.get_by_test_id("batch-line")).to_have_count(3)
    expect(desk.page.get_by_test_id("batch-no-key")).to_be_visible()
    expect(desk.page.get_by_test_id("preview").first).to_have_attribute("data-drawn", "true", timeout=60_000)
    desk.picture("batch-phone-list")
    for envelope in envelopes:
        ask(desk.page, "POST", f"/envelopes/{envelope}/void", {"reason": "不再需要"})


@pytest.fixture(autouse=True)
def own_pictures(desk: Desk, tmp_path: Path) -> None:
    """With YUNQIAN_LOOK a folder for the screens of this scene, for whoever builds it."""
    if folder := os.environ.get("YUNQIAN_LOOK"):
        real = Path(folder)
        real.mkdir(parents=True, exist_ok=True)

        def picture(name: str, *, page: Page | None = None) -> None:
            (page or desk.page).screenshot(path=real / f"{name}.png", animations="disabled")

        desk.picture = picture  # type: ignore[method-assign]
