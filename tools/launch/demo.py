"""`make run`: from a bare checkout to a running demo in one terminal, and back again on Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tools.launch import environment, frontend, ports
from tools.launch.children import Family, Interrupted, listen_for_the_end
from tools.launch.machine import digest, is_fresh, port_taken, room_refusal, write_stamp
from tools.launch.paths import PYTHON, ROOT, Demo, claim_home, demo_from_environment
from tools.launch.steps import Steps, call
from tools.launch.words import Name, Stop, say, tell, why_the_system_refused

EMPTY = "empty"  # no key pair and no certificate yet: for trying out how one gets them
KEYS = (
    ("DEMO-SIGN-0001", "签名章", "rsa"),
    ("DEMO-SEAL-0001", "公章", "rsa"),
    ("DEMO-SM2-0001", "国密公章", "sm2"),
    ("DEMO-EMPTY-0001", "空白演示 Key", EMPTY),
)
PIN = "123456"
ADMIN_PIN_DIGITS = 12
NEW_KEYS = Name("制作四把演示 Key", "four demo keys")
DATABASE = Name("启动数据库并升级表结构", "database and its tables")
WORLD = Name("建立演示单位、人员、证书与印章", "demo organizations, people, certificates, seals")
TOGETHER = Name("启动服务、后台作业与安全客户端", "server, worker, security client")
SERVER = Name("服务", "server")
WORKER = Name("后台作业", "worker")
CLIENT = Name("安全客户端", "security client")
READY_SECONDS = 60.0
WORLD_SECONDS = 12 * 3600  # the demo world is looked at again after half a day: its revocation lists age
Note = Callable[[str], None]


def run() -> int:
    """Start everything, tell the person what to try, and stay until the end."""
    listen_for_the_end()
    demo = demo_from_environment()
    began = time.monotonic()
    try:
        refuse_taken_ports(demo)
        claim_home(demo.home)
        with only_one(demo.home):
            return _start_and_stay(demo, began)
    except Interrupted as end:
        say("\n已停止 · stopped")
        return 128 + end.number if end.number != signal.SIGINT else 0
    except OSError as error:
        raise why_the_system_refused(error) from error


def _start_and_stay(demo: Demo, began: float) -> int:
    family = Family(demo.home / "log", demo.environment)
    try:
        _prepare(demo, family)
        _say_what_to_try(demo, time.monotonic() - began)
        family.watch()
    finally:
        _stop_all(demo, family)
    return 0


def refuse_taken_ports(demo: Demo) -> None:
    if not ports.is_free(demo.port):
        raise port_taken(demo.port, ports.owner_of(demo.port))
    if not ports.is_free(demo.client_port):
        raise port_taken(demo.client_port, ports.owner_of(demo.client_port), is_client=True)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Two starts in one home folder would share a database; the second is told who is first."""
    with (home / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            first = lock.read().strip()
            raise Stop(
                f"云签已经在运行（进程 {first}，数据在 {home}）。请先在它的终端按 Ctrl-C。",
                f"yunqian is already running (process {first}, data in {home}). Press Ctrl-C there first.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _prepare(demo: Demo, family: Family) -> None:
    is_first = not environment.is_ready()
    steps = Steps(_count_steps(demo))
    environment.prepare(steps)
    if not is_first:
        _refuse_full_disk(demo)
    frontend.build(steps)
    if _missing_keys(demo):
        steps.run(NEW_KEYS, lambda note: _make_keys(demo, note))
    if _is_world_fresh(demo):
        steps.run(DATABASE, lambda note: _yunqian(demo, DATABASE, "database", "start", note=note))
    else:
        steps.run(DATABASE, lambda note: _yunqian(demo, DATABASE, "migrate", note=note))
        steps.run(WORLD, lambda note: _make_world(demo, note))
    steps.run(TOGETHER, lambda _note: _start_children(demo, family))


def _count_steps(demo: Demo) -> int:
    return sum(
        (
            0 if environment.is_ready() else 2,
            0 if frontend.is_built() else (1 if frontend.has_packages() else 2),
            1 if _missing_keys(demo) else 0,
            1 if _is_world_fresh(demo) else 2,
            1,
        )
    )


def _refuse_full_disk(demo: Demo) -> None:
    status = os.statvfs(demo.home)
    refusal = room_refusal(status.f_bavail * status.f_frsize, is_first=False, place=str(demo.home))
    if refusal is not None:
        raise refusal


def _yunqian(demo: Demo, name: Name, *arguments: str, note: Note) -> str | None:
    call(name, [PYTHON, "-m", "yunqian", *arguments], note=note, environment=demo.environment)
    return None


def _missing_keys(demo: Demo) -> list[tuple[str, str, str]]:
    folder = demo.home / "agent" / "keys"
    return [key for key in KEYS if not (folder / key[0] / "key.json").exists()]


def _make_keys(demo: Demo, note: Note) -> str | None:
    """The demo PIN is public; it goes through a file all the same, because arguments are seen by everybody."""
    missing = _missing_keys(demo)
    admin_pins = _keep_admin_pins(demo, [serial for serial, _, _ in missing])
    with _secret_file(demo, PIN) as pin, ThreadPoolExecutor(len(KEYS)) as pool:
        for made in [pool.submit(_make_key, demo, key, pin, admin_pins[key[0]], note) for key in missing]:
            made.result()
    return None


def _keep_admin_pins(demo: Demo, serials: Sequence[str]) -> dict[str, str]:
    """New administrator's PINs, written down where the demo's stand-in for the authority's desk finds them."""
    kept = demo.home / "desk" / "admin-pins.json"
    made = {serial: f"{secrets.randbelow(10**ADMIN_PIN_DIGITS):0{ADMIN_PIN_DIGITS}}" for serial in serials}
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    known = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    draft = kept.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(known | made, indent=1), "utf-8")
    draft.replace(kept)
    return made


@contextmanager
def _secret_file(demo: Demo, secret: str) -> Iterator[Path]:
    """A file for one secret, for as long as a program has to read it."""
    path = demo.home / f"demo-pin-{secrets.token_hex(4)}.txt"
    path.touch(mode=0o600)
    path.write_text(secret, "utf-8")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _make_key(demo: Demo, key: tuple[str, str, str], pin: Path, admin_pin: str, note: Note) -> None:
    serial, label, algorithm = key
    kind = ("--empty",) if algorithm == EMPTY else ("--algorithm", algorithm)
    named = ("--serial", serial, "--label", label, *kind)
    with _secret_file(demo, admin_pin) as admin:
        secret = ("--pin-file", str(pin), "--admin-pin-file", str(admin))
        try:
            _yunqian(demo, NEW_KEYS, "agent", "new-key", *named, *secret, note=note)
        except Stop:
            if algorithm != "sm2":
                raise
            note("这台机器不支持国密 SM2，略去国密 Key · this machine cannot do SM2: no SM2 key")


def _world_stamp(demo: Demo) -> Path:
    return demo.home / "demo-world.json"


def _world_wanted(demo: Demo) -> dict[str, str]:
    """The world depends on the program and on the address it is reached at."""
    programs = (path for path in (ROOT / "yunqian").rglob("*") if path.suffix in (".py", ".sql", ".json"))
    return {"program": digest(programs, root=ROOT), "address": f"{demo.address} {demo.client_port}"}


def _is_world_fresh(demo: Demo) -> bool:
    stamp = _world_stamp(demo)
    if not (demo.home / "pg").is_dir() or not stamp.exists() or _missing_keys(demo):
        return False
    age = time.time() - stamp.stat().st_mtime
    return 0 <= age < WORLD_SECONDS and is_fresh(stamp, _world_wanted(demo))


def _make_world(demo: Demo, note: Note) -> str | None:
    _world_stamp(demo).unlink(missing_ok=True)
    _yunqian(demo, WORLD, "demo", note=note)
    write_stamp(_world_stamp(demo), _world_wanted(demo))
    return None


def _start_children(demo: Demo, family: Family) -> str | None:
    for label, name, command in (
        ("client", CLIENT, ("agent", "run")),
        ("server", SERVER, ("serve",)),
        ("worker", WORKER, ("worker",)),
    ):
        family.start(label, name, [PYTHON, "-m", "yunqian", *command])
    family.wait_until(lambda: ports.answers(demo.client_port), seconds=READY_SECONDS, what=CLIENT)
    family.wait_until(lambda: _is_healthy(demo), seconds=READY_SECONDS, what=SERVER)
    return None


def _is_healthy(demo: Demo) -> bool:
    try:
        with urlopen(f"{demo.address}/api/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _stop_all(demo: Demo, family: Family) -> None:
    family.stop()
    if not (demo.home / "pg" / "postmaster.pid").exists():
        return
    try:
        _yunqian(demo, DATABASE, "database", "stop", note=lambda _line: None)
    except Stop as stop:
        tell(stop)


def _archive(demo: Demo) -> str:
    """Where the client to be installed on other PCs is, or how it is made; `make run` builds nothing so heavy."""
    if not (demo.home / "client" / "release.json").exists():
        return "尚无安装包，make client 可制作 · no archive here; make client makes one"
    return f"{demo.address}/.well-known/yunqian-client（演示密钥签名 · signed with a demo key）"


def _say_what_to_try(demo: Demo, seconds: float) -> None:
    sample = next((demo.home / "samples").glob("*.pdf"), "contract.pdf")
    say(
        f"""
云签演示已就绪 · the demo is ready   {demo.address}   ({seconds:.1f} s)

  演示账号 · accounts    密码 · password  yunqian-demo
    liming    李明  广东示例科技有限公司 采购部   可发起，持有两把 RSA Key · may start tasks, holds two RSA keys
    zhangwei  张伟  广东示例科技有限公司 销售部   可用合同专用章 · may apply the contract seal
    sunli     孙丽  广东示例科技有限公司 行政部   单位管理员 · administrator: members, rights, seals, certificates
    wangfang  王芳  某市公共资源交易中心 交易科   可发起，持有 SM2 Key · may start tasks, holds the SM2 key
    chenjing  陈静  某市公共资源交易中心 综合科   单位管理员 · administrator
    desk      赵敏  演示证书机构 受理点           受理解锁申请 · decides on the unlocking of keys
    operator  何平  演示平台运营中心 运营部       创建、停用单位 · makes and suspends organizations
  Key 口令 · PIN          全部演示 Key · of every demo key   {PIN}
  先试什么 · try first    用 liming 登录，上传一份 PDF（例如 {sample}），
                          完成人填自己；在“待签署”里打开，放置印章和日期，保存并签名，输入口令；再试试“骑缝章”。
                          Log in as liming, upload a PDF (that one, for example), name yourself as the
                          signer, open it under “To sign”, place seal and date, save and sign, give the PIN;
                          then try the paging seal.
  客户端 · client archive {_archive(demo)}
  数据 · data             {demo.home}      删除 · remove: make clean-demo
  停止 · stop             Ctrl-C

所有证书、印章和人员都是演示用的，没有法律效力。 Every certificate, seal and person is for demonstration only.
"""
    )
