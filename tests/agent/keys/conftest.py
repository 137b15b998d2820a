"""A key behind SoftHSM2 that was enrolled and has its certificate, and one with nothing on it."""

from pathlib import Path

import pytest

from tests.agent import softhsm
from tests.agent.keys import managed
from tests.agent.keys.bench import LABEL, Bench
from tests.agent.softhsm import PIN, Store
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import Pkcs11Driver
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Certificate]:
    """A store whose key was enrolled and got its certificate; and the certificate."""
    store = softhsm.empty(tmp_path_factory.mktemp("hsm") / "store", LABEL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
        (key,) = Pkcs11Driver(store.module).plugged()
        certificate = managed.issued(key.enrol(Suite.RSA_SHA256, "李明", pin(PIN)))
        key.store(certificate, (), pin(PIN))
    return store, certificate


@pytest.fixture
def bench(enrolled: tuple[Store, Certificate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    store = softhsm.copy(enrolled[0], tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
    return Bench(store, Pkcs11Driver(store.module), enrolled[1])


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    store = softhsm.empty(tmp_path / "hsm", LABEL)
    monkeypatch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
    return Bench(store, Pkcs11Driver(store.module))
