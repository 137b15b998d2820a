"""Run by `test_pin_lock` in a sandbox of its own: what is done here cannot be undone, as on a real key."""

import pytest

from tests.agent import opencryptoki
from tests.agent.opencryptoki import PIN, SO_PIN
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import Pkcs11Driver
from yunqian.problems import Problem, Refused


def test_an_officers_pin_that_locks_itself_is_told_as_locked_and_the_persons_still_works() -> None:
    opencryptoki.fresh()
    (key,) = Pkcs11Driver(opencryptoki.MODULE).plugged()
    told = []
    for secret in ("00000000", "00000000", "00000000", SO_PIN):
        with pytest.raises(Refused) as caught:
            key.unlock(pin(secret), pin("246802"))
        told.append(caught.value.problem)
    assert told == [Problem.ADMIN_PIN_INCORRECT] * 2 + [Problem.ADMIN_PIN_LOCKED] * 2
    assert not key.tries().is_locked
    key.change_pin(pin(PIN), pin("246802"))
