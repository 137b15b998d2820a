"""One key of a library: listed without a PIN, opened anew for every act, and left logged out.

A key is one *application* of a device, for PINs and their counters belong to applications (GM/T 0016 §5.3). It is
found again by the device's serial number and the certificate in its container, never by its place in a list.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from yunqian.agent import pin as pins
from yunqian.agent.keys.skf import errors, structures
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library
from yunqian.agent.keys.skf.structures import DeviceFacts
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import certificates, public_keys, sm2, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

SUITES = (Suite.RSA_SHA256, Suite.SM2_SM3)
_USER_PIN, _PRESENT_ONLY, _SIGNING = 1, 1, 1
_CONTAINER_TYPES = {1: Suite.RSA_SHA256, 2: Suite.SM2_SM3}
_NAMES_ROOM, _CERTIFICATE_ROOM, _RSA_ROOM = 8192, 65536, 1024
_MOST_TRIES = 255
# DigestInfo of RFC 8017 §9.2 note 1: SKF_RSASignData pads what it is given, and does not hash.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


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
        return structures.names(self.library.filled("SKF_EnumApplication", self._reference, room=_NAMES_ROOM))

    @contextmanager
    def application(self, name: bytes) -> Iterator["Application"]:
        """The application of this name, closed afterwards."""
        with self.library.opened(
            "SKF_OpenApplication", "SKF_CloseApplication", self._reference, name
        ) as reference:
            yield Application(self.library, reference)


class Application:
    """An open application."""

    def __init__(self, library: Library, reference: int) -> None:
        self._library = library
        self._reference = reference

    def tries(self) -> Tries:
        """SKF_GetPINInfo; a library that has none, or tells nonsense, tells no number."""
        try:
            most, left, _ = self._library.numbers("SKF_GetPINInfo", self._reference, _USER_PIN, count=3)
        except Failure as failure:
            if failure.name == "NOTSUPPORTYET":
                return Tries(left=None)
            if failure.name == "PIN_LOCKED":
                return Tries(left=0, is_locked=True)
            raise
        return counted(left) if left <= most <= _MOST_TRIES else Tries(left=None)

    def certificates(self) -> tuple[Certificate, ...]:
        """The signing certificate of every container that has one which may sign and fits its kind of key."""
        return tuple(certificate for _, certificate in self._certified())

    @contextmanager
    def holding(self, certificate: Certificate) -> Iterator[int]:
        """The container with this very certificate, open. Raises Refused(CERTIFICATE_MISMATCH)."""
        for name, found in self._certified():
            if found == certificate:
                with self._container(name) as reference:
                    yield reference
                return
        raise Refused(Problem.CERTIFICATE_MISMATCH)

    @contextmanager
    def logged_in(self, pin: Pin) -> Iterator[None]:
        """The PIN checked once by the key itself, and logged out afterwards.

        A login of another program may still stand, and a library may then take any PIN: it is ended first.
        """
        self._log_out()
        try:
            code, left = self._library.verify_pin(self._reference, _USER_PIN, pin)
            if code:
                raise self._not_accepted(Failure(code), left)
            yield
        finally:
            self._log_out()

    def _not_accepted(self, failure: Failure, left: int | None) -> Exception:
        if failure.name not in errors.WRONG_PIN:
            return failure
        if failure.name == "PIN_INCORRECT" and left is not None and left <= _MOST_TRIES:
            return pins.incorrect(counted(left))
        return pins.incorrect(self.tries())

    def _log_out(self) -> None:
        with suppress(Failure):
            self._library.call("SKF_ClearSecureState", self._reference)

    @contextmanager
    def _container(self, name: bytes) -> Iterator[int]:
        with self._library.opened(
            "SKF_OpenContainer", "SKF_CloseContainer", self._reference, name
        ) as reference:
            yield reference

    def _certified(self) -> Iterator[tuple[bytes, Certificate]]:
        listed = self._library.filled("SKF_EnumContainer", self._reference, room=_NAMES_ROOM)
        for name in structures.names(listed):
            certificate = self._read(name)
            if certificate is not None:
                yield name, certificate

    def _read(self, name: bytes) -> Certificate | None:
        """None for a container that is empty, unreadable, or only for encryption."""
        try:
            with self._container(name) as reference:
                kind = self._kind(reference)
                raw = self._library.filled(
                    "SKF_ExportCertificate", reference, _SIGNING, room=_CERTIFICATE_ROOM
                )
            certificate = certificates.read(raw)
            is_fit = certificate.may_sign and suites.suite_of(certificate) in (kind or SUITES)
        except Refused:
            return None
        except Failure as failure:
            if failure.name == "DEVICE_REMOVED":
                raise
            return None
        return certificate if is_fit else None

    def _kind(self, container: int) -> tuple[Suite, ...] | None:
        """What keys of this container sign with; None where the library cannot tell."""
        try:
            (kind,) = self._library.numbers("SKF_GetContainerType", container)
        except Failure as failure:
            if failure.name != "NOTSUPPORTYET":
                raise
            return None
        return (_CONTAINER_TYPES[kind],) if kind in _CONTAINER_TYPES else ()


def counted(left: int) -> Tries:
    """Tries from a number."""
    return Tries(left=left, is_locked=left == 0, is_last=left == 1)


@contextmanager
def connected(library: Library, name: bytes) -> Iterator[Device]:
    """The device of this name, disconnected afterwards."""
    with library.opened("SKF_ConnectDev", "SKF_DisConnectDev", name) as reference:
        yield Device(library, reference)


def present(library: Library) -> tuple[bytes, ...]:
    """The names of the devices plugged in now. A name is good for this moment only."""
    return structures.names(library.filled("SKF_EnumDev", _PRESENT_ONLY, room=_NAMES_ROOM))


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

    def tries(self) -> Tries:
        """See `UsbKey.tries`."""
        with self._told(), self._opened() as application:
            return application.tries()

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`. Raises also Refused(PIN_NOT_SET | KEY_TIMED_OUT | SIGNATURE_INVALID).

        The container with the certificate is found before the PIN is spent.
        """
        if suite not in SUITES or suite is not suites.suite_of(certificate):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (SKF)")
        if 0 in pin.secret:  # the function reads up to the first NUL: a part of the PIN would cost a try
            raise Refused(Problem.PIN_EMPTY)
        make: Callable[[Library, int, Certificate, bytes], bytes] = (
            _sm2_value if suite is Suite.SM2_SM3 else _rsa_value
        )
        with (
            self._told(),
            self._opened() as application,
            application.holding(certificate) as container,
            application.logged_in(pin),
        ):
            return make(self.library, container, certificate, message)

    @contextmanager
    def _opened(self) -> Iterator[Application]:
        """The application on the device of this serial; of two alike, the one with the same certificates.

        Raises Refused(KEY_REMOVED).
        """
        places = [name for name in present(self.library) if self._is_here(name)]
        for name in places:
            with connected(self.library, name) as device, device.application(self.application) as found:
                # Asked only where it matters: reading certificates is slow on real keys.
                if len(places) == 1 or found.certificates() == self.certificates:
                    yield found
                    return
        raise Refused(Problem.KEY_REMOVED)

    def _is_here(self, name: bytes) -> bool:
        try:
            with connected(self.library, name) as device:
                return device.facts.serial == self.serial
        except Failure:
            return False

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Translate what a library says into what a person can do."""
        try:
            yield
        except Failure as failure:
            if not self._is_plugged():
                raise Refused(Problem.KEY_REMOVED) from failure
            raise errors.refusal(failure) from failure

    def _is_plugged(self) -> bool:
        """Libraries tell of a pulled key as INVALIDHANDLE or FAIL just as well: look."""
        with suppress(Failure):
            return any(self._is_here(name) for name in present(self.library))
        return True


def _sm2_value(library: Library, container: int, certificate: Certificate, message: bytes) -> bytes:
    """SKF_ECCSignData over e = SM3(Z ‖ M), which we compute: the function takes 32 bytes and hashes nothing."""
    point = public_keys.read(certificate.public_key_der).octets
    e = sm2.public_key(point).e_value(message)
    blob = library.block("SKF_ECCSignData", container, e, len(e), size=structures.ECC_SIGNATURE_BYTES)
    return structures.sm2_value(blob)


def _rsa_value(library: Library, container: int, certificate: Certificate, message: bytes) -> bytes:
    digest_info = _DIGEST_INFO + hashlib.sha256(message).digest()
    value = library.filled("SKF_RSASignData", container, digest_info, len(digest_info), room=_RSA_ROOM)
    if len(value) * 8 != certificate.key_bits:
        raise Refused(Problem.SIGNATURE_INVALID)
    return value
