"""The import contracts of pyproject.toml hold, and say what docs/house.md says."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.tree import ROOT


def contracts() -> list[dict[str, object]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return project["tool"]["importlinter"]["contracts"]  # type: ignore[no-any-return]


def test_every_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_contract_has_an_exception() -> None:
    assert [contract["id"] for contract in contracts() if "ignore_imports" in contract] == []


def test_the_floors_are_exhaustive() -> None:
    """A new room cannot appear without being put on a floor."""
    layers = [contract for contract in contracts() if contract["type"] == "layers"]
    assert [contract["exhaustive"] for contract in layers] == [True, True]


def test_the_client_reads_a_pdf_in_its_drawing_child_alone() -> None:
    """Hostile bytes meet the PDF library only behind the walls of `pages/walls.py`."""
    paths = (ROOT / "yunqian" / "agent").rglob("*.py")
    assert [path.name for path in paths if "pypdfium2" in path.read_text("utf-8")] == ["painter.py"]
