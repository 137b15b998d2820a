"""The whole child on a real X display: shown by a line, answered by the keyboard, gone with its client."""

import asyncio
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from tests import needs
from tests.agent.desktop.conftest import Client, a_sheet, serving
from yunqian.agent.desktop import face

pytestmark = [needs.program("Xvfb"), needs.program("xdotool"), needs.library("libEGL.so.1", "libegl1")]

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "manual" / "images"
PIN = "246810"
PROGRAM = "import sys; from yunqian.agent.desktop.main import main; raise SystemExit(main(sys.argv[1:]))"
COMMAND = (sys.executable, "-c", PROGRAM)


@contextmanager
def display(monkeypatch):
    """An X server of its own; its number is the one that it found free."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x900x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        name = f":{told.readline().strip()}"
    monkeypatch.setenv("DISPLAY", name)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    try:
        yield name
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def screen(monkeypatch):
    with display(monkeypatch) as name:
        yield name


async def until(condition, seconds=10.0):
    ends_at = time.monotonic() + seconds
    while not (is_so := condition()) and time.monotonic() < ends_at:  # noqa: ASYNC110 (looks at the world)
        await asyncio.sleep(0.05)
    return is_so


def is_lit(screen):
    """Something white is on the screen, whose ground is black."""
    return ImageGrab.grab(xdisplay=screen).convert("L").point(lambda grey: grey > 250).getbbox() is not None


def press(screen, *words):
    subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": screen}, check=True, timeout=10)


@contextmanager
def running(client, **options):
    """An event loop with a started desktop; it is stopped afterwards, whatever happened."""

    async def scene(act):
        desktop = face.Desktop(COMMAND, home=client.home, on_quit=options.get("on_quit", lambda: None))
        try:
            assert await desktop.start()
            return await act(desktop)
        finally:
            await desktop.stop()

    yield lambda act: asyncio.run(scene(act))


def test_a_window_comes_up_takes_the_pin_from_the_keyboard_and_goes(screen):
    async def act(desktop):
        assert not is_lit(screen)
        assert desktop.show(client.window_url)
        assert await until(lambda: is_lit(screen))
        await asyncio.sleep(0.5)
        picture(screen, "desktop-window")
        await asyncio.to_thread(press, screen, "type", PIN)
        await asyncio.to_thread(press, screen, "key", "Return")
        assert await until(lambda: client.secrets() == [PIN.encode()])
        assert await until(lambda: not is_lit(screen))

    with serving(Client()) as client, running(client) as scene:
        scene(act)
    assert client.cancelled() == 0


def test_escape_cancels(screen):
    async def act(desktop):
        desktop.show(client.window_url)
        assert await until(lambda: is_lit(screen))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(press, screen, "key", "Escape")
        assert await until(lambda: client.cancelled() == 1)

    with serving(Client()) as client, running(client) as scene:
        scene(act)
    assert client.secrets() == []


def test_an_address_that_is_not_the_clients_is_passed_over(screen):
    async def act(desktop):
        desktop.show("http://127.0.0.1:1/window/0123456789abcdef")
        desktop.show("https://evil.example.com/window/0123456789abcdef")
        await asyncio.sleep(1.0)
        assert not is_lit(screen)
        assert client.asked == []

    with serving(Client()) as client, running(client) as scene:
        scene(act)


def test_a_second_window_for_the_next_key_needs_no_click(screen):
    async def act(desktop):
        for number in (1, 2):
            client.sheet = a_sheet(position=f"第 {number} 把，共 2 把")
            desktop.show(f"{client.window_url}-{number}")
            assert await until(lambda: is_lit(screen))
            await asyncio.sleep(0.5)
            await asyncio.to_thread(press, screen, "type", f"{PIN}{number}")
            await asyncio.to_thread(press, screen, "key", "Return")
            wanted = number
            assert await until(lambda: len(client.secrets()) == wanted)  # noqa: B023
            assert await until(lambda: not is_lit(screen))

    with serving(Client()) as client, running(client) as scene:
        scene(act)
    assert client.secrets() == [b"2468101", b"2468102"]


def test_a_child_that_dies_is_started_again_and_meanwhile_the_page_is_used(screen):
    async def act(desktop):
        desktop._child.kill()
        assert await until(lambda: not desktop.show(client.window_url))
        assert await until(lambda: desktop.is_here)
        desktop.show(client.window_url)
        assert await until(lambda: is_lit(screen))

    with serving(Client()) as client, running(client) as scene:
        scene(act)


def test_it_goes_with_its_client(screen):
    async def act(desktop):
        return desktop._child.pid

    with serving(Client()) as client, running(client) as scene:
        pid = scene(act)
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        pytest.fail("the child lives on")


def test_without_a_display_there_is_no_window_and_nothing_hangs(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert not face.is_possible({})
    desktop = face.Desktop(COMMAND, home="http://127.0.0.1:1", on_quit=lambda: None)

    async def act():
        assert not await desktop.start()
        assert not desktop.is_here
        assert not desktop.show("http://127.0.0.1:1/window/x")
        await desktop.stop()

    asyncio.run(act())


def test_the_tray_ends_the_client():
    """The line that the tray's last entry writes; the icon itself needs a desktop, which no test has."""
    asked = []
    program = (
        sys.executable,
        "-c",
        "import sys; print('ready', flush=True); print('quit', flush=True); sys.stdin.read()",
    )

    async def act():
        desktop = face.Desktop(program, home="http://127.0.0.1:1", on_quit=lambda: asked.append("quit"))
        assert await desktop.start()
        assert await until(lambda: asked == ["quit"])
        await desktop.stop()

    asyncio.run(act())


def picture(screen, name):
    """Keep what is on the screen where pictures are wanted (YUNQIAN_PICTURES)."""
    grabbed = ImageGrab.grab(xdisplay=screen)
    assert isinstance(grabbed, Image.Image)
    if os.environ.get("YUNQIAN_PICTURES"):
        box = grabbed.convert("L").point(lambda grey: grey > 5).getbbox()
        grabbed.crop(box).save(IMAGES / f"{name}.png")
