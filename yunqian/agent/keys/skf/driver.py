"""All keys of one library of GM/T 0016, enumerated anew at every call.

What is plugged in is always found by enumerating. `wait_for_change` tells when that is worth while, by
SKF_WaitForDevEvent in a child process whose only work is waiting (decisions 26 and 27).
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from yunqian.agent.keys.skf import device, structures
from yunqian.agent.keys.skf.device import Device
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.files import Shelf
from yunqian.agent.keys.skf.key import SkfKey
from yunqian.agent.keys.skf.library import Library, Unloadable
from yunqian.agent.keys.skf.waiting import Waiting
from yunqian.problems import Problem, Refused


class SkfDriver:
    """One library. It is loaded at the first use, so that a missing one hides only its own keys."""

    def __init__(self, library: str) -> None:
        self.name = f"skf {Path(library).name}"
        self._path = library
        self._library: Library | None = None
        self._shelf = Shelf()
        self._waiting: Waiting | None = None

    def plugged(self) -> tuple[SkfKey, ...]:
        """See `Driver.plugged`. Raises Refused(KEY_FAILED) where the library itself cannot be used."""
        library = self._loaded()
        try:
            present = device.present(library)
        except Failure as failure:
            raise Refused(Problem.KEY_FAILED, detail=f"SKF {failure.name}") from failure
        keys = tuple(key for name in present for key in _listed(library, name, self._shelf))
        self._shelf.keep((key.serial, key.application) for key in keys)
        return keys

    def wait_for_change(self, within_seconds: float) -> bool:
        """Block until a key may have been plugged in or pulled out, for at most `within_seconds`; whether it may.

        For a thread of its own: it calls nothing of the library in this process, and may run beside `plugged`.
        """
        if self._waiting is None:
            self._waiting = Waiting(self._path)
        return self._waiting.wait(within_seconds)

    def close(self) -> None:
        """End the child that waits, if there is one."""
        if self._waiting is not None:
            self._waiting.close()

    def _loaded(self) -> Library:
        if self._library is None:
            try:
                self._library = Library(self._path)
            except Unloadable as error:
                raise Refused(Problem.KEY_FAILED, detail=f"SKF: {error}") from error
        return self._library


def _listed(library: Library, name: bytes, shelf: Shelf) -> tuple[SkfKey, ...]:
    """The keys of one device; none for a device that fails or is pulled out meanwhile."""
    try:
        with device.connected(library, name) as found:
            return tuple(_of(found, shelf))
    except Failure:
        return ()


def _of(found: Device, shelf: Shelf) -> Iterator[SkfKey]:
    """One key for each application with certificates; an empty device shows its first application."""
    names = found.applications()
    keys = [key for name in names if (key := _key(found, name, shelf)) is not None]
    shown = [key for key in keys if key.certificates] or keys[:1]
    if len(shown) == 1:
        yield from shown
        return
    for key in shown:  # one label for several PINs would lead a person to spend the wrong one
        yield replace(key, label=f"{key.label} ({structures.text(key.application)})")


def _key(found: Device, application: bytes, shelf: Shelf) -> SkfKey | None:
    with suppress(Failure), found.application(application) as opened:
        facts = found.facts
        label = facts.label or structures.text(application) or facts.manufacturer
        seals = tuple(one.whole for one in shelf.seals(opened, of=(facts.serial, application)))
        return SkfKey(facts.serial, label, opened.certificates(), application, found.library, seals=seals)
    return None
