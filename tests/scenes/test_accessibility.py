"""Every screen, on a PC and on a phone, with its dialogs open: nothing that axe finds against WCAG 2.2 AA.

And what no machine judges from the outside: everything is done by keyboard alone, tabs move by arrow keys, a dialog
gives the focus back to where it came from, and who asked his system for less movement gets none.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import needs
from tests.scenes.acts import begin_start, choose_seal, name_signers, start, start_own, tab_to, upload
from tests.scenes.axe import judge
from tests.scenes.conftest import PASSWORD, Desk, sat_down
from tests.scenes.system import ROOT, System

pytestmark = [needs.program("chromium"), needs.program("softhsm2-util"), pytest.mark.timeout(240)]
PC = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
OPEN = [
    "/login",
    "/register",
    "/t/demo-company",
    "/join/0000",
    "/seal/0000",
    "/verify",
    "/v/0000-0000-0000-0000",
]
OF_ENVELOPES = ["/envelopes/0000", "/envelopes/0000/seal"]
INSIDE = {
    "liming": [
        "/inbox",
        "/signed",
        "/started",
        "/copied",
        "/start",
        "/batch",
        "/keys",
        "/seals",
        "/notices",
        "/account",
        "/sessions",
    ],
    "sunli": ["/members", "/certificates", "/seals"],
    "operator": ["/operator"],
    "desk": ["/desk"],
}


@pytest.fixture(params=["pc zh-CN", "pc en-US", "phone zh-CN"])
def screen(chromium: Browser, system: System, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A person's computer or phone, in one of the languages."""
    size, language = request.param.split()
    made = sat_down(chromium, system, locale=language, **(PC if size == "pc" else PHONE))
    made.takes_pictures = False
    yield made
    made.context.close()
    assert made.errors == []


def shown(desk: Desk, path: str) -> Page:
    """The screen at an address, once everything on it has come."""
    desk.page.goto(f"{desk.system.origin}{path}")
    expect(desk.page.locator("h1").first).to_be_visible()
    desk.page.wait_for_load_state("networkidle")
    return desk.page


def fits(page: Page) -> bool:
    """Nothing stands out at the side (WCAG 1.4.10)."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    return wide


def test_every_screen_that_the_router_knows_is_judged_here() -> None:
    known = re.findall(r"path: '([^']+)', name: ", (ROOT / "web" / "src" / "router.ts").read_text("utf-8"))
    assert len(known) > 20
    judged = [*OPEN, *OF_ENVELOPES, *(path for paths in INSIDE.values() for path in paths)]
    for path in known:
        pattern = re.sub(r":\w+(\([^)]*\))?\??", lambda found: found[1] or "[^/]*", "/" + path.lstrip("/"))
        assert any(re.fullmatch(pattern, one) for one in judged), path


def test_screens_before_login(screen: Desk) -> None:
    for path in OPEN:
        page = shown(screen, path)
        judge(page, path)
        assert fits(page), path
    page = shown(screen, "/login")
    for way in ("phone", "key"):
        page.get_by_test_id(f"way-{way}").click()
        judge(page, way)


@pytest.mark.parametrize("account", INSIDE)
def test_screens_inside(screen: Desk, account: str) -> None:
    screen.log_in(account)
    for path in INSIDE[account]:
        page = shown(screen, path)
        tabs = page.get_by_role("tab")
        for place in range(max(1, tabs.count())):
            if tabs.count():
                tabs.nth(place).click()
            judge(page, (path, place))
            assert fits(page), (path, place)
    menu = screen.page.get_by_test_id("menu")
    if menu.is_visible():
        menu.click()
        judge(screen.page)


def test_the_document_and_the_panel(screen: Desk, contract: Path) -> None:
    screen.log_in("liming")
    envelope = start_own(screen, contract, "无障碍检查的合同")
    page = screen.page
    expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()
    judge(page)
    expect(page.get_by_test_id("client-phase")).to_have_attribute("data-phase", "here")
    choose_seal(page, "公章", "合同专用章")
    page.get_by_test_id("place-seal").click()
    page.get_by_test_id("place-paging").click()
    judge(page)
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("sheet")).to_be_visible()
    judge(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page = shown(screen, f"/envelopes/{envelope}")
    expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()
    judge(page)
    assert fits(page)


def by_test_id(*names: str) -> Callable[[Page], None]:
    """Press one after another."""

    def press(page: Page) -> None:
        for name in names:
            page.get_by_test_id(name).first.click()

    return press


DIALOGS = [
    ("sunli", "/members", by_test_id("member-more", "act-grant")),
    ("sunli", "/members", by_test_id("member-more", "act-look")),
    ("sunli", "/members", by_test_id("member-more", "act-leave")),
    ("sunli", "/members", by_test_id("tab-departments", "new-department")),
    ("sunli", "/members", by_test_id("tab-roles", "new-role")),
    ("sunli", "/members", by_test_id("tab-invitations", "invite")),
    ("liming", "/seals", by_test_id("apply")),
    ("liming", "/seals", by_test_id("freeze")),
    ("liming", "/keys", by_test_id("enrol")),
    ("liming", "/keys", by_test_id("unlock")),
    ("liming", "/account", by_test_id("change-password")),
    ("liming", "/start", by_test_id("add-by-phone")),
    ("operator", "/operator", by_test_id("make-tenant")),
    ("operator", "/operator", by_test_id("change-tenant")),
]


@pytest.mark.parametrize("account", sorted({account for account, _, _ in DIALOGS}))
def test_dialogs(screen: Desk, account: str) -> None:
    screen.log_in(account)
    for who, path, press in DIALOGS:
        if who == account:
            page = shown(screen, path)
            press(page)
            judge(page, path)


def test_a_signing_that_is_being_made_up(screen: Desk, contract: Path) -> None:
    screen.log_in("liming")
    begin_start(screen)
    upload(screen, contract, "无障碍：正在发起")
    name_signers(screen, with_me=True)
    expect(screen.page.get_by_test_id("send")).to_be_enabled()
    judge(screen.page)
    assert fits(screen.page)


def test_acts_of_a_document(screen: Desk, contract: Path) -> None:
    screen.log_in("liming")
    start(screen, contract, "无障碍：发出以后", colleagues=["张伟"])
    page = shown(screen, "/started")
    page.get_by_text("无障碍：发出以后").first.click()
    for act in ("forward", "void"):
        page.get_by_test_id(f"act-{act}").click()
        judge(page, act)
        page.keyboard.press("Escape")
        expect(page.locator(".el-dialog:visible")).to_have_count(0)


def typed(page: Page, *texts: str) -> None:
    """Type into the field that has the focus, Tab between."""
    for text in texts[:-1]:
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type(texts[-1])


def test_login_list_and_view_by_keyboard_alone(desk: Desk, contract: Path, chromium: Browser) -> None:
    initiator = sat_down(chromium, desk.system)
    initiator.log_in("liming")
    start(initiator, contract, "只用键盘看的合同", colleagues=["张伟"])
    initiator.context.close()

    page = desk.page
    page.goto(f"{desk.system.origin}/login")
    expect(page.get_by_test_id("account")).to_be_focused()
    page.keyboard.type("zhangwei")
    tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.system.origin}/inbox")
    row = page.get_by_test_id("row").filter(has_text="只用键盘看的合同")
    expect(row).to_be_visible()
    tab_to(page, "view")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stage").locator("[data-drawn]").first).to_be_visible()


def test_the_first_tab_leads_past_the_menu(desk: Desk) -> None:
    desk.log_in("liming")
    page = shown(desk, "/keys")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_tabs_move_by_arrow_keys_and_are_one_stop(desk: Desk) -> None:
    desk.log_in("sunli")
    page = shown(desk, "/members")
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(tabs.last).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tabs.first).to_be_focused()
    expect(page.get_by_role("tabpanel")).to_have_attribute(
        "aria-labelledby", tabs.first.get_attribute("id") or ""
    )
    page.keyboard.press("Tab")
    expect(tabs.nth(1)).not_to_be_focused()


def test_a_dialog_takes_the_focus_and_gives_it_back(desk: Desk) -> None:
    desk.log_in("liming")
    page = shown(desk, "/seals")
    opener = page.get_by_test_id("apply")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".el-dialog")).to_be_visible()
    page.wait_for_function("document.querySelector('.el-dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator(".el-dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_who_wants_less_movement_gets_none(chromium: Browser, system: System) -> None:
    made = sat_down(chromium, system, reduced_motion="reduce")
    made.log_in("liming")
    page = shown(made, "/seals")
    page.get_by_test_id("apply").click()
    assert page.evaluate("getComputedStyle(document.querySelector('.el-overlay')).animationDuration") in (
        "1e-05s",
        "0s",
        "0.00001s",
    )
    made.context.close()


def test_the_page_says_its_language(desk: Desk) -> None:
    page = shown(desk, "/login")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_test_id("language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Log in")
