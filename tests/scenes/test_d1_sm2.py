"""Scene D1 with SM2: a newcomer logs in as 王芳 and seals with the demo's SM2 key, as `make run` gives it to him.

The keys are the demo's soft keys here, not a module's: no PKCS#11 part that signs SM2 could be had.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import needs
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel, start_own
from tests.scenes.conftest import Desk
from tests.scenes.system import System, prepared, with_soft_keys
from tests.scenes.test_d1_self_seal import downloaded, five_answers, judged
from tools.launch.demo import PIN

pytestmark = needs.program("chromium")
CENTER = "某市公共资源交易中心"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The running product with the demo's own keys."""
    made = prepared(tmp_path_factory.mktemp("sm2") / "home")
    with_soft_keys(made)
    yield made
    made.shut_down()


def test_a_newcomer_seals_with_an_sm2_key(desk: Desk, system: System, tmp_path: Path) -> None:
    title = "国密盖章试用"
    desk.log_in("wangfang")
    start_own(desk, system.home / "samples" / "采购合同.pdf", title)
    open_panel(desk, title)
    choose_seal(desk.page, "国密公章", "公章")
    desk.page.get_by_test_id("place-seal").click()
    desk.page.get_by_test_id("place-date").click()

    window = begin(desk)
    expect(window.locator("dl")).to_contain_text("SM2")
    expect(window.locator("dl")).to_contain_text(CENTER)
    give_pin(window, PIN)
    expect(desk.page.get_by_test_id("done")).to_be_visible()

    desk.page.get_by_test_id("done-list").click()
    row = desk.page.get_by_test_id("row").filter(has_text=title)
    row.get_by_test_id("view").click()
    expect(desk.page.get_by_test_id("signature")).to_have_attribute("data-verdict", "valid")
    document = downloaded(desk, tmp_path)
    code, report = judged(system, document)
    assert (code, report["verdict"]) == (0, "valid"), report
    (signature,) = report["signatures"]
    assert (signature["algorithm"], signature["signer"]) == ("SM2-SM3", CENTER)
    assert signature["stamped_at"] is not None
    assert five_answers(report) == ["valid"] * 5

    whole = bytearray(document.read_bytes())
    whole[len(whole) // 3] ^= 1
    document.write_bytes(whole)
    code, report = judged(system, document)
    assert (code, report["verdict"]) == (1, "invalid")
