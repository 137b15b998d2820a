"""The ring of data keys: one for everybody, never made anew where it is lost."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from yunqian.crypto import private_fields
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters import personal
from yunqian.server.settings import Config, Mode

pytestmark = pytest.mark.usefixtures("no_database")
HERE = {"table": "person", "column": "mobile", "row_id": "1"}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A production installation with a fresh ring."""
    made = replace(settings.current(), home=tmp_path, mode=Mode.PRODUCTION)
    monkeypatch.setattr(settings, "current", lambda: made)
    personal._read.cache_clear()
    personal.make_if_absent(made)
    return made


def ring(config: Config) -> Path:
    return config.home / "personal" / "keys.json"


def refusal(act: Callable[[], object]) -> Problem:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.problem


@pytest.mark.parametrize("suite", ["aes-256-gcm", "sm4-gcm"])
def test_what_was_sealed_opens_whatever_the_suite_is_now(config: Config, monkeypatch, suite: str):
    monkeypatch.setattr(settings, "current", lambda: replace(config, personal_suite=suite))
    sealed = personal.seal("13800138000", **HERE)
    monkeypatch.setattr(settings, "current", lambda: replace(config, personal_suite="aes-256-gcm"))
    assert personal.open_(sealed, **HERE) == "13800138000"
    assert sealed[1] == private_fields.Suite[suite.upper().replace("-", "_")]


def test_sealed_twice_it_looks_different_and_is_found_the_same(config: Config):
    assert personal.seal("13800138000", **HERE) != personal.seal("13800138000", **HERE)
    assert personal.index("13800138000", field="mobile") == personal.index("13800138000", field="mobile")
    assert personal.index("13800138000", field="mobile") != personal.index("13800138000", field="id_number")


def test_only_its_owner_may_read_the_ring(config: Config):
    assert ring(config).stat().st_mode & 0o777 == 0o600
    assert ring(config).parent.stat().st_mode & 0o777 == 0o700


def test_a_lost_ring_is_told_and_not_made_anew(config: Config):
    ring(config).unlink()
    personal._read.cache_clear()
    assert refusal(lambda: personal.seal("13800138000", **HERE)) is Problem.PRIVATE_FIELD_UNREADABLE
    assert refusal(lambda: personal.check(config)) is Problem.CONFIG_INSECURE
    assert not ring(config).exists()


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"keys": []}', '{"keys": {}}', '{"keys": [{"number": 1}]}', "\x00garbage"]
    + [
        f'{{"keys": [{{"number": {number}, "wrapped": "AAAA"}}]}}' for number in (-1, 0, 2**33, '"x"', "null")
    ],
)
def test_a_damaged_ring_is_a_refusal(config: Config, content: str):
    ring(config).write_text(content)
    personal._read.cache_clear()
    assert refusal(lambda: personal.seal("13800138000", **HERE)) is Problem.PRIVATE_FIELD_UNREADABLE
    assert refusal(lambda: personal.check(config)) is Problem.CONFIG_INSECURE


def test_another_master_opens_no_ring(config: Config):
    other = replace(config, secrets=replace(config.secrets, vault_master_key=bytes(range(32))))
    assert refusal(lambda: personal.check(other)) is Problem.CONFIG_INSECURE
    personal.check(config)


def test_a_second_key_seals_what_is_new_and_the_first_still_opens(config: Config):
    before = personal.seal("13800138000", **HERE)
    kept = json.loads(ring(config).read_text())
    ring(config).unlink()
    personal.make_if_absent(config)
    added = json.loads(ring(config).read_text())
    ring(config).write_text(json.dumps({"keys": kept["keys"] + added["keys"]}))
    personal._read.cache_clear()
    after = personal.seal("13800138000", **HERE)
    assert private_fields.number_of(after) == added["keys"][0]["number"]
    assert {personal.open_(one, **HERE) for one in (before, after)} == {"13800138000"}


def test_a_key_that_another_machine_added_is_found_without_a_restart(config: Config):
    kept = json.loads(ring(config).read_text())
    personal.seal("x", **HERE)  # this process has read the ring
    ring(config).unlink()
    personal.make_if_absent(config)
    added = json.loads(ring(config).read_text())
    ring(config).write_text(json.dumps({"keys": kept["keys"] + added["keys"]}))
    fresh = private_fields.unwrap(
        config.secrets.vault_master_key,
        base64.b64decode(added["keys"][0]["wrapped"]),
        number=added["keys"][0]["number"],
        owner=personal.OWNER,
    )
    place = private_fields.Place(**HERE)
    sealed = private_fields.seal(
        fresh, "13800138000", place=place, suite=private_fields.Suite.AES_256_GCM, nonce=bytes(12)
    )
    assert personal.open_(sealed, **HERE) == "13800138000"


def test_a_folder_that_cannot_be_written_is_told(config: Config):
    nowhere = replace(config, home=config.home / "personal" / "keys.json" / "below")
    assert refusal(lambda: personal.make_if_absent(nowhere)) is Problem.START_FAILED


def test_eight_processes_that_start_at_once_agree_on_one_key(tmp_path: Path):
    program = (
        "from yunqian.server import settings\n"
        "from yunqian.server.adapters import personal\n"
        "place = dict(table='t', column='c', row_id='1')\n"
        "print(int.from_bytes(personal.seal('x', **place)[2:6], 'big'))\n"
    )
    environment = {"YUNQIAN_HOME": str(tmp_path), "YUNQIAN_MODE": "test", "PATH": "/usr/bin:/bin"}
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    numbers = {one.communicate(timeout=120)[0].strip() for one in started}
    assert all(one.returncode == 0 for one in started)
    assert len(numbers) == 1
    assert [one.name for one in (tmp_path / "personal").iterdir()] == ["keys.json"]
