"""The child's side: one driver in a process of its own, asked over a pipe (`yunqian agent driver KIND LIBRARY`).

The pipe is what the process was given as standard input and output; both are moved away before the vendor's library
is loaded, so that what it prints, or reads, goes nowhere. Nothing is logged here, and no core is left behind: either
could hold a PIN. Without aiohttp and pydantic, because every configured driver costs this much memory.
"""

import base64
import ctypes
import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from yunqian.agent.keys import child_pipe
from yunqian.agent.keys.child_pipe import Broken
from yunqian.agent.keys.port import Driver, UsbKey
from yunqian.agent.pin import Pin
from yunqian.crypto import certificates
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

MAX_KEYS = 32
MAX_CERTIFICATES = 64
MAX_SEALS_BYTES = 8 * 1024 * 1024
_DONE, _USAGE, _NONSENSE = 0, 2, 3
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


def main(argv: Sequence[str]) -> int:
    """Serve one driver until the client closes the pipe: 0, or 3 where the pipe brings nonsense."""
    if len(argv) != 2 or argv[0] not in {"pkcs11", "skf"}:
        return _USAGE
    parent = os.getppid()
    _harden()
    if os.getppid() != parent:
        return _DONE
    asked, told = _take_pipe()
    serving = Serving(_driver(*argv))
    try:
        while (message := child_pipe.receive(asked)) is not None:
            child_pipe.send(told, serving.answer(*message))
    except (Broken, Nonsense):
        return _NONSENSE
    return _DONE


def _harden() -> None:
    """Die with the client, and leave no memory where others may read it; what the system lacks is left out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client, which then closes the pipe
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(0x8003)  # a crash opens no window that waits for a click
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        system.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # A core that is piped to a program knows no limit of size; this forbids it, and looking in while it runs.
        system.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _take_pipe() -> tuple[int, int]:
    """The pipe's two ends under other numbers; standard input and output lead nowhere from now on."""
    asked, told = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return asked, told


def _driver(kind: str, library: str) -> Driver:
    if kind == "skf":
        from yunqian.agent.keys.skf.driver import SkfDriver

        return SkfDriver(library)
    from yunqian.agent.keys.pkcs11 import Pkcs11Driver

    return Pkcs11Driver(library)


class Nonsense(Exception):
    """The client asked what it never asks."""


class Serving:
    """Answers messages by a driver's keys: known by serial and label, and by certificates where that is not enough."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._keys: tuple[UsbKey, ...] = ()
        self._acts: dict[str, Callable[[dict[str, Any], list[Pin]], dict[str, object]]] = {
            "plugged": self._plugged,
            "tries": self._tries,
            "sign": self._sign,
            "sign_each": self._sign_each,
            "change_pin": self._change_pin,
            "unlock": self._unlock,
            "enrol": self._enrol,
            "store": self._store,
        }

    def answer(self, message: dict[str, Any], secrets: list[bytearray]) -> dict[str, object]:
        """What the driver says, or its refusal. Raises Nonsense."""
        with ExitStack() as wiped:
            pins = [wiped.enter_context(Pin(secret)) for secret in secrets]
            act = self._acts.get(str(message.get("act")))
            if act is None:
                raise Nonsense
            try:
                answer = act(message, pins)
            except Refused as refusal:
                answer = _refusal(refusal)
            except Exception as error:  # noqa: BLE001 (vendor code below us raises what it likes)
                answer = {"refused": Problem.KEY_FAILED.name, "facts": {"detail": type(error).__name__}}
        return {**answer, "number": message.get("number")}

    def _plugged(self, message: dict[str, Any], _: list[Pin]) -> dict[str, object]:
        """The list, or only `same` where the client has it already: it is asked for every second."""
        self._keys = tuple(self._driver.plugged())[:MAX_KEYS]
        keys, room = [], MAX_SEALS_BYTES
        for key in self._keys:
            seals = _within(key.seals, room)
            room -= sum(map(len, seals))
            keys.append(_told(key, seals))
        state = hashlib.sha256(json.dumps(keys).encode()).hexdigest()
        return {"same": True} if state == message.get("known") else {"state": state, "keys": keys}

    def _key(self, message: dict[str, Any]) -> UsbKey:
        """The key that is meant, listed anew by a fresh child. Raises Refused(KEY_REMOVED)."""
        if not self._keys:
            self._keys = tuple(self._driver.plugged())[:MAX_KEYS]
        named = [key for key in self._keys if (_line(key.serial), _line(key.label)) == _name(message)]
        if len(named) > 1:
            held = message["certificates"]
            named = [key for key in named if [one.sha256 for one in key.certificates] == held]
        if len(named) != 1:  # none, or two that nothing tells apart: no PIN is spent on a guess
            raise Refused(Problem.KEY_REMOVED)
        return named[0]

    def _tries(self, message: dict[str, Any], _: list[Pin]) -> dict[str, object]:
        tries = self._key(message).tries()
        flags = {"is_locked": tries.is_locked, "is_last": tries.is_last, "is_default": tries.is_default}
        return {"left": tries.left, **flags}

    def _sign(self, message: dict[str, Any], pins: list[Pin]) -> dict[str, object]:
        certificate = certificates.read(_bytes(message["certificate"]))
        (pin,) = pins
        suite, text = Suite[message["suite"]], _bytes(message["message"])
        return {"value": _text(self._key(message).sign(certificate, suite, text, pin))}

    def _sign_each(self, message: dict[str, Any], pins: list[Pin]) -> dict[str, object]:
        certificate = certificates.read(_bytes(message["certificate"]))
        (pin,) = pins
        suite, texts = Suite[message["suite"]], [_bytes(one) for one in message["messages"]]
        series = self._key(message).sign_each(certificate, suite, texts, pin)
        stopped = None if series.stopped is None else _refusal(series.stopped)
        return {"values": [_text(one) for one in series.values], "stopped": stopped}

    def _change_pin(self, message: dict[str, Any], pins: list[Pin]) -> dict[str, object]:
        old, new = pins
        self._key(message).change_pin(old, new)
        return {}

    def _unlock(self, message: dict[str, Any], pins: list[Pin]) -> dict[str, object]:
        admin, new = pins
        self._key(message).unlock(admin, new)
        return {}

    def _enrol(self, message: dict[str, Any], pins: list[Pin]) -> dict[str, object]:
        (pin,) = pins
        return {"value": _text(self._key(message).enrol(Suite[message["suite"]], str(message["owner"]), pin))}

    def _store(self, message: dict[str, Any], pins: list[Pin]) -> dict[str, object]:
        (pin,) = pins
        encoded = message["certificate"]
        certificate = None if encoded is None else certificates.read(_bytes(encoded))
        self._key(message).store(certificate, [_bytes(one) for one in message["seals"]], pin)
        return {}


def _refusal(refusal: Refused) -> dict[str, object]:
    return {"refused": refusal.problem.name, "facts": _plain(refusal.facts)}


def _told(key: UsbKey, seals: Sequence[bytes]) -> dict[str, object]:
    return {
        "serial": _line(key.serial),
        "label": _line(key.label),
        "suites": [suite.name for suite in key.suites],
        "acts": sorted(act.value for act in key.acts),
        "certificates": [_text(one.der) for one in key.certificates[:MAX_CERTIFICATES]],
        "seals": [_text(one) for one in seals],
    }


def _within(seals: Iterable[bytes], room: int) -> list[bytes]:
    """As many as there is room for in a message."""
    kept = []
    for seal in seals:
        room -= len(seal)
        if room >= 0:
            kept.append(seal)
    return kept


def _line(text: str) -> str:
    """Text that can stand in one line, whatever the key's software gave."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)[:64]


def _name(message: dict[str, Any]) -> tuple[str, str]:
    return message["serial"], message["label"]


def _plain(facts: dict[str, object]) -> dict[str, object]:
    return {
        name: value if isinstance(value, int) else _line(str(value))[:200] for name, value in facts.items()
    }


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
