"""A connected device: what it is, and its applications. A name is good for one moment only; a serial number stays."""

from collections.abc import Iterator
from contextlib import contextmanager

from yunqian.agent.keys.skf import structures
from yunqian.agent.keys.skf.application import NAMES_ROOM, Application
from yunqian.agent.keys.skf.library import Library
from yunqian.agent.keys.skf.structures import DeviceFacts

_PRESENT_ONLY = 1


class Device:
    """A connected device; its reference lives no longer than the act."""

    def __init__(self, library: Library, reference: int) -> None:
        self.library = library
        self._reference = reference
        self.facts: DeviceFacts = structures.device_facts(
            library.block("SKF_GetDevInfo", reference, size=structures.DEVINFO_ROOM)
        )

    def applications(self) -> tuple[bytes, ...]:
        """The names, as the library spells them."""
        return structures.names(self.library.filled("SKF_EnumApplication", self._reference, room=NAMES_ROOM))

    @contextmanager
    def application(self, name: bytes) -> Iterator[Application]:
        """The application of this name, closed afterwards."""
        with self.library.opened(
            "SKF_OpenApplication", "SKF_CloseApplication", self._reference, name
        ) as reference:
            yield Application(self.library, reference)


@contextmanager
def connected(library: Library, name: bytes) -> Iterator[Device]:
    """The device of this name, disconnected afterwards."""
    with library.opened("SKF_ConnectDev", "SKF_DisConnectDev", name) as reference:
        yield Device(library, reference)


def present(library: Library) -> tuple[bytes, ...]:
    """The names of the devices plugged in now."""
    return structures.names(library.filled("SKF_EnumDev", _PRESENT_ONLY, room=NAMES_ROOM))
