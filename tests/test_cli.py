"""The front door: which word leads where, and what is loaded for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.papers import act, paper
from yunqian import cli


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["verify"]])
def test_wrong_usage_exits_2_without_a_traceback(arguments: list[str], capsys):
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said
    assert "Traceback" not in said


def test_help_exits_0(capsys):
    assert cli.main(["--help"]) == 0
    assert cli.main(["verify", "--help"]) == 0
    assert "--trust" in capsys.readouterr().out


def test_the_verifier_loads_neither_server_nor_client(tmp_path: Path):
    (tmp_path / "signed.pdf").write_bytes(act(paper()))
    script = (
        "import sys; from yunqian import cli; code = cli.main(sys.argv[1:]);"
        "print([name for name in ('django', 'aiohttp', 'psycopg', 'pydantic') if name in sys.modules], code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, "verify", str(tmp_path / "signed.pdf"), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "[] 3"
