"""When a PKCS#11 module is asked again: plugging is seen within a second, and nothing in flight is disturbed."""

import ctypes.util
import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pkcs11 import TokenFlag

from tests import needs
from tests.agent import softhsm
from tests.agent.keys.bench import LABEL, Bench
from tests.agent.softhsm import PIN, Slot
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import Pkcs11Driver, contents, signing
from yunqian.agent.keys.pkcs11.module import MAX_SHARE, RESCAN_SECONDS, Module, Pace
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

SECONDS = some.floats(0, 1000, allow_nan=False)


@given(least=SECONDS, took=SECONDS, later=SECONDS)
def test_what_takes_long_is_done_rarely_and_never_for_over_a_tenth_of_the_time(
    least: float, took: float, later: float
) -> None:
    pace = Pace(least)
    assert pace.is_due(0.0)
    pace.done(0.0, took)
    is_due = pace.is_due(took + later)
    assert not (is_due and later < least * 0.999)
    assert not (is_due and took > 0 and later / took < 0.999 / MAX_SHARE)
    assert pace.is_due(took + max(least, took / MAX_SHARE) * 1.001 + 0.001)


@pytest.mark.parametrize("path", ["no-such-module.so", "a-text.so", "libcrypto"])
def test_what_is_no_module_at_all_fails_alone_and_every_time(tmp_path: Path, path: str) -> None:
    """No file, a file that is no library, and a library that is no PKCS#11 module."""
    (tmp_path / "a-text.so").write_text("not a library")
    place = ctypes.util.find_library("crypto") if path == "libcrypto" else str(tmp_path / path)
    assert place
    driver = Pkcs11Driver(place)
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            driver.plugged()
        assert caught.value.problem is Problem.KEY_FAILED


@needs.program("softhsm2-util")
def test_plugging_and_pulling_is_seen_by_whoever_lists_every_second(bench: Bench) -> None:
    """SoftHSM sees it at C_Initialize only; nothing but time passes here."""
    assert RESCAN_SECONDS < 1
    assert [key.label for key in bench.driver.plugged()] == [LABEL]
    softhsm.add(bench.store, Slot("新Key", algorithm="EC"))
    time.sleep(RESCAN_SECONDS)
    assert {key.label for key in bench.driver.plugged()} == {LABEL, "新Key"}
    bench.store.remove("新Key")
    time.sleep(RESCAN_SECONDS)
    assert [key.label for key in bench.driver.plugged()] == [LABEL]


@needs.program("softhsm2-util")
def test_between_two_scans_the_module_is_not_initialised_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = []
    original = Module.rescan
    monkeypatch.setattr(Module, "rescan", lambda self: (scans.append(1), original(self)))
    bench.driver._module._pace = Pace(60)
    bench.driver._module.doubt()
    for _ in range(5):
        for key in bench.driver.plugged():
            key.tries()
    assert len(scans) == 1


@needs.program("softhsm2-util")
def test_a_key_plugged_in_since_the_last_scan_is_found_when_a_person_waits_for_it(bench: Bench) -> None:
    key = bench.key
    places = bench.store.folder / "places"
    places.rename(places.with_name("away"))
    places.mkdir()
    bench.driver._module.doubt()
    assert bench.driver.plugged() == ()
    bench.driver._module._pace = Pace(60)
    bench.driver._module._pace.done(time.monotonic(), time.monotonic())
    places.rmdir()
    places.with_name("away").rename(places)
    assert key.tries().left is None


@needs.program("softhsm2-util")
def test_a_list_never_falls_into_an_act_that_is_under_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one asked for from another thread, by another driver of the same module: it waits."""
    signing_now, may_go_on = threading.Event(), threading.Event()
    original = signing.signature

    def slow(*rest: Any) -> bytes:
        signing_now.set()
        assert may_go_on.wait(10)
        return original(*rest)

    monkeypatch.setattr(signing, "signature", slow)
    other = Pkcs11Driver(bench.store.module)
    told: list[object] = []
    signer = threading.Thread(target=lambda: told.append(bench.signs()))
    lister = threading.Thread(target=lambda: told.append(other.plugged()))
    signer.start()
    assert signing_now.wait(10)
    lister.start()
    lister.join(0.3)
    assert (lister.is_alive(), told) == (True, [])
    may_go_on.set()
    signer.join(10)
    lister.join(10)
    assert len(told) == 2
    assert True in told


@needs.program("softhsm2-util")
def test_a_slow_key_is_read_rarely_and_anew_after_every_act(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    original = contents.read

    def slow(slot: Any) -> contents.Contents:
        reads.append(slot.label)
        time.sleep(0.2)
        return original(slot)

    monkeypatch.setattr(contents, "read", slow)
    for _ in range(4):
        bench.driver.plugged()
    assert len(reads) == 1
    bench.key.store(None, (), pin(PIN))
    bench.driver.plugged()
    assert len(reads) == 2


@needs.program("softhsm2-util")
def test_a_key_that_was_away_in_between_is_read_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    original = contents.read
    monkeypatch.setattr(contents, "read", lambda slot: (reads.append(1), time.sleep(0.2), original(slot))[2])
    (place,) = (bench.store.folder / "places").iterdir()
    away = bench.store.folder / "away"
    assert len(bench.driver.plugged()) == 1
    place.rename(away)
    bench.driver._module._is_doubtful = True  # as after half a second
    assert bench.driver.plugged() == ()
    away.rename(place)
    bench.driver._module._is_doubtful = True
    assert len(bench.driver.plugged()) == 1
    assert len(reads) == 2


@needs.program("softhsm2-util")
def test_after_a_module_failed_nothing_read_before_is_believed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    original = contents.read
    monkeypatch.setattr(contents, "read", lambda slot: (reads.append(1), time.sleep(0.2), original(slot))[2])
    places = bench.store.folder / "places"
    away = bench.store.folder / "away"
    assert len(bench.driver.plugged()) == 1
    places.rename(away)
    bench.driver._module._is_doubtful = True
    with pytest.raises(Refused) as caught:
        bench.driver.plugged()
    assert caught.value.problem is Problem.KEY_FAILED
    away.rename(places)
    assert len(bench.driver.plugged()) == 1
    assert len(reads) == 2


@needs.program("softhsm2-util")
@pytest.mark.parametrize(
    "label",
    [
        "a b  c",
        "李明（签名）章①②",  # as many bytes as a label has
        "🔑",
        "'\"<&>\\%s",
        os.fsdecode("签名章".encode("gbk")),  # no UTF-8, as some vendors write it
    ],
)
def test_whatever_a_key_is_called_it_is_listed_and_found_again(bench: Bench, label: str) -> None:
    softhsm.initialise(bench.store, label, PIN)
    bench.driver._module.doubt()
    (key,) = [one for one in bench.driver.plugged() if one.label != LABEL]
    assert key.label == os.fsencode(label).decode(errors="replace")
    key.change_pin(pin(PIN), pin("97531024"))
    key.change_pin(pin("97531024"), pin(PIN))


# Several keys with one serial number, as cheap ones have


@dataclass
class Same:
    """A slot as the binding gives it."""

    label: str = LABEL
    serial: bytes = b"0001"
    flags: TokenFlag = TokenFlag.TOKEN_INITIALIZED


def several(monkeypatch: pytest.MonkeyPatch, *slots: Same) -> Module:
    module = Module("not loaded")
    monkeypatch.setattr(module, "rescan", lambda: setattr(module, "_is_doubtful", False))
    module._lib = SimpleNamespace(
        get_slots=lambda token_present: [SimpleNamespace(get_token=lambda one=one: one) for one in slots]
    )
    return module


def test_of_keys_with_one_serial_number_it_is_the_one_that_was_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A PIN goes to the key that was meant, or to none."""
    first, second = Same(), Same()
    module = several(monkeypatch, first, second)
    assert module.find("0001", LABEL, is_it=lambda one: one is second) is second


@needs.program("softhsm2-util")
def test_a_key_knows_itself_by_the_certificates_that_were_listed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = bench.key
    here = key.slot()
    monkeypatch.setattr(Module, "find", lambda *_, is_it: is_it(here))
    assert key.slot() is True
    assert replace(key, certificates=()).slot() is False


def test_keys_that_nothing_tells_apart_get_no_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    module = several(monkeypatch, Same(), Same())
    for is_it, problem in ((True, Problem.KEY_FAILED), (False, Problem.KEY_REMOVED)):
        with pytest.raises(Refused) as caught:
            module.find("0001", LABEL, is_it=lambda one: is_it)  # noqa: B023
        assert caught.value.problem is problem


def test_a_key_that_is_not_initialised_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    blank, ready = Same(flags=TokenFlag(0)), Same()
    module = several(monkeypatch, blank, ready)
    assert module.find("0001", LABEL, is_it=lambda one: False) is ready


@needs.program("softhsm2-util")
def test_the_suite_that_a_key_lacks_is_refused_before_its_pin(bench: Bench) -> None:
    key = replace(bench.key, suites=(Suite.ECDSA_SHA256,))
    with pytest.raises(Refused) as caught:
        key.sign(bench.own, Suite.RSA_SHA256, b"message", pin("wrong1"))
    assert caught.value.problem is Problem.ALGORITHM_UNSUPPORTED
