"""All keys of one library of GM/T 0016, enumerated anew at every call.

Plugging is noticed by enumerating, not by SKF_WaitForDevEvent: that call blocks, a thread inside it cannot be
stopped, and nothing says whether the library takes other calls meanwhile (decision 26). The panel asks for the
list every two seconds, so little would be gained by an event.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from yunqian.agent.keys.skf import device, structures
from yunqian.agent.keys.skf.device import Device, SkfKey
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library, Unloadable
from yunqian.problems import Problem, Refused


class SkfDriver:
    """One library. It is loaded at the first use, so that a missing one hides only its own keys."""

    def __init__(self, library: str) -> None:
        self.name = f"skf {Path(library).name}"
        self._path = library
        self._library: Library | None = None

    def plugged(self) -> tuple[SkfKey, ...]:
        """See `Driver.plugged`. Raises Refused(KEY_FAILED) where the library itself cannot be used."""
        library = self._loaded()
        try:
            present = device.present(library)
        except Failure as failure:
            raise Refused(Problem.KEY_FAILED, detail=f"SKF {failure.name}") from failure
        return tuple(key for name in present for key in _listed(library, name))

    def _loaded(self) -> Library:
        if self._library is None:
            try:
                self._library = Library(self._path)
            except Unloadable as error:
                raise Refused(Problem.KEY_FAILED, detail=f"SKF: {error}") from error
        return self._library


def _listed(library: Library, name: bytes) -> tuple[SkfKey, ...]:
    """The keys of one device; none for a device that fails or is pulled out meanwhile."""
    try:
        with device.connected(library, name) as found:
            return tuple(_of(found, library))
    except Failure:
        return ()


def _of(found: Device, library: Library) -> Iterator[SkfKey]:
    """One key for each application with certificates; an empty device shows its first application."""
    names = found.applications()
    keys = [key for name in names if (key := _key(found, library, name)) is not None]
    shown = [key for key in keys if key.certificates] or keys[:1]
    if len(shown) == 1:
        yield from shown
        return
    for key in shown:  # one label for several PINs would lead a person to spend the wrong one
        yield replace(key, label=f"{key.label} ({structures.text(key.application)})")


def _key(found: Device, library: Library, application: bytes) -> SkfKey | None:
    with suppress(Failure), found.application(application) as opened:
        facts = found.facts
        label = facts.label or structures.text(application) or facts.manufacturer
        return SkfKey(facts.serial, label, opened.certificates(), application, library)
    return None
