"""One window for one dialog of the client: shows its sheet, takes the PIN, follows it to its end."""

import time
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from yunqian.agent.desktop import look
from yunqian.agent.desktop.calls import Answer, Calls
from yunqian.agent.desktop.parts import PAGES_WIDTH, WIDTH, Ending, Lines, Pages, Secrets, Sheet, plain
from yunqian.agent.window.words import WORDS, Language

_FOLLOW_MILLISECONDS = 1000
_SHOWN_AFTER_SUCCESS_MILLISECONDS = 1500
_BESIDE_THE_LINES = 232  # header, PIN, remark and buttons
_PAGES_HEIGHT = 700
_CONSENT = 48


class SheetWindow(QDialog):
    """Stays above other windows until it is answered; closing it is cancelling."""

    def __init__(self, calls: Calls, path: str, language: Language) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowStaysOnTopHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setStyleSheet(look.STYLE)
        self.setWindowIcon(look.icon())
        self._calls, self._path, self._language = calls, path, language
        self._shape: tuple[object, ...] = ()
        self._sheet: Sheet = {}
        self._is_working = self._is_over = False
        self._remark = ""
        self._ends_at = 0.0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._body: QWidget | None = None
        self._following = QTimer(self, interval=_FOLLOW_MILLISECONDS)
        self._following.timeout.connect(self._follow)
        self._following.start()
        self._follow()

    @property
    def path(self) -> str:
        """The address of the dialog at the client."""
        return self._path

    # Following the dialog

    def _follow(self) -> None:
        if not self._is_working and not self._is_over:
            self._calls.get(f"{self._path}/sheet?lang={self._language}", self, self._told)
        self._tick()

    def _told(self, answer: Answer) -> None:
        if self._is_over or self._is_working:
            return
        message = answer.message()
        if answer.is_good:
            self._show(message)
        elif answer.status == 0:
            self._banner(WORDS[self._language]["lost"], "bad")
        else:
            self._end(str(self._sheet.get("title", "")), str(message.get(self._language, "")), "")

    def _show(self, sheet: Sheet) -> None:
        self._sheet = sheet
        if sheet.get("phase") != "waiting":
            self._finish(sheet)
            return
        shape = (
            sheet.get("kind"),
            sheet.get("language"),
            repr(sheet.get("lines")),
            repr(sheet.get("items")),
            repr(sheet.get("fields")),
        )
        if shape != self._shape:
            self._shape = shape
            self._build(sheet)
        self._ends_at = time.monotonic() + float(sheet.get("seconds_left", 0))
        self._tries.setText(str(sheet.get("tries", "")))
        self._last.setVisible(bool(sheet.get("is_last_try")))
        had_pages = not self._pages.isHidden()
        self._pages.follow(sheet.get("pictures") or {})
        if had_pages is self._pages.isHidden():
            self._fit()
        self._say_how_it_stands(sheet)
        self._enable()
        self._tick()

    def _say_how_it_stands(self, sheet: Sheet) -> None:
        said = str(sheet.get("last_problem") or "")
        if not sheet.get("is_key_present", True):
            self._banner(WORDS[self._language]["key_absent"], "bad")
        else:
            self._banner(self._remark or said, "bad")

    def _finish(self, sheet: Sheet) -> None:
        self._end(
            str(sheet.get("done_title", "")), str(sheet.get("done_text", "")), str(sheet.get("done_tone", ""))
        )
        if sheet.get("phase") == "signed" and sheet.get("done_tone") == "good":
            QTimer.singleShot(_SHOWN_AFTER_SUCCESS_MILLISECONDS, self.close)

    # Answering it

    def _confirm(self) -> None:
        if self._is_working or not self._ok.isEnabled() or not self._secrets.is_complete():
            self._secrets.focus()
            return
        self._remark = self._wrong_with_new_pin()
        if self._remark:
            self._banner(self._remark, "bad")
            return
        headers = {"X-Last-Try": "accepted" if self._last.isChecked() else "no"}
        if self._sheet.get("consent"):
            headers["X-Consent"] = "agreed" if self._consent.isChecked() else "no"
        self._set_working(True)
        self._calls.post(
            f"{self._path}/confirm?lang={self._language}",
            self._secrets.taken(),
            headers,
            self,
            self._answered,
        )

    def _wrong_with_new_pin(self) -> str:
        """What is told before anything is sent; the client looks again."""
        remarks = self._sheet.get("remarks") or {}
        if not self._secrets.is_long_enough(int(self._sheet.get("new_pin_least") or 0)):
            return str(remarks.get("new_pin_weak", ""))
        return "" if self._secrets.is_repeated() else str(remarks.get("new_pin_differs", ""))

    def _answered(self, answer: Answer) -> None:
        self._set_working(False)
        self._last.setChecked(False)
        if answer.status == 0:
            self._remark = WORDS[self._language]["lost"]
        elif not answer.is_good:
            self._remark = str(answer.message().get(self._language, ""))
        self._secrets.focus()
        self._follow()

    def _set_working(self, is_working: bool) -> None:
        self._is_working = is_working
        self._secrets.setEnabled(not is_working)
        self._cancel.setEnabled(not is_working)
        if is_working:
            self._banner(str(self._sheet.get("working") or ""), "")
        self._enable()

    def _enable(self) -> None:
        sheet = self._sheet
        is_seen = (sheet.get("pictures") or {}).get("state", "none") in ("none", "ready")
        is_agreed = not sheet.get("consent") or self._consent.isChecked()
        is_ready = bool(sheet.get("is_key_present", True)) and is_seen and is_agreed
        self._ok.setEnabled(not self._is_working and is_ready)

    def closeEvent(self, event: QCloseEvent) -> None:
        """A window that is closed before its end cancels; while the key works it stays."""
        if self._is_working:
            event.ignore()
            return
        self._following.stop()
        if not self._is_over:
            self._is_over = True
            self._calls.post(f"{self._path}/cancel", bytearray(), {}, self, lambda _: None)
        event.accept()  # and not QDialog's own way, which would reject, and rejecting is closing

    def reject(self) -> None:
        """Escape is closing."""
        self.close()

    # Building it

    def _build(self, sheet: Sheet) -> None:
        self.setWindowTitle(str(sheet.get("title", "")))
        self._lines = Lines([*(sheet.get("lines") or ()), *(sheet.get("items") or ())])
        self._pages = Pages()
        self._pages.wanted.connect(self._draw)
        question = QWidget()
        column = QVBoxLayout(question)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_scrolled(self._lines), 1)
        column.addWidget(self._asking(sheet))
        column.addWidget(self._buttons(sheet))
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._pages)
        row.addWidget(question, 1)
        self._put(_top(sheet), middle)
        self._fit()
        self._secrets.focus()

    def _asking(self, sheet: Sheet) -> QWidget:
        """What stays in sight however long the lines are: the remark, the PIN, how many tries are left."""
        asking = QWidget()
        column = QVBoxLayout(asking)
        column.setContentsMargins(18, 6, 18, 8)
        column.setSpacing(8)
        self._notice = plain("", "banner")
        self._notice.hide()
        self._secrets = Secrets(sheet.get("fields") or (), self._confirm)
        self._last = QCheckBox(str(sheet.get("last_try_label") or ""))
        self._last.setObjectName("lastTry")
        self._tries = plain("", "tries")
        for part in (self._notice, self._agreement(sheet), self._secrets, self._last, self._tries):
            column.addWidget(part)
        return asking

    def _agreement(self, sheet: Sheet) -> QWidget:
        """The sentence that has to be ticked, where there is one; a check box cannot break its own line."""
        sentence = str(sheet.get("consent") or "")
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        self._consent = QCheckBox()
        self._consent.setObjectName("consent")
        self._consent.setAccessibleName(sentence)
        self._consent.toggled.connect(lambda _: self._enable())
        if sentence:
            row.addWidget(self._consent, 0)
            row.addWidget(plain(sentence, "sentence"), 1)
        else:
            box.hide()
        return box

    def _buttons(self, sheet: Sheet) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(18, 4, 18, 14)
        self._cancel = QPushButton(str(sheet.get("cancel", "")))
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.close)
        self._other = QPushButton(WORDS[self._language]["other_language"])
        self._other.setObjectName("language")
        self._other.setAutoDefault(False)
        self._other.clicked.connect(self._switch)
        self._clock = plain("", "clock")
        self._clock.setWordWrap(False)
        self._ok = QPushButton(str(sheet.get("confirm", "")))
        self._ok.setObjectName("confirm")
        self._ok.setDefault(True)
        self._ok.clicked.connect(self._confirm)
        row.addWidget(self._cancel)
        row.addWidget(self._other)
        row.addStretch(1)
        row.addWidget(self._clock)
        row.addWidget(self._ok)
        return bar

    def _put(self, *parts: QWidget) -> None:
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for part in parts:
            self._column.addWidget(part)
        self._body = parts[0]

    def _fit(self) -> None:
        """As tall as the lines need and the screen has; with pictures wide and tall, for they are to be read."""
        screen = self.screen().availableGeometry()
        needed = self._lines.heightForWidth(WIDTH - 36) + _BESIDE_THE_LINES
        needed += _CONSENT if self._sheet.get("consent") else 0
        has_pages = not self._pages.isHidden()
        width = WIDTH + (PAGES_WIDTH if has_pages else 0)
        height = max(needed, _PAGES_HEIGHT if has_pages else 0)
        self.setFixedSize(min(width, screen.width()), min(height, screen.height() - 40))

    def _end(self, title: str, text: str, tone: str) -> None:
        self._is_over = True
        close = QPushButton(str(self._sheet.get("close", "OK")))
        close.setObjectName("confirm")
        close.clicked.connect(self.close)
        ending = Ending(title, text, tone, close)
        self._put(ending)
        self.setFixedSize(WIDTH, max(ending.heightForWidth(WIDTH), ending.sizeHint().height()))
        close.setFocus()

    def _draw(self, url: str) -> None:
        pages = self._pages
        self._calls.get(url, pages, lambda answer: pages.draw(answer.body if answer.is_good else b""))

    def _switch(self) -> None:
        self._language = "zh" if self._language == "en" else "en"
        self._follow()

    def _banner(self, text: str, tone: str) -> None:
        if not self._shape:
            return
        self._notice.setText(text)
        self._notice.setVisible(bool(text))
        if self._notice.property("tone") != tone:
            self._notice.setProperty("tone", tone)
            self._notice.style().polish(self._notice)

    def _tick(self) -> None:
        if not self._shape or self._is_over:
            return
        left = max(0, round(self._ends_at - time.monotonic()))
        self._clock.setText(f"{left // 60}:{left % 60:02d}")
        self._clock.setProperty("soon", left < 30)
        self._clock.style().polish(self._clock)


def _top(sheet: Sheet) -> QFrame:
    top = QFrame()
    top.setObjectName("top")
    row = QHBoxLayout(top)
    row.setContentsMargins(18, 12, 18, 12)
    sign = QLabel()
    sign.setPixmap(look.shield(20))
    title = plain(sheet.get("title", ""), "title")
    row.addWidget(sign)
    row.addWidget(title, 1)
    chips: list[tuple[Any, str]] = [(sheet.get("position"), "position")]
    if sheet.get("is_demo"):
        chips.append((sheet.get("demo_label"), "chip"))
    for text, name in chips:
        if text:
            chip = plain(text, name)
            chip.setWordWrap(False)
            row.addWidget(chip)
    return top


def _scrolled(body: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(body)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
