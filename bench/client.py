"""The security client as a page meets it: a real client process on loopback, asked by HTTP like a browser.

Keys are made by the client's own drivers: enrolled, certified by an authority of the tests, stored. From click to
signature the person's time is left out: the PIN is posted as soon as the window's sheet is there.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bench.platform import free_port
from bench.timing import Timed
from tests.agent import softhsm, world
from tests.agent.skf.keeping import issued
from yunqian.agent.config import Config, Pkcs11Driver, SoftDriver
from yunqian.agent.keys import soft
from yunqian.agent.keys.child import ChildDriver
from yunqian.agent.keys.port import UsbKey
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite

SIGNING = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.SM2_SM3)
KINDS = {Suite.RSA_SHA256: "rsa", Suite.ECDSA_SHA256: "ec", Suite.SM2_SM3: "sm2"}
ROUNDS, LISTINGS = 15, 30
_START_SECONDS = 30.0
_SCRYPT_COST = 2**15


@dataclass
class Click:
    """One algorithm, from the page's order to the value it is given, and where the time goes."""

    suite: Suite
    whole: Timed = field(default_factory=lambda: Timed("whole"))
    order: Timed = field(default_factory=lambda: Timed("order"))
    sheet: Timed = field(default_factory=lambda: Timed("sheet"))
    key: Timed = field(default_factory=lambda: Timed("key"))
    floor: Timed = field(default_factory=lambda: Timed("floor"))


@dataclass
class Memory:
    """Proportional set size of the client's own process and of its children, in MB."""

    name: str
    own_mb: float
    children_mb: float


@dataclass
class Found:
    """Everything that was measured with a running client."""

    clicks: list[Click] = field(default_factory=list)
    listings: list[tuple[str, float, Timed]] = field(default_factory=list)  # cold in ms, and warm
    memory: list[Memory] = field(default_factory=list)
    start: Timed = field(default_factory=lambda: Timed("start"))


class Page:
    """A page of the paired platform, and the client's own window: one connection, as a browser keeps it."""

    def __init__(self, port: int, origin: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._origin, self._own = origin, f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: bytes | None = None, *, is_window: bool = False) -> Any:
        """The answer's JSON."""
        headers = {"Origin": self._own if is_window else self._origin}
        if body is not None:
            headers["Content-Type"] = "application/octet-stream" if is_window else "application/json"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        said = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {said}")
        return said


@contextmanager
def client(folder: Path, settings: Config, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A running client with this agent.json, as installed, without a desktop window."""
    (folder / "agent.json").write_text(settings.model_dump_json())
    clean = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    program = subprocess.Popen(
        [sys.executable, "-m", "yunqian", "agent", "--folder", str(folder), "run"],
        env={**clean, **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield program
    finally:
        program.terminate()
        program.wait(timeout=20)


def answering(port: int, origin: str) -> Page:
    """The page of a client that has just been started, as soon as it answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            page = Page(port, origin)
            page.ask("GET", "/hello")
        except OSError:
            time.sleep(0.005)
        else:
            return page
    raise RuntimeError("the client does not answer")


def measure(folder: Path, *, rounds: int = ROUNDS, listings: int = LISTINGS) -> Found:
    """Start clients one after another in folders of their own under `folder`, and ask them."""
    found = Found()
    _soft(folder / "soft", found, rounds, listings)
    if shutil.which("softhsm2-util"):
        _behind_pkcs11(folder / "pkcs11", found, listings)
    return found


def _soft(folder: Path, found: Found, rounds: int, listings: int) -> None:
    site, port = world.Site(), free_port()
    folder.mkdir()
    driver = soft.SoftDriver(folder / "keys")
    for serial in ("SOFT-1", "SOFT-2"):
        soft.create(folder / "keys", serial=serial, label=serial, pin=world.pin(), algorithm=None)
    certificates = [
        enrolled(driver, serial, suite)
        for serial, suite in zip(("SOFT-1", "SOFT-2", "SOFT-1"), SIGNING, strict=True)
    ]
    enrolled(driver, "SOFT-2", Suite.SM2_SM3)
    settings = Config(
        port=port, platforms=(site.paired(),), drivers=(SoftDriver(kind="soft", folder="keys"),)
    )
    for _ in range(3):
        with client(folder, settings, {}):
            found.start.run(lambda: answering(port, site.origin))
    with client(folder, settings, {}) as program:
        page = answering(port, site.origin)
        time.sleep(2)
        found.memory.append(_memory("idle: one driver (soft), nobody listens", program.pid))
        found.listings.append(_listed("soft, GET /keys", lambda: page.ask("GET", "/keys"), listings))
        found.listings.append(_listed("floor: GET /hello", lambda: page.ask("GET", "/hello"), listings))
        found.clicks += [Click(suites.suite_of(one)) for one in certificates]
        for _ in range(rounds):
            for click, certificate in zip(found.clicks, certificates, strict=True):
                _click(page, site, certificate, click)
                click.floor.run(_floor(click.suite))


def _behind_pkcs11(folder: Path, found: Found, listings: int) -> None:
    site, port = world.Site(), free_port()
    folder.mkdir()
    slots = [softhsm.Slot("签名章"), softhsm.Slot("公章")]
    store = softhsm.make(folder / "store", slots)
    os.environ |= store.environment
    with closing(ChildDriver("pkcs11", store.module)) as driver:
        for label in ("签名章", "公章"):
            serial = next(key.serial for key in driver.plugged() if key.label == label)
            for suite in (Suite.RSA_SHA256, Suite.ECDSA_SHA256):
                enrolled(driver, serial, suite, softhsm.PIN)
    entry = Pkcs11Driver(kind="pkcs11", module=store.module)
    settings = Config(port=port, platforms=(site.paired(),), drivers=(entry,))
    with client(folder, settings, store.environment) as program:
        page = answering(port, site.origin)
        time.sleep(2)
        found.memory.append(_memory("idle: PKCS#11, nobody asked yet", program.pid))
        found.listings.append(
            _listed("PKCS#11 (SoftHSM2), GET /keys", lambda: page.ask("GET", "/keys"), listings)
        )
        found.memory.append(_memory("PKCS#11, just asked for its keys", program.pid))


def enrolled(driver: Any, serial: str, suite: Suite, pin: str = world.PIN) -> Certificate:
    """Make a pair in the key, have it certified, write the certificate back."""

    def key() -> UsbKey:
        return next(one for one in driver.plugged() if one.serial == serial)

    certificate = issued(key().enrol(suite, "李明", world.pin(pin)), "李明", kind=KINDS[suite])
    key().store(certificate, (), world.pin(pin))
    return certificate


def _click(page: Page, site: world.Site, certificate: Certificate, click: Click) -> None:
    now = datetime.now(UTC) - timedelta(seconds=1)
    signed = site.signed(site.order(certificate, at=now)).model_dump_json().encode()

    def act() -> Any:
        opened = click.order.run(lambda: page.ask("POST", "/dialogs", signed))
        window = f"/window/{opened['window_url'].rsplit('/', 1)[1]}"
        click.sheet.run(lambda: page.ask("GET", f"{window}/sheet?lang=zh", is_window=True))
        pin = world.PIN.encode()
        click.key.run(lambda: page.ask("POST", f"{window}/confirm?lang=zh", pin, is_window=True))
        return page.ask("GET", f"/dialogs/{opened['dialog_id']}?wait=20")

    state = click.whole.run(act)
    if state["phase"] != "signed":
        raise RuntimeError(str(state))


def _floor(suite: Suite) -> Callable[[], bytes]:
    """What no soft key can save: its PIN is stretched once, and the library signs once."""
    from bench.drivers import bare

    sign = bare(suite)
    return lambda: (
        Scrypt(salt=bytes(16), length=32, n=_SCRYPT_COST, r=8, p=1).derive(world.PIN.encode()) + sign()
    )


def _listed(name: str, ask: Callable[[], object], rounds: int) -> tuple[str, float, Timed]:
    cold, warm = Timed(name), Timed(name)
    cold.run(ask)
    for _ in range(rounds):
        time.sleep(0.05)
        warm.run(ask)
    return name, cold.milliseconds[0], warm


def _memory(name: str, pid: int) -> Memory:
    return Memory(name, _pss_mb(pid), sum(map(_pss_mb, _children(pid))))


def _children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")  # a thread's children are its own
    found = [int(one) for told in lists for one in told.read_text().split()]
    return found + [deeper for one in found for deeper in _children(one)]


def _pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
