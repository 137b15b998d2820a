"""What every kind of act says of itself, so that the desk treats them all alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from yunqian.agent.acts.unlocks import Unlocks
from yunqian.agent.keys.ring import Held, Ring
from yunqian.agent.pin import Pin
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Refused
from yunqian.wire.keys import DialogKind, DialogResult


class Secret(StrEnum):
    """What a person may be asked to enter."""

    PIN = "pin"
    OLD_PIN = "old_pin"
    NEW_PIN = "new_pin"
    NEW_PIN_AGAIN = "new_pin_again"


COUNTED = frozenset({Secret.PIN, Secret.OLD_PIN})
"""What the key compares with its own, and counts when it is wrong."""
Secrets = Mapping[Secret, Pin]


@dataclass(frozen=True, slots=True)
class Target:
    """The key that an act is about, as plugged in now, and the certificate where one was named."""

    held: Held
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What acts need besides their order."""

    ring: Ring
    unlocks: Unlocks
    clock: Callable[[], datetime]


class Act(Protocol):
    """One thing a person may have done by a key; made of one order, or of one wish of a page."""

    @property
    def kind(self) -> DialogKind: ...

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What the sheet asks for, in this order."""

    @property
    def facts(self) -> dict[str, str]:
        """For the journal: nothing secret, and no text a platform made up."""

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The key, or None while it is not plugged in. Raises Refused(KEY_AMBIGUOUS) where it could be two."""

    def absent(self) -> Refused:
        """How to say that the key is not plugged in."""

    def check(self, target: Target) -> None:
        """What can be known before the key is touched; asked when the dialog opens and again with the PIN."""

    async def carry_out(self, target: Target, secrets: Secrets) -> DialogResult:
        """Touch the key, once. What it gives is checked before it is returned."""

    def finish(self) -> None:
        """The result is on disk: nothing that led to it is needed any longer."""


def counted(act: Act) -> Secret | None:
    """The secret of an act that the key counts, if it has one."""
    return next((one for one in act.secrets if one in COUNTED), None)
