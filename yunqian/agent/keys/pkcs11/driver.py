"""All keys of one module."""

import time
from pathlib import Path

from pkcs11 import Token
from pkcs11 import exceptions as trouble

from yunqian.agent.keys.pkcs11 import contents, module
from yunqian.agent.keys.pkcs11.contents import Contents
from yunqian.agent.keys.pkcs11.key import Pkcs11Key
from yunqian.agent.keys.pkcs11.module import Pace
from yunqian.problems import Problem, Refused

_Place = tuple[int, str, str]


class Pkcs11Driver:
    """All keys of one module. Slots are looked at every time, what is on a key at the pace that it allows.

    A key that stays in its slot is read again at once where that is quick, and after ten times as long as it took
    where it is slow; after any act that writes, or any trouble, it is read anew.
    """

    def __init__(self, path: str) -> None:
        self.name = f"pkcs11 {Path(path).name}"
        self._module = module.at(path)
        self._read: dict[_Place, tuple[Pace, Contents]] = {}
        self._changes = -1

    def plugged(self) -> tuple[Pkcs11Key, ...]:
        """See `Driver.plugged`. Raises Refused(KEY_FAILED) where the module itself cannot be used."""
        with self._module.lock:
            try:
                return self._listed(self._module.slots())
            except RuntimeError as error:  # PKCS11Error, or the module cannot be loaded
                self._module.doubt()
                raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error

    def _listed(self, slots: tuple[Token, ...]) -> tuple[Pkcs11Key, ...]:
        now_there = {_place(slot) for slot in slots}
        is_changed = self._changes != self._module.changes
        self._changes = self._module.changes
        self._read = {} if is_changed else {at: one for at, one in self._read.items() if at in now_there}
        return tuple(key for slot in slots if (key := self._key(slot)) is not None)

    def _key(self, slot: Token) -> Pkcs11Key | None:
        try:
            found = self._contents(slot)
        except trouble.PKCS11Error:
            self._module.doubt()
            return None
        return Pkcs11Key(
            self._module,
            module.serial_of(slot),
            slot.label,
            found.certificates,
            suites=found.suites,
            seals=found.seals,
            acts=found.acts,
        )

    def _contents(self, slot: Token) -> Contents:
        place, began = _place(slot), time.monotonic()
        pace, found = self._read.get(place, (Pace(), None))
        if found is None or pace.is_due(began):
            found = contents.read(slot)
            pace.done(began, time.monotonic())
            self._read[place] = (pace, found)
        return found


def _place(slot: Token) -> _Place:
    return slot.slot.slot_id, module.serial_of(slot), slot.label
