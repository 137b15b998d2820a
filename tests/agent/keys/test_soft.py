"""Soft keys: PIN, counter, lock, and what lies on disk."""

import base64
import os
from pathlib import Path

import pytest

from tests.agent import world
from tests.agent.world import PIN, World, pin
from yunqian.agent.keys import soft, soft_pairs
from yunqian.agent.keys.soft import MAX_TRIES, SoftDriver, SoftKey
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

MESSAGE = b"signed attributes"


def the_key(client: World) -> SoftKey:
    (key,) = SoftDriver(client.folder / "keys").plugged()
    return key


def refused(key: SoftKey, certificate: Certificate, text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(text))
    return caught.value


def test_the_right_pin_gives_a_signature_of_the_certificate(client: World, certificate: Certificate) -> None:
    value = the_key(client).sign(certificate, Suite.RSA_SHA256, MESSAGE, pin())
    assert suites.check(Suite.RSA_SHA256, certificate, MESSAGE, value)
    assert len(value) == 256


@pytest.mark.parametrize("suite", [Suite.ECDSA_SHA256, Suite.ECDSA_SHA384, Suite.SM2_SM3])
def test_an_elliptic_key_signs_too(tmp_path: Path, suite: Suite) -> None:
    certificate = world.soft_key(tmp_path, algorithm=suite)
    value = the_key(World(tmp_path)).sign(certificate, suite, MESSAGE, pin())
    assert suites.check(suite, certificate, MESSAGE, value)


def test_an_sm2_key_signs_nothing_but_sm2(tmp_path: Path) -> None:
    """ECDSA over the same curve would be a value that nobody could verify, and would spoil the key."""
    certificate = world.soft_key(tmp_path, algorithm=Suite.SM2_SM3)
    with pytest.raises(Refused) as caught:
        the_key(World(tmp_path)).sign(certificate, Suite.ECDSA_SHA256, MESSAGE, pin())
    assert caught.value.problem is Problem.ALGORITHM_UNSUPPORTED


def test_an_sm2_key_lies_encrypted_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    real = soft_pairs.generate

    def noted(algorithm: Suite) -> bytes:
        made.append(real(algorithm))
        return made[-1]

    monkeypatch.setattr(soft_pairs, "generate", noted)
    world.soft_key(tmp_path, algorithm=Suite.SM2_SM3)
    (plain,) = made
    secret = plain[plain.index(b"\x04\x20") + 2 :][:32]
    for path in (tmp_path / "keys").rglob("*"):
        if path.is_file():
            stored = path.read_bytes()
            assert secret not in stored
            assert base64.b64encode(secret)[:40] not in stored
            assert secret.hex().encode() not in stored


def test_each_sm2_key_is_another_one(tmp_path: Path) -> None:
    first = world.soft_key(tmp_path, "A", algorithm=Suite.SM2_SM3)
    second = world.soft_key(tmp_path, "B", algorithm=Suite.SM2_SM3)
    assert first.public_key_der != second.public_key_der


def test_it_is_told_as_a_demo_key_with_its_certificate(client: World, certificate: Certificate) -> None:
    key = the_key(client)
    assert (key.serial, key.label, key.driver, key.is_demo) == ("SOFT-1", "签名章", "soft", True)
    assert key.certificates == (certificate,)


def test_wrong_pins_count_down_and_the_sixth_locks(client: World, certificate: Certificate) -> None:
    key = the_key(client)
    for left in range(MAX_TRIES - 1, 0, -1):
        refusal = refused(key, certificate, "000000")
        assert (refusal.problem, refusal.facts) == (Problem.PIN_INCORRECT, {"tries_left": left})
        assert key.tries().is_last == (left == 1)
    assert refused(key, certificate, "000000").problem is Problem.PIN_LOCKED
    assert refused(key, certificate, PIN).problem is Problem.PIN_LOCKED
    assert key.tries().is_locked


def test_the_count_outlives_the_client(client: World, certificate: Certificate) -> None:
    refused(the_key(client), certificate, "000000")
    assert client.tries_left() == 5
    refused(the_key(client), certificate, "000000")
    assert client.tries_left() == 4


def test_the_right_pin_fills_the_count_up(client: World, certificate: Certificate) -> None:
    refused(the_key(client), certificate, "000000")
    the_key(client).sign(certificate, Suite.RSA_SHA256, MESSAGE, pin())
    assert client.tries_left() == MAX_TRIES


def test_a_try_is_written_down_before_the_pin_is_looked_at(
    client: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(soft, "_open", killed)
    with pytest.raises(KeyboardInterrupt):
        the_key(client).sign(certificate, Suite.RSA_SHA256, MESSAGE, pin())
    assert client.tries_left() == 5


def test_no_pin_is_tried_where_the_count_cannot_be_written(
    client: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    key = the_key(client)
    monkeypatch.setattr(os, "fsync", full)
    assert refused(key, certificate, PIN).problem is Problem.KEY_FAILED
    monkeypatch.undo()
    assert client.tries_left() == MAX_TRIES


def test_a_certificate_of_another_key_is_refused(client: World, tmp_path: Path) -> None:
    stranger = world.soft_key(tmp_path / "other", "SOFT-2", algorithm=Suite.ECDSA_SHA256)
    assert refused(the_key(client), stranger, PIN).problem is Problem.CERTIFICATE_MISMATCH


def test_a_folder_that_is_gone_is_a_key_pulled_out(client: World, certificate: Certificate) -> None:
    key = the_key(client)
    (key.home / "key.json").unlink()
    assert refused(key, certificate, PIN).problem is Problem.KEY_REMOVED


def test_a_damaged_record_hides_only_its_own_key(client: World) -> None:
    bad = client.folder / "keys" / "BAD"
    bad.mkdir()
    (bad / "key.json").write_text("{not json")
    assert [key.serial for key in SoftDriver(client.folder / "keys").plugged()] == ["SOFT-1"]


def test_neither_pin_nor_plain_key_lies_on_disk(client: World) -> None:
    record = client.folder / "keys" / "SOFT-1" / "key.json"
    assert record.stat().st_mode & 0o077 == 0
    text = record.read_text()
    assert PIN not in text
    assert "PRIVATE KEY" not in text


@pytest.mark.parametrize("serial", ["", "../x", "a/b", "x" * 65, ".hidden"])
def test_a_serial_is_a_plain_name(tmp_path: Path, serial: str) -> None:
    with pytest.raises(Refused) as caught:
        soft.create(tmp_path, serial=serial, label="x", pin=pin())
    assert caught.value.problem is Problem.REQUEST_INVALID
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_never_made_over_another(client: World) -> None:
    before = (client.folder / "keys" / "SOFT-1" / "key.json").read_bytes()
    with pytest.raises(Refused):
        soft.create(client.folder / "keys", serial="SOFT-1", label="x", pin=pin())
    assert (client.folder / "keys" / "SOFT-1" / "key.json").read_bytes() == before
