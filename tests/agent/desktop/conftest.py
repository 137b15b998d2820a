"""A client's window addresses for the desktop window's tests: a sheet that a test changes, and what was posted."""

import io
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image, ImageDraw

WINDOW = "/window/0123456789abcdef"


def a_sheet(**changes: Any) -> dict[str, Any]:
    """A sheet for one signature, as the client gives it."""
    lines = [
        ("site", "网站", "https://sign.example.gov", "云签示例平台", "ok"),
        ("document", "文件", "采购合同（2026-118）.pdf", "20 页", "plain"),
        ("marks", "本次盖", "公章 · 第 3 页\n日期 2026-11-22 · 第 3 页", "", "plain"),
        ("code", "校验码", "7F3A-C2E9-18B4", "应与网页上显示的一致，不一致请取消", "code"),
    ]
    sheet: dict[str, Any] = {
        "kind": "sign",
        "title": "安全客户端 · 确认签名",
        "position": "第 1 把，共 2 把",
        "language": "zh",
        "lines": [dict(zip(("name", "label", "text", "hint", "tone"), line, strict=True)) for line in lines],
        "fields": [{"name": "pin", "label": "口令", "hint": "请输入 Key 的口令"}],
        "confirm": "确认签名",
        "cancel": "取消",
        "close": "关闭窗口",
        "phase": "waiting",
        "problem": None,
        "last_problem": None,
        "tries": "口令还可试 6 次。",
        "tries_left": 6,
        "is_last_try": False,
        "last_try_label": "我知道这是最后 1 次",
        "is_demo": True,
        "demo_label": "演示用软 Key",
        "is_key_present": True,
        "seconds_left": 290,
        "done_title": "签名完成",
        "done_text": "结果已交回网页。",
        "done_tone": "good",
        "working": "Key 正在签名…",
        "remarks": {"new_pin_differs": "两次输入的新口令不一致。", "new_pin_weak": "新口令至少 6 位。"},
        "new_pin_least": 6,
        "pictures": {"state": "none", "text": "", "pages": []},
    }
    return sheet | changes


def a_page_with_a_seal() -> bytes:
    picture = Image.new("RGB", (450, 636), "white")
    ImageDraw.Draw(picture).ellipse((280, 450, 380, 550), outline="#c8102e", width=6)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@dataclass
class Client:
    """What stands behind the window's addresses."""

    home: str = ""
    sheet: dict[str, Any] = field(default_factory=a_sheet)
    posted: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    after_confirm: dict[str, Any] = field(default_factory=lambda: {"phase": "signed"})
    asked: list[str] = field(default_factory=list)

    @property
    def window_url(self) -> str:
        return self.home + WINDOW

    def secrets(self) -> list[bytes]:
        return [body for path, body, _ in self.posted if path.endswith("/confirm")]

    def cancelled(self) -> int:
        return sum(path.endswith("/cancel") for path, _, _ in self.posted)


@contextmanager
def serving(client: Client):
    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            client.asked.append(self.path)
            if self.path.endswith(".png"):
                self.answer(200, a_page_with_a_seal(), "image/png")
            else:
                self.answer(200, json.dumps(client.sheet).encode(), "application/json")

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            client.posted.append((path, body, {name.lower(): text for name, text in self.headers.items()}))
            if path.endswith("/confirm"):
                client.sheet = client.sheet | client.after_confirm
            self.answer(200, b"{}", "application/json")

        def answer(self, status, body, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said):
            pass

    door = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    client.home = f"http://127.0.0.1:{door.server_port}"
    try:
        yield client
    finally:
        door.shutdown()
        door.server_close()


@pytest.fixture
def client():
    with serving(Client()) as one:
        yield one


@pytest.fixture(scope="session")
def application():
    """One Qt application for all tests, drawn into memory."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    return QApplication.instance() or QApplication(["tests"])
