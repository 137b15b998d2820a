"""Keys behind a PKCS#11 module: listed without a PIN, one login per signature, logged out after each.

All calls of one module happen in one thread (see `ring`), because a login counts for the whole process: with
a second session open, a wrong PIN would pass unseen (C_Login says "already logged in" and does not look).
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, Session, Token, TokenFlag
from pkcs11 import exceptions as trouble
from pkcs11.util.ec import encode_ecdsa_signature

from yunqian.agent import pin as pins
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

RESCAN_SECONDS = 4.0
SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384)
"""Without SM2: PKCS#11 v2.40 has no mechanism for it. Vendors number their own above CKM_VENDOR_DEFINED, each
otherwise, and none of their modules could be tried here; an SM2 key behind one is refused before its PIN is asked."""
_WRONG_PIN = (trouble.PinIncorrect, trouble.PinInvalid, trouble.PinLenRange)
# DigestInfo of RFC 8017 §9.2 note 1, for modules that pad but do not hash.
_DIGEST_INFO = {"sha256": bytes.fromhex("3031300d060960864801650304020105000420")}


class Module:
    """One loaded module. Some (SoftHSM among them) see plugging only at C_Initialize, so it is repeated."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lib: Any = None
        self._scanned_at = 0.0
        self._is_doubtful = False

    def slots(self) -> tuple[Token, ...]:
        """The initialised keys now present. Raises PKCS11Error where the module gives none at all."""
        is_stale = time.monotonic() - self._scanned_at > RESCAN_SECONDS
        if self._lib is None or self._is_doubtful or is_stale:
            self.rescan()
        present = self._present()
        if not present:
            self.rescan()
            present = self._present()
        return present

    def _present(self) -> tuple[Token, ...]:
        found = []
        for slot in self._lib.get_slots(token_present=True):
            with suppress(trouble.PKCS11Error):
                found.append(slot.get_token())
        return tuple(one for one in found if TokenFlag.TOKEN_INITIALIZED in one.flags)

    def rescan(self) -> None:
        """Initialise again: closes every session, logs out, and sees what was plugged or pulled."""
        self._is_doubtful = True
        if self._lib is None:
            self._lib = pkcs11.lib(self._path)
        with suppress(trouble.PKCS11Error):
            self._lib.finalize()
        self._lib.initialize()
        self._scanned_at = time.monotonic()
        self._is_doubtful = False

    def doubt(self) -> None:
        """Something went wrong: initialise before the next use, so that no session stays logged in."""
        self._is_doubtful = True

    def find(self, serial: str, label: str) -> Token:
        """The key with this serial and label, now. Raises Refused(KEY_REMOVED)."""
        try:
            for one in self.slots():
                if (_serial(one), one.label) == (serial, label):
                    return one
        except RuntimeError as error:
            self.doubt()
            raise Refused(Problem.KEY_REMOVED) from error
        raise Refused(Problem.KEY_REMOVED)


def _serial(slot: Token) -> str:
    return slot.serial.decode("utf-8", errors="replace").strip("\0 ")


@dataclass(frozen=True, slots=True)
class Pkcs11Key:
    """One key in a slot as listed; the slot is found again by serial for every act."""

    module: Module
    serial: str
    label: str
    certificates: tuple[Certificate, ...]
    driver: str = "pkcs11"
    is_demo: bool = False
    suites: tuple[Suite, ...] = SUITES

    def tries(self) -> Tries:
        """PKCS#11 tells flags, never a number: low, final try, locked (v2.40 §3.2, CK_TOKEN_INFO)."""
        flags = self.module.find(self.serial, self.label).flags
        return Tries(
            left=None,
            is_locked=TokenFlag.USER_PIN_LOCKED in flags,
            is_last=TokenFlag.USER_PIN_FINAL_TRY in flags,
        )

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`. Raises Refused(ALGORITHM_UNSUPPORTED) for a suite that is not of `SUITES`."""
        if suite not in SUITES:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (PKCS#11)")
        with self._told(), self._login(pin) as session:
            private = _private_key(session, certificate)
            return _signature(session, private, suite, message, pin)

    @contextmanager
    def _login(self, pin: Pin) -> Iterator[Session]:
        """A session with this PIN checked by the key itself, logged out and closed afterwards."""
        try:
            session = self._opened(pin)
        except _WRONG_PIN:
            # The binding leaves its session open when the login fails; initialising closes it.
            self.module.rescan()
            raise pins.incorrect(self.tries()) from None
        except trouble.PinLocked:
            self.module.rescan()
            raise Refused(Problem.PIN_LOCKED) from None
        try:
            yield session
        finally:
            self._close(session)

    def _opened(self, pin: Pin) -> Session:
        slot = self.module.find(self.serial, self.label)
        try:
            return slot.open(user_pin=pin.text())
        except trouble.UserAlreadyLoggedIn:
            # The PIN was not looked at and no try was spent. Drop the stale login and ask once more.
            self.module.rescan()
            return self.module.find(self.serial, self.label).open(user_pin=pin.text())

    def _close(self, session: Session) -> None:
        try:
            session.close()
        except trouble.PKCS11Error:
            self.module.doubt()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Translate what a module says into what a person can do."""
        try:
            yield
        except RuntimeError as error:
            self.module.doubt()
            self.module.find(self.serial, self.label)  # pulled out: Refused(KEY_REMOVED)
            raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error


def _private_key(session: Session, certificate: Certificate) -> Any:
    """The private key beside the certificate (the same CKA_ID). Raises Refused(CERTIFICATE_MISMATCH)."""
    identifiers = [
        one[Attribute.ID]
        for one in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
        if _value(one) == certificate.der
    ]
    for identifier in identifiers:
        found = list(
            session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: identifier})
        )
        if len(found) == 1:
            return found[0]
    raise Refused(Problem.CERTIFICATE_MISMATCH)


def _signature(session: Session, private: Any, suite: Suite, message: bytes, pin: Pin) -> bytes:
    """One signature; the module hashes where it can, else we do."""
    offered = session.token.slot.get_mechanisms()
    digest = hashlib.new(suite.digest, message).digest()
    again = pin.text() if _asks_always(private) else None
    if suite is Suite.RSA_SHA256:
        if Mechanism.SHA256_RSA_PKCS in offered:
            return bytes(private.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS, pin=again))
        padded = _DIGEST_INFO[suite.digest] + digest
        return bytes(private.sign(padded, mechanism=Mechanism.RSA_PKCS, pin=again))
    # A module gives r||s; CMS wants DER (RFC 5753 §7.2). Plain ECDSA over our hash works everywhere.
    return encode_ecdsa_signature(private.sign(digest, mechanism=Mechanism.ECDSA, pin=again))


def _asks_always(private: Any) -> bool:
    """CKA_ALWAYS_AUTHENTICATE: the key wants the PIN once more for each signature."""
    try:
        return bool(private[Attribute.ALWAYS_AUTHENTICATE])
    except trouble.PKCS11Error:
        return False


def _value(one: Any) -> bytes:
    try:
        return bytes(one[Attribute.VALUE])
    except trouble.PKCS11Error:
        return b""


class Pkcs11Driver:
    """All keys of one module."""

    def __init__(self, module: str) -> None:
        self.name = f"pkcs11 {Path(module).name}"
        self._module = Module(module)

    def plugged(self) -> tuple[Pkcs11Key, ...]:
        """See `Driver.plugged`. Raises Refused(KEY_FAILED) where the module itself cannot be used."""
        try:
            return tuple(key for slot in self._module.slots() if (key := self._listed(slot)) is not None)
        except RuntimeError as error:  # PKCS11Error, or the module cannot be loaded
            self._module.doubt()
            raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error

    def _listed(self, slot: Token) -> Pkcs11Key | None:
        try:
            with slot.open() as session:
                # Materialised here: the search dies with its session.
                found = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
                values = [_value(one) for one in found]
        except trouble.PKCS11Error:
            self._module.doubt()
            return None
        return Pkcs11Key(self._module, _serial(slot), slot.label, _signing(values))


def _signing(values: list[bytes]) -> tuple[Certificate, ...]:
    """The readable certificates that may sign documents; authorities on the key are left out."""
    found = []
    for value in values:
        with suppress(Refused):
            found.append(certificates.read(value))
    return tuple(one for one in found if one.may_sign)
