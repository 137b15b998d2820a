"""The key ring: all drivers as one list, each driver's calls one after another in a thread of its own.

A driver whose software is a vendor's runs in a process of its own behind that thread (see `child`).
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from yunqian.agent.keys.port import Closable, Driver, Series, UsbKey
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

LISTING_LIMIT_SECONDS = 10.0
SIGNING_LIMIT_SECONDS = 60.0
CARE_LIMIT_SECONDS = 60.0
"""A new PIN, an unlocking, writing: a key is asked and answers, like signing."""
SERIES_LIMIT_SECONDS = 180.0
"""Fifty signatures, of which a slow key makes one in two or three seconds."""
ENROLLING_LIMIT_SECONDS = 180.0
"""RSA key pairs are searched for, and a card's processor takes a minute or two over it."""
WATCH_SECONDS = 1.0
PATIENCE_SECONDS = 0.5
"""How long a look for listeners waits for a slow driver before it goes on with what that driver said last."""
_Answer = TypeVar("_Answer")


class _Worker:
    """One driver and its one thread, which is also its lock."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.listed: tuple[Held, ...] = ()
        self.looking: asyncio.Task[None] | None = None
        self.failed_with: Problem | None = None
        self._acts = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keys")

    @property
    def is_in_act(self) -> bool:
        """Whether a key of this driver is at work for a person."""
        return self._acts > 0

    async def act(self, act: Callable[[], _Answer], *, within_seconds: float) -> _Answer:
        """Run what a person asked a key for, see `run`; meanwhile the driver's list is not asked for."""
        self._acts += 1
        try:
            return await self.run(act, within_seconds=within_seconds)
        finally:
            self._acts -= 1
            self.looking = None  # a look from before the act tells nothing of what it did

    async def run(self, act: Callable[[], _Answer], *, within_seconds: float) -> _Answer:
        """Run one blocking act; anything but a refusal is a fault of the key's software.

        A thread cannot be stopped: an act that takes too long is left to itself and its answer is dropped.
        """
        try:
            answer = asyncio.get_running_loop().run_in_executor(self._thread, act)
            return await asyncio.wait_for(answer, within_seconds)
        except Refused:
            raise
        except Exception as error:  # vendor code below us raises what it likes
            raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error

    def close(self) -> None:
        if isinstance(self.driver, Closable):
            self.driver.close()
        self._thread.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Held:
    """A key of the list together with the thread that may touch it, and its tries when listed."""

    key: UsbKey
    seen: Tries
    _worker: _Worker

    async def tries(self) -> Tries:
        """What the key tells about its PIN now."""
        return await self._worker.run(self.key.tries, within_seconds=LISTING_LIMIT_SECONDS)

    async def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`."""
        return await self._worker.act(
            lambda: self.key.sign(certificate, suite, message, pin), within_seconds=SIGNING_LIMIT_SECONDS
        )

    async def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        """See `UsbKey.sign_each`."""
        return await self._worker.act(
            lambda: self.key.sign_each(certificate, suite, messages, pin), within_seconds=SERIES_LIMIT_SECONDS
        )

    async def change_pin(self, old: Pin, new: Pin) -> None:
        """See `UsbKey.change_pin`."""
        await self._worker.act(lambda: self.key.change_pin(old, new), within_seconds=CARE_LIMIT_SECONDS)

    async def unlock(self, admin: Pin, new: Pin) -> None:
        """See `UsbKey.unlock`."""
        await self._worker.act(lambda: self.key.unlock(admin, new), within_seconds=CARE_LIMIT_SECONDS)

    async def enrol(self, suite: Suite, owner: str, pin: Pin) -> bytes:
        """See `UsbKey.enrol`."""
        return await self._worker.act(
            lambda: self.key.enrol(suite, owner, pin), within_seconds=ENROLLING_LIMIT_SECONDS
        )

    async def store(self, certificate: Certificate | None, seals: Sequence[bytes], pin: Pin) -> None:
        """See `UsbKey.store`."""
        await self._worker.act(
            lambda: self.key.store(certificate, seals, pin), within_seconds=CARE_LIMIT_SECONDS
        )

    def certificate(self, sha256: str) -> Certificate | None:
        """The certificate with this digest that is really on the key."""
        return next((one for one in self.key.certificates if one.sha256 == sha256), None)


class Ring:
    """All keys of all drivers. A driver that fails or hangs hides its own keys, never the others'."""

    def __init__(
        self, drivers: Sequence[Driver], *, tell: Callable[[str, Problem], None] = lambda name, problem: None
    ) -> None:
        self._workers = tuple(_Worker(driver) for driver in drivers)
        self._tell = tell
        self._held: tuple[Held, ...] = ()
        self._listed_at = float("-inf")
        self._shape = ""
        self._listeners: set[asyncio.Event] = set()
        self._watch: asyncio.Task[None] | None = None
        self.generation = 0

    async def plugged(self, *, max_age_seconds: float = 0.0) -> tuple[Held, ...]:
        """The keys plugged in now, or as listed at most `max_age_seconds` ago."""
        if time.monotonic() - self._listed_at <= max_age_seconds:
            return self._held
        return await self._refreshed(patience_seconds=None)

    async def _refreshed(self, *, patience_seconds: float | None) -> tuple[Held, ...]:
        looks = (self._list(worker, patience_seconds) for worker in self._workers)
        lists = await asyncio.gather(*looks)
        self._held = _each_once(held for found in lists for held in found)
        self._listed_at = time.monotonic()
        shape = _shape(self._held)
        if shape != self._shape:
            self._shape = shape
            self.generation += 1
            for listener in self._listeners:
                listener.set()
        return self._held

    async def changes(self) -> AsyncGenerator[tuple[Held, ...], None]:
        """The keys plugged in now, and again after every change: plugged, pulled, written, tries; within 2 s.

        The drivers are asked every second while somebody listens, however many do, and not at all otherwise. Several
        changes may come as one. Never ends and never raises by itself; leave it by closing:

            async with aclosing(ring.changes()) as changes:
                async for keys in changes: ...
        """
        listener = asyncio.Event()
        self._listeners.add(listener)
        try:
            if self._watch is None:
                self._watch = asyncio.create_task(self._keep_looking())
            keys = await self.plugged(max_age_seconds=WATCH_SECONDS)
            listener.clear()
            yield keys
            while True:
                await listener.wait()
                listener.clear()
                yield self._held
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._stop_looking()

    async def _keep_looking(self) -> None:
        while self._listeners:
            await asyncio.sleep(WATCH_SECONDS)
            await self._refreshed(patience_seconds=PATIENCE_SECONDS)

    async def find(
        self, certificate_sha256: str, *, max_age_seconds: float = 0.0
    ) -> tuple[Held, Certificate] | None:
        """The key that holds this certificate, by the digest of what was really read from it.

        One device may be reached by two drivers, of which one cannot sign with it (SM2 behind PKCS#11): then it
        is the other.
        """
        found = [
            (held, certificate)
            for held in await self.plugged(max_age_seconds=max_age_seconds)
            if (certificate := held.certificate(certificate_sha256)) is not None
        ]
        return next((one for one in found if _is_able(*one)), found[0] if found else None)

    async def _list(self, worker: _Worker, patience_seconds: float | None) -> tuple[Held, ...]:
        """One driver's keys; several who ask at the same time share one look."""
        if worker.is_in_act:  # it would wait behind the act, and a key at work is not pulled out of the list
            return worker.listed
        if worker.looking is None or worker.looking.done():
            worker.looking = asyncio.create_task(self._look(worker))
        await asyncio.wait({worker.looking}, timeout=patience_seconds)
        return worker.listed

    async def _look(self, worker: _Worker) -> None:
        def look() -> tuple[Held, ...]:
            return tuple(
                Held(key, tries, worker)
                for key in worker.driver.plugged()
                if (tries := _tries(key)) is not None
            )

        try:
            worker.listed = await worker.run(look, within_seconds=LISTING_LIMIT_SECONDS)
            worker.failed_with = None
        except Refused as refusal:
            worker.listed = ()
            if worker.failed_with is not refusal.problem:  # said once, not at every look
                self._tell(worker.driver.name, refusal.problem)
            worker.failed_with = refusal.problem

    def _stop_looking(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = None

    def close(self) -> None:
        """Let the threads go."""
        self._stop_looking()
        for worker in self._workers:
            worker.close()


def _is_able(held: Held, certificate: Certificate) -> bool:
    """Whether this key, on this machine, signs with the certificate's suite."""
    try:
        return suites.suite_of(certificate) in held.key.suites
    except Refused:
        return False


def _each_once(listed: Iterable[Held]) -> tuple[Held, ...]:
    """Without a device that a second library of the same kind shows too, as those of some vendors do.

    The same serial alone is not enough: cheap devices share one. Keys without certificates are left as they are.
    """
    met: set[tuple[str, str, tuple[Certificate, ...]]] = set()
    kept = []
    for held in listed:
        name = (held.key.driver, held.key.serial, tuple(held.key.certificates))
        if name not in met or not held.key.certificates:
            kept.append(held)
        met.add(name)
    return tuple(kept)


def _tries(key: UsbKey) -> Tries | None:
    """None for a key that was pulled out between listing and asking."""
    try:
        return key.tries()
    except Refused:
        return None


def _shape(keys: Sequence[Held]) -> str:
    """Changes whenever the list does."""
    lines = (
        repr(
            (
                held.key.driver,
                held.key.serial,
                held.key.label,
                held.seen,
                [c.sha256 for c in held.key.certificates],
                [hashlib.sha256(seal).hexdigest() for seal in held.key.seals],
                sorted(held.key.acts),
            )
        )
        for held in keys
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
