"""An open application: its PIN and counters, its containers and the certificates in them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from yunqian.agent import pin as pins
from yunqian.agent.keys.skf import errors, structures
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

SUITES = (Suite.RSA_SHA256, Suite.SM2_SM3)
UNDEFINED, RSA, ECC = 0, 1, 2
SIGNING = 1
NAMES_ROOM, CERTIFICATE_ROOM = 8192, 65536
_ADMIN_PIN, _USER_PIN = 0, 1
_SUITE_OF = {RSA: Suite.RSA_SHA256, ECC: Suite.SM2_SM3}
_MOST_TRIES = 255


class Application:
    """An open application; its reference lives no longer than the act."""

    def __init__(self, library: Library, reference: int) -> None:
        self.library = library
        self.reference = reference

    def tries(self) -> Tries:
        """SKF_GetPINInfo; a library that has none, or tells nonsense, tells no number."""
        return self._tries(_USER_PIN)

    def admin_tries(self) -> Tries:
        """The same of the administrator's PIN."""
        return self._tries(_ADMIN_PIN)

    def certificates(self) -> tuple[Certificate, ...]:
        """The signing certificate of every container that has one which may sign and fits its kind of key."""
        return tuple(certificate for _, certificate in self._certified())

    @contextmanager
    def holding(self, certificate: Certificate) -> Iterator[int]:
        """The container with this very certificate, open. Raises Refused(CERTIFICATE_MISMATCH)."""
        for name, found in self._certified():
            if found == certificate:
                with self.container(name) as reference:
                    yield reference
                return
        raise Refused(Problem.CERTIFICATE_MISMATCH)

    @contextmanager
    def logged_in(self, pin: Pin) -> Iterator[None]:
        """The PIN checked once by the key itself, and logged out afterwards.

        A login of another program may still stand, and a library may then take any PIN: it is ended first.
        """
        self.log_out()
        try:
            code, left = self.library.with_pins("SKF_VerifyPIN", self.reference, _USER_PIN, pins=(pin,))
            if code:
                raise self._not_accepted(Failure(code), left)
            yield
        finally:
            self.log_out()

    def change_pin(self, old: Pin, new: Pin) -> None:
        """SKF_ChangePIN, within a login by the old PIN: what it then finds unfit can only be the new one.

        Raises Refused(PIN_NOT_ACCEPTED), and Refused(PIN_…) should it come to another view of the old PIN.
        """
        code, left = self.library.with_pins("SKF_ChangePIN", self.reference, _USER_PIN, pins=(old, new))
        failure = Failure(code)
        if failure.name in errors.UNFIT_PIN:
            raise Refused(Problem.PIN_NOT_ACCEPTED, detail=f"SKF {failure.name}")
        if code:
            raise self._not_accepted(failure, left)

    def unlock(self, admin: Pin, new: Pin) -> None:
        """SKF_UnblockPIN, once.

        It takes two PINs and does not say which of them is unfit: it was the administrator's where that one's
        counter went down. A wrong one is never asked for again by itself. The counter of the person's PIN is
        looked at afterwards, for some libraries give 0 and leave it locked.
        """
        self.log_out()
        try:
            before = self.admin_tries()
            if before.is_locked:
                raise Refused(Problem.ADMIN_PIN_LOCKED)
            code, _ = self.library.with_pins("SKF_UnblockPIN", self.reference, pins=(admin, new))
            if code:
                raise self._not_unlocked(Failure(code), before)
            if self.tries().is_locked:
                raise Refused(Problem.KEY_FAILED, detail="SKF UnblockPIN: still locked")
        finally:
            self.log_out()

    def log_out(self) -> None:
        """SKF_ClearSecureState; a key that was pulled out has forgotten its login anyway."""
        with suppress(Failure):
            self.library.call("SKF_ClearSecureState", self.reference)

    def containers(self) -> tuple[bytes, ...]:
        """The names of the containers."""
        listed = self.library.filled("SKF_EnumContainer", self.reference, room=NAMES_ROOM)
        return structures.names(listed)

    @contextmanager
    def container(self, name: bytes) -> Iterator[int]:
        """The container of this name, open."""
        with self.library.opened(
            "SKF_OpenContainer", "SKF_CloseContainer", self.reference, name
        ) as reference:
            yield reference

    def _tries(self, which: int) -> Tries:
        try:
            most, left, is_default = self.library.numbers("SKF_GetPINInfo", self.reference, which, count=3)
        except Failure as failure:
            if failure.name == "NOTSUPPORTYET":
                return Tries(left=None)
            if failure.name == "PIN_LOCKED":
                return Tries(left=0, is_locked=True)
            raise
        if not left <= most <= _MOST_TRIES:
            return Tries(left=None)
        return counted(left, is_default=is_default != 0)

    def _not_accepted(self, failure: Failure, left: int | None) -> Exception:
        if failure.name not in errors.WRONG_PIN:
            return failure
        if failure.name == "PIN_INCORRECT" and left is not None and left <= _MOST_TRIES:
            return pins.incorrect(counted(left))
        return pins.incorrect(self.tries())

    def _not_unlocked(self, failure: Failure, before: Tries) -> Exception:
        if failure.name == "PIN_LOCKED":
            return Refused(Problem.ADMIN_PIN_LOCKED)
        is_unfit = failure.name in errors.UNFIT_PIN
        if not is_unfit and failure.name != "PIN_INCORRECT":
            return failure
        after = self.admin_tries()
        if after.is_locked:
            return Refused(Problem.ADMIN_PIN_LOCKED)
        if is_unfit and after.left == before.left:
            return Refused(Problem.PIN_NOT_ACCEPTED, detail=f"SKF {failure.name}")
        return Refused(Problem.ADMIN_PIN_INCORRECT)

    def _certified(self) -> Iterator[tuple[bytes, Certificate]]:
        for name in self.containers():
            certificate = self._read(name)
            if certificate is not None:
                yield name, certificate

    def _read(self, name: bytes) -> Certificate | None:
        """None for a container that is empty, unreadable, or only for encryption."""
        try:
            with self.container(name) as reference:
                kind = self._kind(reference)
                raw = self.library.filled("SKF_ExportCertificate", reference, SIGNING, room=CERTIFICATE_ROOM)
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
            (kind,) = self.library.numbers("SKF_GetContainerType", container)
        except Failure as failure:
            if failure.name != "NOTSUPPORTYET":
                raise
            return None
        return (_SUITE_OF[kind],) if kind in _SUITE_OF else ()


def counted(left: int, *, is_default: bool = False) -> Tries:
    """Tries from a number."""
    return Tries(left=left, is_locked=left == 0, is_last=left == 1, is_default=is_default)
