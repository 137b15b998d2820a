"""The error list of GM/T 0016, and what a person is told."""

import pytest

from yunqian.agent.keys.skf import errors
from yunqian.agent.keys.skf.errors import CODES, NAMES, Failure
from yunqian.problems import Problem


def test_the_list_is_whole_and_in_the_order_of_the_standard() -> None:
    assert sorted(NAMES) == list(range(0x0A000001, 0x0A000033))
    known = {
        "FAIL": 1,
        "TIMEOUT": 0x0F,
        "KEYNOTFOUND": 0x1B,
        "BUFFER_TOO_SMALL": 0x20,
        "DEVICE_REMOVED": 0x23,
    }
    known |= {"PIN_INCORRECT": 0x24, "PIN_LOCKED": 0x25, "PIN_LEN_RANGE": 0x27, "USER_NOT_LOGGED_IN": 0x2D}
    known |= {"APPLICATION_NOT_EXISTS": 0x2E, "REACH_MAX_CONTAINER_COUNT": 0x32}
    for name, last in known.items():
        assert CODES[name] == 0x0A000000 + last


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("DEVICE_REMOVED", Problem.KEY_REMOVED),
        ("PIN_LOCKED", Problem.PIN_LOCKED),
        ("USER_PIN_NOT_INITIALIZED", Problem.PIN_NOT_SET),
        ("CERTNOTFOUND", Problem.CERTIFICATE_MISMATCH),
        ("TIMEOUT", Problem.KEY_TIMED_OUT),
        ("NOTSUPPORTYET", Problem.ALGORITHM_UNSUPPORTED),
        ("FAIL", Problem.KEY_FAILED),
    ],
)
def test_what_a_person_can_act_on_has_its_own_problem(name: str, problem: Problem) -> None:
    assert errors.refusal(Failure(CODES[name])).problem is problem


@pytest.mark.parametrize("code", [*NAMES, 0x0B000001, 0xFFFFFFFF])
def test_every_code_becomes_a_refusal_in_both_languages(code: int) -> None:
    refused = errors.refusal(Failure(code))
    assert refused.text("zh")
    assert refused.text("en")
    if refused.problem is Problem.KEY_FAILED:
        assert errors.name(code) in refused.text("en")
