"""How the client starts itself again, from the source and installed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from yunqian.agent import program


def test_from_the_source_a_child_is_the_agent_under_the_same_python(tmp_path: Path) -> None:
    (tmp_path / "yunqian.py").write_text("raise SystemExit(9)")  # planted where the client is started

    done = subprocess.run(
        program.command("--help"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0
    assert "yunqian agent" in done.stdout
    assert not program.is_installed()


def test_an_installed_client_is_its_own_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/yunqian-agent/yunqian-agent")

    assert program.is_installed()
    assert program.command("driver", "soft") == ["/opt/yunqian-agent/yunqian-agent", "driver", "soft"]


ROOMS = ("agent", "crypto", "wire", "eseal")
NOT_ON_WINDOWS = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog"}


def imported_at_start(path: Path) -> Iterator[str]:
    """The packages that a module imports when it is loaded, not inside a function."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_nothing_that_windows_lacks_is_imported_when_the_client_loads() -> None:
    package = Path(program.__file__).parents[1]
    paths = [package / "problems.py", *(path for room in ROOMS for path in (package / room).rglob("*.py"))]
    lacking = {str(path): NOT_ON_WINDOWS & set(imported_at_start(path)) for path in paths}
    assert len(paths) > 40
    assert {path: names for path, names in lacking.items() if names} == {}


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {"HOME": "/people/li"}, "/people/li/.local/share/yunqian-agent"),
        ("linux", {"HOME": "/people/li", "XDG_DATA_HOME": "/data"}, "/data/yunqian-agent"),
        ("linux", {"HOME": "/people/li", "XDG_DATA_HOME": "data"}, "/people/li/.local/share/yunqian-agent"),
        ("win32", {"LOCALAPPDATA": "/Users/li/AppData/Local"}, "/Users/li/AppData/Local/yunqian-agent"),
        ("linux", {"HOME": "/people/li", "YUNQIAN_HOME": "/srv/y"}, "/srv/y/agent"),
    ],
)
def test_an_installed_client_keeps_its_things_in_the_person_s_own_folder(
    monkeypatch: pytest.MonkeyPatch, system: str, environment: dict[str, str], folder: str
) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "YUNQIAN_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    assert program.default_folder() == Path(folder)


def test_from_the_source_things_lie_beside_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YUNQIAN_HOME", raising=False)
    assert program.default_folder().parts[-2:] == (".yunqian", "agent")
