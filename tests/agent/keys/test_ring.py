"""The key ring: one list of all drivers, one thread for each, and none that can hang the client."""

import asyncio
import threading
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.agent.world import PIN, World, pin
from yunqian.agent.keys import ring
from yunqian.agent.keys.ring import Ring
from yunqian.agent.keys.soft import SoftDriver, SoftKey
from yunqian.agent.pin import Pin
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused


class Hanging:
    """A vendor's module that never answers (until the test ends)."""

    name = "pkcs11 hanging.so"

    def __init__(self) -> None:
        self.release = threading.Event()

    def plugged(self) -> tuple[SoftKey, ...]:
        self.release.wait(10)
        return ()


def test_a_hanging_driver_hides_its_own_keys_only(client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "LISTING_LIMIT_SECONDS", 0.2)
    hanging = Hanging()
    told: list[tuple[str, Problem]] = []

    async def act() -> list[str]:
        keys = Ring(
            [hanging, SoftDriver(client.folder / "keys")],
            tell=lambda name, problem: told.append((name, problem)),
        )
        return [held.key.serial for held in await keys.plugged()]

    try:
        assert asyncio.run(act()) == ["SOFT-1"]
    finally:
        hanging.release.set()
    assert told == [("pkcs11 hanging.so", Problem.KEY_FAILED)]


def test_a_key_that_hangs_while_signing_fails_in_time(
    client: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring, "SIGNING_LIMIT_SECONDS", 0.2)
    release = threading.Event()

    def hang(*_: object) -> bytes:
        release.wait(10)
        return b""

    monkeypatch.setattr(SoftKey, "sign", hang)

    async def act() -> None:
        found = await Ring([SoftDriver(client.folder / "keys")]).find(certificate.sha256)
        assert found is not None
        try:
            await found[0].sign(certificate, Suite.RSA_SHA256, b"", pin())
        finally:
            release.set()

    with pytest.raises(Refused) as caught:
        asyncio.run(act())
    assert (caught.value.problem, caught.value.facts) == (Problem.KEY_FAILED, {"detail": "TimeoutError"})


def test_two_acts_of_one_driver_never_overlap(
    client: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = threading.Lock()

    def sign(self: SoftKey, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        assert busy.acquire(blocking=False), "two acts at once"
        time.sleep(0.02)
        busy.release()
        return message

    monkeypatch.setattr(SoftKey, "sign", sign)

    async def act() -> list[bytes]:
        found = await Ring([SoftDriver(client.folder / "keys")]).find(certificate.sha256)
        assert found is not None
        acts = (found[0].sign(certificate, Suite.RSA_SHA256, bytes([n]), pin()) for n in range(8))
        return list(await asyncio.gather(*acts))

    assert asyncio.run(act()) == [bytes([number]) for number in range(8)]


def test_a_device_that_two_libraries_show_is_listed_once(client: World) -> None:
    async def act() -> list[str]:
        drivers = [SoftDriver(client.folder / "keys"), SoftDriver(client.folder / "keys")]
        return [held.key.serial for held in await Ring(drivers).plugged()]

    assert asyncio.run(act()) == ["SOFT-1"]


def test_keys_without_certificates_are_not_taken_for_one_another(client: World) -> None:
    (client.folder / "keys" / "SOFT-1" / "certificate.pem").unlink()

    async def act() -> list[str]:
        drivers = [SoftDriver(client.folder / "keys"), SoftDriver(client.folder / "keys")]
        return [held.key.serial for held in await Ring(drivers).plugged()]

    assert asyncio.run(act()) == ["SOFT-1", "SOFT-1"]


@pytest.mark.parametrize("is_able_first", [True, False])
def test_of_two_drivers_that_show_a_key_the_one_that_can_sign_is_found(
    client: World, certificate: Certificate, is_able_first: bool
) -> None:
    class Unable(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            return tuple(replace(key, driver="pkcs11", suites=()) for key in super().plugged())

    async def act() -> tuple[list[str], str]:
        drivers = [SoftDriver(client.folder / "keys"), Unable(client.folder / "keys")]
        keys = Ring(drivers if is_able_first else drivers[::-1])
        found = await keys.find(certificate.sha256)
        assert found is not None
        return sorted(held.key.driver for held in await keys.plugged()), found[0].key.driver

    assert asyncio.run(act()) == (["pkcs11", "soft"], "soft")


def test_a_list_young_enough_is_not_asked_for_again(client: World) -> None:
    asked: list[int] = []

    class Counting(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            asked.append(1)
            return super().plugged()

    async def act() -> None:
        keys = Ring([Counting(client.folder / "keys")])
        await keys.plugged()
        await keys.plugged(max_age_seconds=60)
        await keys.plugged()

    asyncio.run(act())
    assert len(asked) == 2


async def next_list(changes: object) -> list[str]:
    """The serials of the next list, which must come within the two seconds that are promised."""
    keys = await asyncio.wait_for(anext(changes), 2)  # type: ignore[call-overload]
    return [held.key.serial for held in keys]


def test_listeners_are_told_of_a_key_plugged_and_pulled_within_two_seconds(client: World) -> None:
    keys = Ring([SoftDriver(client.folder / "keys")])
    home = client.folder / "keys" / "SOFT-1"

    async def act() -> None:
        async with aclosing(keys.changes()) as one, aclosing(keys.changes()) as other:
            assert await next_list(one) == await next_list(other) == ["SOFT-1"]
            home.rename(client.folder / "away")
            assert await next_list(one) == await next_list(other) == []
            (client.folder / "away").rename(home)
            assert await next_list(one) == await next_list(other) == ["SOFT-1"]

    asyncio.run(act())


def test_a_spent_try_a_new_seal_and_a_new_certificate_are_changes(
    client: World, certificate: Certificate
) -> None:
    keys = Ring([SoftDriver(client.folder / "keys")])

    async def act() -> None:
        async with aclosing(keys.changes()) as changes:
            (held,) = await anext(changes)
            with pytest.raises(Refused):
                await held.change_pin(pin("000000"), pin("111111"))
            (held,) = await asyncio.wait_for(anext(changes), 2)
            assert held.seen.left == 5
            await held.store(None, (b"a seal",), pin())
            (held,) = await asyncio.wait_for(anext(changes), 2)
            assert (held.seen.left, held.key.seals) == (6, (b"a seal",))
            (client.folder / "keys" / "SOFT-1" / "certificate.pem").unlink()
            (held,) = await asyncio.wait_for(anext(changes), 2)
            assert held.key.certificates == ()

    asyncio.run(act())


def test_without_a_listener_nothing_is_asked(client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "WATCH_SECONDS", 0.02)
    asked: list[int] = []

    class Counting(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            asked.append(1)
            return super().plugged()

    async def act() -> None:
        keys = Ring([Counting(client.folder / "keys")])
        async with aclosing(keys.changes()) as changes:
            await anext(changes)
            await asyncio.sleep(0.2)
        before = len(asked)
        assert before > 2
        await asyncio.sleep(0.2)
        assert len(asked) <= before + 1  # one look may have been on its way
        async with aclosing(keys.changes()) as changes:  # and a later listener is served again
            assert len(await anext(changes)) == 1

    asyncio.run(act())


def test_a_driver_that_fails_is_told_once_and_again_after_it_had_worked(client: World) -> None:
    told: list[str] = []
    is_broken = [True, True, False, True]

    class Fickle(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            if is_broken.pop(0):
                raise Refused(Problem.KEY_FAILED, detail="x")
            return super().plugged()

    async def act() -> None:
        keys = Ring([Fickle(client.folder / "keys")], tell=lambda name, problem: told.append(name))
        for _ in range(4):
            await keys.plugged()

    asyncio.run(act())
    assert told == ["soft", "soft"]


def test_a_key_at_work_stays_in_the_list(client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list would wait behind the act, and end as if the key had been pulled out."""
    release, begun = threading.Event(), threading.Event()

    def slow(*_: object) -> bytes:
        begun.set()
        release.wait(10)
        return b"value"

    monkeypatch.setattr(SoftKey, "sign", slow)

    async def act() -> None:
        keys = Ring([SoftDriver(client.folder / "keys")])
        (held,) = await keys.plugged()
        signing = asyncio.create_task(held.sign(held.key.certificates[0], Suite.RSA_SHA256, b"", pin()))
        await asyncio.to_thread(begun.wait, 5)
        assert await asyncio.wait_for(keys.plugged(), 1) == (held,)
        release.set()
        assert await signing == b"value"

    asyncio.run(act())


def test_a_key_is_looked_after_in_its_own_thread(client: World) -> None:
    async def act() -> None:
        (held,) = await Ring([SoftDriver(client.folder / "keys")]).plugged()
        await held.change_pin(pin(), pin("975310"))
        assert await held.enrol(Suite.ECDSA_SHA256, "李明", pin("975310"))
        with pytest.raises(Refused) as caught:
            await held.unlock(pin("admin-135"), pin())
        assert caught.value.problem is Problem.KEY_ACT_UNSUPPORTED
        assert (await held.tries()).left == 6

    asyncio.run(act())
    assert PIN not in (client.folder / "keys" / "SOFT-1" / "key.json").read_text()


def test_a_hanging_driver_does_not_keep_listeners_from_the_others_changes(client: World) -> None:
    hanging, home = Hanging(), client.folder / "keys" / "SOFT-1"

    async def act() -> None:
        keys = Ring([hanging, SoftDriver(client.folder / "keys")])
        hanging.release.set()
        async with aclosing(keys.changes()) as changes:
            assert await next_list(changes) == ["SOFT-1"]
            hanging.release.clear()
            await asyncio.sleep(1.2)  # now it hangs
            home.rename(client.folder / "away")
            assert await next_list(changes) == []

    try:
        asyncio.run(act())
    finally:
        hanging.release.set()


def test_those_who_ask_at_the_same_time_share_one_look(client: World) -> None:
    asked: list[int] = []

    class Counting(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            asked.append(1)
            time.sleep(0.05)
            return super().plugged()

    async def act() -> None:
        keys = Ring([Counting(client.folder / "keys")])
        lists = await asyncio.gather(*(keys.plugged() for _ in range(10)))
        assert all(len(one) == 1 for one in lists)

    asyncio.run(act())
    assert len(asked) == 1
