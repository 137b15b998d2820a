"""Parts of a sheet: its lines, the pictures of pages, the fields for PINs, and how it ended."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

WIDTH = 440
PAGES_WIDTH = 460
_MAX_LABEL = 2000
Sheet = Mapping[str, Any]


def plain(text: object, name: str = "") -> QLabel:
    """A label that shows a stranger's text as it is: never as markup, and of bounded length."""
    label = QLabel(str(text)[:_MAX_LABEL])
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setObjectName(name)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


class Lines(QWidget):
    """What is asked: one row for each line, its label beside it."""

    def __init__(self, lines: Sequence[Sheet]) -> None:
        super().__init__()
        self.setObjectName("lines")
        grid = QGridLayout(self)
        grid.setContentsMargins(18, 16, 18, 10)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(len(lines), 1)
        for row, line in enumerate(lines):
            label = plain(line.get("label", ""), "label")
            label.setWordWrap(False)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_said(line), row, 1)


def _said(line: Sheet) -> QWidget:
    box = QWidget()
    box.setObjectName("said")
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    tone = line.get("tone", "plain")
    column.addWidget(plain(line.get("text", ""), "code" if tone == "code" else ""))
    if line.get("hint"):
        column.addWidget(plain(line["hint"], "hint"))
    return box


class Pages(QFrame):
    """The pages that this signature marks, as the client drew them from the very bytes to be signed."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pages")
        self._urls: tuple[str, ...] = ()
        self._place = 0
        self._image = QImage()
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._picture)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._caption = plain("", "hint")
        self._before, self._after = QPushButton("‹"), QPushButton("›")
        self._larger = QPushButton("⤢")
        for button in (self._before, self._after, self._larger):
            button.setObjectName("step")
            button.setAutoDefault(False)
        self._before.clicked.connect(lambda: self._go(-1))
        self._after.clicked.connect(lambda: self._go(+1))
        self._larger.clicked.connect(self._toggle)
        self._is_large = False
        row = QHBoxLayout()
        for part in (self._before, self._after):
            row.addWidget(part)
        row.addWidget(self._caption, 1)
        row.addWidget(self._larger)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 8)
        column.addWidget(self._scroll, 1)
        column.addLayout(row)
        self.setFixedWidth(PAGES_WIDTH)
        self.hide()

    def follow(self, pictures: Sheet) -> None:
        """Show where the pictures stand; a page is asked for by `wanted` when it is first shown."""
        state = pictures.get("state", "none")
        self.setVisible(state != "none")
        self._caption.setText(str(pictures.get("text", "")))
        listed = tuple(str(page.get("url", "")) for page in pictures.get("pages", ()))
        self._scroll.setVisible(bool(listed))
        if listed != self._urls:
            self._urls, self._place = listed, 0
            self._go(0)

    def draw(self, png: bytes) -> None:
        """The picture that was asked for; anything that is none leaves the place empty."""
        self._image = QImage.fromData(png)
        self._fit()

    def _go(self, step: int) -> None:
        if not self._urls:
            return
        self._place = min(max(self._place + step, 0), len(self._urls) - 1)
        for button, is_able in (
            (self._before, self._place > 0),
            (self._after, self._place + 1 < len(self._urls)),
        ):
            button.setVisible(len(self._urls) > 1)
            button.setEnabled(is_able)
        self.wanted.emit(self._urls[self._place])

    def _toggle(self) -> None:
        self._is_large = not self._is_large
        self._larger.setText("⤡" if self._is_large else "⤢")
        self._fit()

    def _fit(self) -> None:
        if self._image.isNull():
            self._picture.clear()
            return
        room = self._scroll.viewport().rect()
        image = self._image if self._is_large else _fitted(self._image, room)
        self._picture.setPixmap(QPixmap.fromImage(image))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture anew."""
        super().resizeEvent(event)
        self._fit()


def _fitted(image: QImage, room: QRect) -> QImage:
    return image.scaled(
        room.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


class Secrets(QWidget):
    """The fields for PINs. What was typed leaves by `taken` only, as bytes that can be overwritten."""

    def __init__(self, fields: Sequence[Sheet], entered: Callable[[], None]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._edits: list[tuple[str, QLineEdit]] = []
        for field in fields:
            edit = QLineEdit()
            edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.setMaxLength(64)
            edit.setPlaceholderText(str(field.get("hint") or field.get("label", "")))
            edit.setAccessibleName(str(field.get("label", "")))
            edit.setInputMethodHints(
                Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
            )
            edit.returnPressed.connect(entered)
            self._edits.append((str(field.get("name", "")), edit))
            column.addWidget(edit)

    def focus(self) -> None:
        """Put the cursor into the first field that is empty."""
        empty = [edit for _, edit in self._edits if not edit.text()]
        if empty or self._edits:
            (empty or [self._edits[0][1]])[0].setFocus()

    def is_repeated(self) -> bool:
        """Whether a new PIN and its repetition are the same; true where none is asked for."""
        typed = dict(self._edits)
        if "new_pin" not in typed or "new_pin_again" not in typed:
            return True
        return typed["new_pin"].text() == typed["new_pin_again"].text()

    def is_long_enough(self, least: int) -> bool:
        """Whether a new PIN has this many characters; true where none is asked for."""
        typed = dict(self._edits)
        return "new_pin" not in typed or len(typed["new_pin"].text()) >= least

    def is_complete(self) -> bool:
        """Whether something stands in every field."""
        return all(edit.text() for _, edit in self._edits)

    def taken(self) -> bytearray:
        """The secrets in the order of the fields, joined by NUL, and the fields emptied."""
        joined = bytearray(b"\0".join(edit.text().encode() for _, edit in self._edits))
        self.clear()
        return joined

    def clear(self) -> None:
        """Empty the fields."""
        for _, edit in self._edits:
            edit.clear()


class Ending(QWidget):
    """How it ended: a sign, a title, and what to do now."""

    def __init__(self, title: str, text: str, tone: str, close: QPushButton) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 34, 28, 30)
        column.setSpacing(10)
        sign = QLabel("✓" if tone == "good" else "!", alignment=Qt.AlignmentFlag.AlignCenter)
        sign.setObjectName("endSign")
        sign.setProperty("tone", tone)
        sign.setFixedSize(64, 64)
        column.addWidget(sign, 0, Qt.AlignmentFlag.AlignHCenter)
        for words, name in ((title, "endTitle"), (text, "endText")):
            label = plain(words, name)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignHCenter)
