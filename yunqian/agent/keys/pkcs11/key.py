"""One key behind a PKCS#11 module: each call is one login, one act, and a logout.

What cannot be wiped: the binding takes a PIN as `str` and makes `bytes` of it, and Python can overwrite neither.
So the text is made at the call itself, held by no name of ours, and gone when the interpreter uses the memory
again; the `Pin` it came from is wiped by its owner.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pkcs11 import Session, Token, TokenFlag
from pkcs11 import exceptions as trouble

from yunqian.agent import pin as pins
from yunqian.agent.keys.pkcs11 import contents, pairs, refusals, signing, writing
from yunqian.agent.keys.pkcs11.module import Module
from yunqian.agent.keys.port import KeyAct, Series
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import certificate_requests
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused


@dataclass(frozen=True, slots=True)
class Pkcs11Key:
    """One key in a slot as listed; the slot is found again by serial for every act."""

    module: Module
    serial: str
    label: str
    certificates: tuple[Certificate, ...]
    driver: str = "pkcs11"
    is_demo: bool = False
    suites: tuple[Suite, ...] = signing.SUITES
    seals: tuple[bytes, ...] = ()
    acts: frozenset[KeyAct] = frozenset(KeyAct)

    def slot(self) -> Token:
        """Where the key is now. Of several with one serial and label it is the one with the certificates listed:

        a PIN must not be spent on another's key. Raises Refused(KEY_REMOVED | KEY_FAILED).
        """
        return self.module.find(
            self.serial, self.label, is_it=lambda one: contents.read(one).certificates == self.certificates
        )

    def tries(self) -> Tries:
        """PKCS#11 tells flags, never a number: low, final try, locked (v2.40 §3.2, CK_TOKEN_INFO)."""
        with self.module.lock:
            flags = self.slot().flags
        is_set = TokenFlag.USER_PIN_INITIALIZED in flags
        return Tries(
            left=None,
            is_locked=TokenFlag.USER_PIN_LOCKED in flags,
            is_last=TokenFlag.USER_PIN_FINAL_TRY in flags,
            is_default=is_set and TokenFlag.USER_PIN_TO_BE_CHANGED in flags,
        )

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`. Raises Refused(ALGORITHM_UNSUPPORTED) for a suite that this key does not have."""
        if suite not in self.suites:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (PKCS#11)")
        with self._act(), self._login(pin) as session:
            private = signing.private_key(session, certificate)
            return signing.signature(session, private, suite, message, pin)

    def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        """See `UsbKey.sign_each`."""
        if suite not in self.suites:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (PKCS#11)")
        values: list[bytes] = []
        is_in = False
        try:
            with self._act(), self._login(pin) as session:
                is_in = True
                private = signing.private_key(session, certificate)
                for message in messages:
                    if values and signing.asks_each_time(private):
                        raise _each_signature(values, messages)
                    values.append(signing.signature(session, private, suite, message, pin))
        except Refused as refusal:
            if not is_in:
                raise
            return Series(tuple(values), refusal)
        return Series(tuple(values))

    def change_pin(self, old: Pin, new: Pin) -> None:
        """See `UsbKey.change_pin`.

        The old PIN is checked by a login first: C_SetPIN alone, in a public session, lets a wrong one pass
        uncounted (measured on opencryptoki), which would be a way to guess it.
        """
        self._require(KeyAct.CHANGE_PIN)
        _require_new(new)
        with self._act(), self._login(old, is_writing=True) as session:
            try:
                session.set_pin(old.text(), new.text())
            except trouble.PKCS11Error as error:
                raise refusals.of_new_pin(error) from None

    def unlock(self, admin: Pin, new: Pin) -> None:
        """See `UsbKey.unlock`. Raises Refused(ADMIN_PIN_LOCKED) too, and then the key can never be unlocked.

        The module is initialised first: C_Login refuses the officer while a read-only session is open or a user
        is logged in (v2.40 §5.6).
        """
        self._require(KeyAct.UNLOCK)
        _require_new(new)
        with self._act():
            self.module.rescan()
            with self._officer(admin) as session:
                try:
                    session.init_pin(new.text())
                except trouble.PKCS11Error as error:
                    raise refusals.of_new_pin(error) from None

    def enrol(self, suite: Suite, owner: str, pin: Pin) -> bytes:
        """See `UsbKey.enrol`. A pair of ours that still waits for its certificate is asked for again.

        Raises also Refused(REQUEST_INVALID) for a name that cannot be one, Refused(SIGNATURE_INVALID) for a module
        that signs wrongly; a pair that was made for nothing is taken away again.
        """
        self._require(KeyAct.ENROL)
        if not owner.isprintable() or not owner.strip():
            raise Refused(Problem.REQUEST_INVALID, detail="owner")
        with self._act():
            self._require_making(suite)
            with self._login(pin, is_writing=True) as session:
                waiting = pairs.waiting(session, suite)
                pair = waiting or pairs.make(session, suite, owner)
                try:
                    return _request(session, pair, suite, owner, pin)
                except BaseException:
                    if waiting is None:
                        pairs.destroy(pair.private, pair.public)
                    raise

    def store(self, certificate: Certificate | None, seals: Sequence[bytes], pin: Pin) -> None:
        """See `UsbKey.store`. Raises also Refused(SEAL_UNREADABLE | CERTIFICATE_USAGE), before the PIN is used."""
        self._require(KeyAct.STORE)
        if certificate is not None and not certificate.may_sign:
            raise Refused(Problem.CERTIFICATE_USAGE, owner=certificate.owner)
        readable = writing.readable(seals)
        with self._act(), self._login(pin, is_writing=True) as session:
            try:
                writing.store(session, certificate, readable)
            finally:
                self.module.doubt()  # what was listed before is no longer so

    def _require(self, act: KeyAct) -> None:
        if act not in self.acts:
            raise Refused(Problem.KEY_ACT_UNSUPPORTED)

    def _require_making(self, suite: Suite) -> None:
        """Asked of the key before its PIN is. Raises Refused(ALGORITHM_UNSUPPORTED)."""
        offered = self.slot().slot.get_mechanisms()
        if suite not in self.suites or pairs.MAKES[suite] not in offered:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (PKCS#11)")

    @contextmanager
    def _login(self, pin: Pin, *, is_writing: bool = False) -> Iterator[Session]:
        """A session with this PIN checked by the key itself, logged out and closed afterwards."""
        try:
            session = self._opened(pin, is_writing=is_writing)
        except refusals.WRONG_PIN:
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

    def _opened(self, pin: Pin, *, is_writing: bool) -> Session:
        slot = self.slot()
        try:
            return slot.open(rw=is_writing, user_pin=pin.text())
        except refusals.STALE_LOGIN:
            # The PIN was not looked at and no try was spent. Drop the stale login and ask once more.
            self.module.rescan()
            slot = self.slot()
            return slot.open(rw=is_writing, user_pin=pin.text())

    @contextmanager
    def _officer(self, admin: Pin) -> Iterator[Session]:
        """A session of the security officer. Raises Refused(ADMIN_PIN_INCORRECT | ADMIN_PIN_LOCKED)."""
        try:
            session = self.slot().open(rw=True, so_pin=admin.text())
        except refusals.WRONG_PIN:
            self.module.rescan()
            flags = self.slot().flags
            is_locked = TokenFlag.SO_PIN_LOCKED in flags
            raise Refused(Problem.ADMIN_PIN_LOCKED if is_locked else Problem.ADMIN_PIN_INCORRECT) from None
        except trouble.PinLocked:
            self.module.rescan()
            raise Refused(Problem.ADMIN_PIN_LOCKED) from None
        try:
            yield session
        finally:
            self._close(session)

    def _close(self, session: Session) -> None:
        try:
            session.close()
        except trouble.PKCS11Error:
            self.module.doubt()

    @contextmanager
    def _act(self) -> Iterator[None]:
        """One act with the module to itself; what it says is translated into what a person can do."""
        with self.module.lock:
            try:
                yield
            except RuntimeError as error:
                self.module.doubt()
                self.slot()  # pulled out: Refused(KEY_REMOVED)
                raise refusals.of(error) from error


def _each_signature(values: Sequence[bytes], messages: Sequence[bytes]) -> Refused:
    return Refused(Problem.PIN_EACH_SIGNATURE, done=len(values), left=len(messages) - len(values))


def _require_new(new: Pin) -> None:
    """A PIN that no key would take, or that is no text, is refused before the old one is used."""
    new.text()
    if not 0 < len(new.secret) <= pins.MAX_PIN_BYTES:
        raise Refused(Problem.PIN_NOT_ACCEPTED, detail=f"1–{pins.MAX_PIN_BYTES}")


def _request(session: Session, pair: pairs.Pair, suite: Suite, owner: str, pin: Pin) -> bytes:
    """PKCS#10 in DER, read back before it is given: a module that signs wrongly is found out here."""
    request = certificate_requests.build_der(
        owner,
        public_key_der=pair.public_key_der,
        identifier=suite.signature_identifier,
        sign=lambda asked: signing.signature(session, pair.private, suite, asked, pin),
    )
    if not certificate_requests.read(request).is_proven:
        raise Refused(Problem.SIGNATURE_INVALID)
    return request
