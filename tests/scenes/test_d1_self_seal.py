"""Scene D1 (manual 4.1): a person uploads a document, names himself, seals it with his USBKey, sees the result."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests import needs
from tests.agent.softhsm import PIN
from tests.scenes.acts import Place, begin, choose_seal, drag, give_pin, open_panel, place_of, start_own
from tests.scenes.conftest import Desk
from tests.scenes.system import ROOT, System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), needs.program("pdfsig")]
TITLE = "采购合同（2026-118）"
WRONG_PIN = "000000"
SEAL_RED = (0xC8, 0x16, 0x1D)


def judged(system: System, document: Path) -> tuple[int, dict[str, Any]]:
    """The project's own verifier, as a court runs it: no server, no database."""
    command = [sys.executable, "-m", "yunqian", "verify", str(document), "--json"]
    done = subprocess.run(
        [*command, "--trust", str(system.home / "ca" / "trust")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def five_answers(report: dict[str, Any]) -> list[str]:
    """Of the one signature: crypto, coverage, seal, membership, trust."""
    (signature,) = report["signatures"]
    return [one["verdict"] for one in signature["findings"]]


def judged_by_poppler(document: Path) -> str:
    done = subprocess.run(["pdfsig", "-nocert", str(document)], capture_output=True, text=True, check=False)
    return done.stdout


def downloaded(desk: Desk, folder: Path) -> Path:
    with desk.page.expect_download() as download:
        desk.page.get_by_test_id("download").click()
    path = folder / "signed.pdf"
    download.value.save_as(path)
    return path


def red_box(document: Path, page: int) -> Place:
    """Where the seal's own red stands on a page, drawn by PDFium, not by the browser that placed it."""
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    picture = opened[page - 1].render(scale=2).to_pil().convert("RGB")
    width, height = picture.size
    pixels = picture.load()
    red = [
        (x, y)
        for y in range(height)
        for x in range(width)
        if all(abs(got - wanted) < 12 for got, wanted in zip(pixels[x, y], SEAL_RED, strict=True))
    ]
    assert red, "no seal on the page"
    xs, ys = [x for x, _ in red], [y for _, y in red]
    return Place(min(xs) / width, min(ys) / height, (max(xs) + 1) / width, (max(ys) + 1) / height)


def seal_and_date(page: Page) -> tuple[Place, Place]:
    """Place the contract seal and the date on page 1 and drag both; where they lie then."""
    choose_seal(page, "公章", "合同专用章")
    page.get_by_test_id("place-seal").click()
    seal = page.get_by_test_id("stage").get_by_test_id("mark-seal")
    drag(page, seal, right=-120, down=90)
    page.get_by_test_id("place-date").click()
    date = page.get_by_test_id("stage").get_by_test_id("mark-date")
    drag(page, date, right=-110, down=180)
    return place_of(page, seal, 1), place_of(page, date, 1)


@pytest.fixture(scope="module", params=["contract", "tracemonkey"])
def paper(request: pytest.FixtureRequest, contract: Path) -> Path:
    if request.param == "contract":
        return contract
    path = ROOT.parent / "shared" / "conformance" / "intake" / "tracemonkey.pdf"
    if not path.exists():
        pytest.skip("needs ../shared/conformance")
    return path


def test_a_person_seals_his_own_document_from_upload_to_verdict(
    desk: Desk, paper: Path, tmp_path: Path, system: System
) -> None:
    title = f"{TITLE} {paper.stem}"
    desk.page.goto(f"{system.origin}/login")
    expect(desk.page.get_by_test_id("demo-banner")).to_be_visible()
    expect(desk.page.get_by_test_id("demo-liming")).to_be_visible()
    desk.picture("login")
    desk.log_in("liming")
    envelope = start_own(desk, paper, title)

    open_panel(desk, title)
    expect(desk.page.get_by_test_id("key")).to_have_count(2)
    desk.picture("panel-keys")
    seal_place, _ = seal_and_date(desk.page)
    desk.picture("panel")

    window = begin(desk)
    code = desk.page.get_by_test_id("check-code").inner_text()
    assert len(code) == 14
    expect(window.locator("#code")).to_have_text(code)
    for told in (title, "广东示例科技有限公司", "合同专用章", "李明"):
        expect(window.locator("dl")).to_contain_text(told)
    desk.picture("pin", page=window)
    give_pin(window, WRONG_PIN)
    expect(window.locator("#banner")).to_be_visible()
    expect(desk.page.get_by_test_id("sheet").get_by_test_id("problem")).to_be_visible()
    desk.picture("pin-wrong", page=window)
    give_pin(window, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()
    desk.picture("done")

    desk.page.get_by_test_id("done-list").click()
    row = desk.page.get_by_test_id("row").filter(has_text=title)
    expect(row.get_by_test_id("status")).to_have_text("已完成")
    desk.picture("signed")
    row.get_by_test_id("view").click()
    signature = desk.page.get_by_test_id("signature")
    expect(signature).to_have_attribute("data-verdict", "valid")
    expect(signature).to_contain_text("广东示例科技有限公司")
    expect(desk.page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()
    desk.picture("view")
    assert envelope in desk.page.url

    document = downloaded(desk, tmp_path)
    shown = red_box(document, 1)
    for got, wanted in zip(
        (shown.left, shown.top, shown.right, shown.bottom),
        (seal_place.left, seal_place.top, seal_place.right, seal_place.bottom),
        strict=True,
    ):
        assert got == pytest.approx(wanted, abs=0.012)
    assert_valid_and_fragile(system, document, tmp_path)


def assert_valid_and_fragile(system: System, document: Path, folder: Path) -> None:
    """Both judges find it valid; with one byte changed neither does."""
    code, report = judged(system, document)
    assert (code, report["verdict"]) == (0, "valid"), report
    assert five_answers(report) == ["valid"] * 5
    assert "Signature is Valid" in judged_by_poppler(document)
    changed = folder / "changed.pdf"
    shutil.copyfile(document, changed)
    whole = bytearray(changed.read_bytes())
    whole[len(whole) // 3] ^= 0x01
    changed.write_bytes(whole)
    code, report = judged(system, changed)
    assert (code, report["verdict"]) == (1, "invalid")
    assert "Signature is Valid" not in judged_by_poppler(changed)
