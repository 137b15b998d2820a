"""`yunqian agent doctor`: what is wrong on this PC with reaching the keys, in plain words.

It changes nothing, asks for no PIN, and looks at every driver in a child process with a limit of time, so that a
vendor's library that crashes or hangs is a sentence here and not the end of the doctor.
"""

import http.client
import multiprocessing
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from yunqian.agent import config, releases, this_pc
from yunqian.agent.acts import unlocks
from yunqian.agent.config import Config, DriverEntry, Pkcs11Driver, Platform, SkfDriver
from yunqian.agent.keys.port import Driver
from yunqian.agent.orders import CLOCK_TOLERANCE
from yunqian.agent.window import home_words
from yunqian.problems import Refused
from yunqian.wire.keys import Hello

LOOK_LIMIT_SECONDS = 20.0
ASK_LIMIT_SECONDS = 3.0
PCSC_SOCKET = Path("/run/pcscd/pcscd.comm")
UNLOCKS_FOLDER = "unlocks"
Make = Callable[[Path, DriverEntry], Driver]


class Sign(Enum):
    """What the doctor may find: whether it is wrong, and the sentence in Chinese and in English."""

    CONFIG = (True, "配置文件不能使用：{detail}", "The configuration cannot be used: {detail}")
    PORT_FREE = (
        False,
        "端口 {port} 空闲，安全客户端没有在运行",
        "Port {port} is free; the security client is not running",
    )
    RUNNING = (
        False,
        "安全客户端正在端口 {port} 上运行",
        "The security client is running on port {port}",
    )
    PORT_TAKEN = (
        True,
        "端口 {port} 被别的程序占用：请关闭该程序，或在 agent.json 中改用别的端口",
        "Another program holds port {port}: close it, or name another port in agent.json",
    )
    LIBRARY_MISSING = (
        True,
        "找不到或不能读取驱动程序 {library}：请安装该 UKey 的驱动，或更正 agent.json 中的路径",
        "The key's library {library} is not there or cannot be read: install its driver, or correct agent.json",
    )
    LIBRARY_OF_OTHER_MACHINE = (
        True,
        "驱动程序 {library} 与本客户端的位数或处理器不同：请安装与客户端相同位数的驱动",
        "The key's library {library} is made for another width or processor: install the one of this client's kind",
    )
    LIBRARY_FAILED = (
        True,
        "驱动程序 {library} 不能使用（{detail}）：请重新安装该 UKey 的驱动",
        "The key's library {library} cannot be used ({detail}): install its driver again",
    )
    LIBRARY_CRASHED = (
        True,
        "驱动程序 {library} 在列出 UKey 时崩溃或没有回应：请重新插拔 UKey，或更新其驱动",
        "The key's library {library} crashed or did not answer while listing keys: plug the key again, or update it",
    )
    KEYS = (False, "{library}：{count} 个 UKey", "{library}: {count} key(s)")
    NO_KEY = (True, "没有插入任何 UKey", "No key is plugged in")
    PCSCD = (
        True,
        "智能卡服务 pcscd 没有运行：请启动它（systemctl start pcscd.socket）后再插入 UKey",
        "The smart-card service pcscd is not running: start it (systemctl start pcscd.socket), then plug the key in",
    )
    READER_CLOSED = (
        True,
        "没有使用 USB 设备“{device}”的权限：请安装该 UKey 的 udev 规则，或请管理员把您加入它所属的组后重新登录",
        (
            "You may not use the USB device “{device}”: install the udev rule of its vendor, or have the administrator "
            "add you to its group, then log in again"
        ),
    )
    NOT_PAIRED = (
        True,
        "还没有与任何平台配对：请打开 http://127.0.0.1:{port}/，或运行 yunqian-agent pair 平台网址",
        "Paired with no platform yet: open http://127.0.0.1:{port}/, or run yunqian-agent pair ADDRESS",
    )
    NO_DRIVER = (
        True,
        "agent.json 中没有任何 UKey 驱动：请写入厂商驱动文件的路径（见安装说明）",
        "agent.json names no library of a key: add the path of your vendor's (see the installation guide)",
    )
    NEWER_CLIENT = (
        True,
        "有新版本 {version}：请从 {address} 下载，核对 SHA-256 后替换本客户端",
        "Version {version} is out: fetch it from {address}, compare the SHA-256 and replace this client",
    )
    UNLOCKS_WAITING = (
        False,
        "{count} 个解锁申请正在等待证书机构",
        "{count} request(s) for unlocking wait for the certificate authority",
    )
    UNLOCKS_LEFT = (
        True,
        "{folder} 中有 {count} 个解锁申请过期或可被他人读取：请删除这些文件，再重新申请",
        "{count} request(s) for unlocking in {folder} are too old or open to others: delete those files, ask again",
    )
    CORES_KEPT = (
        False,
        "本机会保存崩溃程序的内存。客户端的驱动进程已自行关闭这一功能；如要对所有程序关闭，请设置 ulimit -c 0",
        (
            "This PC keeps the memory of programs that crash. The client's driver processes switch that off for "
            "themselves; ulimit -c 0 does so for every program"
        ),
    )
    BROWSER = (
        False,
        "浏览器是否允许网页访问本机，这里看不到：若网页提示找不到客户端，请点地址栏左侧图标，在网站设置中允许访问“本地网络”或“本设备上的应用”",
        (
            "Whether the browser lets a page reach this PC cannot be seen from here: if a page does not find the "
            "client, open the site's settings left of the address and allow “local network” or “apps on this device”"
        ),
    )
    CLOCK_RIGHT = (False, "时钟与 {origin} 一致", "The clock agrees with {origin}")
    CLOCK_OFF = (
        True,
        "本机时钟与 {origin} 相差 {seconds} 秒：请校正时间，否则签署会被拒绝",
        "This PC's clock is {seconds} s away from {origin}: set it right, else orders are refused",
    )
    PLATFORM_SILENT = (
        False,
        "没有连上 {origin}，未能核对时钟",
        "{origin} could not be reached, so the clock was not compared",
    )

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something."""
        return self.value[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sign with the facts of this PC."""

    sign: Sign
    facts: dict[str, str]

    def text(self, language: str) -> str:
        """The sentence in `zh` or `en`."""
        _, zh, en = self.sign.value
        return (zh if language == "zh" else en).format(**self.facts)


def examine(folder: Path, *, make: Make, now: Callable[[], datetime]) -> tuple[Finding, ...]:
    """Look at everything between a paired page and a key; `make` builds a driver and must be picklable.

    Without a usable agent.json nothing else is known, and that is the only finding. Never raises for what it finds.
    """
    try:
        settings = config.load(folder)
    except Refused as refusal:
        return (_found(Sign.CONFIG, detail=refusal.facts["detail"]),)
    return (
        _port(settings),
        *_keys(folder, settings, make),
        *_pairing(settings),
        *(_clock(platform, now) for platform in settings.platforms),
        *_left_over(folder, settings, now()),
        *([_found(Sign.CORES_KEPT)] if this_pc.keeps_cores() else []),
        _found(Sign.BROWSER),
    )


def _pairing(settings: Config) -> Iterator[Finding]:
    if not settings.platforms:
        yield _found(Sign.NOT_PAIRED, port=settings.port)


def _left_over(folder: Path, settings: Config, now: datetime) -> Iterator[Finding]:
    """What should have been replaced or deleted by now."""
    newer = releases.notice(folder, settings, now=now)
    if newer is not None:
        yield _found(Sign.NEWER_CLIENT, version=newer.version, address=newer.address)
    place = folder / UNLOCKS_FOLDER
    waiting, wrong = this_pc.unlocks_lying(place, now=now, kept=unlocks.KEPT)
    if wrong:
        yield _found(Sign.UNLOCKS_LEFT, count=wrong, folder=place)
    if waiting > wrong:
        yield _found(Sign.UNLOCKS_WAITING, count=waiting - wrong)


def _found(sign: Sign, **facts: object) -> Finding:
    return Finding(sign, {name: str(value) for name, value in facts.items()})


def _port(settings: Config) -> Finding:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", settings.port))
        except OSError:
            is_ours = _is_ours(settings)
            return _found(Sign.RUNNING if is_ours else Sign.PORT_TAKEN, port=settings.port)
    return _found(Sign.PORT_FREE, port=settings.port)


def _is_ours(settings: Config) -> bool:
    """Whether a security client holds the port: asked as a paired page does, or by its own page where none is."""
    if settings.platforms:
        return _greets(settings.port, settings.platforms[0].origin)
    try:
        with closing(
            http.client.HTTPConnection("127.0.0.1", settings.port, timeout=ASK_LIMIT_SECONDS)
        ) as line:
            line.request("GET", "/?lang=en")
            return home_words.WORDS["en"]["title"].encode() in line.getresponse().read(4096)
    except (OSError, http.client.HTTPException):
        return False


def _greets(port: int, origin: str) -> bool:
    """Whether it is a security client, paired as ours is, that listens there."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=ASK_LIMIT_SECONDS)) as line:
            line.request("GET", "/hello", headers={"Origin": origin})
            Hello.model_validate_json(line.getresponse().read(4096))
    except (OSError, http.client.HTTPException, ValidationError):
        return False
    return True


def _keys(folder: Path, settings: Config, make: Make) -> Iterator[Finding]:
    findings = [_driver(folder, entry, make) for entry in settings.drivers]
    yield from findings
    if not findings:
        yield _found(Sign.NO_DRIVER)
        return
    if any(one.sign is Sign.KEYS and one.facts["count"] != "0" for one in findings):
        return
    yield _found(Sign.NO_KEY)
    # Told only when no key is seen: many vendors' keys are reached over plain USB, without this service.
    needs_reader = any(isinstance(entry, Pkcs11Driver | SkfDriver) for entry in settings.drivers)
    if needs_reader and sys.platform == "linux" and not _is_served(PCSC_SOCKET):
        yield _found(Sign.PCSCD)
    if needs_reader:
        yield from (_found(Sign.READER_CLOSED, device=device) for device in this_pc.closed_readers())


def _is_served(path: Path) -> bool:
    """Whether somebody listens at this socket; systemd does so for a service not started yet."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ASK_LIMIT_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _driver(folder: Path, entry: DriverEntry, make: Make) -> Finding:
    library = _library(entry)
    if library is None:
        return _listed(folder, entry, make, named=entry.kind)
    path = Path(library)
    if path.is_absolute():  # a bare name is found by the system's loader, whose ways are not ours to guess
        try:
            machine = _machine(path)
        except OSError:
            return _found(Sign.LIBRARY_MISSING, library=library)
        if machine and machine != _machine(Path(sys.executable)):
            return _found(Sign.LIBRARY_OF_OTHER_MACHINE, library=library)
    return _listed(folder, entry, make, named=library)


def _library(entry: DriverEntry) -> str | None:
    if isinstance(entry, Pkcs11Driver):
        return entry.module
    return entry.library if isinstance(entry, SkfDriver) else None


def _machine(path: Path) -> bytes:
    """What says for which machine a library or program is made; empty for kinds that are not told apart here.

    ELF: class, byte order and e_machine. PE: Machine of the COFF header, which Windows' loader compares too.
    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] == b"\x7fELF":
        return head[4:6] + head[18:20]
    at = int.from_bytes(head[0x3C:0x40], "little")
    if head[:2] == b"MZ" and head[at : at + 4] == b"PE\0\0":
        return head[at + 4 : at + 6]
    return b""


def _listed(folder: Path, entry: DriverEntry, make: Make, *, named: str) -> Finding:
    """How many keys the driver sees, asked in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_look, args=(folder, entry, make, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        answer = ours.recv() if ours.poll(LOOK_LIMIT_SECONDS) else None
    except EOFError:  # it died before it could say anything
        answer = None
    finally:
        child.kill()
        child.join()
        ours.close()
    if answer is None:
        return _found(Sign.LIBRARY_CRASHED, library=named)
    if isinstance(answer, str):
        return _found(Sign.LIBRARY_FAILED, library=named, detail=answer)
    return _found(Sign.KEYS, library=named, count=answer)


def _look(folder: Path, entry: DriverEntry, make: Make, pipe: Connection) -> None:
    """In the child: send the number of keys, or what went wrong."""
    try:
        pipe.send(len(make(folder, entry).plugged()))
    except Refused as refusal:
        pipe.send(str(refusal.facts.get("detail", refusal.problem.code)))
    except Exception as error:  # noqa: BLE001 (vendor code below us raises what it likes)
        pipe.send(type(error).__name__)


def _clock(platform: Platform, now: Callable[[], datetime]) -> Finding:
    """Our clock against the Date that the paired platform puts on any answer (RFC 9110 §6.6.1)."""
    place = urlsplit(platform.origin)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(place.hostname or "", place.port, timeout=ASK_LIMIT_SECONDS)) as line:
            line.request("HEAD", "/")
            theirs = parsedate_to_datetime(line.getresponse().headers.get("Date", ""))
        away = abs((now() - theirs).total_seconds())
    except (OSError, ValueError, TypeError, http.client.HTTPException):
        return _found(Sign.PLATFORM_SILENT, origin=platform.origin)
    if away > CLOCK_TOLERANCE.total_seconds():
        return _found(Sign.CLOCK_OFF, origin=platform.origin, seconds=round(away))
    return _found(Sign.CLOCK_RIGHT, origin=platform.origin)
