"""The PIN: kept in memory that can be wiped, counted, and never spent on the last try without a yes."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from yunqian.problems import Problem, Refused

MAX_PIN_BYTES = 64


@dataclass(frozen=True, slots=True)
class Tries:
    """What a key tells about its PIN. `left` is None where it tells no number (PKCS#11 has flags only).

    `is_default`: the PIN the key left the factory with is still set, as far as the key tells.
    """

    left: int | None
    is_locked: bool = False
    is_last: bool = False
    is_default: bool = False


class Pin:
    """A PIN on its way from the window to the key, as a context: leaving it wipes the bytes.

    Python cannot promise that no copy exists (the PKCS#11 binding wants a str); what can be wiped is wiped,
    and nothing here prints, compares or stores it.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytearray) -> None:
        self._secret = secret

    @property
    def secret(self) -> bytearray:
        """The bytes themselves; callers must not copy them into anything that lives on."""
        return self._secret

    def text(self) -> str:
        """The PIN as str, for a binding that takes no bytes. Raises Refused(PIN_EMPTY) if it is not UTF-8."""
        try:
            return self._secret.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(Problem.PIN_EMPTY) from None

    def wipe(self) -> None:
        """Overwrite the bytes with zeros."""
        self._secret[:] = bytes(len(self._secret))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "Pin(…)"


def guard(pin: Pin, tries: Tries, *, is_last_try_accepted: bool) -> None:
    """Refuse before the key is asked: an empty PIN, a locked key, or a last try nobody agreed to.

    An empty or overlong PIN never reaches the key, because some keys would count it.
    """
    if tries.is_locked:
        raise Refused(Problem.PIN_LOCKED)
    if not 0 < len(pin.secret) <= MAX_PIN_BYTES:
        raise Refused(Problem.PIN_EMPTY)
    if tries.is_last and not is_last_try_accepted:
        raise Refused(Problem.PIN_LAST_TRY)


def incorrect(tries: Tries) -> Refused:
    """The refusal for a wrong PIN, by what the key says afterwards."""
    if tries.is_locked:
        return Refused(Problem.PIN_LOCKED)
    if tries.left is None:
        return Refused(Problem.PIN_INCORRECT_UNCOUNTED)
    return Refused(Problem.PIN_INCORRECT, tries_left=tries.left)
