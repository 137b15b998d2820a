"""One loaded PKCS#11 module: its slots, and when it is initialised anew so that it sees what was plugged or pulled.

Measured: of the modules at hand none tells slot events (SoftHSM always says CKR_NO_EVENT, opencryptoki
CKR_FUNCTION_NOT_SUPPORTED), and the binding cannot return one. SoftHSM sees plugging at C_Initialize only.
So C_Initialize is repeated, which costs 0.4 ms (SoftHSM) to 4 ms (opencryptoki).
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pkcs11
from pkcs11 import Token, TokenFlag
from pkcs11 import exceptions as trouble

from yunqian.problems import Problem, Refused

RESCAN_SECONDS = 0.5
MAX_SHARE = 0.1


class Pace:
    """How often something costly is done: never sooner than `least` seconds, nor for over a tenth of the time.

    A module whose C_Initialize takes half a second is asked every five, and one that takes nothing at every list.
    """

    def __init__(self, least: float = 0.0) -> None:
        self._least = least
        self._ended = float("-inf")
        self._took = 0.0

    def is_due(self, now: float) -> bool:
        """Whether it is time again."""
        return now - self._ended >= max(self._least, self._took / MAX_SHARE)

    def done(self, began: float, ended: float) -> None:
        """Note how long it took."""
        self._ended, self._took = ended, ended - began


class Module:
    """One module of this process. Two drivers with the same path share it, as they share the library's logins.

    `lock` is held for a whole act or list: no initialisation ever falls into somebody's session.
    """

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.changes = 0
        self._path = path
        self._lib: Any = None
        self._pace = Pace(RESCAN_SECONDS)
        self._is_doubtful = True

    def slots(self) -> tuple[Token, ...]:
        """The initialised keys now present. Raises PKCS11Error where the module gives none at all."""
        if self._is_doubtful or self._pace.is_due(time.monotonic()):
            self.rescan()
        return self._present()

    def _present(self) -> tuple[Token, ...]:
        found = []
        for slot in self._lib.get_slots(token_present=True):
            with suppress(trouble.PKCS11Error):
                found.append(slot.get_token())
        return tuple(one for one in found if TokenFlag.TOKEN_INITIALIZED in one.flags)

    def rescan(self) -> None:
        """Initialise again: closes every session, logs out, and sees what was plugged or pulled."""
        began = time.monotonic()
        self._is_doubtful = True
        if self._lib is None:
            self._lib = pkcs11.lib(self._path)
        with suppress(trouble.PKCS11Error):
            self._lib.finalize()
        self._lib.initialize()
        self._pace.done(began, time.monotonic())
        self._is_doubtful = False

    def doubt(self) -> None:
        """Something went wrong or was written: initialise and read anew before the next use.

        So no session stays logged in, and nothing read before is believed (`changes`).
        """
        self.changes += 1
        self._is_doubtful = True

    def find(self, serial: str, label: str, *, is_it: Callable[[Token], bool]) -> Token:
        """The one key with this serial and label, now; `is_it` decides where several have them, as cheap ones do.

        Where it is not in sight the module is initialised once more whatever its pace: a person waits.
        Raises Refused(KEY_REMOVED), and Refused(KEY_FAILED) where nothing tells it from another one.
        """
        try:
            found = _named(serial, label, self.slots())
            if not found:
                self.rescan()
                found = _named(serial, label, self._present())
            if len(found) > 1:
                found = [one for one in found if is_it(one)]
        except RuntimeError as error:
            self.doubt()
            raise Refused(Problem.KEY_REMOVED) from error
        if not found:
            raise Refused(Problem.KEY_REMOVED)
        if len(found) > 1:
            raise Refused(Problem.KEY_FAILED, detail="two keys with one serial number")
        return found[0]


def _named(serial: str, label: str, slots: Sequence[Token]) -> list[Token]:
    return [one for one in slots if (serial_of(one), one.label) == (serial, label)]


def serial_of(slot: Token) -> str:
    """The serial as text; modules pad it with spaces or zeros."""
    return slot.serial.decode("utf-8", errors="replace").strip("\0 ")


_LOADED: dict[str, Module] = {}
_LOADING = threading.Lock()


def at(path: str) -> Module:
    """The module with this path, loaded at its first use; whoever asks again gets it read anew."""
    with _LOADING:
        module = _LOADED.setdefault(path, Module(path))
    with module.lock:
        module.doubt()
    return module
