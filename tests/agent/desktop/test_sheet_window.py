"""The desktop window shows a sheet of the client, takes its secrets, and follows it to its end."""

import time

import pytest

from tests import needs
from tests.agent.desktop.conftest import WINDOW, a_sheet

pytestmark = needs.library("libEGL.so.1", "libegl1")

PIN = "246810"


def window_of(client, language="zh"):
    from PySide6.QtWidgets import QApplication

    from yunqian.agent.desktop.calls import Calls
    from yunqian.agent.desktop.sheet_window import SheetWindow

    window = SheetWindow(Calls(client.home, QApplication.instance()), WINDOW, language)
    window.show()
    return window


def wait(condition, seconds=6.0):
    from PySide6.QtTest import QTest

    ends_at = time.monotonic() + seconds
    while not (is_so := condition()) and time.monotonic() < ends_at:
        QTest.qWait(20)
    return is_so


def edits(window):
    from PySide6.QtWidgets import QLineEdit

    return window.findChildren(QLineEdit)


def texts(window):
    from PySide6.QtWidgets import QLabel

    return "\n".join(label.text() for label in window.findChildren(QLabel) if label.isVisibleTo(window))


def button(window, name):
    from PySide6.QtWidgets import QPushButton

    return next(one for one in window.findChildren(QPushButton) if name in (one.objectName(), one.text()))


def type_and_confirm(window, *secrets):
    for edit, secret in zip(edits(window), secrets, strict=True):
        edit.setText(secret)
    button(window, "confirm").click()


@pytest.fixture
def shown(application, client):
    windows = []

    def show(language="zh", **sheet):
        client.sheet = a_sheet(**sheet)
        windows.append(window_of(client, language))
        assert wait(lambda: "校验码" in texts(windows[-1]))
        return windows[-1]

    yield show
    from shiboken6 import isValid

    for window in windows:
        if isValid(window):
            window._is_over = True
            window.close()


def test_it_shows_every_line_of_the_sheet_and_that_a_key_is_for_demonstration(shown):
    said = texts(shown())
    for line in (
        "https://sign.example.gov",
        "采购合同（2026-118）.pdf",
        "公章 · 第 3 页",
        "7F3A-C2E9-18B4",
        "演示用软 Key",
        "第 1 把，共 2 把",
        "口令还可试 6 次。",
    ):
        assert line in said


def test_a_title_that_looks_like_markup_is_shown_as_it_is(shown, client):
    lines = [
        {"name": "document", "label": "校验码", "text": "<b>x</b><img src=a>", "hint": "", "tone": "plain"}
    ]
    assert "<b>x</b><img src=a>" in texts(shown(lines=lines))


def test_the_pin_goes_to_the_clients_own_address_once_and_leaves_the_field(shown, client):
    window = shown()
    type_and_confirm(window, PIN)
    assert wait(lambda: bool(client.posted))
    ((path, body, headers),) = client.posted
    assert (path, body) == (f"{WINDOW}/confirm", PIN.encode())
    assert (headers["origin"], headers["x-last-try"]) == (client.home, "no")
    assert headers["content-type"] == "application/octet-stream"
    assert wait(lambda: "签名完成" in texts(window))
    assert PIN not in texts(window)
    assert [edit.text() for edit in edits(window)] in ([], [""])


def test_after_success_it_closes_by_itself_and_does_not_cancel(shown, client):
    window = shown()
    type_and_confirm(window, PIN)
    assert wait(lambda: not window_is_open(window))
    assert client.cancelled() == 0


def window_is_open(window):
    from shiboken6 import isValid

    return isValid(window) and window.isVisible()


def test_a_wrong_pin_is_told_and_the_next_one_can_be_typed(shown, client):
    window = shown()
    client.after_confirm = {"last_problem": "口令不正确，还可以试 5 次。"}
    type_and_confirm(window, "111111")
    assert wait(lambda: "口令不正确，还可以试 5 次。" in texts(window))
    client.after_confirm = {"phase": "signed"}
    type_and_confirm(window, PIN)
    assert wait(lambda: "签名完成" in texts(window))
    assert client.secrets() == [b"111111", PIN.encode()]


def test_an_empty_pin_is_not_sent(shown, client):
    button(shown(), "confirm").click()
    assert not wait(lambda: bool(client.posted), 0.5)


def test_a_double_click_sends_one_pin(shown, client):
    window = shown()
    type_and_confirm(window, PIN)
    button_now = [one for one in (button(window, "confirm"),) if one.isEnabled()]
    assert button_now == []
    assert wait(lambda: "签名完成" in texts(window))
    assert client.secrets() == [PIN.encode()]


def test_the_last_try_is_accepted_only_by_the_tick(shown, client):
    from PySide6.QtWidgets import QCheckBox

    window = shown(is_last_try=True)
    client.after_confirm = {"last_problem": "请勾选"}
    type_and_confirm(window, PIN)
    assert wait(lambda: len(client.posted) == 1)
    assert wait(lambda: "请勾选" in texts(window))
    window.findChildren(QCheckBox)[0].setChecked(True)
    type_and_confirm(window, PIN)
    assert wait(lambda: len(client.posted) == 2)
    assert [headers["x-last-try"] for _, _, headers in client.posted] == ["no", "accepted"]
    assert wait(lambda: not window.findChildren(QCheckBox)[0].isChecked())


def test_a_batch_is_signed_only_once_the_sentence_is_ticked(shown, client):
    from PySide6.QtWidgets import QCheckBox

    item = {
        "name": "item",
        "label": "1",
        "text": "付款申请单.pdf",
        "hint": "王芳 发起 · 4 页",
        "tone": "plain",
    }
    window = shown(kind="sign_batch", items=[item], consent="同意一次签署以上 1 份文件")
    assert "付款申请单.pdf" in texts(window)
    assert "同意一次签署以上 1 份文件" in texts(window)
    assert not button(window, "confirm").isEnabled()
    window.findChild(QCheckBox, "consent").setChecked(True)
    type_and_confirm(window, PIN)
    assert wait(lambda: bool(client.posted))
    assert client.posted[0][2]["x-consent"] == "agreed"


def test_a_window_that_asks_no_consent_sends_none(shown, client):
    type_and_confirm(shown(), PIN)
    assert wait(lambda: bool(client.posted))
    assert "x-consent" not in client.posted[0][2]


def test_closing_the_window_cancels_once(shown, client):
    window = shown()
    window.close()
    assert wait(lambda: client.cancelled() == 1)
    assert not wait(lambda: client.cancelled() > 1, 0.3)


def test_without_the_key_nothing_can_be_confirmed_until_it_is_back(shown, client):
    window = shown(is_key_present=False)
    assert not button(window, "confirm").isEnabled()
    client.sheet = a_sheet()
    assert wait(lambda: button(window, "confirm").isEnabled())


NEW_PIN_FIELDS = [
    {"name": name, "label": name, "hint": ""} for name in ("old_pin", "new_pin", "new_pin_again")
]


def test_several_secrets_go_in_the_order_of_the_fields(shown, client):
    window = shown(kind="change_pin", fields=NEW_PIN_FIELDS)
    type_and_confirm(window, PIN, "135791", "135791")
    assert wait(lambda: bool(client.posted))
    assert client.secrets() == [b"246810\x00135791\x00135791"]


def test_two_different_new_pins_are_told_at_once_and_nothing_is_sent(shown, client):
    window = shown(kind="change_pin", fields=NEW_PIN_FIELDS)
    type_and_confirm(window, PIN, "135791", "135792")
    assert wait(lambda: "两次输入的新口令不一致" in texts(window))
    assert client.posted == []


def test_a_new_pin_that_is_too_short_is_told_at_once(shown, client):
    window = shown(kind="change_pin", fields=NEW_PIN_FIELDS)
    type_and_confirm(window, PIN, "1357", "1357")
    assert wait(lambda: "新口令至少 6 位" in texts(window))
    assert client.posted == []


def test_pictures_that_are_not_ready_keep_the_pin_from_being_confirmed(shown, client):
    window = shown(pictures={"state": "working", "text": "正在核对文件…", "pages": []})
    assert not button(window, "confirm").isEnabled()
    assert "正在核对文件…" in texts(window)
    pages = [{"page": 3, "url": f"{WINDOW}/pages/3.png"}, {"page": 7, "url": f"{WINDOW}/pages/7.png"}]
    client.sheet = a_sheet(pictures={"state": "ready", "text": "", "pages": pages})
    assert wait(lambda: button(window, "confirm").isEnabled())
    assert wait(lambda: f"{WINDOW}/pages/3.png" in client.asked)


def test_the_page_with_the_seal_is_seen_beside_the_question_and_others_by_a_step(shown, client):
    pages = [{"page": 3, "url": f"{WINDOW}/pages/3.png"}, {"page": 7, "url": f"{WINDOW}/pages/7.png"}]
    window = shown(pictures={"state": "ready", "text": "", "pages": pages})
    assert wait(lambda: has_seal_colour(window))
    button(window, "›").click()
    assert wait(lambda: f"{WINDOW}/pages/7.png" in client.asked)


def has_seal_colour(window):
    image = window.grab().toImage()
    step = range(0, image.width() // 2, 2)
    return any(
        image.pixelColor(x, y).red() > 180 and image.pixelColor(x, y).green() < 60
        for x in step
        for y in range(0, image.height(), 2)
    )


def test_the_language_can_be_switched(shown, client):
    window = shown()
    button(window, "English").click()
    assert wait(lambda: any(path.endswith("sheet?lang=en") for path in client.asked))


def test_a_client_that_stopped_answering_is_told(application):
    from tests.agent.desktop.conftest import Client, serving

    with serving(Client()) as gone:
        window = window_of(gone)
        assert wait(lambda: "校验码" in texts(window))
    assert wait(lambda: "无法连接安全客户端" in texts(window))
    window._is_over = True
    window.close()


def test_a_refusal_ends_it_with_what_the_client_says(shown, client):
    window = shown()
    client.sheet = a_sheet(phase="refused", done_text="Key 的口令已被锁定。", done_tone="bad")
    assert wait(lambda: "Key 的口令已被锁定。" in texts(window))
    assert edits(window) == []
