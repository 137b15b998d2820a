"""A PIN that really locks: opencryptoki's software key behind the PKCS#11 driver, until the officer unlocks it."""

import os

import pytest

from tests import needs
from tests.agent import opencryptoki

pytestmark = [
    needs.program("bwrap"),
    needs.program("pkcs11-tool"),
    pytest.mark.skipif(
        not os.access("/usr/sbin/pkcsslotd", os.X_OK), reason="needs pkcsslotd (Debian package opencryptoki)"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for opencryptoki's folders in a sandbox"),
]


def told(said: str, *, is_last: bool = False, is_locked: bool = False) -> dict[str, object]:
    return {"said": said, "is_last": is_last, "is_locked": is_locked, "left": None}


def test_three_wrong_pins_lock_and_the_officer_unlocks() -> None:
    script = ["right", "wrong", "wrong", "wrong", "right", "unlock", "right"]
    assert opencryptoki.conversation(script) == [
        told("True"),
        told("PIN_INCORRECT_UNCOUNTED"),
        told("PIN_INCORRECT_UNCOUNTED", is_last=True),
        told("PIN_LOCKED", is_locked=True),
        told("PIN_LOCKED", is_locked=True),
        told("unlocked"),
        told("True"),
    ]


def test_the_right_pin_on_the_last_try_takes_the_warning_away() -> None:
    assert opencryptoki.conversation(["wrong", "wrong", "right"])[1:] == [
        told("PIN_INCORRECT_UNCOUNTED", is_last=True),
        told("True"),
    ]
