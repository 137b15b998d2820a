"""Who builds clients signs them: the key stays his, and the manifest says exactly what lies there."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from tools import client_release
from yunqian.agent import config, releases
from yunqian.agent.config import Config
from yunqian.server.console import demo
from yunqian.wire.platforms import Release

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = [
    "yunqian-agent-1.2.3-linux-x86_64.tar.gz",
    "yunqian-agent-1.2.3-windows-x86_64.zip",
    "yunqian-agent-1.2.2-linux-x86_64.tar.gz",
    "notes.txt",
]


def filled(folder: Path) -> Path:
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_key_is_made_once_for_one_person(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "release"
    public = client_release.new_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert client_release.public_of(client_release.read_key(path)) == public
    with pytest.raises(FileExistsError):
        client_release.new_key(path)


def test_archives_of_this_version_are_named_with_size_and_digest(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    client_release.new_key(key_file)
    key = client_release.read_key(key_file)
    folder = filled(tmp_path)
    signed = client_release.sign(folder, key, now=NOW, version="1.2.3")
    release = releases.read(signed, key=key.public_key(), origin="x", now=NOW)
    assert [(one.system, one.machine, one.name) for one in release.archives] == [
        ("linux", "x86_64", NAMES[0]),
        ("windows", "x86_64", NAMES[1]),
    ]
    assert release.archives[0].sha256 == client_release.sha256_of(folder / NAMES[0])


def test_nothing_is_signed_where_nothing_lies(tmp_path: Path) -> None:
    client_release.new_key(tmp_path / "key")
    with pytest.raises(ValidationError):
        client_release.sign(tmp_path, client_release.read_key(tmp_path / "key"), now=NOW, version="1.2.3")
    assert not (tmp_path / "release.json").exists()


def test_the_demo_pins_its_key_in_its_own_client_and_says_that_it_is_a_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write(tmp_path / "agent", Config(port=20000))
    client_release.demo_key(tmp_path)
    (tmp_path / "client" / NAMES[0].replace("1.2.3", client_release.__version__)).write_bytes(b"x")
    client_release.demo(tmp_path, now=NOW)
    settings = config.load(tmp_path / "agent")
    assert settings.port == 20000
    assert settings.release_key == (tmp_path / "client" / "release-key.pub").read_text().strip()
    assert "demonstration" in capsys.readouterr().out
    assert not list((tmp_path / "client").glob("*demo*")), "the key itself is not among what is handed on"
    signed = releases.SignedRelease.model_validate_json((tmp_path / "client" / "release.json").read_bytes())
    assert Release.model_validate_json(signed.payload).version == client_release.__version__


def test_a_wrong_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert client_release.main(["sign"]) == 2
    assert "new-key KEY_FILE" in capsys.readouterr().err


def test_the_demo_s_set_up_finds_the_key_that_make_client_left(tmp_path: Path) -> None:
    assert demo._release_key(tmp_path / "client") is None
    client_release.demo_key(tmp_path)
    key = client_release.read_key(tmp_path / "demo-release-key")
    assert demo._release_key(tmp_path / "client") == client_release.public_of(key)
