"""The installed client: built as people get it, looked into, and run on a machine that has nothing else."""

import base64
import json
import os
import signal
import socket
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import needs
from tests.agent import softhsm
from tests.agent.desktop.test_desktop import display
from tests.agent.world import Site, certify, certify_sm2
from tools import client_archive
from yunqian import __version__
from yunqian.agent.config import Config, Pkcs11Driver, SoftDriver
from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KEY = base64.b64encode(bytes(range(32))).decode()
PIN = b"135790"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive as `make client` makes it, with a release key built in."""
    folder = tmp_path_factory.mktemp("client")
    home = client_archive.build(folder, release_key=KEY)
    target = folder / client_archive.archive_name()
    client_archive.pack(home, target)
    return target


@pytest.fixture(scope="module")
def installed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, unpacked somewhere else than where it was built."""
    folder = tmp_path_factory.mktemp("a person's PC 电脑")
    with tarfile.open(archive) as packed:
        packed.extractall(folder)  # of our own making; Python 3.11.2 knows no filter yet
    return client_archive.program_in(folder / client_archive.PROGRAM)


def environment(home: Path) -> Mapping[str, str]:
    """What a desktop session gives at the very least: no PATH, no Python, no checkout."""
    return {"HOME": str(home), "PATH": "", "LANG": "C.UTF-8"}


def said(program: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *words],
        cwd=home,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def asked(url: str, *, origin: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    headers = {"Origin": origin} | ({"Content-Type": kind} if body is not None else {})
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
        return json.load(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(program: Path, home: Path, **more: str) -> Iterator[str]:
    """The client started as by a person; gives the line it says where it listens."""
    client = subprocess.Popen(
        [program, "run"],
        cwd=home,
        env={**environment(home), **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert client.stdout is not None
        yield client.stdout.readline()
        client.send_signal(signal.SIGTERM)
        assert client.wait(timeout=20) == 0
    finally:
        client.kill()
        client.wait()


def test_a_build_that_fails_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(client_archive, "SPEC", tmp_path / "none.spec")
    assert client_archive.main([str(tmp_path)]) == 1
    assert "PyInstaller did not finish" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_the_server_or_the_signing_engine_is_inside(installed: Path) -> None:
    names = client_archive.modules(installed.parent)
    assert client_archive.forbidden(names) == set()
    assert {"yunqian.agent.app", "yunqian.agent.doors.loopback", "yunqian.crypto.suites"} <= names
    assert client_archive.forbidden({"django.db", "yunqian.server", "yunqian.serverless"}) == {
        "django.db",
        "yunqian.server",
    }


def test_the_licences_of_what_is_inside_lie_beside_it(installed: Path) -> None:
    folders = {one.name for one in (installed.parent / "licences").iterdir()}
    assert {"yunqian-LICENSE.txt", "aiohttp", "cryptography", "pydantic", "pypdfium2", "PySide6"} <= folders
    assert "LESSER GENERAL PUBLIC" in (installed.parent / "licences" / "PySide6" / "LGPL-3.0.txt").read_text()


def test_only_what_the_window_is_drawn_with_comes_along(installed: Path) -> None:
    """Qt's theme for GTK would bring the desktop of the machine that builds."""
    inside = {path.name.partition(".")[0] for path in installed.parent.rglob("*.so*")}
    assert {"libqxcb", "libqwayland", "libpdfium"} <= inside
    assert not {"libqgtk3", "libgtk-3", "libgdk-3", "libQt6Qml", "libQt6WebEngineCore"} & inside


@needs.program("Xvfb")
@needs.library("libEGL.so.1", "libegl1")
def test_where_there_is_a_display_it_has_its_own_window(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, port = Site(), free_port()
    folder = tmp_path / ".local" / "share" / "yunqian-agent"
    folder.mkdir(parents=True)
    settings = Config(port=port, platforms=(site.paired(),))
    (folder / "agent.json").write_text(settings.model_dump_json())
    with display(monkeypatch) as screen, running(installed, tmp_path, DISPLAY=screen) as line:
        base = line.rpartition(" ")[2].strip()
        for _ in range(200):
            if asked(f"{base}/hello", origin=site.origin)["has_desktop_window"]:
                return
            time.sleep(0.1)
    pytest.fail("no window within 20 s")


def test_the_same_folder_packed_twice_is_the_same_archive(archive: Path, tmp_path: Path) -> None:
    built = archive.parent / "dist" / client_archive.PROGRAM
    client_archive.pack(built, tmp_path / archive.name)
    assert client_archive.sha256_of(tmp_path / archive.name) == client_archive.sha256_of(archive)
    assert __version__ in archive.name


def test_it_starts_from_nothing_and_says_where_its_page_is(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "share" / "yunqian-agent"
    folder.mkdir(parents=True)
    port = free_port()
    (folder / "agent.json").write_text(json.dumps({"port": port}))
    with running(installed, tmp_path) as line:
        assert f"http://127.0.0.1:{port}" in line
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/?lang=en", timeout=10) as answer:
            page = answer.read().decode()
    assert "Paired with no platform yet" in page


def test_doctor_and_pair_speak_in_sentences(installed: Path, tmp_path: Path) -> None:
    doctor = said(installed, tmp_path, "doctor")
    pair = said(installed, tmp_path, "pair", "http://127.0.0.1:9")
    assert "Traceback" not in doctor.stderr + pair.stderr
    assert doctor.stdout.startswith(("✓", "✗"))
    assert (pair.returncode, "127.0.0.1:9" in pair.stderr) == (1, True)


@pytest.mark.parametrize("algorithm", ["rsa", "sm2"])
def test_it_makes_a_key_and_signs_with_it(installed: Path, tmp_path: Path, algorithm: str) -> None:
    site, port = Site(), free_port()
    folder = tmp_path / ".local" / "share" / "yunqian-agent"
    (tmp_path / "pin").write_bytes(PIN + b"\n")
    made = said(
        installed,
        tmp_path,
        *("new-key", "--serial", "K-1", "--label", "章", "--pin-file", "pin", "--algorithm", algorithm),
    )
    assert made.returncode == 0, made.stderr
    certificate = _certified(folder / "keys" / "K-1", algorithm)
    settings = Config(
        port=port, platforms=(site.paired(),), drivers=(SoftDriver(kind="soft", folder="keys"),)
    )
    (folder / "agent.json").write_text(settings.model_dump_json())
    now = datetime.now(UTC)
    order = site.order(certificate, at=now, issued_at=now, expires_at=now + timedelta(minutes=5))

    with running(installed, tmp_path) as line:
        base = line.rpartition(" ")[2].strip()
        assert asked(f"{base}/hello", origin=site.origin)["version"] == __version__
        (key,) = asked(f"{base}/keys", origin=site.origin)["keys"]
        opened = asked(
            f"{base}/dialogs", origin=site.origin, body=site.signed(order).model_dump_json().encode()
        )
        confirm = f"{opened['window_url']}/confirm"
        asked(confirm, origin=base, body=PIN, kind="application/octet-stream")
        state = asked(f"{base}/dialogs/{opened['dialog_id']}", origin=site.origin)

    assert key["serial"] == "K-1"
    assert state["phase"] == "signed", state
    value = base64.b64decode(state["result"]["signature"])
    message = base64.b64decode(order.to_be_signed)
    assert suites.check(suites.suite_of(certificate), certificate, message, value)


@needs.program("softhsm2-util")
def test_a_vendor_s_library_is_reached_in_a_process_of_its_own(installed: Path, tmp_path: Path) -> None:
    """Also: what the archive brings along does not stand in the way of libraries that the vendor's needs."""
    store = softhsm.make(tmp_path / "hsm", [softhsm.Slot("签名章"), softhsm.Slot("公章")])
    site, port = Site(), free_port()
    folder = tmp_path / ".local" / "share" / "yunqian-agent"
    folder.mkdir(parents=True)
    driver = Pkcs11Driver(kind="pkcs11", module=softhsm.module())
    settings = Config(port=port, platforms=(site.paired(),), drivers=(driver,))
    (folder / "agent.json").write_text(settings.model_dump_json())

    with running(installed, tmp_path, **store.environment) as line:
        base = line.rpartition(" ")[2].strip()
        keys = asked(f"{base}/keys", origin=site.origin)["keys"]

    assert {key["label"] for key in keys} == {"签名章", "公章"}


def _certified(home: Path, algorithm: str) -> Certificate:
    """Give the key a certificate of the test authority that is good today."""
    request = (home / "request.pem").read_bytes()
    if algorithm == "sm2":
        pem = certify_sm2(request, "李明")
    else:
        public = x509.load_pem_x509_csr(request).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        pem = certify(public, "李明", begin=datetime.now(UTC) - timedelta(days=1))
    (home / "certificate.pem").write_bytes(pem)
    return certificates.read(pem)


def test_idle_memory_stays_under_80_mb(installed: Path, tmp_path: Path) -> None:
    """How long a start takes is measured by `python -m bench client`."""
    folder = tmp_path / ".local" / "share" / "yunqian-agent"
    folder.mkdir(parents=True)
    (folder / "agent.json").write_text(json.dumps({"port": free_port()}))
    with running(installed, tmp_path):
        assert _memory_of(os.path.realpath(installed)) < 80


def _memory_of(program: str) -> float:
    """The resident memory of all processes of this program, in MB."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.path.realpath(status.with_name("exe")) == program:
                line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
                total += int(line.split()[1]) / 1024
        except (OSError, StopIteration):
            continue
    return total
