"""The demonstration's authorities in a home of their own; made once, copied for every test."""

import shutil
from pathlib import Path

import pytest

from tests.server.adapters.authorities import Clock, config_at
from yunqian.server.adapters.ca import embedded as ca_embedded
from yunqian.server.adapters.ca.embedded import EmbeddedAuthority
from yunqian.server.adapters.tsa import embedded as tsa_embedded
from yunqian.server.adapters.tsa.embedded import EmbeddedStamper
from yunqian.server.settings import Config


@pytest.fixture(scope="session")
def _made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("authorities")
    tsa_embedded.make(config_at(home))
    return home


@pytest.fixture
def config(_made_home: Path, tmp_path: Path) -> Config:
    """A home of this test alone, with its authorities made."""
    shutil.copytree(_made_home, tmp_path / "home")
    return config_at(tmp_path / "home")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ca(config: Config, clock: Clock) -> EmbeddedAuthority:
    return ca_embedded.load(config, clock=clock)


@pytest.fixture
def tsa(config: Config, clock: Clock) -> EmbeddedStamper:
    return tsa_embedded.load(config, clock=clock)
