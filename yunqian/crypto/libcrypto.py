"""The dozen functions of the machine's libcrypto (OpenSSL 3) that SM2 needs, bound by ctypes.

`cryptography` brings a libcrypto of its own that was built without SM2 signatures, and no package on PyPI is
both fast and kept up to date; the system's library is there, is patched by the distribution, and signs in half
a millisecond. Nothing of OpenSSL leaves this module but `Key`, and every pointer is freed by whoever made it.
Calls release the interpreter's lock; a `Key` is never changed after it was made, so threads may share one.
"""

import ctypes
import ctypes.util
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_ulong, c_void_p
from typing import Any

_NAMES = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
_LEAST_VERSION = 0x3000_0000
_ROOM_BYTES = 80  # a DER value of two 256-bit integers takes at most 72

_DATUM, _LENGTH = c_char_p, c_size_t
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "d2i_PUBKEY": (c_void_p, (c_void_p, POINTER(c_void_p), c_long)),
    "d2i_AutoPrivateKey": (c_void_p, (c_void_p, POINTER(c_void_p), c_long)),
    "i2d_PUBKEY": (c_int, (c_void_p, POINTER(c_void_p))),
    "EVP_PKEY_is_a": (c_int, (c_void_p, c_char_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_sign_init": (c_int, (c_void_p,)),
    "EVP_PKEY_sign": (c_int, (c_void_p, c_void_p, POINTER(c_size_t), _DATUM, _LENGTH)),
    "EVP_PKEY_verify_init": (c_int, (c_void_p,)),
    "EVP_PKEY_verify": (c_int, (c_void_p, _DATUM, _LENGTH, _DATUM, _LENGTH)),
    "ERR_clear_error": (None, ()),
}


class Unavailable(Exception):
    """The machine has no libcrypto that can do this; never leaves the room `crypto`."""


class Key:
    """An EVP_PKEY of type SM2, freed when nobody holds it any more. It can be neither copied nor printed."""

    __slots__ = ("__weakref__", "_pointer")

    def __init__(self, pointer: int, free: Callable[[int], None]) -> None:
        self._pointer = pointer
        weakref.finalize(self, free, pointer).atexit = False

    def __repr__(self) -> str:
        return "<Key>"

    def __reduce__(self) -> str:
        raise TypeError("a key of libcrypto cannot be copied")


class Library:
    """A libcrypto of version 3.0 or later. Raises Unavailable where there is none."""

    def __init__(self) -> None:
        loaded = _loaded()
        try:
            for name, (result, arguments) in _SIGNATURES.items():
                function = getattr(loaded, name)
                function.restype, function.argtypes = result, arguments
        except AttributeError as error:
            raise Unavailable("libcrypto lacks a function") from error
        self._lib: Any = loaded

    def public_key(self, spki: bytes) -> Key | None:
        """The key of a DER SubjectPublicKeyInfo, None where it is no SM2 key."""
        return self._read(self._lib.d2i_PUBKEY, spki)

    def private_key(self, encoded: bytes) -> Key | None:
        """The key of a DER PKCS#8 or SEC 1 structure, None where it is no SM2 key."""
        return self._read(self._lib.d2i_AutoPrivateKey, encoded)

    def _read(self, reader: Any, encoded: bytes) -> Key | None:
        copied = ctypes.create_string_buffer(encoded, len(encoded))
        start = c_void_p(ctypes.addressof(copied))
        try:
            pointer = reader(None, ctypes.byref(start), len(encoded))
        finally:
            ctypes.memset(copied, 0, len(encoded))
        if not pointer:
            self._lib.ERR_clear_error()
            return None
        key = Key(pointer, self._lib.EVP_PKEY_free)
        return key if self._lib.EVP_PKEY_is_a(pointer, b"SM2") == 1 else None

    def public_part(self, key: Key) -> bytes:
        """The DER SubjectPublicKeyInfo that belongs to a key, empty where libcrypto cannot tell."""
        size = self._lib.i2d_PUBKEY(key._pointer, None)
        if size <= 0:
            self._lib.ERR_clear_error()
            return b""
        room = ctypes.create_string_buffer(size)
        self._lib.i2d_PUBKEY(key._pointer, ctypes.byref(c_void_p(ctypes.addressof(room))))
        return room.raw

    def sign(self, key: Key, e: bytes) -> bytes | None:
        """The DER value over 32 bytes that are signed as they are; None where libcrypto refuses."""
        room, size = ctypes.create_string_buffer(_ROOM_BYTES), c_size_t(_ROOM_BYTES)
        with self._context(key) as context:
            if self._lib.EVP_PKEY_sign_init(context) != 1:
                return None
            if self._lib.EVP_PKEY_sign(context, room, ctypes.byref(size), e, len(e)) != 1:
                return None
        return room.raw[: size.value]

    def verify(self, key: Key, e: bytes, value: bytes) -> bool:
        """Whether a DER value is right over 32 bytes that were signed as they are."""
        with self._context(key) as context:
            if self._lib.EVP_PKEY_verify_init(context) != 1:
                return False
            return bool(self._lib.EVP_PKEY_verify(context, value, len(value), e, len(e)) == 1)

    @contextmanager
    def _context(self, key: Key) -> Iterator[int]:
        """One operation with a key; whatever OpenSSL noted on this thread's error list is dropped."""
        context = self._lib.EVP_PKEY_CTX_new(key._pointer, None)
        if not context:
            raise MemoryError
        try:
            yield context
        finally:
            self._lib.EVP_PKEY_CTX_free(context)
            self._lib.ERR_clear_error()


def _loaded() -> ctypes.CDLL:
    """The first libcrypto of the system with a version that has SM2; found by name, never in this folder."""
    for name in _candidates():
        try:
            loaded = ctypes.CDLL(name) if name else None
            if loaded is not None and _version(loaded) >= _LEAST_VERSION:
                return loaded
        except (OSError, AttributeError):
            continue
    raise Unavailable("no libcrypto of version 3.0 or later")


def _candidates() -> Iterator[str | None]:
    """Names to try; the search by programs, which takes long and needs children, only where none is there."""
    yield from _NAMES
    yield ctypes.util.find_library("crypto")


def _version(loaded: ctypes.CDLL) -> int:
    function = loaded.OpenSSL_version_num
    function.restype, function.argtypes = c_ulong, ()
    return int(function())
