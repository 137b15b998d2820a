"""The running client with its window on a display: an order by HTTP, the PIN by the keyboard, the value back."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import needs
from tests.agent import world
from tests.agent.desktop.test_desktop import display, is_lit, picture, press
from tests.agent.test_app import configured, free_port
from yunqian.crypto import suites
from yunqian.crypto.suites import Suite

pytestmark = [needs.program("Xvfb"), needs.program("xdotool"), needs.library("libEGL.so.1", "libegl1")]


@contextmanager
def client_on(screen: str, folder: Path):
    program = subprocess.Popen(
        [sys.executable, "-m", "yunqian", "agent", "--folder", str(folder), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DISPLAY": screen},
    )
    try:
        assert "http://127.0.0.1" in program.stdout.readline()
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=20)


def asked(port: int, path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Origin": world.ORIGIN, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=40) as answer:
        return json.loads(answer.read())


def until(condition, seconds: float = 20.0) -> bool:
    ends_at = time.monotonic() + seconds
    while not (is_so := condition()) and time.monotonic() < ends_at:
        time.sleep(0.1)
    return is_so


@pytest.fixture
def screen(monkeypatch):
    with display(monkeypatch) as name:
        yield name


@pytest.mark.timeout(180)
def test_a_signature_asked_by_a_page_is_given_in_the_clients_own_window(screen, tmp_path):
    person = world.World(tmp_path)
    certificate = world.soft_key(tmp_path)
    port = free_port()
    configured(person, port)
    with client_on(screen, tmp_path):
        assert until(lambda: asked(port, "/hello")["has_desktop_window"])
        order = person.site.order(certificate, at=datetime.now(UTC))
        opened = asked(port, "/dialogs", person.site.signed(order).model_dump())
        assert opened["window_url"] is None  # no page ever learns where a PIN is taken
        assert until(lambda: is_lit(screen))
        time.sleep(0.7)
        picture(screen, "desktop-client")
        press(screen, "type", world.PIN)
        press(screen, "key", "Return")
        state = asked(port, f"/dialogs/{opened['dialog_id']}?wait=20")
    assert state["phase"] == "signed"
    value = base64.b64decode(state["result"]["signature"])
    signed = base64.b64decode(order.to_be_signed)
    assert suites.check(Suite.RSA_SHA256, certificate, signed, value)
    assert world.PIN not in (tmp_path / "journal.log").read_text(encoding="utf-8")


def test_the_window_goes_with_its_client(screen, tmp_path):
    configured(world.World(tmp_path), port := free_port())
    with client_on(screen, tmp_path) as program:
        assert until(lambda: asked(port, "/hello")["has_desktop_window"])
        (child,) = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    assert until(lambda: not Path(f"/proc/{child}").exists())
