"""What every key and every driver can do. All of it blocks; `ring` calls it in the driver's own thread."""

from collections.abc import Sequence
from typing import Protocol

from yunqian.agent.pin import Pin, Tries
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite

SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384, Suite.SM2_SM3)
"""What the drivers sign with, taken together; each key says for itself what it can."""


class UsbKey(Protocol):
    """One plugged-in key as it was when listed; known by serial and certificates, never by its place."""

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


class Driver(Protocol):
    """One way of reaching keys."""

    @property
    def name(self) -> str:
        """For the journal: soft, or pkcs11 or skf with the file name of the module or library."""

    def plugged(self) -> Sequence[UsbKey]:
        """The keys plugged in now. Never raises for a single bad key: that one is left out."""
