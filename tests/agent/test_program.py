"""How the client starts itself again, from the source and installed."""

import subprocess
import sys
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
