"""The whole product, started as a newcomer starts it, on its own home folder and its own ports.

Server, worker, embedded PostgreSQL and security client are the real programs; the keys live in SoftHSM2 and are
reached through PKCS#11. Only the desks at the edge of the world (the demo certificate authority) are the demo's.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tools.launch import demo

START_LIMIT_SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class System:
    """A running product. `origin` is what the browser opens."""

    home: Path
    port: int
    client_port: int
    environment: dict[str, str]
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> str:
        """Run one `yunqian` command to its end and give what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "yunqian", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"yunqian {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, name: str, *arguments: str) -> None:
        """Start a long-running `yunqian` program; its output goes to log/<name>.out."""
        log = self.home / "log"
        log.mkdir(exist_ok=True)
        with (log / f"{name}.out").open("ab") as out:
            self.programs[name] = subprocess.Popen(
                [sys.executable, "-m", "yunqian", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, name: str, *, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop one program and wait for its end."""
        program = self.programs.pop(name)
        os.killpg(program.pid, how)
        program.wait(timeout=20)

    def said(self, name: str) -> str:
        """What a program printed so far."""
        return (self.home / "log" / f"{name}.out").read_text(errors="replace")

    def wait_for(self, url: str, *, name: str, origin: str | None = None) -> None:
        """Wait until `url` answers with anything that is not a refusal of connection."""
        deadline = time.monotonic() + START_LIMIT_SECONDS
        asked = urllib.request.Request(url, headers={"Origin": origin} if origin else {})
        while time.monotonic() < deadline:
            assert self.programs[name].poll() is None, f"{name} ended: {self.said(name)}"
            try:
                urllib.request.urlopen(asked, timeout=2).close()
                return
            except urllib.error.HTTPError:
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"{name} did not answer at {url}: {self.said(name)}")

    def start_all(self) -> None:
        """Server, worker and security client, each waited for."""
        self.start("server", "serve")
        self.start("worker", "worker")
        self.start_client()
        self.wait_for(f"{self.origin}/api/health", name="server")

    def start_client(self) -> None:
        """The security client alone."""
        self.start("client", "agent", "run")
        self.wait_for(f"http://127.0.0.1:{self.client_port}/hello", name="client", origin=self.origin)

    def shut_down(self) -> None:
        """Stop everything that was started, the database last."""
        with ExitStack() as stack:
            stack.callback(self.run, "database", "stop")
            for name in list(self.programs):
                stack.callback(self.stop, name)

    def point_client_at(self, module: Path) -> None:
        """Give the client the PKCS#11 module instead of the demo's soft keys."""
        path = self.home / "agent" / "agent.json"
        config = json.loads(path.read_text())
        config["drivers"] = [{"kind": "pkcs11", "module": str(module)}]
        path.write_text(json.dumps(config))


def with_soft_keys(made: System) -> None:
    """Make the demo's own keys as the launcher makes them, and start the product."""
    assert (ROOT / "web" / "dist" / "index.html").exists(), "web/dist is not built: run `make test`"
    made.home.mkdir()
    (made.home / "desk").mkdir()
    pins = {serial: f"{place}87654321" for place, (serial, _, _) in enumerate(demo.KEYS)}
    (made.home / "desk" / "admin-pins.json").write_text(json.dumps(pins), "utf-8")
    for serial, label, algorithm in demo.KEYS:
        (made.home / "pin.txt").write_text(demo.PIN, "utf-8")
        (made.home / "admin.txt").write_text(pins[serial], "utf-8")
        kind = ("--empty",) if algorithm == demo.EMPTY else ("--algorithm", algorithm)
        secret = ("--pin-file", str(made.home / "pin.txt"), "--admin-pin-file", str(made.home / "admin.txt"))
        made.run("agent", "new-key", "--serial", serial, "--label", label, *kind, *secret)
    made.run("migrate")
    made.run("demo")
    made.start_all()


def prepared(home: Path) -> System:
    """A System with free ports, not started yet."""
    port, client_port = free_port(), free_port()
    environment = {
        **os.environ,
        "YUNQIAN_HOME": str(home),
        "YUNQIAN_MODE": "demo",
        "YUNQIAN_PORT": str(port),
        "YUNQIAN_ORIGINS": f"http://127.0.0.1:{port}",
        "YUNQIAN_CLIENT_PORTS": str(client_port),
    }
    return System(home=home, port=port, client_port=client_port, environment=environment)
