"""One library of GM/T 0016, loaded by ctypes: its calls with bounded rooms, and references that are always given back.

Nothing that a library says about sizes is believed: it writes into a room of ours with a margin behind it, and a
length beyond the room is a failure. What cannot be helped inside one process is a library that writes anywhere,
or crashes: that takes the client with it (decision 26).
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from ctypes import c_char_p, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

from yunqian.agent.keys.skf.errors import CODES, Failure
from yunqian.agent.pin import Pin

_NAME, _NUMBER, _REFERENCE, _OUT = c_char_p, c_size_t, c_void_p, c_void_p
# Without return types: every function returns ULONG, of which 32 bits count.
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "SKF_EnumDev": (_NUMBER, _OUT, _OUT),
    "SKF_ConnectDev": (_NAME, _OUT),
    "SKF_DisConnectDev": (_REFERENCE,),
    "SKF_GetDevInfo": (_REFERENCE, _OUT),
    "SKF_EnumApplication": (_REFERENCE, _OUT, _OUT),
    "SKF_OpenApplication": (_REFERENCE, _NAME, _OUT),
    "SKF_CloseApplication": (_REFERENCE,),
    "SKF_GetPINInfo": (_REFERENCE, _NUMBER, _OUT, _OUT, _OUT),
    "SKF_VerifyPIN": (_REFERENCE, _NUMBER, _OUT, _OUT),
    "SKF_ChangePIN": (_REFERENCE, _NUMBER, _OUT, _OUT, _OUT),
    "SKF_UnblockPIN": (_REFERENCE, _OUT, _OUT, _OUT),
    "SKF_ClearSecureState": (_REFERENCE,),
    "SKF_EnumFiles": (_REFERENCE, _OUT, _OUT),
    "SKF_GetFileInfo": (_REFERENCE, _NAME, _OUT),
    "SKF_ReadFile": (_REFERENCE, _NAME, _NUMBER, _NUMBER, _OUT, _OUT),
    "SKF_CreateFile": (_REFERENCE, _NAME, _NUMBER, _NUMBER, _NUMBER),
    "SKF_WriteFile": (_REFERENCE, _NAME, _NUMBER, _OUT, _NUMBER),
    "SKF_DeleteFile": (_REFERENCE, _NAME),
    "SKF_EnumContainer": (_REFERENCE, _OUT, _OUT),
    "SKF_CreateContainer": (_REFERENCE, _NAME, _OUT),
    "SKF_DeleteContainer": (_REFERENCE, _NAME),
    "SKF_OpenContainer": (_REFERENCE, _NAME, _OUT),
    "SKF_CloseContainer": (_REFERENCE,),
    "SKF_GetContainerType": (_REFERENCE, _OUT),
    "SKF_ExportCertificate": (_REFERENCE, _NUMBER, _OUT, _OUT),
    "SKF_ImportCertificate": (_REFERENCE, _NUMBER, _OUT, _NUMBER),
    "SKF_GenECCKeyPair": (_REFERENCE, _NUMBER, _OUT),
    "SKF_GenRSAKeyPair": (_REFERENCE, _NUMBER, _OUT),
    "SKF_ExportPublicKey": (_REFERENCE, _NUMBER, _OUT, _OUT),
    "SKF_ECCSignData": (_REFERENCE, _OUT, _NUMBER, _OUT),
    "SKF_RSASignData": (_REFERENCE, _OUT, _NUMBER, _OUT, _OUT),
    "SKF_WaitForDevEvent": (_OUT, _OUT, _OUT),
}
_MARGIN = 4096
_EVENT_NAME_ROOM = 1024
_NOTHING_TOLD = 0xFFFF_FFFF


class Unloadable(Exception):
    """The library is missing, of another kind of machine, or not one of GM/T 0016; never leaves `skf`."""


class Library:
    """The functions by name. Not safe for threads: each driver is called in one thread only (see `ring`)."""

    def __init__(self, path: str) -> None:
        """Raises Unloadable."""
        if sys.byteorder != "little":
            raise Unloadable("byte order")
        try:
            # stdcall on 32-bit Windows; elsewhere there is one convention only.
            loaded = getattr(ctypes, "WinDLL", ctypes.CDLL)(path)
        except OSError as error:
            raise Unloadable("not found, or of another kind of machine") from error
        self._functions = dict(_bound(loaded))
        if "SKF_EnumDev" not in self._functions:
            raise Unloadable("no SKF_EnumDev")

    def has(self, *functions: str) -> bool:
        """Whether the library offers all of these."""
        return all(function in self._functions for function in functions)

    def call(self, function: str, *arguments: Any) -> None:
        """Call and raise Failure unless it returns 0; a function that the library lacks is NOTSUPPORTYET."""
        bound = self._functions.get(function)
        code = CODES["NOTSUPPORTYET"] if bound is None else bound(*arguments)
        if code:
            raise Failure(code)

    def filled(self, function: str, *arguments: Any, room: int) -> bytes:
        """Call with `room` bytes and their number as the last two arguments; gives what was written.

        Asked once with a large room in place of twice: between two calls the answer may grow.
        """
        buffer = ctypes.create_string_buffer(room + _MARGIN)
        length = c_uint64(room)
        self.call(function, *arguments, buffer, ctypes.byref(length))
        if length.value > room:
            raise Failure(CODES["INDATALEN"])
        return buffer.raw[: length.value]

    def block(self, function: str, *arguments: Any, size: int) -> bytes:
        """Call with a room for a structure of a known size as the last argument."""
        buffer = ctypes.create_string_buffer(size + _MARGIN)
        self.call(function, *arguments, buffer)
        return buffer.raw[:size]

    def numbers(self, function: str, *arguments: Any, count: int = 1) -> tuple[int, ...]:
        """Call with `count` places for numbers as the last arguments."""
        cells = [c_uint64(0) for _ in range(count)]
        self.call(function, *arguments, *map(ctypes.byref, cells))
        return tuple(cell.value for cell in cells)

    @contextmanager
    def opened(self, opener: str, closer: str, *arguments: Any) -> Iterator[int]:
        """The reference (the standard says handle) that `opener` gives, closed by `closer` whatever comes."""
        place = c_void_p()
        self.call(opener, *arguments, ctypes.byref(place))
        if not place.value:
            raise Failure(CODES["INVALIDHANDLE"])
        try:
            yield place.value
        finally:
            # A key that was pulled out cannot be closed properly, and nothing is left to close.
            with suppress(Failure):
                self.call(closer, place.value)

    def with_pins(self, function: str, *arguments: Any, pins: tuple[Pin, ...]) -> tuple[int, int | None]:
        """Call once with the PINs and a place for the tries left: its code, and what it told (None for nothing).

        The copies of the PINs, ended by NUL as the functions want them, are wiped before this returns.
        """
        left = c_uint64(_NOTHING_TOLD)
        with ExitStack() as copies:
            copied = [copies.enter_context(_copied(pin)) for pin in pins]
            try:
                self.call(function, *arguments, *copied, ctypes.byref(left))
            except Failure as failure:
                return failure.code, None if left.value == _NOTHING_TOLD else left.value
        return 0, None

    def wait_for_event(self) -> None:
        """SKF_WaitForDevEvent: return when a device was plugged in or pulled out, whichever it was.

        Nothing ends it before; call it only where the whole process may be killed (see `waiting`).
        """
        name = ctypes.create_string_buffer(_EVENT_NAME_ROOM + _MARGIN)
        length, event = c_uint64(_EVENT_NAME_ROOM), c_uint64(0)
        self.call("SKF_WaitForDevEvent", name, ctypes.byref(length), ctypes.byref(event))


@contextmanager
def _copied(pin: Pin) -> Iterator[ctypes.Array[ctypes.c_char]]:
    size = len(pin.secret)
    copied = ctypes.create_string_buffer(size + 1)
    try:
        ctypes.memmove(copied, (ctypes.c_char * size).from_buffer(pin.secret), size)
        yield copied
    finally:
        ctypes.memset(copied, 0, size + 1)


def _bound(loaded: ctypes.CDLL) -> Iterator[tuple[str, Callable[..., int]]]:
    for name, arguments in _ARGUMENTS.items():
        with suppress(AttributeError):
            function = getattr(loaded, name)
            function.restype, function.argtypes = c_uint32, arguments
            yield name, function
