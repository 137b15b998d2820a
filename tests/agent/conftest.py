"""Fixtures of the security client's tests."""

import shutil
from pathlib import Path

import pytest

from tests.agent import world
from tests.agent.world import World
from yunqian.crypto.certificates import Certificate


@pytest.fixture(scope="session")
def key_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Certificate]:
    """One soft key made once: making an RSA key takes longer than most tests."""
    folder = tmp_path_factory.mktemp("template")
    return folder, world.soft_key(folder)


@pytest.fixture
def client(tmp_path: Path, key_template: tuple[Path, Certificate]) -> World:
    """A client with one soft key, SOFT-1."""
    shutil.copytree(key_template[0], tmp_path, dirs_exist_ok=True)
    return World(tmp_path)


@pytest.fixture
def certificate(key_template: tuple[Path, Certificate]) -> Certificate:
    """The certificate on SOFT-1."""
    return key_template[1]
