"""Run by `test_pin_lock` inside a sandbox: the PKCS#11 driver on a software key that counts and locks its PINs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agent import opencryptoki, softhsm
from tests.agent.keys import managed
from tests.agent.opencryptoki import PIN, SO_PIN, WRONG_PIN
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import Pkcs11Driver, Pkcs11Key
from yunqian.agent.keys.ring import Held, Ring
from yunqian.agent.pin import Tries
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

NEW_PIN = "246802"
MESSAGE = b"signed attributes of a document"
UNCOUNTED, FINAL, LOCKED = Tries(left=None), Tries(left=None, is_last=True), Tries(left=None, is_locked=True)


@dataclass(frozen=True)
class Bench:
    """A key with a certificate that was issued for its own pair."""

    driver: Pkcs11Driver
    certificate: Certificate

    @property
    def key(self) -> Pkcs11Key:
        (found,) = self.driver.plugged()
        return found

    def signs(self, secret: str = PIN) -> bool:
        value = self.key.sign(self.certificate, Suite.RSA_SHA256, MESSAGE, pin(secret))
        return suites.check(Suite.RSA_SHA256, self.certificate, MESSAGE, value)


@pytest.fixture
def empty() -> Pkcs11Driver:
    opencryptoki.fresh()
    return Pkcs11Driver(opencryptoki.MODULE)


@pytest.fixture
def bench(empty: Pkcs11Driver) -> Bench:
    (key,) = empty.plugged()
    certificate = managed.issued(key.enrol(Suite.RSA_SHA256, "李明", pin(PIN)))
    key.store(certificate, (), pin(PIN))
    return Bench(empty, certificate)


def refused(act: Callable[[], object]) -> Problem:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.problem


def lock(key: Pkcs11Key) -> None:
    for _ in range(3):
        refused(lambda: key.change_pin(pin(WRONG_PIN), pin(NEW_PIN)))
    assert key.tries() == LOCKED


def test_an_empty_key_becomes_a_working_one(bench: Bench) -> None:
    assert bench.key.certificates == (bench.certificate,)
    assert bench.signs()


def test_three_wrong_pins_lock_the_key_for_the_right_one_too(bench: Bench) -> None:
    for said, tries in (
        (Problem.PIN_INCORRECT_UNCOUNTED, UNCOUNTED),
        (Problem.PIN_INCORRECT_UNCOUNTED, FINAL),
        (Problem.PIN_LOCKED, LOCKED),
    ):
        assert refused(lambda: bench.signs(WRONG_PIN)) is said
        assert bench.key.tries() == tries
    assert refused(bench.signs) is Problem.PIN_LOCKED


def test_the_right_pin_on_the_last_try_takes_the_warning_away(bench: Bench) -> None:
    for _ in range(2):
        refused(lambda: bench.signs(WRONG_PIN))
    assert bench.key.tries().is_last
    assert bench.signs()
    assert bench.key.tries() == UNCOUNTED


def test_the_pin_is_changed_with_the_old_one(bench: Bench) -> None:
    bench.key.change_pin(pin(PIN), pin(NEW_PIN))
    assert bench.signs(NEW_PIN)
    assert refused(bench.signs) is Problem.PIN_INCORRECT_UNCOUNTED


def test_a_wrong_old_pin_is_counted_and_the_old_one_still_stands(bench: Bench) -> None:
    """C_SetPIN by itself would not count it here: any program could guess at its leisure."""
    for tries in (UNCOUNTED, FINAL):
        said = refused(lambda: bench.key.change_pin(pin(WRONG_PIN), pin(NEW_PIN)))
        assert (said, bench.key.tries()) == (Problem.PIN_INCORRECT_UNCOUNTED, tries)
    assert bench.signs()


def test_changing_with_wrong_old_pins_locks_like_signing_does(bench: Bench) -> None:
    lock(bench.key)
    assert refused(lambda: bench.key.change_pin(pin(PIN), pin(NEW_PIN))) is Problem.PIN_LOCKED


def test_a_new_pin_that_the_key_does_not_take_is_told_and_changes_nothing(bench: Bench) -> None:
    for short_long_or_same in ("1", "123", "123456789", "9" * 65, "", PIN):
        with pytest.raises(Refused) as caught:
            bench.key.change_pin(pin(PIN), pin(short_long_or_same))
        assert caught.value.problem is Problem.PIN_NOT_ACCEPTED
        assert bench.key.tries() == UNCOUNTED
    assert bench.signs()


def test_the_officer_unlocks_with_a_new_pin_and_the_counter_is_full_again(bench: Bench) -> None:
    lock(bench.key)
    bench.key.unlock(pin(SO_PIN), pin(NEW_PIN))
    assert bench.key.tries() == UNCOUNTED
    assert bench.signs(NEW_PIN)
    for _ in range(2):
        refused(lambda: bench.signs(WRONG_PIN))
    assert bench.key.tries() == FINAL


def test_the_officer_is_let_in_past_a_login_and_a_reading_session_left_behind(bench: Bench) -> None:
    """C_Login says CKR_SESSION_READ_ONLY_EXISTS, or that somebody else is logged in, and does nothing."""
    slot = bench.key.slot()
    for stale in ({"user_pin": PIN}, {"user_pin": PIN, "rw": True}, {}):
        slot.open(**stale)
        bench.key.unlock(pin(SO_PIN), pin(PIN))
        slot = bench.key.slot()
    assert bench.signs()


def test_a_wrong_officers_pin_leaves_the_key_locked(bench: Bench) -> None:
    lock(bench.key)
    for wrong in ("00000000", "1"):
        assert refused(lambda: bench.key.unlock(pin(wrong), pin(NEW_PIN))) is Problem.ADMIN_PIN_INCORRECT  # noqa: B023
        assert bench.key.tries() == LOCKED
    assert refused(lambda: bench.signs(NEW_PIN)) is Problem.PIN_LOCKED
    bench.key.unlock(pin(SO_PIN), pin(PIN))
    assert bench.signs()


def test_a_new_pin_that_the_officer_may_not_set_leaves_the_key_locked(bench: Bench) -> None:
    lock(bench.key)
    assert refused(lambda: bench.key.unlock(pin(SO_PIN), pin("1"))) is Problem.PIN_NOT_ACCEPTED
    assert bench.key.tries() == LOCKED


def test_a_stale_login_never_lets_a_wrong_pin_pass(bench: Bench) -> None:
    key = bench.key
    key.slot().open(user_pin=PIN)
    assert refused(lambda: key.change_pin(pin(WRONG_PIN), pin(NEW_PIN))) is Problem.PIN_INCORRECT_UNCOUNTED
    assert bench.signs()


def test_a_kind_of_key_that_the_module_cannot_make_is_refused_before_the_pin(empty: Pkcs11Driver) -> None:
    (key,) = empty.plugged()
    assert key.suites == (Suite.RSA_SHA256,)
    for suite in (Suite.ECDSA_SHA256, Suite.ECDSA_SHA384, Suite.SM2_SM3):
        assert refused(lambda: key.enrol(suite, "李明", pin(WRONG_PIN))) is Problem.ALGORITHM_UNSUPPORTED  # noqa: B023
    assert key.tries() == UNCOUNTED


def test_seals_are_written_and_read_byte_for_byte(bench: Bench) -> None:
    first = managed.seal(bench.certificate)
    bench.key.store(None, (first,), pin(PIN))
    assert bench.key.seals == (first,)
    newer = managed.seal(bench.certificate, name="新签名章")
    bench.key.store(None, (newer,), pin(PIN))
    assert bench.key.seals == (newer,)


def test_a_wrong_pin_writes_nothing(bench: Bench) -> None:
    before = bench.key
    seal = managed.seal(bench.certificate)
    assert refused(lambda: before.store(None, (seal,), pin(WRONG_PIN))) is Problem.PIN_INCORRECT_UNCOUNTED
    said = refused(lambda: before.enrol(Suite.RSA_SHA256, "李明", pin(WRONG_PIN)))
    assert said is Problem.PIN_INCORRECT_UNCOUNTED
    assert (bench.key.seals, bench.key.certificates) == ((), before.certificates)


def test_a_key_whose_pin_was_never_set_says_so() -> None:
    slot = opencryptoki._slot()
    opencryptoki.tool("--slot", slot, "--init-token", "--label", opencryptoki.LABEL, "--so-pin", SO_PIN)
    (key,) = Pkcs11Driver(opencryptoki.MODULE).plugged()
    assert not key.tries().is_default
    said = refused(lambda: key.enrol(Suite.RSA_SHA256, "李明", pin(PIN)))
    assert said is Problem.PIN_NOT_SET
    key.unlock(pin(SO_PIN), pin(PIN))
    assert key.enrol(Suite.RSA_SHA256, "李明", pin(PIN))


# Two vendors at once: SoftHSM beside it, in one ring.


@dataclass(frozen=True)
class Pair:
    """One key of either vendor; SoftHSM's is 签名章."""

    locking: Bench
    other: Bench

    def held(self, keys: tuple[Held, ...], bench: Bench) -> Held:
        (found,) = [held for held in keys if bench.certificate in held.key.certificates]
        return found


@pytest.fixture
def both(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    store = softhsm.make(tmp_path / "hsm", [softhsm.Slot("签名章")])
    monkeypatch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
    driver = Pkcs11Driver(store.module)
    (key,) = driver.plugged()
    certificate = managed.issued(key.enrol(Suite.RSA_SHA256, "王芳", pin(softhsm.PIN)))
    key.store(certificate, (), pin(softhsm.PIN))
    return Pair(bench, Bench(driver, certificate))


def test_keys_of_two_vendors_are_listed_together_and_sign_in_turn(both: Pair) -> None:
    async def act() -> None:
        ring = Ring([both.other.driver, both.locking.driver])
        listed = await ring.plugged()
        assert {held.key.label for held in listed} == {"签名章", opencryptoki.LABEL}
        for round_ in range(3):
            for bench, secret in ((both.other, softhsm.PIN), (both.locking, PIN)):
                message = MESSAGE + bytes([round_])
                held = both.held(await ring.plugged(), bench)
                value = await held.sign(bench.certificate, Suite.RSA_SHA256, message, pin(secret))
                assert suites.check(Suite.RSA_SHA256, bench.certificate, message, value)
        ring.close()

    asyncio.run(act())


def test_both_vendors_keys_sign_at_the_same_time(both: Pair) -> None:
    async def act() -> None:
        ring = Ring([both.other.driver, both.locking.driver])
        listed = await ring.plugged()
        benches = [(both.other, softhsm.PIN), (both.locking, PIN)] * 4
        values = await asyncio.gather(
            *(
                both.held(listed, bench).sign(bench.certificate, Suite.RSA_SHA256, MESSAGE, pin(secret))
                for bench, secret in benches
            )
        )
        for (bench, _), value in zip(benches, values, strict=True):
            assert suites.check(Suite.RSA_SHA256, bench.certificate, MESSAGE, value)
        ring.close()

    asyncio.run(act())


def test_a_wrong_pin_on_one_leaves_the_others_counter_alone(both: Pair) -> None:
    for _ in range(4):
        refused(lambda: both.other.signs(WRONG_PIN))
    assert both.locking.key.tries() == UNCOUNTED
    refused(lambda: both.locking.signs(WRONG_PIN))
    refused(lambda: both.locking.signs(WRONG_PIN))
    assert both.locking.key.tries() == FINAL
    assert both.other.signs(softhsm.PIN)
    assert (both.other.key.tries(), both.locking.key.tries()) == (UNCOUNTED, FINAL)


def test_a_module_that_fails_hides_its_own_keys_only(both: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, Problem]] = []

    async def labels(ring: Ring) -> list[str]:
        return [held.key.label for held in await ring.plugged()]

    async def act() -> None:
        ring = Ring(
            [both.other.driver, both.locking.driver, Pkcs11Driver("no-such-module.so")],
            tell=lambda name, problem: told.append((name, problem)),
        )
        monkeypatch.setenv("SOFTHSM2_CONF", "no-such-configuration")
        both.other.driver._module.doubt()
        assert await labels(ring) == [opencryptoki.LABEL]
        assert both.locking.signs()
        monkeypatch.undo()
        ring.close()

    asyncio.run(act())
    assert set(told) == {
        (both.other.driver.name, Problem.KEY_FAILED),
        ("pkcs11 no-such-module.so", Problem.KEY_FAILED),
    }
