"""The program: making a key, starting, stopping, and clear sentences where it cannot."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.agent.world import World
from yunqian.agent import app
from yunqian.agent.keys import soft, soft_pairs, soft_record
from yunqian.agent.pin import Pin
from yunqian.crypto import certificate_requests
from yunqian.crypto.suites import Suite

START_LIMIT_SECONDS = 20
PROGRAM = "import sys; from yunqian.agent.app import main; sys.exit(main(sys.argv[1:]))"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configured(client: World, port: int) -> None:
    settings = client.config().model_copy(update={"port": port})
    (client.folder / "agent.json").write_text(settings.model_dump_json())


def test_new_key_makes_a_key_and_a_request_signed_by_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pin").write_text("123456\n")
    command = ["--folder", str(tmp_path), "new-key", "--serial", "DEMO-SIGN-0001", "--label", "签名章"]
    assert app.main([*command, "--pin-file", str(tmp_path / "pin")]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / "keys" / "DEMO-SIGN-0001" / "request.pem"
    request = x509.load_pem_x509_csr(path.read_bytes())
    assert request.is_signature_valid
    (key,) = soft.SoftDriver(tmp_path / "keys").plugged()
    record, kek = soft._open(key._record(), Pin(bytearray(b"123456")))
    private = soft_record.private_key(kek, record.pairs[0], key.serial)
    assert soft_pairs.public(private) == request.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_new_key_makes_an_empty_key_that_the_desk_can_unlock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pin").write_text("123456\n")
    (tmp_path / "admin").write_text("admin-135\r\n")
    command = ["--folder", str(tmp_path), "new-key", "--serial", "NEW-1", "--label", "新章", "--empty"]
    files = ["--pin-file", str(tmp_path / "pin"), "--admin-pin-file", str(tmp_path / "admin")]
    assert app.main([*command, *files]) == 0
    assert Path(capsys.readouterr().out.strip()) == tmp_path / "keys" / "NEW-1"
    (key,) = soft.SoftDriver(tmp_path / "keys").plugged()
    assert (key.certificates, key._record().pairs) == ((), ())
    key.unlock(Pin(bytearray(b"admin-135")), Pin(bytearray(b"654321")))
    key.change_pin(Pin(bytearray(b"654321")), Pin(bytearray(b"123456")))


def test_new_key_makes_the_key_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNQIAN_HOME", str(tmp_path))
    (tmp_path / "pin").write_text("123456")
    command = ["new-key", "--serial", "E-1", "--label", "x", "--algorithm", Suite.ECDSA_SHA256.name]
    assert app.main([*command, "--pin-file", str(tmp_path / "pin")]) == 0
    assert (tmp_path / "agent" / "keys" / "E-1" / "key.json").exists()


@pytest.mark.parametrize("named", ["sm2", "SM2_SM3"])
def test_new_key_makes_an_sm2_key_with_a_request_that_proves_itself(tmp_path: Path, named: str) -> None:
    (tmp_path / "pin").write_text("123456")
    command = ["--folder", str(tmp_path), "new-key", "--serial", "SM2-1", "--label", "国密章"]
    assert app.main([*command, "--algorithm", named, "--pin-file", str(tmp_path / "pin")]) == 0
    asked = certificate_requests.read((tmp_path / "keys" / "SM2-1" / "request.pem").read_bytes())
    assert (asked.owner, asked.is_proven) == ("国密章", True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (["--serial", "../x"], 1),
        (["--pin-file", "/nowhere/pin"], 1),
        (["--algorithm", "MD5"], 2),
        (["--unknown"], 2),
    ],
)
def test_a_wrong_command_ends_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[str], code: int
) -> None:
    (tmp_path / "pin").write_text("123456")
    command = ["new-key", "--serial", "A", "--label", "x", "--pin-file", str(tmp_path / "pin")]
    assert app.main(["--folder", str(tmp_path), *command, *changes]) == code
    said = capsys.readouterr().err
    assert said
    assert "Traceback" not in said
    assert not (tmp_path / "keys").exists()


def test_a_pin_too_short_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pin").write_text("12345\n")
    command = ["new-key", "--serial", "A", "--label", "x", "--pin-file", str(tmp_path / "pin")]
    assert app.main(["--folder", str(tmp_path), *command]) == 1
    assert "12345" not in capsys.readouterr().err


def test_with_a_broken_configuration_it_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "agent.json").write_text("{")
    assert app.main(["--folder", str(tmp_path), "run"]) == 1
    assert "agent.json" in capsys.readouterr().err


def test_a_taken_port_is_a_clear_sentence(client: World, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        configured(client, port)
        assert app.main(["--folder", str(client.folder), "run"]) == 1
    said = capsys.readouterr().err
    assert f"cannot use port {port}" in said
    assert "Traceback" not in said


def test_it_answers_a_paired_page_until_it_is_stopped(client: World) -> None:
    port = free_port()
    configured(client, port)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--folder", str(client.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        keys = asked(f"http://127.0.0.1:{port}/keys", client.site.origin)
        assert [key["serial"] for key in keys["keys"]] == ["SOFT-1"]
        program.send_signal(signal.SIGTERM)
        said, _ = program.communicate(timeout=10)
    finally:
        program.kill()
    assert program.returncode == 0
    assert f"http://127.0.0.1:{port}" in said.decode()
    assert [json.loads(line)["event"] for line in client.journal_text.splitlines()] == ["started", "stopped"]


def asked(url: str, origin: str) -> dict[str, list[dict[str, str]]]:
    """The answer, as soon as the program listens."""
    request = urllib.request.Request(url, headers={"Origin": origin})
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                found: dict[str, list[dict[str, str]]] = json.load(answer)
                return found
        except OSError:
            assert time.monotonic() < deadline, "the client did not come up"
            time.sleep(0.05)
