"""What a module's return values mean to a person."""

from pkcs11 import exceptions as trouble

from yunqian.problems import Problem, Refused

WRONG_PIN = (trouble.PinIncorrect, trouble.PinInvalid, trouble.PinLenRange)
STALE_LOGIN = (trouble.UserAlreadyLoggedIn, trouble.AnotherUserAlreadyLoggedIn)
NEW_PIN_REFUSED: dict[type[Exception], str] = {
    trouble.PinInvalid: "CKR_PIN_INVALID",
    trouble.PinLenRange: "CKR_PIN_LEN_RANGE",
    trouble.PinTooWeak: "CKR_PIN_TOO_WEAK",
}
_MEANINGS: dict[type[Exception], Problem] = {
    trouble.DeviceMemory: Problem.KEY_FULL,
    trouble.DeviceRemoved: Problem.KEY_REMOVED,
    trouble.TokenNotPresent: Problem.KEY_REMOVED,
    trouble.UserPinNotInitialized: Problem.PIN_NOT_SET,
    trouble.PinLocked: Problem.PIN_LOCKED,
    trouble.TokenWriteProtected: Problem.KEY_ACT_UNSUPPORTED,
    trouble.FunctionNotSupported: Problem.KEY_ACT_UNSUPPORTED,
}


def of(error: Exception) -> Refused:
    """The refusal for an error of a module that is still there."""
    meaning = _MEANINGS.get(type(error))
    return Refused(meaning) if meaning else Refused(Problem.KEY_FAILED, detail=type(error).__name__)


def of_new_pin(error: Exception) -> Refused:
    """The refusal for an error of C_SetPIN or C_InitPIN in a session that is logged in."""
    detail = NEW_PIN_REFUSED.get(type(error))
    return Refused(Problem.PIN_NOT_ACCEPTED, detail=detail) if detail else of(error)
