"""Drivers in processes of their own: a library that crashes, hangs, ends or talks takes nobody along."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests import needs
from tests.agent import softhsm, world
from tests.agent.keys import unruly
from tests.agent.keys.unruly import PIN, SHORT_SECONDS, Unruly
from tests.agent.world import World, pin
from yunqian.agent.keys import child
from yunqian.agent.keys.child import ChildDriver
from yunqian.agent.keys.ring import Ring
from yunqian.agent.keys.soft import SoftDriver
from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = [*unruly.NEEDED, pytest.mark.skipif(sys.platform != "linux", reason="builds a library with gcc")]
SM2 = Suite.SM2_SM3


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Unruly:
    """Compiled once: it keeps nothing that a fresh process would see but its folder."""
    return unruly.build(tmp_path_factory.mktemp("unruly") / "one", "UNRULY-1", "李明")


@pytest.fixture
def vendor(built: Unruly) -> Unruly:
    for name in ("mode", "away", "pin-checks"):
        (built.folder / name).unlink(missing_ok=True)
    return built


@pytest.fixture
def drivers() -> Iterator[Callable[..., ChildDriver]]:
    """Makes drivers, and closes them whatever happens."""
    made: list[ChildDriver] = []

    def make(vendor: Unruly, **settings: float) -> ChildDriver:
        made.append(vendor.driver(**settings))
        return made[-1]

    yield make
    for driver in made:
        driver.close()


Make = Callable[..., ChildDriver]


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def running(process_id: int | None) -> bool:
    """Whether a process is there and is no corpse."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return False


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_key_behind_a_child_signs_as_one_in_this_process_does(vendor: Unruly, drivers: Make) -> None:
    driver = drivers(vendor)
    (key,) = driver.plugged()
    assert (key.driver, key.serial, key.is_demo, key.certificates) == (
        "skf",
        "UNRULY-1",
        False,
        (vendor.certificate,),
    )
    assert SM2 in key.suites
    assert key.tries().left == 6
    value = key.sign(vendor.certificate, SM2, b"message", pin(PIN))
    assert suites.check(SM2, vendor.certificate, b"message", value)
    assert driver.process_id not in {None, os.getpid()}


def test_a_key_behind_a_child_is_looked_after(vendor: Unruly, drivers: Make) -> None:
    (key,) = drivers(vendor).plugged()
    wrong = refused(lambda: key.change_pin(pin("000000"), pin("975310")))
    assert (wrong.problem, wrong.facts) == (Problem.PIN_INCORRECT, {"tries_left": 5})
    key.change_pin(pin(PIN), pin("975310"))
    request = key.enrol(SM2, "李明", pin("975310"))
    assert request[:1] == b"\x30"
    assert refused(lambda: key.unlock(pin("wrong-admin"), pin(PIN))).problem is Problem.ADMIN_PIN_INCORRECT
    key.unlock(pin("admin-86420"), pin(PIN))
    key.store(vendor.certificate, (), pin(PIN))


@pytest.mark.parametrize("what", ["crash", "exit"])
@pytest.mark.parametrize("at", ["list", "sign"])
def test_a_library_that_dies_is_a_problem_and_the_next_listing_starts_a_fresh_child(
    vendor: Unruly, drivers: Make, what: str, at: str
) -> None:
    driver = drivers(vendor)
    (key,) = driver.plugged()
    first = driver.process_id
    vendor.does(what, at)
    act = driver.plugged if at == "list" else lambda: key.sign(vendor.certificate, SM2, b"m", pin(PIN))
    refusal = refused(act)
    assert (refusal.problem, refusal.facts) == (
        Problem.KEY_DRIVER_STOPPED,
        {"driver": f"skf {vendor.library.name}"},
    )
    assert not running(first)
    vendor.behaves()
    assert len(driver.plugged()) == 1
    assert driver.process_id not in {None, first}


def test_a_crash_while_signing_is_never_tried_again_by_itself(vendor: Unruly, drivers: Make) -> None:
    (key,) = drivers(vendor).plugged()
    vendor.does("crash", "sign")
    refused(lambda: key.sign(vendor.certificate, SM2, b"m", pin(PIN)))
    assert vendor.pin_checks == 1


def test_a_library_that_hangs_is_killed_after_the_limit(vendor: Unruly, drivers: Make) -> None:
    driver = drivers(vendor, limit_seconds=SHORT_SECONDS)
    (key,) = driver.plugged()
    first = driver.process_id
    vendor.does("hang", "sign")
    begun = time.monotonic()
    assert refused(lambda: key.sign(vendor.certificate, SM2, b"m", pin(PIN))).problem is Problem.KEY_TIMED_OUT
    assert time.monotonic() - begun < SHORT_SECONDS + 1
    assert not running(first)
    vendor.behaves()
    value = key.sign(vendor.certificate, SM2, b"m", pin(PIN))  # the same key, found again by a fresh child
    assert suites.check(SM2, vendor.certificate, b"m", value)


@pytest.mark.parametrize("what", ["print", "read"])
def test_what_a_library_prints_or_reads_does_not_touch_the_pipe(
    vendor: Unruly, drivers: Make, what: str
) -> None:
    driver = drivers(vendor, limit_seconds=20)
    for at in ("list", "sign"):
        vendor.does(what, at)
        (key,) = driver.plugged()
        value = key.sign(vendor.certificate, SM2, b"m", pin(PIN))
        assert suites.check(SM2, vendor.certificate, b"m", value)


def test_endless_nonsense_in_every_descriptor_is_a_stopped_driver(vendor: Unruly, drivers: Make) -> None:
    driver = drivers(vendor, limit_seconds=20)
    (key,) = driver.plugged()
    vendor.does("flood", "sign")
    refusal = refused(lambda: key.sign(vendor.certificate, SM2, b"m", pin(PIN)))
    assert refusal.problem is Problem.KEY_DRIVER_STOPPED
    vendor.behaves()
    assert len(driver.plugged()) == 1


def test_a_library_that_is_not_there_says_so_as_before(drivers: Make, tmp_path: Path) -> None:
    for kind in ("skf", "pkcs11"):
        driver = ChildDriver(kind, str(tmp_path / "nowhere.so"))
        try:
            assert refused(driver.plugged).problem is Problem.KEY_FAILED
        finally:
            driver.close()


def test_a_library_that_always_crashes_is_left_alone_for_a_while(
    vendor: Unruly, drivers: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drivers(vendor)
    started: list[int] = []
    real = child._Child

    def counted(*arguments: object) -> object:
        started.append(1)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(child, "_Child", counted)
    vendor.does("crash", "list")
    for _ in range(5):
        assert refused(driver.plugged).problem is Problem.KEY_DRIVER_STOPPED
    assert len(started) == 2
    vendor.behaves()
    assert within(child.FIRST_REST_SECONDS + 1, lambda: _works(driver))


def test_a_library_that_lists_and_then_crashes_at_every_key_rests_too(vendor: Unruly, drivers: Make) -> None:
    driver = drivers(vendor)
    for _ in range(2):
        (key,) = driver.plugged()
        vendor.does("crash", "tries")
        assert refused(key.tries).problem is Problem.KEY_DRIVER_STOPPED
        vendor.behaves()
    assert refused(driver.plugged).problem is Problem.KEY_DRIVER_STOPPED


def _works(driver: ChildDriver) -> bool:
    try:
        return len(driver.plugged()) == 1
    except Refused:
        return False


def test_an_idle_child_ends_and_comes_back_when_it_is_needed(vendor: Unruly, drivers: Make) -> None:
    driver = drivers(vendor, idle_seconds=0.3)
    (key,) = driver.plugged()
    first = driver.process_id
    assert within(3, lambda: driver.process_id is None)
    assert not running(first)
    value = key.sign(vendor.certificate, SM2, b"m", pin(PIN))
    assert suites.check(SM2, vendor.certificate, b"m", value)


def test_closing_ends_the_child_even_in_the_middle_of_an_act(vendor: Unruly, drivers: Make) -> None:
    driver = drivers(vendor)

    async def act() -> None:
        keys = Ring([driver])
        (held,) = await keys.plugged()
        vendor.does("hang", "sign")
        signing = asyncio.create_task(held.sign(vendor.certificate, SM2, b"m", pin(PIN)))
        await asyncio.sleep(0.3)
        keys.close()
        with pytest.raises(Refused) as caught:
            await asyncio.wait_for(signing, 3)
        assert caught.value.problem is Problem.KEY_DRIVER_STOPPED

    asyncio.run(act())
    assert driver.process_id is None
    assert refused(driver.plugged).problem is Problem.KEY_REMOVED


PARENT = """
import sys, time
from yunqian.agent.keys.child import ChildDriver
driver = ChildDriver("skf", sys.argv[1])
driver.plugged()
print(driver.process_id, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("is_hanging", [False, True])
def test_the_child_dies_with_a_client_that_is_killed(vendor: Unruly, is_hanging: bool) -> None:
    """Also while it stands in the library, where it cannot see that the pipe was closed."""
    program = PARENT
    if is_hanging:
        program = PARENT.replace(
            "time.sleep(60)", "open(sys.argv[2], 'w').write('hang at list'); driver.plugged()"
        )
    client = subprocess.Popen(
        [sys.executable, "-c", program, str(vendor.library), str(vendor.folder / "mode")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert client.stdout is not None
    with client.stdout:
        child_id = int(client.stdout.readline())
        time.sleep(0.3)
        assert running(child_id)
        client.send_signal(signal.SIGKILL)
        client.wait(5)
    assert within(3, lambda: not running(child_id))


def test_the_child_holds_no_descriptor_of_the_client_and_leaves_no_core(
    vendor: Unruly, drivers: Make
) -> None:
    driver = drivers(vendor)
    with (vendor.folder / "key.der").open("rb") as held:
        os.set_inheritable(held.fileno(), True)
        driver.plugged()
    at = Path(f"/proc/{driver.process_id}")
    opened = [str(one.readlink()) for one in (at / "fd").iterdir()]
    assert not [one for one in opened if not one.startswith(("pipe:", "/dev/null", "/dev/urandom"))]
    assert len([one for one in opened if one.startswith("pipe:")]) == 2
    assert "Max core file size        0                    0" in (at / "limits").read_text()


def test_a_pin_stands_in_no_argument_environment_log_or_file(
    vendor: Unruly, client: World, drivers: Make
) -> None:
    """Looked for while the library works with it; and the bytes it came in can still be wiped."""
    marked, seen = "13MARKED57", []
    (key,) = drivers(vendor, limit_seconds=SHORT_SECONDS).plugged()
    key.change_pin(pin(PIN), pin(marked))
    vendor.does("hang", "sign")
    given = pin(marked)
    refusals: list[Refused] = []
    signing = threading.Thread(
        target=lambda: refusals.append(refused(lambda: key.sign(vendor.certificate, SM2, b"m", given)))
    )
    signing.start()
    assert within(SHORT_SECONDS, lambda: vendor.pin_checks > 1)
    for process in (path for path in Path("/proc").iterdir() if path.name.isdecimal()):
        for name in ("cmdline", "environ"):
            with suppress(OSError):
                seen.append((process / name).read_bytes())
    signing.join(10)
    assert [one.problem for one in refusals] == [Problem.KEY_TIMED_OUT]
    assert len(seen) > 2
    assert not any(marked.encode() in one for one in seen)
    assert marked not in str(refusals[0])
    for folder in (vendor.folder, client.folder):
        for path in (path for path in folder.rglob("*") if path.is_file()):
            assert marked.encode() not in path.read_bytes(), path
    given.wipe()
    assert bytes(given.secret) == bytes(len(marked))


def test_one_crashing_driver_hides_its_own_keys_only(vendor: Unruly, client: World, drivers: Make) -> None:
    told: list[tuple[str, Problem]] = []
    vendor.does("crash", "list")

    async def act() -> list[str]:
        keys = Ring(
            [drivers(vendor), SoftDriver(client.folder / "keys")],
            tell=lambda name, problem: told.append((name, problem)),
        )
        return [held.key.serial for held in await keys.plugged()]

    assert asyncio.run(act()) == ["SOFT-1"]
    assert told == [(f"skf {vendor.library.name}", Problem.KEY_DRIVER_STOPPED)]


def test_two_keys_in_two_libraries_work_at_the_same_time(
    vendor: Unruly, drivers: Make, tmp_path: Path
) -> None:
    other = unruly.build(tmp_path / "two", "UNRULY-2", "王芳")
    vendor.does("hang", "sign")

    async def act() -> tuple[bytes, Problem]:
        keys = Ring([drivers(vendor, limit_seconds=2 * SHORT_SECONDS), drivers(other)])
        first, second = await keys.plugged()
        stuck = asyncio.create_task(first.sign(vendor.certificate, SM2, b"m", pin(PIN)))
        values = [
            await asyncio.wait_for(second.sign(other.certificate, SM2, b"m", pin(PIN)), SHORT_SECONDS)
            for _ in range(3)
        ]
        assert not stuck.done()
        with pytest.raises(Refused) as caught:
            await stuck
        return values[-1], caught.value.problem

    value, problem = asyncio.run(act())
    assert suites.check(SM2, other.certificate, b"m", value)
    assert problem is Problem.KEY_TIMED_OUT


def test_a_key_pulled_out_of_a_child_is_told_within_two_seconds(vendor: Unruly, drivers: Make) -> None:
    async def act() -> None:
        keys = Ring([drivers(vendor)])
        async with aclosing(keys.changes()) as changes:
            assert len(await anext(changes)) == 1
            for away in (True, False):
                vendor.is_away(away)
                begun = time.monotonic()
                assert len(await asyncio.wait_for(anext(changes), 3)) == int(not away)
                assert time.monotonic() - begun < 2
        keys.close()

    asyncio.run(act())


def test_no_certificate_of_another_key_makes_the_child_sign(
    vendor: Unruly, drivers: Make, certificate: Certificate
) -> None:
    (key,) = drivers(vendor).plugged()
    refusal = refused(lambda: key.sign(certificate, Suite.RSA_SHA256, b"m", pin(PIN)))
    assert refusal.problem in {Problem.CERTIFICATE_MISMATCH, Problem.ALGORITHM_UNSUPPORTED}


@needs.program("softhsm2-util")
def test_a_real_module_of_pkcs11_works_behind_a_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = softhsm.make(tmp_path, [softhsm.Slot("签名章")])
    public = serialization.load_pem_public_key(store.public_key("签名章"))
    certificate = certificates.read(world.certify(public, "李明"))
    store.put_certificate("签名章", certificate.der)
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)

    async def act() -> bytes:
        keys = Ring([ChildDriver("pkcs11", store.module)])
        try:
            found = await keys.find(certificate.sha256)
            assert found is not None
            held, _ = found
            with pytest.raises(Refused) as caught:
                await held.sign(certificate, Suite.RSA_SHA256, b"m", pin("000000"))
            assert caught.value.problem is Problem.PIN_INCORRECT_UNCOUNTED
            await held.change_pin(pin(softhsm.PIN), pin("975310"))
            return await held.sign(certificate, Suite.RSA_SHA256, b"m", pin("975310"))
        finally:
            keys.close()

    assert suites.check(Suite.RSA_SHA256, certificate, b"m", asyncio.run(act()))
