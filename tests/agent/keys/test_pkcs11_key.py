"""Looking after a key behind a real PKCS#11 module (SoftHSM2): its PINs, and its removal at any moment."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from pkcs11 import TokenFlag

from tests import needs
from tests.agent.keys import managed
from tests.agent.keys.bench import NEW_PIN, WRONG_PIN, Bench, refused
from tests.agent.softhsm import PIN, SO_PIN
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import pairs, writing
from yunqian.agent.keys.pkcs11.module import Module
from yunqian.agent.keys.port import KeyAct, UsbKey
from yunqian.agent.pin import MAX_PIN_BYTES, Pin, Tries
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = needs.program("softhsm2-util")
SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384)


def test_it_is_a_managed_key_that_can_do_all_acts(bench: Bench) -> None:
    key: UsbKey = bench.key
    assert key.acts == frozenset(KeyAct)
    assert (key.suites, key.seals) == (SUITES, ())


def test_the_pin_is_changed_with_the_old_one(bench: Bench) -> None:
    bench.key.change_pin(pin(PIN), pin(NEW_PIN))
    assert bench.signs(NEW_PIN)
    assert refused(bench.signs) is Problem.PIN_INCORRECT_UNCOUNTED


@pytest.mark.parametrize("new", ["", "1", "123", "9" * (MAX_PIN_BYTES + 1)])
def test_a_new_pin_of_a_length_that_nobody_takes_changes_nothing(bench: Bench, new: str) -> None:
    assert refused(lambda: bench.key.change_pin(pin(PIN), pin(new))) is Problem.PIN_NOT_ACCEPTED
    assert refused(lambda: bench.key.unlock(pin(SO_PIN), pin(new))) is Problem.PIN_NOT_ACCEPTED
    assert bench.signs()


def test_what_the_key_said_of_a_new_pin_is_told_by_its_name_in_the_standard(bench: Bench) -> None:
    with pytest.raises(Refused) as caught:
        bench.key.change_pin(pin(PIN), pin("1"))
    assert caught.value.facts == {"detail": "CKR_PIN_LEN_RANGE"}


def test_a_new_pin_that_is_no_text_is_refused_before_the_old_one_is_used(bench: Bench) -> None:
    assert (
        refused(lambda: bench.key.change_pin(pin(WRONG_PIN), Pin(bytearray(b"\xff\xfe123"))))
        is Problem.PIN_EMPTY
    )
    assert (
        refused(lambda: bench.key.unlock(pin(WRONG_PIN), Pin(bytearray(b"\xff\xfe123")))) is Problem.PIN_EMPTY
    )
    assert bench.signs()


def test_a_wrong_old_pin_changes_nothing(bench: Bench) -> None:
    said = refused(lambda: bench.key.change_pin(pin(WRONG_PIN), pin(NEW_PIN)))
    assert said is Problem.PIN_INCORRECT_UNCOUNTED
    assert bench.signs()
    assert refused(lambda: bench.signs(NEW_PIN)) is Problem.PIN_INCORRECT_UNCOUNTED


def test_the_officer_sets_a_new_pin(bench: Bench) -> None:
    bench.key.unlock(pin(SO_PIN), pin(NEW_PIN))
    assert bench.signs(NEW_PIN)
    assert refused(bench.signs) is Problem.PIN_INCORRECT_UNCOUNTED


def test_a_wrong_officers_pin_changes_nothing(bench: Bench) -> None:
    for wrong in (WRONG_PIN, "1", PIN):
        assert refused(lambda: bench.key.unlock(pin(wrong), pin(NEW_PIN))) is Problem.ADMIN_PIN_INCORRECT  # noqa: B023
    assert bench.signs()


def test_no_refusal_ever_says_a_pin(bench: Bench) -> None:
    for act in (
        lambda: bench.key.change_pin(pin("86420-old"), pin(NEW_PIN)),
        lambda: bench.key.change_pin(pin(PIN), pin("864")),
        lambda: bench.key.unlock(pin("86420-so"), pin(NEW_PIN)),
    ):
        with pytest.raises(Refused) as caught:
            act()
        error: BaseException | None = caught.value
        while error is not None:
            assert "864" not in repr(error)
            error = error.__cause__ or error.__context__


def pulled(bench: Bench) -> None:
    """Take the key's folder away, as far as SoftHSM goes a key that was pulled out."""
    for place in (bench.store.folder / "places").iterdir():
        shutil.rmtree(place)


@pytest.mark.parametrize(
    ("flags", "tries"),
    [
        (TokenFlag(0), Tries(left=None)),
        (TokenFlag.USER_PIN_FINAL_TRY, Tries(left=None, is_last=True)),
        (TokenFlag.USER_PIN_LOCKED, Tries(left=None, is_locked=True)),
        (TokenFlag.USER_PIN_TO_BE_CHANGED, Tries(left=None)),
        (
            TokenFlag.USER_PIN_TO_BE_CHANGED | TokenFlag.USER_PIN_INITIALIZED,
            Tries(left=None, is_default=True),
        ),
    ],
)
def test_what_the_flags_of_a_key_say_of_its_pin(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, flags: TokenFlag, tries: Tries
) -> None:
    """A PIN that was never set is not the one the key left the factory with, though the flag stands for both."""
    key = bench.key
    monkeypatch.setattr(Module, "find", lambda *_, **__: SimpleNamespace(flags=flags))
    assert key.tries() == tries


@pytest.mark.parametrize("act", ["change_pin", "unlock", "enrol", "store"])
def test_a_key_pulled_out_before_an_act_is_told(bench: Bench, act: str) -> None:
    key = bench.key
    pulled(bench)
    acts: dict[str, Callable[[], object]] = {
        "change_pin": lambda: key.change_pin(pin(PIN), pin(NEW_PIN)),
        "unlock": lambda: key.unlock(pin(SO_PIN), pin(NEW_PIN)),
        "enrol": lambda: key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN)),
        "store": lambda: key.store(bench.own, (), pin(PIN)),
    }
    assert refused(acts[act]) is Problem.KEY_REMOVED
    assert bench.driver.plugged() == ()


def test_a_key_pulled_out_while_it_is_written_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = writing._replace

    def pull_first(*rest: Any) -> None:
        pulled(bench)
        original(*rest)

    monkeypatch.setattr(writing, "_replace", pull_first)
    key, seal = bench.key, managed.seal(bench.own)
    assert refused(lambda: key.store(None, (seal,), pin(PIN))) is Problem.KEY_REMOVED
    assert bench.driver.plugged() == ()


def test_a_key_pulled_out_while_a_pair_is_made_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = pairs.make

    def pull_first(*rest: Any) -> pairs.Pair:
        pulled(bench)
        return original(*rest)

    monkeypatch.setattr(pairs, "make", pull_first)
    key = bench.key
    assert refused(lambda: key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_REMOVED


def test_a_write_protected_key_can_be_changed_in_nothing(bench: Bench) -> None:
    key = replace(bench.key, acts=frozenset())
    acts: list[Callable[[], object]] = [
        lambda: key.change_pin(pin(WRONG_PIN), pin(NEW_PIN)),
        lambda: key.unlock(pin(WRONG_PIN), pin(NEW_PIN)),
        lambda: key.enrol(Suite.RSA_SHA256, "李明", pin(WRONG_PIN)),
        lambda: key.store(None, (), pin(WRONG_PIN)),
    ]
    assert [refused(act) for act in acts] == [Problem.KEY_ACT_UNSUPPORTED] * 4
    assert key.tries() == Tries(left=None)
