"""Events of a library behind GM/T 0016: told by a child that only waits, ended with it, never in the way."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agent.skf.softskf import NEEDED, Act, SoftSkf
from yunqian.agent import program
from yunqian.agent.keys.skf import waiting
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library
from yunqian.agent.keys.skf.waiting import READY, Waiting

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


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another process or thread does soon."""
    ends_at = time.monotonic() + LIMIT
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


def waits(vendor: SoftSkf) -> bool:
    """Whether somebody is in SKF_WaitForDevEvent now: the FIFO has a reader."""
    try:
        os.close(os.open(f"{vendor.path}.events", os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def settled(vendor: SoftSkf, made: Waiting | SkfDriver) -> None:
    """Until the child has told that it is ready, and stands in the library."""
    assert (made.wait if isinstance(made, Waiting) else made.wait_for_change)(LIMIT)
    until(lambda: waits(vendor))


def test_plugging_and_pulling_are_told_within_two_seconds(eventful: SoftSkf, waiter: Waiting) -> None:
    settled(eventful, waiter)
    for is_present in (False, True):
        began = time.monotonic()
        eventful.plug(0, is_present=is_present)
        assert waiter.wait(LIMIT)
        assert time.monotonic() - began < 2
        until(lambda: waits(eventful))


def test_while_nothing_happens_the_time_passes_and_nothing_is_told(
    eventful: SoftSkf, waiter: Waiting
) -> None:
    settled(eventful, waiter)
    began = time.monotonic()
    assert not waiter.wait(SHORT)
    assert SHORT <= time.monotonic() - began < 2


def test_the_driver_lists_while_its_child_waits(eventful: SoftSkf) -> None:
    driver = SkfDriver(str(eventful.path))
    told = []
    try:
        settled(eventful, driver)
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
    until(lambda: made.is_useless)
    assert not made.wait(0)
    began = time.monotonic()
    assert not made.wait(SHORT)
    assert time.monotonic() - began >= SHORT
    assert made.process_id is None
    made.close()


@pytest.mark.parametrize("library", ["libmissing.so", "libcrypto.so.3"])
def test_a_library_that_cannot_be_loaded_has_no_events(library: str) -> None:
    made = Waiting(library)
    assert made.wait(LIMIT)
    until(lambda: made.is_useless)
    assert not made.wait(0)
    made.close()


def test_a_closed_wait_ends_at_once_and_leaves_no_child(eventful: SoftSkf, waiter: Waiting) -> None:
    settled(eventful, waiter)
    closing = threading.Timer(SHORT, waiter.close)
    closing.start()
    began = time.monotonic()
    assert not waiter.wait(LIMIT)
    assert time.monotonic() - began < 5
    closing.join(LIMIT)
    assert waiter.process_id is None
    assert not waiter.wait(LIMIT)


def program_of(body: str, *words: str) -> list[str]:
    return [sys.executable, "-c", f"import os, sys\n{body}", *words]


def test_a_child_that_dies_is_started_again_after_a_rest_that_grows(tmp_path: Path) -> None:
    counted = tmp_path / "deaths"
    made = Waiting("none", command=program_of("with open(sys.argv[1], 'a') as f: f.write('x')", str(counted)))
    assert not made.wait(3)
    assert len(counted.read_text()) <= 3
    until(lambda: len(counted.read_text()) >= 3)
    made.close()


def test_a_child_that_cannot_be_started_is_no_event() -> None:
    made = Waiting("none", command=["/no/such/program"])
    assert not made.wait(SHORT)
    made.close()


def test_a_child_that_never_stops_telling_keeps_nobody_busy() -> None:
    made = Waiting("none", command=program_of("while True: os.write(1, b'cr')"))
    began = time.monotonic()
    for _ in range(5):
        assert made.wait(LIMIT)
    assert time.monotonic() - began >= 1
    made.close()


def test_a_child_that_says_something_else_is_killed(tmp_path: Path) -> None:
    written = tmp_path / "process"
    body = "open(sys.argv[1], 'w').write(str(os.getpid())); os.write(1, b'?'); import time; time.sleep(60)"
    made = Waiting("none", command=program_of(body, str(written)))
    assert not made.wait(SHORT)
    until(lambda: written.exists() and written.read_text() != "")
    first = int(written.read_text())
    until(lambda: made.process_id != first)
    assert not Path(f"/proc/{first}").exists()
    made.close()


def test_a_library_whose_call_fails_again_and_again_is_given_up(
    eventful: SoftSkf, monkeypatch: pytest.MonkeyPatch
) -> None:
    eventful.breaks("SKF_WaitForDevEvent", Act.FAIL, "FAIL")
    monkeypatch.setattr(waiting, "_PAUSE_SECONDS", 0.0)
    told: list[bytes] = []
    waiting.tell_events(str(eventful.path), told.append)
    assert told == []


@pytest.mark.parametrize("words", [[], ["one", "two"]])
def test_a_child_with_other_arguments_says_so(words: list[str]) -> None:
    assert waiting.main(words) == 2


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
    until(lambda: waits(eventful))
    eventful.calls.SKF_CancelWaitForDevEvent()
    thread.join(LIMIT)
    assert found == ["FAIL"]


def test_the_child_ends_with_a_client_that_is_killed(eventful: SoftSkf) -> None:
    client = subprocess.Popen(
        program.command("driver-events", str(eventful.path)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.read(1) == READY
        until(lambda: waits(eventful))
        client.stdin.close()  # as the system does when the client dies
        assert client.wait(LIMIT) == 0
