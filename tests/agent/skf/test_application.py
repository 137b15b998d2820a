"""The PIN changed and unlocked behind GM/T 0016: both counters, unfit PINs, removal, and what stands afterwards."""

import pytest

from tests.agent.skf.keeping import only_key, refusal
from tests.agent.skf.softskf import ADMIN_PIN, MOST_ADMIN_TRIES, MOST_TRIES, NEEDED, PIN, Act, SoftSkf
from tests.agent.world import pin
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.errors import NAMES
from yunqian.agent.keys.skf.key import SkfKey
from yunqian.agent.pin import Tries
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = NEEDED
NEW = "975310"
UNFIT = ["12", "1" * 17, "12 456"]


@pytest.fixture
def key(vendor: SoftSkf) -> SkfKey:
    vendor.key("SN-1", "签名章", "李明")
    return only_key(vendor)


def opens(key: SkfKey, text: str) -> bool:
    """Whether this PIN signs. A wrong one costs a try."""
    try:
        key.sign(key.certificates[0], Suite.SM2_SM3, b"message", pin(text))
    except Refused as refused:
        if refused.problem not in (Problem.PIN_INCORRECT, Problem.PIN_LOCKED):
            raise
        return False
    return True


def lock(key: SkfKey) -> None:
    for _ in range(MOST_TRIES):
        assert not opens(key, "999999")


def test_the_key_says_what_it_can_do(key: SkfKey) -> None:
    assert key.acts == frozenset(KeyAct)


def test_acts_that_the_library_has_no_functions_for_are_not_offered_and_refused(
    vendor: SoftSkf, key: SkfKey
) -> None:
    for name in ("ChangePIN", "UnblockPIN", "CreateContainer", "ImportCertificate"):
        del key.library._functions[f"SKF_{name}"]
    assert key.acts == frozenset()
    for act in (
        lambda: key.change_pin(pin(PIN), pin(NEW)),
        lambda: key.unlock(pin(ADMIN_PIN), pin(NEW)),
        lambda: key.enrol(Suite.SM2_SM3, "李明", pin(PIN)),
        lambda: key.store(key.certificates[0], (), pin(PIN)),
    ):
        assert refusal(act).problem is Problem.KEY_ACT_UNSUPPORTED
    assert vendor.pin_checks == 0


def test_the_factory_pin_is_told_until_it_is_changed(vendor: SoftSkf, key: SkfKey) -> None:
    assert not key.tries().is_default
    vendor.calls.TEST_be_default(0)
    assert key.tries() == Tries(left=MOST_TRIES, is_default=True)
    key.change_pin(pin(PIN), pin(NEW))
    assert key.tries() == Tries(left=MOST_TRIES)


def test_a_changed_pin_opens_the_key_and_the_old_one_does_not(vendor: SoftSkf, key: SkfKey) -> None:
    key.change_pin(pin(PIN), pin(NEW))
    assert vendor.is_at_rest()
    assert opens(key, NEW)
    assert not opens(key, PIN)


def test_a_wrong_old_pin_is_counted_once_and_locks_in_the_end(vendor: SoftSkf, key: SkfKey) -> None:
    for left in range(MOST_TRIES - 1, 0, -1):
        said = refusal(lambda: key.change_pin(pin("999999"), pin(NEW)))
        assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": left})
        assert vendor.tries_left(0) == left
    for old in ("999999", PIN):
        assert refusal(lambda old=old: key.change_pin(pin(old), pin(NEW))).problem is Problem.PIN_LOCKED
    assert key.tries() == Tries(left=0, is_locked=True)
    assert vendor.is_at_rest()


@pytest.mark.parametrize("new", UNFIT)
def test_a_new_pin_that_the_key_finds_unfit_leaves_the_old_one(
    vendor: SoftSkf, key: SkfKey, new: str
) -> None:
    assert refusal(lambda: key.change_pin(pin(PIN), pin(new))).problem is Problem.PIN_NOT_ACCEPTED
    assert vendor.is_at_rest()
    assert opens(key, PIN)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", NEW, Problem.PIN_EMPTY),
        ("1357\x0090", NEW, Problem.PIN_EMPTY),
        (PIN, "", Problem.PIN_EMPTY),
        (PIN, "9753\x0010", Problem.PIN_NOT_ACCEPTED),
        (PIN, "9" * 65, Problem.PIN_NOT_ACCEPTED),
    ],
)
def test_what_is_no_pin_never_reaches_the_key(
    vendor: SoftSkf, key: SkfKey, old: str, new: str, problem: Problem
) -> None:
    asked = vendor.calls_made
    assert refusal(lambda: key.change_pin(pin(old), pin(new))).problem is problem
    assert vendor.calls_made == asked


def test_a_key_that_counts_in_the_change_itself_is_believed(vendor: SoftSkf, key: SkfKey) -> None:
    vendor.breaks("SKF_ChangePIN", Act.FAIL, "PIN_INCORRECT")
    said = refusal(lambda: key.change_pin(pin(PIN), pin(NEW)))
    assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": MOST_TRIES})


def test_unlocking_sets_the_new_pin_and_fills_the_counter(vendor: SoftSkf, key: SkfKey) -> None:
    lock(key)
    key.unlock(pin(ADMIN_PIN), pin(NEW))
    assert vendor.is_at_rest()
    assert key.tries() == Tries(left=MOST_TRIES)
    assert opens(key, NEW)


def test_a_wrong_administrators_pin_has_a_counter_of_its_own_that_locks(vendor: SoftSkf, key: SkfKey) -> None:
    lock(key)
    for left in range(MOST_ADMIN_TRIES - 1, 0, -1):
        said = refusal(lambda: key.unlock(pin("wrong-000"), pin(NEW)))
        assert said.problem is Problem.ADMIN_PIN_INCORRECT
        assert key.admin_tries() == Tries(left=left, is_last=left == 1)
    assert refusal(lambda: key.unlock(pin("wrong-000"), pin(NEW))).problem is Problem.ADMIN_PIN_LOCKED
    checks = vendor.pin_checks
    assert refusal(lambda: key.unlock(pin(ADMIN_PIN), pin(NEW))).problem is Problem.ADMIN_PIN_LOCKED
    assert vendor.pin_checks == checks
    assert key.tries() == Tries(left=0, is_locked=True)
    assert vendor.is_at_rest()


def test_a_library_that_tells_nothing_of_the_administrators_pin_still_says_that_it_is_locked(
    vendor: SoftSkf, key: SkfKey
) -> None:
    vendor.breaks("SKF_GetPINInfo", Act.FAIL, "NOTSUPPORTYET")
    vendor.breaks("SKF_UnblockPIN", Act.FAIL, "PIN_LOCKED")
    assert refusal(lambda: key.unlock(pin(ADMIN_PIN), pin(NEW))).problem is Problem.ADMIN_PIN_LOCKED


@pytest.mark.parametrize("new", UNFIT)
def test_an_unfit_new_pin_is_told_from_a_wrong_administrators_pin(
    vendor: SoftSkf, key: SkfKey, new: str
) -> None:
    lock(key)
    assert refusal(lambda: key.unlock(pin(ADMIN_PIN), pin(new))).problem is Problem.PIN_NOT_ACCEPTED
    assert refusal(lambda: key.unlock(pin("wrong-000"), pin(new))).problem is Problem.ADMIN_PIN_INCORRECT
    assert key.tries().is_locked
    assert vendor.admin_tries_left(0) == MOST_ADMIN_TRIES - 1


@pytest.mark.parametrize("admin", ["", "admin\x00-86420", "a" * 65])
def test_what_is_no_administrators_pin_never_reaches_the_key(
    vendor: SoftSkf, key: SkfKey, admin: str
) -> None:
    asked = vendor.calls_made
    assert refusal(lambda: key.unlock(pin(admin), pin(NEW))).problem is Problem.ADMIN_PIN_INCORRECT
    assert vendor.calls_made == asked


def test_a_library_that_forgets_the_counter_is_not_reported_as_unlocked(vendor: SoftSkf, key: SkfKey) -> None:
    lock(key)
    vendor.breaks("SKF_UnblockPIN", Act.SIZE)
    assert refusal(lambda: key.unlock(pin(ADMIN_PIN), pin(NEW))).problem is Problem.KEY_FAILED


@pytest.mark.parametrize("call", ["VerifyPIN", "ChangePIN", "OpenApplication"])
def test_a_key_pulled_out_while_the_pin_is_changed_keeps_the_old_one(
    vendor: SoftSkf, key: SkfKey, call: str
) -> None:
    vendor.breaks(f"SKF_{call}", Act.UNPLUG, 0)
    assert refusal(lambda: key.change_pin(pin(PIN), pin(NEW))).problem is Problem.KEY_REMOVED
    vendor.breaks(f"SKF_{call}", Act.NONE)
    vendor.plug(0, is_present=True)
    assert vendor.is_at_rest()
    assert opens(key, PIN)


@pytest.mark.parametrize("call", ["GetPINInfo", "UnblockPIN", "OpenApplication"])
def test_a_key_pulled_out_while_it_is_unlocked_stays_locked(vendor: SoftSkf, key: SkfKey, call: str) -> None:
    lock(key)
    vendor.breaks(f"SKF_{call}", Act.UNPLUG, 0)
    assert refusal(lambda: key.unlock(pin(ADMIN_PIN), pin(NEW))).problem is Problem.KEY_REMOVED
    vendor.breaks(f"SKF_{call}", Act.NONE)
    vendor.plug(0, is_present=True)
    assert key.tries().is_locked
    assert vendor.admin_tries_left(0) == MOST_ADMIN_TRIES
    assert vendor.is_at_rest()


@pytest.mark.parametrize("name", NAMES.values())
def test_every_error_of_the_list_refuses_the_act_and_changes_nothing(
    vendor: SoftSkf, key: SkfKey, name: str
) -> None:
    for call, act in (
        ("SKF_ChangePIN", lambda: key.change_pin(pin(PIN), pin(NEW))),
        ("SKF_UnblockPIN", lambda: key.unlock(pin(ADMIN_PIN), pin(NEW))),
    ):
        vendor.breaks(call, Act.FAIL, name)
        said = refusal(act)
        assert said.problem is not Problem.KEY_REMOVED or name == "DEVICE_REMOVED"
        assert (said.problem is Problem.KEY_ACT_UNSUPPORTED) == (name == "NOTSUPPORTYET")
        vendor.breaks(call, Act.NONE)
    assert vendor.is_at_rest()
    assert (vendor.tries_left(0), vendor.admin_tries_left(0)) == (MOST_TRIES, MOST_ADMIN_TRIES)
    assert opens(key, PIN)


def test_of_two_keys_that_cannot_be_told_apart_neither_loses_a_try(vendor: SoftSkf) -> None:
    for which in ("a", "b"):
        vendor.add("00000000", "章", name=f"device {which}")
    key = SkfDriver(str(vendor.path)).plugged()[0]
    assert refusal(lambda: key.change_pin(pin("999999"), pin(NEW))).problem is Problem.KEY_FAILED
    assert [vendor.tries_left(device) for device in (0, 1)] == [MOST_TRIES, MOST_TRIES]


def test_no_secret_stands_in_what_is_printed(key: SkfKey) -> None:
    old, new, admin = pin("864209"), pin("135791"), pin("admin-00000")
    said = [refusal(lambda: key.change_pin(old, new)), refusal(lambda: key.unlock(admin, new))]
    printed = repr(said) + repr(key) + "".join(one.text("en") + one.text("zh") for one in said)
    for secret in (old, new, admin):
        assert secret.text() not in printed
