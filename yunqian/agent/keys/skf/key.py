"""One key of a library: listed without a PIN, opened anew for every act, and left logged out.

A key is one *application* of a device, for PINs and their counters belong to applications (GM/T 0016 §5.3). It is
found again by the device's serial number and the certificate in its container, never by its place in a list.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from yunqian.agent.keys.port import KeyAct, Series
from yunqian.agent.keys.skf import containers, errors, files, signing
from yunqian.agent.keys.skf.application import SUITES, Application
from yunqian.agent.keys.skf.device import connected, present
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library
from yunqian.agent.pin import MAX_PIN_BYTES, Pin, Tries
from yunqian.crypto import sm2, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

_NEEDED = {
    KeyAct.CHANGE_PIN: ("SKF_ChangePIN",),
    KeyAct.UNLOCK: ("SKF_UnblockPIN",),
    KeyAct.ENROL: ("SKF_CreateContainer", "SKF_DeleteContainer", "SKF_ExportPublicKey"),
    KeyAct.STORE: (
        *("SKF_ImportCertificate", "SKF_ExportPublicKey", "SKF_EnumFiles", "SKF_GetFileInfo"),
        *("SKF_ReadFile", "SKF_CreateFile", "SKF_WriteFile", "SKF_DeleteFile"),
    ),
}
_GENERATORS = {Suite.SM2_SM3: "SKF_GenECCKeyPair", Suite.RSA_SHA256: "SKF_GenRSAKeyPair"}


@dataclass(frozen=True, slots=True)
class SkfKey:
    """One application as listed."""

    serial: str
    label: str
    certificates: tuple[Certificate, ...]
    application: bytes = field(repr=False)
    library: Library = field(repr=False, compare=False)
    driver: str = "skf"
    is_demo: bool = False
    suites: tuple[Suite, ...] = SUITES
    seals: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def acts(self) -> frozenset[KeyAct]:
        """See `UsbKey.acts`: what the library has functions for. A key may still say NOTSUPPORTYET."""
        offered = {act for act, functions in _NEEDED.items() if self.library.has(*functions)}
        if not any(self.library.has(function) for function in _GENERATORS.values()):
            offered.discard(KeyAct.ENROL)
        return frozenset(offered)

    def tries(self) -> Tries:
        """See `UsbKey.tries`."""
        with self._told(), self._opened() as application:
            return application.tries()

    def admin_tries(self) -> Tries:
        """The counter of the administrator's PIN, which only the certificate authority's desk has a use for."""
        with self._told(), self._opened() as application:
            return application.admin_tries()

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`. Raises also Refused(PIN_NOT_SET | KEY_TIMED_OUT | SIGNATURE_INVALID).

        The container with the certificate is found before the PIN is spent.
        """
        if suite not in SUITES or suite is not suites.suite_of(certificate):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (SKF)")
        _require(pin)
        with (
            self._told(),
            self._opened() as application,
            application.holding(certificate) as container,
            application.logged_in(pin),
        ):
            return signing.value(self.library, container, suite, certificate.public_key_der, message)

    def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        """See `UsbKey.sign_each`. A key that forgets its login after a signature wants its PIN for each."""
        if suite not in SUITES or suite is not suites.suite_of(certificate):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (SKF)")
        _require(pin)
        values: list[bytes] = []
        is_in = False
        try:
            with (
                self._told(),
                self._opened() as application,
                application.holding(certificate) as container,
                application.logged_in(pin),
            ):
                is_in = True
                for message in messages:
                    with _wanting_each(values, messages):
                        made = signing.value(
                            self.library, container, suite, certificate.public_key_der, message
                        )
                    values.append(made)
        except Refused as refusal:
            if not is_in:
                raise
            return Series(tuple(values), refusal)
        return Series(tuple(values))

    def change_pin(self, old: Pin, new: Pin) -> None:
        """See `UsbKey.change_pin`."""
        self._require(KeyAct.CHANGE_PIN)
        _require(old)
        _require_new(new)
        with self._acting() as application, application.logged_in(old):
            application.change_pin(old, new)

    def unlock(self, admin: Pin, new: Pin) -> None:
        """See `UsbKey.unlock`. Raises also Refused(ADMIN_PIN_LOCKED), after which nothing unlocks the key."""
        self._require(KeyAct.UNLOCK)
        if not _is_whole(admin):
            raise Refused(Problem.ADMIN_PIN_INCORRECT)
        _require_new(new)
        with self._acting() as application:
            application.unlock(admin, new)

    def enrol(self, suite: Suite, owner: str, pin: Pin) -> bytes:
        """See `UsbKey.enrol`. Raises also Refused(SIGNATURE_INVALID) for a key pair that signs wrongly."""
        self._require(KeyAct.ENROL)
        if suite not in _GENERATORS or not self.library.has(_GENERATORS[suite]):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (SKF)")
        if suite is Suite.SM2_SM3:
            sm2.require()
        if not owner.isprintable() or not owner.strip():
            raise Refused(Problem.REQUEST_INVALID, detail="owner")
        _require(pin)
        with self._acting() as application, application.logged_in(pin):
            return containers.enrolled(application, suite, owner)

    def store(self, certificate: Certificate | None, seals: Sequence[bytes], pin: Pin) -> None:
        """See `UsbKey.store`. Raises also Refused(SEAL_UNREADABLE | CERTIFICATE_USAGE | REQUEST_INVALID).

        Seals are judged and the container is found before the PIN is spent; after a refusal the key holds what it
        held before, as far as it is still plugged in.
        """
        self._require(KeyAct.STORE)
        wanted = files.by_code(seals)
        if certificate is not None and not certificate.may_sign:
            raise Refused(Problem.CERTIFICATE_USAGE, owner=certificate.owner)
        _require(pin)
        with self._acting() as application:
            name = None if certificate is None else containers.fitting(application, certificate)
            with application.logged_in(pin), files.written(application, wanted):
                if certificate is not None and name is not None:
                    containers.put(application, name, certificate)

    def _require(self, act: KeyAct) -> None:
        if act not in self.acts:
            raise Refused(Problem.KEY_ACT_UNSUPPORTED)

    @contextmanager
    def _acting(self) -> Iterator[Application]:
        """The application, for an act that changes the key."""
        with self._told(is_signing=False), self._opened(is_sole=True) as application:
            yield application

    @contextmanager
    def _opened(self, *, is_sole: bool = False) -> Iterator[Application]:
        """The application on the device of this serial; of two alike, the one with the same certificates.

        With `is_sole` two that cannot be told apart are refused: a PIN would be tried, or a key pair made, on the
        wrong one. Raises Refused(KEY_REMOVED | KEY_FAILED).
        """
        places = [name for name in present(self.library) if self._is_here(name)]
        if len(places) > 1:
            # Asked only where it matters: reading certificates is slow on real keys.
            places = [name for name in places if self._has_certificates(name)]
        if is_sole and len(places) > 1:
            raise Refused(Problem.KEY_FAILED, detail="SKF: two keys with one serial number")
        for name in places[:1]:
            with connected(self.library, name) as device, device.application(self.application) as found:
                yield found
                return
        raise Refused(Problem.KEY_REMOVED)

    def _is_here(self, name: bytes) -> bool:
        with suppress(Failure), connected(self.library, name) as device:
            return device.facts.serial == self.serial
        return False

    def _has_certificates(self, name: bytes) -> bool:
        with (
            suppress(Failure),
            connected(self.library, name) as device,
            device.application(self.application) as found,
        ):
            return found.certificates() == self.certificates
        return False

    @contextmanager
    def _told(self, *, is_signing: bool = True) -> Iterator[None]:
        """Translate what a library says into what a person can do."""
        try:
            yield
        except Failure as failure:
            if not self._is_plugged():
                raise Refused(Problem.KEY_REMOVED) from failure
            raise errors.refusal(failure, is_signing=is_signing) from failure

    def _is_plugged(self) -> bool:
        """Libraries tell of a pulled key as INVALIDHANDLE or FAIL just as well: look."""
        with suppress(Failure):
            return any(self._is_here(name) for name in present(self.library))
        return True


@contextmanager
def _wanting_each(values: Sequence[bytes], messages: Sequence[bytes]) -> Iterator[None]:
    """Tell a login that was forgotten after a signature as what it means."""
    try:
        yield
    except Failure as failure:
        if not values or failure.name != "USER_NOT_LOGGED_IN":
            raise
        left = len(messages) - len(values)
        raise Refused(Problem.PIN_EACH_SIGNATURE, done=len(values), left=left) from failure


def _is_whole(pin: Pin) -> bool:
    """The functions read up to the first NUL: a part of a PIN would cost a try, and no PIN is empty."""
    return 0 < len(pin.secret) <= MAX_PIN_BYTES and 0 not in pin.secret


def _require(pin: Pin) -> None:
    if not _is_whole(pin):
        raise Refused(Problem.PIN_EMPTY)


def _require_new(pin: Pin) -> None:
    if not pin.secret:
        raise Refused(Problem.PIN_EMPTY)
    if not _is_whole(pin):
        raise Refused(Problem.PIN_NOT_ACCEPTED, detail=f"1–{MAX_PIN_BYTES} bytes, no NUL")
