"""The child's own program: windows that the client asks for, and the icon in the tray."""

import argparse
import json
import sys
import threading
from collections.abc import Sequence

from PySide6.QtCore import QLocale, QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from yunqian.agent.desktop import look
from yunqian.agent.desktop.calls import Calls
from yunqian.agent.desktop.sheet_window import SheetWindow
from yunqian.agent.window.words import Language

_WORDS: dict[Language, tuple[str, str, str]] = {
    "zh": ("云签安全客户端", "打开状态页", "退出安全客户端"),
    "en": ("yunqian security client", "Open the status page", "Quit the security client"),
}


class Orders(QObject):
    """The lines that the client writes, one JSON object each; the end of them is the end of the client."""

    asked = Signal(str)
    ended = Signal()

    def listen(self) -> None:
        """Read until the client goes. A thread, because Qt cannot watch a pipe on every system."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict) and isinstance(message.get("show"), str):
                self.asked.emit(message["show"])
        self.ended.emit()


class Desktop(QObject):
    """All windows and the icon."""

    def __init__(self, home: str, language: Language) -> None:
        super().__init__()
        self._home, self._language = home, language
        self._calls = Calls(home, self)
        self._windows: dict[str, SheetWindow] = {}
        self._tray = QSystemTrayIcon(look.icon(), self)
        self._menu = self._made_menu()
        self._tray.setContextMenu(self._menu)
        self._tray.setToolTip(_WORDS[language][0])
        self._tray.activated.connect(self._activated)
        self._tray.show()

    def show(self, window_url: str) -> None:
        """Bring the window of this address to the front; any other address is passed over."""
        if not self._calls.is_own(window_url):
            return
        path = QUrl(window_url).path()
        window = self._windows.get(path)
        if window is None:
            window = SheetWindow(self._calls, path, self._language)
            window.destroyed.connect(lambda: self._windows.pop(path, None))
            self._windows[path] = window
        window.show()
        window.raise_()
        window.activateWindow()

    def _made_menu(self) -> QMenu:
        title, status, leave = _WORDS[self._language]
        menu = QMenu()
        menu.addAction(title).setEnabled(False)
        menu.addSeparator()
        menu.addAction(status).triggered.connect(self._open_home)
        menu.addAction(leave).triggered.connect(self._leave)
        return menu

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self._open_home()

    def _open_home(self) -> None:
        QDesktopServices.openUrl(QUrl(self._home))

    def _leave(self) -> None:
        _tell("quit")


def main(argv: Sequence[str]) -> int:
    """Show windows until the client goes."""
    parser = argparse.ArgumentParser(prog="yunqian agent desktop")
    parser.add_argument("--home", required=True, help="address of the client that started this")
    arguments = parser.parse_args([*argv])
    application = QApplication(["yunqian-agent"])
    application.setQuitOnLastWindowClosed(False)
    application.setDesktopFileName("yunqian-agent")
    is_chinese = QLocale.system().language() in (QLocale.Language.Chinese, QLocale.Language.C)
    desktop = Desktop(arguments.home, "zh" if is_chinese else "en")
    orders = Orders()
    orders.asked.connect(desktop.show)
    orders.ended.connect(application.quit)
    orders.listen()
    _tell("ready")
    return application.exec()


def _tell(word: str) -> None:
    """One line to the client."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
