"""`make run` as a person meets it: what is printed, what Ctrl-C leaves behind, what a dying child does.

The launcher is the real one, in a checkout of its own; the product behind it is a stand-in of a few lines, so that
each case takes a second. The real product is started in `tests/scenes`.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

STAND_IN = """
import http.server, os, pathlib, signal, sys, time
home = pathlib.Path(os.environ["YUNQIAN_HOME"])
verb = " ".join(sys.argv[1:])
with (home / "calls.txt").open("a") as calls:
    calls.write(verb.split(" --pin-file")[0] + "\\n")
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
def stay(port=None):
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit(0)))
    (home / f"{sys.argv[1]}.pid").write_text(str(os.getpid()))
    if port: http.server.HTTPServer(("127.0.0.1", int(port)), Answer).serve_forever()
    while not (home / "die").exists(): time.sleep(0.02)
    raise SystemExit(7)
if verb.startswith("agent new-key"):
    key = home / "agent" / "keys" / sys.argv[sys.argv.index("--serial") + 1]
    secrets = [pathlib.Path(sys.argv[sys.argv.index(name) + 1]) for name in ("--pin-file", "--admin-pin-file")]
    assert secrets[0].read_text() == "123456" and len(secrets[1].read_text()) == 12
    key.mkdir(parents=True); (key / "key.json").touch()
elif verb in ("migrate", "database start"):
    (home / "pg").mkdir(exist_ok=True); (home / "pg" / "postmaster.pid").write_text("1")
elif verb == "database stop": (home / "pg" / "postmaster.pid").unlink()
elif verb == "serve": stay(os.environ["YUNQIAN_PORT"])
elif verb == "agent run": stay(os.environ["YUNQIAN_CLIENT_PORTS"])
elif verb == "worker": stay()
elif verb == "demo" and (home.parent / "full").exists():
    print("could not write: No space left on device"); raise SystemExit(1)
"""

PREPARE = """
from tools.launch import environment, frontend, machine
machine.write_stamp(environment.STAMP, environment.wanted())
frontend.DIST.mkdir(parents=True); (frontend.DIST / "index.html").touch()
machine.write_stamp(frontend.BUILD_STAMP, frontend._wanted_build())
"""


class Checkout:
    """A checkout with everything set up, whose product is the stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.ports = (_free_port(), _free_port())
        shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("requirements.lock", "pyproject.toml", "Makefile"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "yunqian").mkdir()
        (folder / "yunqian" / "__main__.py").write_text(STAND_IN, "utf-8")
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        (folder / "web").mkdir()
        for name in ("package.json", "package-lock.json"):
            (folder / "web" / name).write_text("{}")
        subprocess.run([sys.executable, "-c", PREPARE], cwd=folder, check=True)

    def start(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "YUNQIAN_HOME": str(self.home),
            "YUNQIAN_PORT": str(self.ports[0]),
            "YUNQIAN_CLIENT_PORTS": str(self.ports[1]),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tools.launcher", "run"],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def calls(self) -> list[str]:
        return (self.home / "calls.txt").read_text().splitlines()

    def wait_for_the_worker(self) -> None:
        """It opens no port, so the launcher does not wait for it."""
        for _ in range(200):
            if (self.home / "worker.pid").exists():
                return
            time.sleep(0.05)
        pytest.fail("the worker did not start")

    def left_over(self) -> list[str]:
        """The children that still run."""
        return [path.name for path in self.home.glob("*.pid") if Path(f"/proc/{path.read_text()}").exists()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def read_until(program: subprocess.Popen[str], words: str) -> str:
    assert program.stdout is not None
    seen = ""
    for line in program.stdout:
        seen += line
        if words in line:
            return seen
    pytest.fail(f"it ended without “{words}”:\n{seen}")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path)
    yield made
    assert made.left_over() == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_all_of_it_the_database_too(
    checkout: Checkout, number: signal.Signals, code: int
) -> None:
    with checkout.start() as program:
        said = read_until(program, "Ctrl-C")
        program.send_signal(number)
        rest = program.communicate(timeout=20)[0]
    assert program.returncode == code
    assert "liming" in said
    assert f"http://127.0.0.1:{checkout.ports[0]}" in said
    assert "123456" in said
    assert "已停止 · stopped" in rest
    assert "Traceback" not in said + rest
    assert checkout.calls()[-1] == "database stop"
    assert not (checkout.home / "pg" / "postmaster.pid").exists()


def test_the_first_start_makes_keys_tables_and_world_and_the_second_only_starts(checkout: Checkout) -> None:
    for _ in range(2):
        with checkout.start() as program:
            read_until(program, "Ctrl-C")
            checkout.wait_for_the_worker()
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=20)
            (checkout.home / "worker.pid").unlink()
    calls = checkout.calls()
    first, second = calls[: calls.index("database stop") + 1], calls[calls.index("database stop") + 1 :]
    assert sorted(first[:4]) == [
        "agent new-key --serial DEMO-EMPTY-0001 --label 空白演示 Key --empty",
        "agent new-key --serial DEMO-SEAL-0001 --label 公章 --algorithm rsa",
        "agent new-key --serial DEMO-SIGN-0001 --label 签名章 --algorithm rsa",
        "agent new-key --serial DEMO-SM2-0001 --label 国密公章 --algorithm sm2",
    ]
    assert first[4:6] == ["migrate", "demo"]
    assert sorted(first[6:9]) == ["agent run", "serve", "worker"]
    assert "database start" in second
    assert not {"migrate", "demo"} & set(second)
    assert not (checkout.home / "demo-pin.txt").exists()


def test_a_child_that_dies_stops_the_others_and_is_named(checkout: Checkout) -> None:
    with checkout.start() as program:
        read_until(program, "Ctrl-C")
        (checkout.home / "die").touch()
        rest = program.communicate(timeout=20)[0]
    assert program.returncode == 1
    assert "“worker” stopped unexpectedly (exit code 7)" in rest
    assert checkout.calls()[-1] == "database stop"


def test_a_second_start_in_the_same_home_is_told_who_was_first(checkout: Checkout) -> None:
    with checkout.start() as first:
        read_until(first, "Ctrl-C")
        checkout.ports = (_free_port(), _free_port())
        second = checkout.start()
        said = second.communicate(timeout=20)[0]
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)
    assert second.returncode == 1
    assert f"already running (process {first.pid}" in said


def test_a_disk_that_fills_up_on_the_way_is_a_sentence(checkout: Checkout) -> None:
    (checkout.folder / "full").touch()
    with checkout.start() as program:
        said = program.communicate(timeout=20)[0]
    assert program.returncode == 1
    assert "The disk is full" in said
    assert "Traceback" not in said
    assert checkout.calls()[-1] == "database stop"


def test_a_launcher_that_is_killed_hard_takes_its_children_along(checkout: Checkout) -> None:
    with checkout.start() as program:
        read_until(program, "Ctrl-C")
        program.kill()
    for _ in range(100):
        if checkout.left_over() == []:
            return
        time.sleep(0.05)
    pytest.fail(f"left over: {checkout.left_over()}")
