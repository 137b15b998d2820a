"""The client's side: a driver whose keys live in a child process, so that a vendor's library cannot take us along.

One child for one driver, started when it is first asked, ended when nobody has asked for a minute. A child that
crashes, ends, hangs or talks nonsense is a problem of its own key and nothing else: it is killed, the refusal says
so, and the next listing starts a fresh one. No act is ever repeated by itself: it may have cost a try of the PIN.
What a child says is checked like a stranger's message, and it can neither call itself another driver nor a demo key.
"""

import base64
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from yunqian.agent import program
from yunqian.agent.keys import child_answers, child_pipe
from yunqian.agent.keys.child_answers import ListedKey
from yunqian.agent.keys.child_pipe import Broken
from yunqian.agent.keys.port import KeyAct, Series
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

IDLE_SECONDS = 60.0
LIMITS_SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "plugged": 9.0,
        "tries": 9.0,
        "sign": 55.0,
        "sign_each": 175.0,
        "change_pin": 55.0,
        "unlock": 55.0,
        "enrol": 175.0,
        "store": 55.0,
    }
)
"""How long an act may take before the child is killed: less than the ring waits, so that the ring hears of it."""
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 2.0, 30.0
_LAST_WORDS_SECONDS = 1.0
_Read = TypeVar("_Read")


class _Child:
    """One running process and its pipe; used by one thread at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises OSError."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # on Windows a console would open
        )
        self._number = 0
        self.is_too_late = False

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(
        self, message: Mapping[str, object], secrets: Sequence[Pin], limit_seconds: float
    ) -> dict[str, Any]:
        """The answer to one message. Raises Broken, and then this child is of no use any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._number += 1
        watch = threading.Timer(limit_seconds, self._is_late)
        watch.daemon = True
        watch.start()  # a read from a pipe has no limit on every system; its writer's death ends it on all
        try:
            asked = {**message, "number": self._number}
            child_pipe.send(self._process.stdin.fileno(), asked, [pin.secret for pin in secrets])
            told = child_pipe.receive(self._process.stdout.fileno())
        finally:
            watch.cancel()
        if told is None or told[1] or told[0].pop("number", None) != self._number:
            raise Broken("no answer to this")
        return told[0]

    def _is_late(self) -> None:
        self.is_too_late = True
        self._process.kill()

    def kill(self) -> None:
        """End it now, from any thread."""
        self._process.kill()

    def end(self) -> None:
        """Close the pipe, which a sound child takes as the end, and do not wait long for an unsound one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(OSError):
            self._process.stdout.close()


class ChildDriver:
    """A driver in a process of its own: `kind` is pkcs11 or skf, `library` the vendor's module."""

    def __init__(
        self,
        kind: str,
        library: str,
        *,
        limits_seconds: Mapping[str, float] = LIMITS_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.name = f"{kind} {Path(library).name}"
        self.kind = kind
        self._command = program.command("driver", kind, library)
        self._limits = limits_seconds
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._idle: threading.Timer | None = None
        self._used_at = 0.0
        self._listed: tuple[str, tuple[ListedKey, ...]] = ("", ())
        self._stops = 0
        self._rests_until = 0.0
        self._is_closed = False

    @property
    def process_id(self) -> int | None:
        """The child's, while there is one: for what measures memory."""
        child = self._child
        return child.process_id if child is not None and child.is_running else None

    def plugged(self) -> tuple["ChildKey", ...]:
        """See `Driver.plugged`. Raises Refused(KEY_DRIVER_STOPPED | KEY_TIMED_OUT), or what the driver raises.

        After the second failure in a row the driver rests, at most half a minute: a library that crashes whenever it
        is asked would otherwise start a process every second.
        """
        if self._stops > 1 and time.monotonic() < self._rests_until:
            raise Refused(Problem.KEY_DRIVER_STOPPED, driver=self.name)
        known, keys = self._listed
        answer = self.ask(
            {"act": "plugged", "known": known}, read=partial(child_answers.plugged, known=known)
        )
        if answer is not None:
            known, keys = self._listed = answer
        if not keys:
            self._stops = 0
        return tuple(ChildKey(self, one) for one in keys)

    def ask(
        self,
        message: Mapping[str, object],
        *,
        secrets: Sequence[Pin] = (),
        read: Callable[[dict[str, Any]], _Read],
    ) -> _Read:
        """One act in the child, as `read` reads its answer; never done twice.

        Raises Refused: what the driver refuses, KEY_TIMED_OUT for a child that had to be killed after the limit of
        this act, KEY_DRIVER_STOPPED for one that crashed, ended or did not answer as agreed.
        """
        with self._lock:
            child = self._running()
            try:
                answer = child.ask(message, secrets, self._limits[str(message["act"])])
                refusal = child_answers.refusal(answer)
                found = None if refusal else read(answer)
            except Broken as broken:
                raise self._stopped(child) from broken
            if (
                message["act"] != "plugged"
            ):  # a library that lists and then crashes at every key has not recovered
                self._stops = 0
            self._rest_when_idle()
        if refusal is not None:
            raise refusal
        return cast(_Read, found)

    def _running(self) -> _Child:
        if self._is_closed:
            raise Refused(Problem.KEY_REMOVED)
        if self._child is not None and not self._child.is_running:
            self._child.end()
            self._child = None
        if self._child is None:
            try:
                self._child = _Child(self._command)
            except OSError as error:
                raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error
        return self._child

    def _stopped(self, child: _Child) -> Refused:
        """The refusal for a child that is of no use any more; it is gone when this returns."""
        child.kill()
        child.end()
        self._child = None
        self._stops += 1
        rest = min(FIRST_REST_SECONDS * 2.0 ** (self._stops - 2), LONGEST_REST_SECONDS)
        self._rests_until = time.monotonic() + rest
        if child.is_too_late:
            return Refused(Problem.KEY_TIMED_OUT)
        return Refused(Problem.KEY_DRIVER_STOPPED, driver=self.name)

    def _rest_when_idle(self) -> None:
        """See to it that the child ends when nobody has asked for a while."""
        self._used_at = time.monotonic()
        if self._idle is None:
            self._wake_after(self._idle_seconds)

    def _wake_after(self, seconds: float) -> None:
        self._idle = threading.Timer(seconds, self._look_for_idleness)
        self._idle.daemon = True
        self._idle.start()

    def _look_for_idleness(self) -> None:
        with self._lock:
            self._idle = None
            left = self._used_at + self._idle_seconds - time.monotonic()
            if self._child is None or self._is_closed:
                return
            if left > 0:
                self._wake_after(left)
                return
            self._child.end()
            self._child = None

    def close(self) -> None:
        """End the child, even in the middle of an act, and start none any more."""
        self._is_closed = True
        if (child := self._child) is not None:
            child.kill()
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            if self._child is not None:
                self._child.end()
                self._child = None


@dataclass(frozen=True, slots=True)
class ChildKey:
    """One key behind a child, as it was when listed; found again by serial and label for every act."""

    home: ChildDriver = field(repr=False, compare=False)
    listed: ListedKey
    is_demo: bool = field(default=False, init=False)

    @property
    def serial(self) -> str:
        """See `UsbKey`."""
        return self.listed.serial

    @property
    def label(self) -> str:
        """See `UsbKey`."""
        return self.listed.label

    @property
    def driver(self) -> str:
        """See `UsbKey`; as configured, whatever the child says."""
        return self.home.kind

    @property
    def suites(self) -> tuple[Suite, ...]:
        """See `UsbKey`."""
        return self.listed.suites

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """See `UsbKey`."""
        return self.listed.certificates

    @property
    def acts(self) -> frozenset[KeyAct]:
        """See `UsbKey`."""
        return self.listed.acts

    @property
    def seals(self) -> tuple[bytes, ...]:
        """See `UsbKey`."""
        return self.listed.seals

    def tries(self) -> Tries:
        """See `UsbKey.tries`."""
        return self.home.ask(self._asked("tries"), read=child_answers.tries)

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`."""
        asked = self._asked(
            "sign", suite=suite.name, certificate=_text(certificate.der), message=_text(message)
        )
        return self.home.ask(asked, secrets=(pin,), read=child_answers.value)

    def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        """See `UsbKey.sign_each`."""
        written = {"certificate": _text(certificate.der), "messages": [_text(one) for one in messages]}
        asked = self._asked("sign_each", suite=suite.name, **written)
        return self.home.ask(
            asked, secrets=(pin,), read=partial(child_answers.series, asked_for=len(messages))
        )

    def change_pin(self, old: Pin, new: Pin) -> None:
        """See `UsbKey.change_pin`."""
        self.home.ask(self._asked("change_pin"), secrets=(old, new), read=child_answers.nothing)

    def unlock(self, admin: Pin, new: Pin) -> None:
        """See `UsbKey.unlock`."""
        self.home.ask(self._asked("unlock"), secrets=(admin, new), read=child_answers.nothing)

    def enrol(self, suite: Suite, owner: str, pin: Pin) -> bytes:
        """See `UsbKey.enrol`."""
        asked = self._asked("enrol", suite=suite.name, owner=owner)
        return self.home.ask(asked, secrets=(pin,), read=child_answers.value)

    def store(self, certificate: Certificate | None, seals: Sequence[bytes], pin: Pin) -> None:
        """See `UsbKey.store`."""
        encoded = None if certificate is None else _text(certificate.der)
        written = {"certificate": encoded, "seals": [_text(one) for one in seals]}
        self.home.ask(self._asked("store", **written), secrets=(pin,), read=child_answers.nothing)

    def _asked(self, act: str, **more: object) -> dict[str, object]:
        held = [one.sha256 for one in self.listed.certificates]
        return {"act": act, "serial": self.serial, "label": self.label, "certificates": held, **more}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
