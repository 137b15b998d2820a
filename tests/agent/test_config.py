"""agent.json: what is taken, and that anything doubtful stops the start."""

import base64
import json
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
        ({"platforms": []}, "platforms"),
        ({"drivers": []}, "drivers"),
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


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff"])
def test_a_missing_or_broken_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "agent.json").write_bytes(content)
    with pytest.raises(Refused) as caught:
        config.load(tmp_path)
    assert caught.value.problem is Problem.CONFIG_INSECURE
