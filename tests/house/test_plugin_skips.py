"""A skip for want of a program is told in the last lines, and with CI=true it is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LACKING = """
import pytest

@pytest.mark.skipif(True, reason="needs the program nonesuch (Debian package nonesuch)")
def test_one(): ...

def test_two():
    pytest.skip("needs ../shared/conformance")

def test_three(): ...
"""
WHOLE_MODULE = "import pytest\npytest.skip('needs the program nonesuch', allow_module_level=True)\n"
OF_CHOICE = (
    "import pytest\n@pytest.mark.skip(reason='on another day')\ndef test_one(): ...\ndef test_two(): ...\n"
)


def run(folder: Path, text: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(text)
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.plugin_skips",
        "-c",
        os.devnull,
        "--rootdir",
        folder,
        folder,
    ]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_on_a_persons_machine_it_is_a_remark_with_the_reason(tmp_path: Path) -> None:
    done = run(tmp_path, LACKING, ci="")
    assert done.returncode == 0
    assert "1 skipped: needs the program nonesuch (Debian package nonesuch)" in done.stdout
    assert "1 skipped: needs ../shared/conformance" in done.stdout
    assert "1 passed, 2 skipped" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("text", [LACKING, WHOLE_MODULE])
def test_in_ci_it_is_a_failure(tmp_path: Path, text: str) -> None:
    done = run(tmp_path, text, ci="true")
    assert done.returncode != 0
    assert "a failure, because CI=true" in done.stdout


def test_a_skip_of_another_kind_is_not_counted(tmp_path: Path) -> None:
    done = run(tmp_path, OF_CHOICE, ci="true")
    assert done.returncode == 0
    assert "lacks something" not in done.stdout
