"""Events of a library behind GM/T 0016: told by a child that only waits, ended with it, never in the way."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.agent.skf.softskf import NEEDED, Act, SoftSkf
from yunqian.agent.keys.skf import waiting
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library
from yunqian.agent.keys.skf.waiting import CHANGED, READY, Waiting

pytestmark = NEEDED
LIMIT = 20.0
SHORT = 0.3


@pytest.fixture
def eventful(vendor: SoftSkf) -> SoftSkf:
    """A library with events: its FIFO lies beside it."""
    os.mkfifo(f"{vendor.path}.events")
    vendor.key("SN-1", "签名章", "李明")
    return vendor


@pytest.fixture
def waiter(eventful: SoftSkf) -> Iterator[Waiting]:
    made = Waiting(str(eventful.path))
    yield made
    made.close()


def settled(made: Waiting) -> None:
    """Until the child waits in the library: it has told that it is ready, and a moment more."""
    assert made.wait(LIMIT)
    time.sleep(SHORT)


def test_plugging_and_pulling_are_told_within_a_second(eventful: SoftSkf, waiter: Waiting) -> None:
    settled(waiter)
    for is_present in (False, True):
        began = time.monotonic()
        eventful.plug(0, is_present=is_present)
        assert waiter.wait(LIMIT)
        assert time.monotonic() - began < 1
        time.sleep(SHORT)


def test_while_nothing_happens_the_time_passes_and_nothing_is_told(waiter: Waiting) -> None:
    settled(waiter)
    began = time.monotonic()
    assert not waiter.wait(SHORT)
    assert SHORT <= time.monotonic() - began < 2


def test_the_driver_lists_and_signs_while_it_waits(eventful: SoftSkf) -> None:
    driver = SkfDriver(str(eventful.path))
    told = []
    try:
        assert driver.wait_for_change(LIMIT)
        time.sleep(SHORT)
        thread = threading.Thread(target=lambda: told.append(driver.wait_for_change(LIMIT)))
        thread.start()
        assert len(driver.plugged()) == 1
        eventful.plug(0, is_present=False)
        thread.join(LIMIT)
    finally:
        driver.close()
    assert told == [True]
    assert driver.plugged() == ()


def test_a_library_without_events_is_asked_once_and_never_again(vendor: SoftSkf) -> None:
    made = Waiting(str(vendor.path))
    assert made.wait(LIMIT)
    assert not made.wait(1)
    assert made.is_useless
    began = time.monotonic()
    assert not made.wait(SHORT)
    assert time.monotonic() - began >= SHORT
    assert multiprocessing.active_children() == []
    made.close()


@pytest.mark.parametrize("library", ["libmissing.so", "libcrypto.so.3"])
def test_a_library_that_cannot_be_loaded_has_no_events(library: str) -> None:
    made = Waiting(library)
    assert made.wait(LIMIT)
    assert not made.wait(1)
    assert made.is_useless
    made.close()


def test_a_closed_wait_ends_at_once_and_leaves_no_child(waiter: Waiting) -> None:
    settled(waiter)
    closing = threading.Timer(SHORT, waiter.close)
    closing.start()
    began = time.monotonic()
    assert not waiter.wait(LIMIT)
    assert time.monotonic() - began < 5
    closing.join(LIMIT)
    assert multiprocessing.active_children() == []
    assert not waiter.wait(LIMIT)


def die(library: str, tell: Connection) -> None:
    """A child whose library crashes at once."""
    with Path(library).open("a") as written:
        written.write("x")
    os._exit(11)


def test_a_child_that_dies_is_started_again_after_a_rest_that_grows(tmp_path: Path) -> None:
    counted = tmp_path / "deaths"
    made = Waiting(str(counted), work=die)
    assert not made.wait(4)
    made.close()
    assert 2 <= len(counted.read_text()) <= 3


def cry(library: str, tell: Connection) -> None:
    """A child that never stops telling, and lies about what."""
    while True:
        for word in (READY, CHANGED, b"\x80\x04N.", b""):
            tell.send_bytes(word)


def test_a_child_that_never_stops_telling_keeps_nobody_busy() -> None:
    made = Waiting("none", work=cry)
    began = time.monotonic()
    for _ in range(4):
        assert made.wait(LIMIT)
    assert time.monotonic() - began >= 1
    made.close()


def shout(library: str, tell: Connection) -> None:
    """A child that sends more than a word."""
    tell.send_bytes(bytes(1 << 20))


def test_more_than_a_word_is_not_read() -> None:
    made = Waiting("none", work=shout)
    assert not made.wait(1.5)
    made.close()


def test_a_library_whose_call_fails_again_and_again_is_given_up(
    eventful: SoftSkf, monkeypatch: pytest.MonkeyPatch
) -> None:
    eventful.breaks("SKF_WaitForDevEvent", Act.FAIL, "FAIL")
    monkeypatch.setattr(waiting, "_PAUSE_SECONDS", 0.0)
    ours, theirs = multiprocessing.Pipe()
    waiting._tell_events(str(eventful.path), theirs)
    assert not ours.poll()


def test_a_wait_that_is_cancelled_is_a_failure(eventful: SoftSkf) -> None:
    library = Library(str(eventful.path))
    found: list[str] = []

    def wait() -> None:
        try:
            library.wait_for_event()
        except Failure as failure:
            found.append(failure.name)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    time.sleep(SHORT)
    eventful.calls.SKF_CancelWaitForDevEvent()
    thread.join(LIMIT)
    assert found == ["FAIL"]


def live_briefly(path: str, written: str) -> None:
    """A client that starts a wait and is killed."""
    made = Waiting(path)
    made.wait(LIMIT)
    assert made._child is not None
    Path(written).write_text(str(made._child[0].pid))
    time.sleep(SHORT)
    os._exit(9)


def test_the_child_ends_with_a_client_that_is_killed(eventful: SoftSkf, tmp_path: Path) -> None:
    written = tmp_path / "pid"
    client = multiprocessing.get_context("spawn").Process(
        target=live_briefly, args=(str(eventful.path), str(written))
    )
    client.start()
    client.join(LIMIT)
    child = int(written.read_text())
    until = time.monotonic() + LIMIT
    while _is_alive(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
