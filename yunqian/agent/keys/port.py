"""What every key and every driver can do. All of it blocks; `ring` calls it in the driver's own thread.

Where the driver runs in a process of its own (see `child`), every call may also raise Refused(KEY_DRIVER_STOPPED |
KEY_TIMED_OUT). Then nobody knows whether the act was done, and whether it cost a try: ask `tries` before going on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from yunqian.agent.pin import Pin, Tries
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Refused

SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384, Suite.SM2_SM3)
"""What the drivers sign with, taken together; each key says for itself what it can."""


class KeyAct(StrEnum):
    """What a key can be asked for beside signing."""

    CHANGE_PIN = "change_pin"
    UNLOCK = "unlock"
    ENROL = "enrol"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Series:
    """What one login gave: a value for each of the first messages, and why it ended before the last one.

    `stopped` is None where every message has its value. Otherwise it is about the first message without one; those
    after it were not tried.
    """

    values: tuple[bytes, ...]
    stopped: Refused | None = None


class UsbKey(Protocol):
    """One plugged-in key as it was when listed; known by serial and certificates, never by its place.

    Signing, a new PIN, unlocking, a key pair, writing: each call is one act with one PIN: log in, do it, log out.
    None of them retries, and none keeps a secret.
    """

    @property
    def serial(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def driver(self) -> str:
        """pkcs11, skf or soft."""

    @property
    def is_demo(self) -> bool: ...

    @property
    def suites(self) -> tuple[Suite, ...]:
        """What this key signs with, of `SUITES`: no elliptic curve may sign SM2 as if it were ECDSA."""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The signing certificates, read without a PIN."""

    def tries(self) -> Tries:
        """What the key tells about its PIN now. Raises Refused(KEY_REMOVED)."""

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """Log in, sign `message` (hashed by the suite), log out: one PIN, one signature.

        No command takes a digest made elsewhere. The value is a PKCS#1 v1.5 block, or DER SEQUENCE{r,s}.
        Raises Refused(PIN_INCORRECT | PIN_INCORRECT_UNCOUNTED | PIN_LOCKED | KEY_REMOVED | KEY_FAILED |
        CERTIFICATE_MISMATCH).
        """

    def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        """Log in once, sign each of the messages as `sign` does, log out.

        A key that wants its PIN for every signature (CKA_ALWAYS_AUTHENTICATE and the like) gives one value and stops
        with PIN_EACH_SIGNATURE: the PIN that was entered once is never entered again for the person.
        Raises what `sign` raises as long as nobody knows that the PIN was right; afterwards it is in `Series`.
        """

    @property
    def acts(self) -> frozenset[KeyAct]:
        """What this key, by this driver, can do; the rest raises Refused(KEY_ACT_UNSUPPORTED)."""

    @property
    def seals(self) -> tuple[bytes, ...]:
        """The seal objects on the key (DER, GB/T 38540 or GM/T 0031), read without a PIN; nothing is judged here."""

    def change_pin(self, old: Pin, new: Pin) -> None:
        """Set a new PIN with the old one (C_SetPIN, SKF_ChangePIN).

        Raises Refused(PIN_INCORRECT | PIN_INCORRECT_UNCOUNTED | PIN_LOCKED | PIN_NOT_ACCEPTED | KEY_REMOVED |
        KEY_FAILED); after any of them the old PIN still stands.
        """

    def unlock(self, admin: Pin, new: Pin) -> None:
        """Set a new PIN with the administrator's (C_InitPIN as SO, SKF_UnblockPIN); the counter is full again.

        Raises Refused(ADMIN_PIN_INCORRECT | ADMIN_PIN_LOCKED | PIN_NOT_ACCEPTED | KEY_REMOVED | KEY_FAILED).
        """

    def enrol(self, suite: Suite, owner: str, pin: Pin) -> bytes:
        """Make a key pair inside the key and give a request for CN=`owner`, signed by it (PKCS#10, DER).

        Raises Refused(ALGORITHM_UNSUPPORTED | PIN_… | KEY_FULL | KEY_REMOVED | KEY_FAILED).
        """

    def store(self, certificate: Certificate | None, seals: Sequence[bytes], pin: Pin) -> None:
        """Write a certificate beside its own key pair, and seal objects; one with the same seal code is replaced.

        Raises Refused(CERTIFICATE_MISMATCH) where no key pair on the key belongs to the certificate,
        Refused(PIN_… | KEY_FULL | KEY_REMOVED | KEY_FAILED).
        """


class Driver(Protocol):
    """One way of reaching keys."""

    @property
    def name(self) -> str:
        """For the journal: soft, or pkcs11 or skf with the file name of the module or library."""

    def plugged(self) -> Sequence[UsbKey]:
        """The keys plugged in now. Never raises for a single bad key: that one is left out."""


@runtime_checkable
class Closable(Protocol):
    """A driver that holds something beside memory."""

    def close(self) -> None:
        """Let it go, even in the middle of an act; from any thread."""
