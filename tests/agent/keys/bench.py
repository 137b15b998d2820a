"""A bench for keys that are looked after behind a real PKCS#11 module (SoftHSM2), and what may go wrong there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pkcs11 import Attribute, ObjectClass, Session

from tests.agent.softhsm import PIN, Store
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import Pkcs11Driver, Pkcs11Key
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused

MESSAGE = b"signed attributes of a document"
LABEL, WRONG_PIN, NEW_PIN = "签名章", "000000", "97531024"


@dataclass
class Bench:
    """A store with one slot, the driver on it, and the certificate of its first pair."""

    store: Store
    driver: Pkcs11Driver
    certificate: Certificate | None = field(default=None)

    @property
    def key(self) -> Pkcs11Key:
        (found,) = self.driver.plugged()
        return found

    @property
    def own(self) -> Certificate:
        assert self.certificate is not None
        return self.certificate

    def signs(self, secret: str = PIN, *, by: Certificate | None = None) -> bool:
        certificate = by or self.own
        suite = suites.suite_of(certificate)
        value = self.key.sign(certificate, suite, MESSAGE, pin(secret))
        return suites.check(suite, certificate, MESSAGE, value)

    def counted(self) -> dict[str, int]:
        """How many objects of each kind lie on the key."""
        kinds = {"pairs": ObjectClass.PRIVATE_KEY, "public": ObjectClass.PUBLIC_KEY}
        kinds |= {"certificates": ObjectClass.CERTIFICATE, "data": ObjectClass.DATA}
        return self.within(
            lambda session: {
                name: len(list(session.get_objects({Attribute.CLASS: kind}))) for name, kind in kinds.items()
            }
        )

    def within(self, act: Callable[[Session], Any]) -> Any:
        """Do something in a session of our own, as another program would."""
        key = self.key
        with key.slot().open(rw=True, user_pin=PIN) as session:
            done = act(session)
        key.module.doubt()
        return done


def refused(act: Callable[[], object]) -> Problem:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.problem
