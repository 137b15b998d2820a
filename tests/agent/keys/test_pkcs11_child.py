"""A PKCS#11 module in a process of its own, as the client runs it: every act goes through the pipe."""

import time
from collections.abc import Iterator

import pytest

from tests import needs
from tests.agent.keys import managed
from tests.agent.keys.bench import MESSAGE, NEW_PIN, WRONG_PIN, Bench, refused
from tests.agent.softhsm import PIN, SO_PIN
from tests.agent.world import pin
from yunqian.agent.keys.child import ChildDriver, ChildKey
from yunqian.agent.keys.pkcs11.module import RESCAN_SECONDS
from yunqian.crypto import suites
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem

pytestmark = needs.program("softhsm2-util")


@pytest.fixture
def driver(empty: Bench) -> Iterator[ChildDriver]:
    """The environment that names SoftHSM's store is set by `empty`, and the child inherits it."""
    made = ChildDriver("pkcs11", empty.store.module)
    yield made
    made.close()


def only(driver: ChildDriver) -> ChildKey:
    (key,) = driver.plugged()
    return key


def test_an_empty_key_becomes_a_working_one_with_its_seal(driver: ChildDriver) -> None:
    certificate = managed.issued(only(driver).enrol(Suite.ECDSA_SHA256, "李明", pin(PIN)))
    seal = managed.seal(certificate)
    only(driver).store(certificate, (seal,), pin(PIN))
    key = only(driver)
    assert (key.certificates, key.seals) == ((certificate,), (seal,))
    value = key.sign(certificate, Suite.ECDSA_SHA256, MESSAGE, pin(PIN))
    assert suites.check(Suite.ECDSA_SHA256, certificate, MESSAGE, value)


def test_pins_are_changed_and_set_and_what_was_refused_is_told(driver: ChildDriver) -> None:
    key = only(driver)
    key.change_pin(pin(PIN), pin(NEW_PIN))
    said = refused(lambda: key.change_pin(pin(PIN), pin(NEW_PIN)))
    assert said is Problem.PIN_INCORRECT_UNCOUNTED
    assert refused(lambda: key.change_pin(pin(NEW_PIN), pin("1"))) is Problem.PIN_NOT_ACCEPTED
    assert refused(lambda: key.unlock(pin(WRONG_PIN), pin(PIN))) is Problem.ADMIN_PIN_INCORRECT
    key.unlock(pin(SO_PIN), pin(PIN))
    key.change_pin(pin(PIN), pin(NEW_PIN))


def test_a_key_pulled_out_is_gone_from_the_list_within_a_second(driver: ChildDriver, empty: Bench) -> None:
    key = only(driver)
    empty.store.remove(key.label)
    time.sleep(RESCAN_SECONDS)
    assert driver.plugged() == ()
    assert refused(lambda: key.change_pin(pin(PIN), pin(NEW_PIN))) is Problem.KEY_REMOVED
