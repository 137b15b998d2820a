"""Behind the walls there is no network, no home and no other process; without walls the child still has its limits."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from yunqian.agent.pages import walls

LOOK = """
import os, socket, pathlib, sys
found = []
for place in sys.argv[1:]:
    try:
        pathlib.Path(place).read_bytes(); found.append(place)
    except OSError: pass
try:
    socket.create_connection(("127.0.0.1", 1), timeout=2)
except OSError as error:
    found.append(f"network {error.errno}")
found.append("processes %d" % len([one for one in os.listdir("/proc") if one.isdigit()]))
try:
    open("/written", "w"); found.append("wrote")
except OSError: pass
print(";".join(found), dict(os.environ))
"""


@needs.program("bwrap")
@needs.namespaces()
def test_behind_the_walls_nothing_of_the_person_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert walls.are_here(), "bwrap works here, and our walls do not stand"
    secret = tmp_path / "agent.json"
    secret.write_text("secret")
    monkeypatch.setenv("YUNQIAN_MARKED", "246810")
    command = walls._walled([sys.executable, "-c", LOOK, str(secret), "/etc/passwd"])
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert str(secret) not in done.stdout
    assert "/etc/passwd" not in done.stdout
    assert "246810" not in done.stdout
    assert "wrote" not in done.stdout
    assert (
        "network 111" in done.stdout or "network 101" in done.stdout
    )  # its own loopback, where nobody listens
    assert int(done.stdout.split("processes ")[1].split(" ")[0]) <= 3


def test_where_no_walls_can_be_built_the_program_is_run_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    walls.are_here.cache_clear()
    monkeypatch.setattr(walls.shutil, "which", lambda _name: None)
    try:
        assert walls.command("draw") == walls.program.command("draw")
    finally:
        walls.are_here.cache_clear()


def test_walls_that_only_seem_to_stand_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bwrap that the kernel allows no namespaces fails when it is tried, not when a person waits."""
    failing = tmp_path / "bwrap"
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o755)
    walls.are_here.cache_clear()
    monkeypatch.setattr(walls.shutil, "which", lambda _name: str(failing))
    try:
        assert not walls.are_here()
    finally:
        walls.are_here.cache_clear()
