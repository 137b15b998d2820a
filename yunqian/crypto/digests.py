"""Digests by name, SM3 among them, and the object identifiers by which CMS and time stamps name them.

SM3 is taken from hashlib where Python's own OpenSSL has it, otherwise from `cryptography`; both give the same
bytes, and a long document is taken in piece by piece with either.
"""

import hashlib
from typing import Protocol, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from yunqian.problems import Problem, Refused

SM3 = "sm3"
OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    SM3: "1.2.156.10197.1.401",
}
SIZES = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64, SM3: 32}
_NAMES = {dotted: name for name, dotted in OIDS.items()} | {
    "1.2.156.10197.1.401.1": SM3,  # "without key", as some vendors spell it out (GM/T 0006)
}


class Running(Protocol):
    """A digest that takes a message in pieces, as hashlib's do."""

    def update(self, piece: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...

    def copy(self) -> Self: ...


def new(name: str, begin: bytes | memoryview = b"") -> Running:
    """A digest that has taken in `begin`. Raises Refused(ALGORITHM_UNSUPPORTED) for a name not in `OIDS`."""
    if name not in OIDS:
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=name)
    try:
        return hashlib.new(name, begin)
    except ValueError:
        return _Foreign.begun(name, begin)


def of(name: str, message: bytes | memoryview) -> bytes:
    """The digest of a whole message; refuses as `new` does."""
    return new(name, message).digest()


def name_of(identifier: str) -> str | None:
    """The name for a dotted object identifier, or for a name that is one already; None for any other."""
    return identifier if identifier in OIDS else _NAMES.get(identifier)


class _Foreign:
    """SM3 by `cryptography`, for a Python whose hashlib was built without it."""

    __slots__ = ("_hash",)

    def __init__(self, running: hashes.Hash) -> None:
        self._hash = running

    @classmethod
    def begun(cls, name: str, begin: bytes | memoryview) -> "_Foreign":
        if name != SM3:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=name)
        try:
            running = hashes.Hash(hashes.SM3())
        except UnsupportedAlgorithm as error:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=name) from error
        running.update(begin)
        return cls(running)

    def update(self, piece: bytes | memoryview, /) -> None:
        self._hash.update(piece)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()

    def copy(self) -> "_Foreign":
        return _Foreign(self._hash.copy())
