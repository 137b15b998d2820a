"""手册 3.1、3.2、6.1: registering, logging in by phone, being invited and granted; running the platform."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import needs
from tests.scenes.conftest import PASSWORD, Desk, sat_down
from tests.scenes.system import System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util")]
MOBILE, NAME, ID_NUMBER = "13900001234", "吴迪", "11010519491231002X"


@pytest.fixture
def supplier(chromium: Browser, system: System) -> Iterator[Desk]:
    """Somebody's own computer, beside the desk of the test."""
    made = sat_down(chromium, system)
    yield made
    made.context.close()
    assert made.errors == []


def code_shown(page: Page) -> str:
    """Ask for a code and read what the demonstration's outbox caught."""
    page.get_by_test_id("send-code").click()
    found = re.search(r"\d{6}", page.get_by_test_id("caught").inner_text())
    assert found
    return found.group()


def log_in_by_phone(desk: Desk, mobile: str) -> None:
    page = desk.page
    page.goto(f"{desk.system.origin}/login")
    page.get_by_test_id("way-phone").click()
    page.get_by_test_id("mobile").fill(mobile)
    page.get_by_test_id("code").fill(code_shown(page))
    desk.picture("login-phone")
    page.get_by_test_id("login-phone").click()
    expect(page).to_have_url(f"{desk.system.origin}/inbox")


def register(desk: Desk, *, mobile: str = MOBILE, name: str = NAME, id_number: str = ID_NUMBER) -> None:
    """实名注册 from the page that is open."""
    page = desk.page
    page.get_by_test_id("mobile").fill(mobile)
    page.get_by_test_id("code").fill(code_shown(page))
    desk.picture("register-number")
    page.get_by_test_id("next").click()
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("id-number").fill("110105194912310021")
    page.get_by_test_id("agree").click()
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "ID_NUMBER_INVALID")
    page.get_by_test_id("id-number").fill(id_number)
    desk.picture("register-identity")
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("registered")).to_contain_text(name)
    desk.picture("register-done")
    page.get_by_test_id("next").click()


def more(page: Page, name: str, act: str) -> None:
    """One act of the menu beside a member."""
    page.locator(f'[data-test="member"][data-name="{name}"]').get_by_test_id("member-more").click()
    page.get_by_test_id(f"act-{act}").locator("visible=true").click()


def rights_of(page: Page, name: str) -> list[str | None]:
    chips = page.locator(f'[data-test="member"][data-name="{name}"]').get_by_test_id("right")
    return [one.get_attribute("data-right") for one in chips.all()]


def test_a_member_logs_in_with_a_code_that_came_to_his_phone(desk: Desk) -> None:
    log_in_by_phone(desk, "13800000002")
    expect(desk.page.get_by_test_id("identity")).to_contain_text("张伟")
    desk.page.get_by_test_id("nav-account").click()
    expect(desk.page.get_by_test_id("my-mobile")).to_contain_text("138****0002")
    desk.picture("account")


def test_a_supplier_registers_joins_by_a_link_and_may_start_once_it_is_granted(
    desk: Desk, supplier: Desk
) -> None:
    desk.log_in("sunli")
    page = desk.page
    page.get_by_test_id("nav-members").click()
    expect(page.get_by_test_id("member").first).to_be_visible()
    desk.picture("members")
    page.get_by_test_id("tab-departments").click()
    page.get_by_test_id("new-department").click()
    page.get_by_test_id("department-name").fill("供应商协同部")
    page.get_by_test_id("save-department").click()
    expect(page.locator('[data-test="department"][data-name="供应商协同部"]')).to_be_visible()
    desk.picture("departments")
    page.get_by_test_id("tab-invitations").click()
    page.get_by_test_id("invite").click()
    page.get_by_test_id("invite-name").fill(NAME)
    desk.picture("invite")
    page.get_by_test_id("send-invitation").click()
    link = page.get_by_test_id("link").input_value()
    desk.picture("invited")

    supplier.page.goto(link)
    expect(supplier.page.get_by_test_id("join-register")).to_be_visible()
    supplier.picture("join-first")
    supplier.page.get_by_test_id("join-register").click()
    register(supplier)
    expect(supplier.page.get_by_test_id("accept")).to_be_visible()
    supplier.picture("join")
    supplier.page.get_by_test_id("accept").click()
    expect(supplier.page.get_by_test_id("identity")).to_contain_text("广东示例科技有限公司")
    expect(supplier.page.get_by_test_id("start")).to_have_count(0)

    page.reload()
    expect(page.locator(f'[data-test="member"][data-name="{NAME}"]')).to_be_visible()
    assert rights_of(page, NAME) == []
    more(page, NAME, "grant")
    desk.picture("grant")
    page.get_by_test_id("grant-give").click()
    expect(page.locator(f'[data-test="member"][data-name="{NAME}"]').get_by_test_id("right")).to_have_count(1)
    assert rights_of(page, NAME) == ["start"]
    page.get_by_test_id("tab-grants").click()
    expect(page.locator(f'[data-test="grant"][data-holder="{NAME}"]')).to_have_attribute(
        "data-right", "start"
    )
    desk.picture("grants")
    supplier.page.reload()
    expect(supplier.page.get_by_test_id("start")).to_be_visible()

    page.get_by_test_id("tab-members").click()
    more(page, NAME, "look")
    page.get_by_test_id("look-reason").fill("核对联系方式")
    page.get_by_test_id("look").click()
    expect(page.get_by_test_id("looked-at")).to_have_text(MOBILE)
    desk.picture("look")
    page.keyboard.press("Escape")
    more(page, NAME, "suspend")
    expect(page.locator(f'[data-test="member"][data-name="{NAME}"]')).to_have_attribute(
        "data-state", "suspended"
    )
    supplier.page.reload()
    expect(
        supplier.page.get_by_test_id("identity").or_(supplier.page.get_by_test_id("problem")).first
    ).to_be_visible()


def test_a_supplier_who_was_addressed_by_phone_registers_and_finds_the_document(
    desk: Desk, supplier: Desk, contract: Path
) -> None:
    desk.log_in("liming")
    page = desk.page
    page.get_by_test_id("start").click()
    page.get_by_test_id("choose-document").set_input_files(contract)
    page.get_by_test_id("title").fill("供货框架合同")
    page.get_by_test_id("add-by-phone").click()
    page.get_by_test_id("signer-name").fill("周八")
    page.get_by_test_id("signer-mobile").fill("139 0000 5678")
    desk.picture("start-by-phone")
    page.get_by_test_id("signer-add").click()
    expect(page.get_by_test_id("signers")).to_contain_text("周八")
    page.get_by_test_id("send").click()
    expect(page).to_have_url(f"{desk.system.origin}/started")

    supplier.page.goto(f"{desk.system.origin}/register")
    register(supplier, mobile="13900005678", name="周八", id_number="110105199003070017")
    expect(supplier.page.get_by_role("link", name="供货框架合同")).to_be_visible()
    expect(supplier.page.get_by_test_id("identity")).to_contain_text("周八（个人）")
    supplier.picture("supplier-inbox")


def test_a_role_gives_its_rights_to_who_has_it(desk: Desk) -> None:
    desk.log_in("sunli")
    page = desk.page
    page.get_by_test_id("nav-members").click()
    page.get_by_test_id("tab-roles").click()
    page.get_by_test_id("new-role").click()
    page.get_by_test_id("role-name").fill("合同专员")
    desk.picture("role")
    page.get_by_test_id("save-role").click()
    role = page.locator('[data-test="role"][data-name="合同专员"]')
    expect(role.get_by_test_id("right")).to_have_attribute("data-right", "start")
    role.get_by_test_id("role-holders").click()
    page.get_by_test_id("role-member").click()
    page.get_by_role("option", name="张伟").click()
    page.get_by_test_id("give-role").click()
    expect(role).to_contain_text("1 人")
    page.get_by_test_id("tab-members").click()
    zhang_wei = page.locator('[data-test="member"][data-name="张伟"]')
    expect(zhang_wei).to_contain_text("合同专员")
    assert rights_of(page, "张伟") == ["start"]


def test_the_operator_makes_an_organization_and_suspends_it(desk: Desk, supplier: Desk) -> None:
    desk.log_in("operator")
    page = desk.page
    page.get_by_test_id("nav-operator").click()
    expect(page.get_by_test_id("tenant").first).to_be_visible()
    page.get_by_test_id("make-tenant").click()
    page.get_by_test_id("tenant-name").fill("示例建材（广东）有限公司")
    page.get_by_test_id("tenant-slug").fill("jiancai")
    page.get_by_test_id("tenant-administrator").fill("张伟")
    page.get_by_test_id("save-tenant").click()
    link = page.get_by_test_id("link").input_value()
    page.keyboard.press("Escape")
    desk.picture("operator")

    supplier.log_in("zhangwei")
    supplier.page.goto(link)
    supplier.page.get_by_test_id("accept").click()
    expect(supplier.page.get_by_test_id("identity")).to_contain_text("示例建材")
    supplier.page.get_by_test_id("nav-members").click()
    supplier.page.get_by_test_id("tab-organization").click()
    supplier.page.get_by_test_id("uscc").fill("91350100M000100Y43")
    supplier.page.get_by_test_id("representative").fill("李查无")
    supplier.picture("organization")
    supplier.page.get_by_test_id("verify-organization").click()
    expect(supplier.page.get_by_test_id("problem")).to_have_attribute("data-code", "COMPANY_MISMATCH")
    supplier.page.get_by_test_id("representative").fill("张伟")
    supplier.page.get_by_test_id("verify-organization").click()
    expect(supplier.page.get_by_test_id("verified")).to_have_class(re.compile("ok"))
    supplier.picture("organization-verified")

    line = page.locator('[data-test="tenant"][data-slug="jiancai"]')
    line.get_by_test_id("change-tenant").click()
    page.get_by_test_id("tenant-reason").fill("欠费")
    page.get_by_test_id("tenant-confirm").click()
    expect(line).to_have_attribute("data-state", "suspended")
    supplier.page.reload()
    expect(supplier.page.get_by_text("已被平台停用").first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("en", {"locale": "en-US"}),
        ("phone", {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}),
    ],
)
def test_the_pages_stand_in_english_and_on_a_phone(
    chromium: Browser, system: System, name: str, options: dict[str, object]
) -> None:
    desk = sat_down(chromium, system, **options)
    page = desk.page
    page.goto(f"{system.origin}/register")
    expect(page.get_by_test_id("register-page")).to_be_visible()
    desk.picture(f"register-{name}")
    desk.log_in("sunli", PASSWORD)
    for path, ready in (("members", "member"), ("account", "my-mobile")):
        page.goto(f"{system.origin}/{path}")
        expect(page.get_by_test_id(ready).first).to_be_visible()
        desk.picture(f"{path}-{name}")
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "the page is wider than the screen"
    desk.context.close()
    assert desk.errors == []
