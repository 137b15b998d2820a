"""The doctor: every fault of a PC is one plain sentence in both languages, and nothing it meets ends it."""

import json
import os
import shutil
import socket
import string
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.agent.test_app import PROGRAM, asked, configured, free_port
from tests.agent.world import World
from yunqian.agent import app, doctor
from yunqian.agent.config import DriverEntry, SoftDriver
from yunqian.agent.doctor import Finding, Sign
from yunqian.agent.keys.port import Driver

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SOFT = {"kind": "soft", "folder": "keys"}


def set_up(client: World, **changes: Any) -> int:
    """agent.json with a free port and a platform that nobody listens for; gives the port."""
    port = free_port()
    facts = json.loads(client.config().model_dump_json())
    facts |= {"port": port, "platforms": [facts["platforms"][0] | {"origin": "http://127.0.0.1:9"}]}
    (client.folder / "agent.json").write_text(json.dumps(facts | changes))
    return port


def examined(client: World, make: doctor.Make = app._driver) -> dict[Sign, Finding]:
    found = doctor.examine(client.folder, make=make, now=lambda: NOW)
    return {one.sign: one for one in found}


def wrong(client: World, make: doctor.Make = app._driver) -> list[Sign]:
    return [sign for sign in examined(client, make) if sign.is_wrong]


@contextmanager
def platform(away: timedelta, status: int = 200) -> Iterator[str]:
    """A platform whose clock is `away` from NOW; gives its origin."""

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(NOW + away, usegmt=True))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_healthy_pc_has_nothing_wrong(client: World) -> None:
    set_up(client)
    found = examined(client)
    told = [Sign.PORT_FREE, Sign.KEYS, Sign.PLATFORM_SILENT, Sign.CORES_KEPT, Sign.BROWSER]
    assert [one for one in found if one is not Sign.CORES_KEPT] == [
        one for one in told if one is not Sign.CORES_KEPT
    ]
    assert found[Sign.KEYS].facts == {"library": "soft", "count": "1"}


def test_the_command_says_both_languages_and_ends_with_0_when_all_is_right(
    client: World, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(client)
    assert app.main(["--folder", str(client.folder), "doctor"]) == 0
    said = capsys.readouterr().out
    assert "✓ soft：1 个 UKey\n  soft: 1 key(s)\n" in said
    assert "✗" not in said


@pytest.mark.parametrize(("content", "mode", "said"), [("{", 0o600, "agent.json"), ("{}", 0o666, "0600")])
def test_a_configuration_that_cannot_be_used_is_said_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, mode: int, said: str
) -> None:
    (tmp_path / "agent.json").write_text(content)
    (tmp_path / "agent.json").chmod(mode)
    assert app.main(["--folder", str(tmp_path), "doctor"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("✗ 配置文件不能使用")
    assert said in out
    assert "Traceback" not in out


def test_a_port_held_by_another_program_is_wrong(client: World) -> None:
    port = set_up(client)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))  # never answers: whoever asks it must not wait for ever
        other.listen()
        found = examined(client)
    assert found[Sign.PORT_TAKEN].facts == {"port": str(port)}


def test_our_own_client_at_the_port_is_not_wrong(client: World) -> None:
    port = free_port()
    configured(client, port)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--folder", str(client.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
    )
    try:
        asked(f"http://127.0.0.1:{port}/keys", client.site.origin)
        settings = app.config.load(client.folder)
        assert doctor._port(settings) == Finding(Sign.RUNNING, {"port": str(port)})
    finally:
        program.kill()
        program.wait()


@pytest.mark.parametrize(
    "entry", [{"kind": "pkcs11", "module": "/no/x.so"}, {"kind": "skf", "library": "/no/x.so"}]
)
def test_a_missing_library_is_named(client: World, entry: dict[str, str]) -> None:
    set_up(client, drivers=[SOFT, entry])
    found = examined(client)
    assert found[Sign.LIBRARY_MISSING].facts == {"library": "/no/x.so"}
    assert Sign.NO_KEY not in found


def elf_of_another_machine() -> bytes:
    head = bytearray(Path(sys.executable).read_bytes()[:64])
    head[18:20] = b"\xf3\x00" if head[18:20] != b"\xf3\x00" else b"\x3e\x00"
    return bytes(head)


def pe_of_32_bits() -> bytes:
    return b"MZ".ljust(0x3C, b"\0") + (0x40).to_bytes(4, "little") + b"PE\0\0" + b"\x4c\x01"


@pytest.mark.skipif(sys.platform != "linux", reason="needs an ELF program to compare with")
@pytest.mark.parametrize("content", [elf_of_another_machine, pe_of_32_bits])
def test_a_library_of_another_kind_of_machine_is_told_apart(client: World, content: Any) -> None:
    library = client.folder / "driver.so"
    library.write_bytes(content())
    set_up(client, drivers=[SOFT, {"kind": "skf", "library": str(library)}])
    assert wrong(client) == [Sign.LIBRARY_OF_OTHER_MACHINE]


@pytest.mark.parametrize("kind", ["pkcs11", "skf"])
def test_a_file_that_is_no_library_is_said_to_fail(client: World, kind: str) -> None:
    library = client.folder / "driver.so"
    library.write_bytes(b"not a library")
    set_up(
        client, drivers=[SOFT, {"kind": kind, ("module" if kind == "pkcs11" else "library"): str(library)}]
    )
    assert wrong(client) == [Sign.LIBRARY_FAILED]


def crashing(folder: Path, entry: DriverEntry) -> Driver:
    os.abort()


def hanging(folder: Path, entry: DriverEntry) -> Driver:
    threading.Event().wait(60)
    raise AssertionError


def failing(folder: Path, entry: DriverEntry) -> Driver:
    raise RuntimeError("a secret in a message")


@pytest.mark.parametrize("make", [crashing, hanging])
def test_a_library_that_crashes_or_hangs_is_a_sentence(
    client: World, monkeypatch: pytest.MonkeyPatch, make: doctor.Make
) -> None:
    monkeypatch.setattr(doctor, "LOOK_LIMIT_SECONDS", 5.0)
    set_up(client)
    assert wrong(client, make) == [Sign.LIBRARY_CRASHED, Sign.NO_KEY]


def test_a_fault_of_a_library_is_told_by_its_kind_alone(client: World) -> None:
    set_up(client)
    assert examined(client, failing)[Sign.LIBRARY_FAILED].facts["detail"] == "RuntimeError"


def test_no_key_is_said_and_the_card_service_only_where_a_driver_may_need_it(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PCSC_SOCKET", client.folder / "nobody")
    shutil.rmtree(client.folder / "keys")
    set_up(client)
    assert wrong(client) == [Sign.NO_KEY]
    set_up(client, drivers=[SOFT, {"kind": "skf", "library": "/no/x.so"}])
    expected = [Sign.LIBRARY_MISSING, Sign.NO_KEY]
    assert wrong(client) == expected + ([Sign.PCSCD] if sys.platform == "linux" else [])


def test_a_card_service_that_listens_is_not_complained_of(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(str(tmp_path / "pcscd.comm"))
        service.listen()
        assert doctor._is_served(tmp_path / "pcscd.comm")
    assert not doctor._is_served(tmp_path / "pcscd.comm")


@pytest.mark.parametrize(
    ("seconds", "sign"),
    [(0, Sign.CLOCK_RIGHT), (60, Sign.CLOCK_RIGHT), (61, Sign.CLOCK_OFF), (-3600, Sign.CLOCK_OFF)],
)
def test_the_clock_is_compared_with_the_paired_platform(client: World, seconds: int, sign: Sign) -> None:
    with platform(timedelta(seconds=seconds), status=404) as origin:
        paired = client.config().platforms[0].model_copy(update={"origin": origin})
        found = doctor._clock(paired, lambda: NOW)
    assert found.sign is sign
    assert found.facts.get("seconds", str(abs(seconds))) == str(abs(seconds))


@pytest.mark.parametrize("sign", Sign)
def test_every_sentence_stands_in_both_languages_with_the_same_facts(sign: Sign) -> None:
    zh, en = ({name for _, name, _, _ in string.Formatter().parse(text) if name} for text in sign.value[1:])
    assert zh == en


def test_a_soft_driver_needs_no_library() -> None:
    assert doctor._library(SoftDriver(kind="soft", folder="keys")) is None


def test_a_client_that_was_just_installed_is_told_what_it_lacks(client: World) -> None:
    set_up(client, platforms=[], drivers=[])
    assert wrong(client) == [Sign.NO_DRIVER, Sign.NOT_PAIRED]


def test_a_client_without_platforms_knows_itself_at_the_port(client: World) -> None:
    port = set_up(client, platforms=[])
    command = [sys.executable, "-c", PROGRAM, "--folder", str(client.folder)]
    program = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stdout=subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        program.stdout.readline()  # it listens
        assert doctor._port(app.config.load(client.folder)) == Finding(Sign.RUNNING, {"port": str(port)})
    finally:
        program.kill()
        program.communicate()


def test_a_newer_client_is_told_with_its_address(client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(client)
    news = doctor.releases.Notice("9.0.0", NOW, "https://sign.example.gov", None)
    monkeypatch.setattr(doctor.releases, "notice", lambda *_, **__: news)
    assert examined(client)[Sign.NEWER_CLIENT].facts == {
        "version": "9.0.0",
        "address": "https://sign.example.gov",
    }


def test_requests_for_unlocking_that_lie_around_are_told(client: World) -> None:
    set_up(client)
    folder = client.folder / doctor.UNLOCKS_FOLDER
    folder.mkdir()
    for name, mode, age in (("good", 0o600, 0), ("old", 0o600, 4), ("open", 0o644, 0)):
        (folder / name).write_text("{}")
        (folder / name).chmod(mode)
        at = (NOW - timedelta(days=age)).timestamp()
        os.utime(folder / name, (at, at))
    found = examined(client)
    assert found[Sign.UNLOCKS_LEFT].facts == {"count": "2", "folder": str(folder)}
    assert found[Sign.UNLOCKS_WAITING].facts == {"count": "1"}
