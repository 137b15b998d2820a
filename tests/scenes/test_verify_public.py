"""验签 by anybody: a document dropped, a code typed or scanned; facts and verdicts, and nothing kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes import viewing
from tests.scenes.acts import begin, choose_seal, give_pin
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]
TITLE = "保密的采购合同"


def pdf(content: bytes, name: str = "对方给我的文件.pdf") -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def kept(system: System) -> set[Path]:
    return {path for path in (system.home / "vault").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def sealed(chromium: Browser, system: System) -> tuple[bytes, str]:
    """A document that Li Ming has sealed with his organization's seal, and the code of its envelope."""
    desk = sat_down(chromium, system)
    desk.log_in("liming")
    envelope = viewing.sent(desk, TITLE, viewing.pages(2))
    page = desk.page
    page.goto(f"{system.origin}/envelopes/{envelope['id']}/seal")
    choose_seal(page, "公章", "合同专用章")
    page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    expect(page.get_by_test_id("done")).to_be_visible()
    page.goto(f"{system.origin}/envelopes/{envelope['id']}")
    code = page.get_by_test_id("public-code-text").inner_text()
    page.get_by_test_id("enlarge-code").click()
    expect(page.get_by_test_id("code-sheet")).to_contain_text(f"/v/{code}")
    desk.picture("public-code")
    content = desk.context.request.get(f"{system.origin}/api/envelopes/{envelope['id']}/download").body()
    desk.context.close()
    return content, code


@pytest.fixture(params=["pc", "phone"])
def stranger(request: pytest.FixtureRequest, chromium: Browser, system: System) -> Iterator[Desk]:
    """Somebody who has no account here, at a PC or with a phone."""
    narrow = {"viewport": {"width": 390, "height": 844}} if request.param == "phone" else {}
    desk = sat_down(chromium, system, **narrow)
    yield desk
    desk.context.close()
    assert desk.errors == []


def is_phone(desk: Desk) -> bool:
    size = desk.page.viewport_size
    return size is not None and size["width"] < 500


def named(desk: Desk, picture: str) -> str:
    return f"{picture}-phone" if is_phone(desk) else picture


def test_a_stranger_drops_a_sealed_document_and_reads_who_signed_it_and_what_that_means(
    stranger: Desk, sealed: tuple[bytes, str], system: System
):
    content, _ = sealed
    before, page = kept(system), stranger.page
    page.goto(f"{system.origin}/verify")
    page.get_by_test_id("choose-document").set_input_files(pdf(content))
    result = page.get_by_test_id("verify-result")
    expect(result).to_have_attribute("data-outcome", "valid")
    expect(page.get_by_test_id("meaning")).to_contain_text("没有被改动")
    expect(page.get_by_test_id("signature")).to_contain_text("广东示例科技有限公司")
    expect(page.get_by_test_id("finding-crypto")).to_have_attribute("data-verdict", "valid")
    stranger.picture(named(stranger, "verify-valid"))
    assert kept(system) == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_changed_byte_is_told_in_words_and_with_its_evidence(
    stranger: Desk, sealed: tuple[bytes, str], system: System
):
    content, _ = sealed
    at = content.index(b"/MediaBox") + 12
    changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    page = stranger.page
    page.goto(f"{system.origin}/verify")
    page.get_by_test_id("choose-document").set_input_files(pdf(changed))
    expect(page.get_by_test_id("verify-result")).to_have_attribute("data-outcome", "invalid")
    expect(page.get_by_test_id("meaning")).to_contain_text("不要依据这份文件行事")
    stranger.picture(named(stranger, "verify-invalid"))


def test_a_document_without_signatures_is_told_to_have_none(stranger: Desk, system: System):
    page = stranger.page
    page.goto(f"{system.origin}/verify")
    page.get_by_test_id("choose-document").set_input_files(pdf(viewing.pages(1)))
    expect(page.get_by_test_id("verify-result")).to_have_attribute("data-outcome", "unsigned")
    expect(page.get_by_test_id("meaning")).to_contain_text("没有发现电子签名")


def test_who_scans_the_code_learns_facts_and_never_the_document(
    stranger: Desk, sealed: tuple[bytes, str], system: System
):
    content, code = sealed
    page = stranger.page
    asked: list[str] = []
    page.on("request", lambda one: asked.append(f"{one.method} {one.url}"))
    page.goto(f"{system.origin}/v/{code}")
    expect(page.get_by_test_id("public-facts")).to_have_attribute("data-state", "completed")
    expect(page.get_by_test_id("public-signer")).to_contain_text("李*")
    expect(page.get_by_test_id("public-document")).to_have_attribute("data-verdict", "valid")
    shown = page.locator("body").inner_text()
    for secret in (TITLE, "李明", "广东示例科技有限公司", "第1份"):
        assert secret not in shown
    page.get_by_test_id("choose-document").set_input_files(pdf(content))
    expect(page.get_by_test_id("comparison")).to_have_attribute("data-outcome", "same")
    stranger.picture(named(stranger, "public-facts"))
    page.get_by_test_id("choose-document").set_input_files(pdf(content + b"\n"))
    expect(page.get_by_test_id("comparison")).to_have_attribute("data-outcome", "different")
    assert [one for one in asked if one.startswith("POST")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_code_is_typed_as_people_type_and_a_wrong_one_is_told(
    stranger: Desk, sealed: tuple[bytes, str], system: System
):
    _, code = sealed
    page = stranger.page
    page.goto(f"{system.origin}/verify")
    page.get_by_test_id("public-code").fill("0000 0000 0000 0000")
    page.get_by_test_id("public-find").click()
    expect(page.get_by_test_id("problem")).to_contain_text("没有这个查验码")
    page.get_by_test_id("public-code").fill(code.lower().replace("-", " "))
    page.get_by_test_id("public-code").press("Enter")
    expect(page.get_by_test_id("public-facts")).to_be_visible()


def test_the_whole_answer_is_printed_with_the_evidence_unfolded(
    stranger: Desk, sealed: tuple[bytes, str], system: System
):
    content, _ = sealed
    page = stranger.page
    page.add_init_script("window.print = () => window.dispatchEvent(new Event('beforeprint'))")
    page.goto(f"{system.origin}/verify")
    page.get_by_test_id("choose-document").set_input_files(pdf(content))
    page.get_by_test_id("print").click()
    page.emulate_media(media="print")
    expect(page.get_by_test_id("finding-trust")).to_be_visible()
    expect(page.get_by_test_id("choose-document")).to_be_hidden()
