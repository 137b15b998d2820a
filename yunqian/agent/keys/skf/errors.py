"""What a library of GM/T 0016 returns (annex A, 0x0A0000xx), and what each of it means to a person."""

from yunqian.problems import Problem, Refused

_BASE = 0x0A000000
# In the order of the standard: the place in this list is the last byte of the code; 0x00 is never returned.
_NAMES = (
    "-",
    "FAIL",
    "UNKNOWN",
    "NOTSUPPORTYET",
    "FILE",
    "INVALIDHANDLE",
    "INVALIDPARAM",
    "READFILE",
    "WRITEFILE",
    "NAMELEN",
    "KEYUSAGE",
    "MODULUSLEN",
    "NOTINITIALIZE",
    "OBJ",
    "MEMORY",
    "TIMEOUT",
    "INDATALEN",
    "INDATA",
    "GENRAND",
    "HASHOBJ",
    "HASH",
    "GENRSAKEY",
    "RSAMODULUSLEN",
    "CSPIMPRTPUBKEY",
    "RSAENC",
    "RSADEC",
    "HASHNOTEQUAL",
    "KEYNOTFOUND",
    "CERTNOTFOUND",
    "NOTEXPORT",
    "DECRYPTPAD",
    "MACLEN",
    "BUFFER_TOO_SMALL",
    "KEYINFOTYPE",
    "NOT_EVENT",
    "DEVICE_REMOVED",
    "PIN_INCORRECT",
    "PIN_LOCKED",
    "PIN_INVALID",
    "PIN_LEN_RANGE",
    "USER_ALREADY_LOGGED_IN",
    "USER_PIN_NOT_INITIALIZED",
    "USER_TYPE_INVALID",
    "APPLICATION_NAME_INVALID",
    "APPLICATION_EXISTS",
    "USER_NOT_LOGGED_IN",
    "APPLICATION_NOT_EXISTS",
    "FILE_ALREADY_EXIST",
    "NO_ROOM",
    "FILE_NOT_EXIST",
    "REACH_MAX_CONTAINER_COUNT",
)

NAMES = {_BASE + place: name for place, name in enumerate(_NAMES) if place}
CODES = {name: code for code, name in NAMES.items()}

# A wrong PIN is not here: what it means depends on the tries that are left, see `device`.
_PLAIN = {
    "DEVICE_REMOVED": Problem.KEY_REMOVED,
    "PIN_LOCKED": Problem.PIN_LOCKED,
    "USER_PIN_NOT_INITIALIZED": Problem.PIN_NOT_SET,
    "CERTNOTFOUND": Problem.CERTIFICATE_MISMATCH,
    "TIMEOUT": Problem.KEY_TIMED_OUT,
    "NO_ROOM": Problem.KEY_FULL,
    "REACH_MAX_CONTAINER_COUNT": Problem.KEY_FULL,
}
WRONG_PIN = frozenset({"PIN_INCORRECT", "PIN_INVALID", "PIN_LEN_RANGE"})
UNFIT_PIN = frozenset({"PIN_INVALID", "PIN_LEN_RANGE", "INDATALEN"})
NO_SUCH_KEY_PAIR = frozenset({"NOTSUPPORTYET", "INVALIDPARAM", "KEYINFOTYPE", "MODULUSLEN", "RSAMODULUSLEN"})
"""What a library says to a kind of key pair that it cannot make."""


class Failure(Exception):
    """A call that did not return 0; never leaves the room `skf`."""

    def __init__(self, code: int) -> None:
        super().__init__(name(code))
        self.code = code

    @property
    def name(self) -> str:
        """The standard's name without its prefix SAR_, or the number where it has none."""
        return name(self.code)


def name(code: int) -> str:
    """The name of a code; vendors add codes of their own, which are told as numbers."""
    return NAMES.get(code, f"0x{code:08X}")


def refusal(failure: Failure, *, is_signing: bool = True) -> Refused:
    """What a failure means, where the key is still there: KEY_FAILED with its name for all that nobody can mend."""
    if failure.name == "NOTSUPPORTYET":
        if is_signing:
            return Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="SKF NOTSUPPORTYET")
        return Refused(Problem.KEY_ACT_UNSUPPORTED)
    plain = _PLAIN.get(failure.name)
    return Refused(plain) if plain else Refused(Problem.KEY_FAILED, detail=f"SKF {failure.name}")
