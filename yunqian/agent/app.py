"""Start-up of the security client: `yunqian agent run`, `pair`, `new-key` and `doctor`.

Everything it keeps lies in one folder, `agent/` in YUNQIAN_HOME: agent.json, keys/, unlocks/, journal.log, spent.jsonl.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from yunqian.agent import config, doctor, program, terminal
from yunqian.agent.acts.unlocks import Unlocks
from yunqian.agent.config import Config, DriverEntry, SkfDriver, SoftDriver
from yunqian.agent.desk import Desk
from yunqian.agent.desktop import face as desktop
from yunqian.agent.desktop.face import Desktop
from yunqian.agent.dialog import Clock
from yunqian.agent.doors import loopback
from yunqian.agent.face import Face
from yunqian.agent.journal import Journal
from yunqian.agent.keys import soft
from yunqian.agent.keys.child import ChildDriver
from yunqian.agent.keys.port import SUITES, Driver
from yunqian.agent.keys.ring import Ring
from yunqian.agent.pages.look import Looks
from yunqian.agent.pin import Pin
from yunqian.agent.spent import Ledger
from yunqian.agent.upkeep import Upkeep
from yunqian.crypto.suites import Suite
from yunqian.problems import Refused

KEYS_FOLDER = "keys"
JOURNAL_NAME = "journal.log"
LEDGER_NAME = "spent.jsonl"
UNLOCKS_FOLDER = "unlocks"
_SHORT_NAMES = {"sm2": Suite.SM2_SM3.name, "rsa": Suite.RSA_SHA256.name}


def main(argv: Sequence[str]) -> int:
    """Run one command of the security client: 0 done, 1 refused, 2 wrong usage."""
    parser = _parser()
    try:
        arguments = parser.parse_args([*argv])
    except SystemExit as ending:
        return int(ending.code or 0)
    folder = Path(arguments.folder) if arguments.folder else program.default_folder()
    try:
        if arguments.command == "new-key":
            return _new_key(folder, arguments)
        if arguments.command == "doctor":
            return _doctor(folder)
        if arguments.command == "pair":
            terminal.pair(folder, arguments.origin, code=arguments.code)
            return 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return asyncio.run(_run(folder))
    except Refused as refusal:
        print(f"{refusal.text('zh')}\n{refusal.text('en')}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or folder}: {error.strerror or error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="yunqian agent", description="The security client: speaks to the keys."
    )
    parser.add_argument("--folder", help="where agent.json and keys/ are (default: agent in YUNQIAN_HOME)")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="answer the paired platforms until stopped (default)")
    commands.add_parser("doctor", help="say what is wrong on this PC; 1 if anything is, 0 if nothing")
    pair = commands.add_parser("pair", help="trust a platform, after comparing its pairing code")
    pair.add_argument("origin", help="the platform's address, e.g. https://sign.example.gov")
    pair.add_argument("--code", help="for scripts: the code it must have, instead of asking")
    new_key = commands.add_parser("new-key", help="make a soft key for demonstration, with a request for it")
    new_key.add_argument("--serial", required=True)
    new_key.add_argument("--label", required=True)
    new_key.add_argument("--pin-file", required=True, help="a file whose first line is the PIN")
    new_key.add_argument(
        "--admin-pin-file", help="a file whose first line unlocks the key; without it nothing does"
    )
    new_key.add_argument("--empty", action="store_true", help="without a key pair, as from the shop")
    new_key.add_argument(
        "--algorithm",
        type=lambda named: _SHORT_NAMES.get(named, named),
        choices=[suite.name for suite in SUITES],
        default=Suite.RSA_SHA256.name,
        help="what the key signs with; sm2 is short for SM2_SM3, rsa for RSA_SHA256",
    )
    return parser


def _new_key(folder: Path, arguments: argparse.Namespace) -> int:
    with ExitStack() as secrets:
        pin = secrets.enter_context(_first_line(arguments.pin_file))
        admin_file = arguments.admin_pin_file
        admin_pin = secrets.enter_context(_first_line(admin_file)) if admin_file else None
        home = soft.create(
            folder / KEYS_FOLDER,
            serial=arguments.serial,
            label=arguments.label,
            pin=pin,
            algorithm=None if arguments.empty else Suite[arguments.algorithm],
            admin_pin=admin_pin,
        )
    print(home if arguments.empty else home / "request.pem")
    return 0


def _first_line(path: str) -> Pin:
    return Pin(bytearray(Path(path).read_bytes()).split(b"\n", 1)[0].rstrip(b"\r"))


def _doctor(folder: Path) -> int:
    findings = doctor.examine(folder, make=_driver, now=_now)
    for finding in findings:
        print(f"{'✗' if finding.sign.is_wrong else '✓'} {finding.text('zh')}\n  {finding.text('en')}")
    return int(any(finding.sign.is_wrong for finding in findings))


def _now() -> datetime:
    return datetime.now(UTC)


def desk(folder: Path, settings: Config, *, clock: Clock = _now, face: Face | None = None) -> Desk:
    """The desk of a client whose documents lie in `folder`."""
    journal = Journal(folder / JOURNAL_NAME, clock=clock)
    ring = Ring(
        [_apart(folder, entry) for entry in settings.drivers],
        tell=lambda name, problem: journal.note("driver failed", driver=name, problem=problem),
    )
    unlocks = Unlocks(folder / UNLOCKS_FOLDER, clock=clock)
    unlocks.forget_old()
    return Desk(
        platforms=settings.platforms,
        ring=ring,
        journal=journal,
        ledger=Ledger(folder / LEDGER_NAME, now=clock()),
        unlocks=unlocks,
        clock=clock,
        window_base=f"http://127.0.0.1:{settings.port}",
        face=face,
        looks=Looks(settings.strong),
    )


def _apart(folder: Path, entry: DriverEntry) -> Driver:
    """A driver as the running client uses it: a vendor's library in a process of its own."""
    if isinstance(entry, SoftDriver):
        return soft.SoftDriver(folder / entry.folder)
    return ChildDriver(entry.kind, entry.library if isinstance(entry, SkfDriver) else entry.module)


def _driver(folder: Path, entry: DriverEntry) -> Driver:
    """A driver in this process, for the doctor, who makes a process for each himself."""
    if isinstance(entry, SoftDriver):
        return soft.SoftDriver(folder / entry.folder)
    if isinstance(entry, SkfDriver):
        from yunqian.agent.keys.skf.driver import SkfDriver as Library

        return Library(entry.library)
    from yunqian.agent.keys.pkcs11 import Pkcs11Driver as Module

    return Module(entry.module)


async def _run(folder: Path) -> int:
    settings = config.load(folder)
    journal = Journal(folder / JOURNAL_NAME, clock=_now)
    stopped = _stopping()
    face = _desktop(settings.port, on_quit=stopped.set)
    held = desk(folder, settings, face=face)
    upkeep = Upkeep(folder, settings, desk=held, journal=journal, now=_now)
    door = loopback.Door(held, journal=journal, port=settings.port, own_page=upkeep.own_page)
    try:
        await door.open()
    except OSError as error:
        print(
            f"安全客户端无法使用端口 {settings.port}：{error.strerror}\n"
            f"The security client cannot use port {settings.port}: {error.strerror}",
            file=sys.stderr,
        )
        return 1
    journal.note("started")
    print(f"安全客户端 security client: http://127.0.0.1:{settings.port}", flush=True)
    try:
        async with upkeep.running():
            if face is not None and not await face.start():
                journal.note("no desktop window")
            await stopped.wait()
    finally:
        if face is not None:
            await face.stop()
        await door.close()
        journal.note("stopped")
    return 0


def _desktop(port: int, *, on_quit: Callable[[], None]) -> Desktop | None:
    """The client's own window, where there is a display; else the pages open the client's page."""
    if not desktop.is_possible():
        return None
    return Desktop(program.command("desktop"), home=f"http://127.0.0.1:{port}", on_quit=on_quit)


def _stopping() -> asyncio.Event:
    """What is set when the client shall end: by the person at the tray, or by the signals that end a program."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped
