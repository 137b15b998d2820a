"""Fixtures of the SKF tests: the software library, built once and fresh for each test."""

from pathlib import Path

import pytest

from tests.agent.skf import softskf
from tests.agent.skf.softskf import SoftSkf


@pytest.fixture(scope="session")
def softskf_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library in the layout of the standard: 4 bytes, packed."""
    return softskf.build(tmp_path_factory.mktemp("softskf"))


@pytest.fixture
def vendor(softskf_template: Path, tmp_path: Path) -> SoftSkf:
    """A vendor's library without devices."""
    return softskf.copied(softskf_template, tmp_path / "vendor")
