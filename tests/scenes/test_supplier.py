"""手册 1、2、6.3: a supplier of no organization is addressed by phone, registers, and signs as himself."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import needs
from tests.scenes.acts import begin, choose_seal, give_pin, open_panel
from tests.scenes.conftest import Desk, sat_down
from tests.scenes.system import System, prepared, with_soft_keys
from tests.scenes.test_keys import EMPTY, answer, card, client_window
from tests.scenes.test_people import register
from tools.launch.demo import PIN

pytestmark = [needs.program("chromium"), pytest.mark.timeout(240)]
TITLE, MOBILE, NAME = "供货合同", "13900005678", "周八"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = prepared(tmp_path_factory.mktemp("supplier") / "home")
    with_soft_keys(made)
    yield made
    made.shut_down()


def test_a_supplier_signs_as_himself(desk: Desk, chromium: Browser, system: System) -> None:
    initiator = sat_down(chromium, system)
    initiator.log_in("liming")
    started = initiator.page
    started.get_by_test_id("start").click()
    started.get_by_test_id("choose-document").set_input_files(system.home / "samples" / "采购合同.pdf")
    started.get_by_test_id("title").fill(TITLE)
    started.get_by_test_id("add-by-phone").click()
    started.get_by_test_id("signer-name").fill(NAME)
    started.get_by_test_id("signer-mobile").fill(MOBILE)
    started.get_by_test_id("signer-add").click()
    started.get_by_test_id("send").click()
    expect(started).to_have_url(f"{system.origin}/started")

    page = desk.page
    page.goto(f"{system.origin}/register")
    register(desk, mobile=MOBILE, name=NAME, id_number="110105199003070017")
    page.get_by_test_id("nav-keys").click()
    mine = card(page, EMPTY)
    mine.get_by_test_id("enrol").click()
    answer(client_window(page, page.get_by_test_id("enrol-begin")), PIN)
    expect(mine.get_by_test_id("stage-issue")).to_have_class(re.compile("done"))
    answer(client_window(page, mine.get_by_test_id("go-on")), PIN)
    expect(mine.get_by_test_id("key-seal")).to_contain_text("周八之印")

    open_panel(desk, TITLE)
    choose_seal(page, "空白演示 Key", "周八之印")
    page.get_by_test_id("place-seal").click()
    give_pin(begin(desk), PIN)
    expect(page.get_by_test_id("done")).to_be_visible()
    page.goto(f"{system.origin}/signed")
    page.get_by_text(TITLE).first.click()
    expect(page.get_by_test_id("title")).to_have_text(TITLE)
    expect(page.get_by_test_id("download")).to_have_count(0)

    started.reload()
    started.get_by_text(TITLE).first.click()
    expect(started.get_by_test_id("download")).to_be_visible()
    expect(started.get_by_text(NAME).first).to_be_visible()
    initiator.context.close()
    assert initiator.errors == []
