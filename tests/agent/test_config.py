"""agent.json: what is taken, and that anything doubtful stops the start."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from yunqian.agent import config
from yunqian.problems import Problem, Refused

KEY = base64.b64encode(bytes(range(32))).decode()


def written(folder: Path, **changes: Any) -> Path:
    facts = {
        "port": 17311,
        "platforms": [{"origin": "http://127.0.0.1:8000", "name": "云签演示平台", "order_key": KEY}],
        "drivers": [
            {"kind": "soft", "folder": "keys"},
            {"kind": "pkcs11", "module": "libsofthsm2.so"},
            {"kind": "skf", "library": "libgm.so"},
        ],
    }
    (folder / "agent.json").write_text(json.dumps(facts | changes), encoding="utf-8")
    return folder


def platform(**changes: str) -> dict[str, list[dict[str, str]]]:
    return {"platforms": [{"origin": "https://a.example", "name": "x", "order_key": KEY} | changes]}


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    settings = config.load(written(tmp_path))
    assert settings.port == 17311
    assert [one.origin for one in settings.platforms] == ["http://127.0.0.1:8000"]
    assert [driver.kind for driver in settings.drivers] == ["soft", "pkcs11", "skf"]
    assert settings.platforms[0].verifier().public_bytes_raw() == bytes(range(32))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (platform(origin="http://sign.example.gov"), "https"),
        (platform(origin="https://a.example/"), "origin"),
        (platform(origin="https://A.example"), "origin"),
        (platform(origin="*"), "origin"),
        (platform(origin="null"), "origin"),
        (platform(order_key="AAAA"), "32 bytes"),
        (platform(order_key="?"), "base64"),
        ({"release_key": "AAAA"}, "32 bytes"),
        ({"drivers": [{"kind": "magic"}]}, "drivers"),
        ({"drivers": [{"kind": "skf"}]}, "library"),
        ({"drivers": [{"kind": "skf", "library": ""}]}, "library"),
        ({"drivers": [{"kind": "skf", "library": "libgm.so"}] * 2}, "twice"),
        ({"port": 80}, "port"),
        ({"wish": 1}, "wish"),
        ({"platforms": platform()["platforms"] * 2}, "twice"),
    ],
)
def test_anything_doubtful_is_refused_with_its_place(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(Refused) as caught:
        config.load(written(tmp_path, **changes))
    assert caught.value.problem is Problem.CONFIG_INSECURE
    assert place in str(caught.value.facts["detail"])


@pytest.mark.parametrize("mode", [0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    (written(tmp_path) / "agent.json").chmod(mode)
    with pytest.raises(Refused) as caught:
        config.load(tmp_path)
    assert caught.value.problem is Problem.CONFIG_INSECURE
    assert "0600" in str(caught.value.facts["detail"])


def test_a_client_that_was_never_paired_has_no_file_and_starts_with_nothing(tmp_path: Path) -> None:
    assert config.load(tmp_path / "none yet") == config.Config()
    assert config.Config().platforms == config.Config().drivers == ()


def test_what_is_written_is_read_again_and_belongs_to_this_person_alone(tmp_path: Path) -> None:
    settings = config.load(written(tmp_path, release_key=KEY))
    config.write(tmp_path / "home", settings)
    assert config.load(tmp_path / "home") == settings
    assert stat.S_IMODE((tmp_path / "home" / "agent.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (written(tmp_path) / "agent.json").read_bytes()

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="space"):
        config.write(tmp_path, config.Config())
    assert [one.name for one in tmp_path.iterdir()] == ["agent.json"]
    assert (tmp_path / "agent.json").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "agent.json").write_bytes(content)
    with pytest.raises(Refused) as caught:
        config.load(tmp_path)
    assert caught.value.problem is Problem.CONFIG_INSECURE
