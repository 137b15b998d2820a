"""What the PC says of itself: cores, readers that are closed to the person, requests that lie around."""

import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yunqian.agent import this_pc


@pytest.mark.parametrize(
    ("limit", "pattern", "keeps"),
    [
        (0, "core", False),
        (1000, "core", True),
        (resource.RLIM_INFINITY, "core", True),
        (0, "|/usr/share/apport %p", True),
        (1, "|/usr/share/apport %p", False),
        (0, None, False),
    ],
)
def test_cores_are_kept_where_the_system_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, pattern: str | None, keeps: bool
) -> None:
    path = tmp_path / "core_pattern"
    if pattern is not None:
        path.write_text(pattern)
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (limit, resource.RLIM_INFINITY))
    assert this_pc.keeps_cores(path) is keeps


def reader(folder: Path, *, interface: str = "0b", number: str = "7") -> tuple[Path, Path]:
    """A device as /sys and /dev show it, with one interface of this class."""
    device = folder / "sys" / "1-2"
    (device / "1-2:1.0").mkdir(parents=True)
    (device / "1-2:1.0" / "bInterfaceClass").write_text(f"{interface}\n")
    for name, text in (("busnum", "1"), ("devnum", number), ("product", "UKey 3000")):
        (device / name).write_text(f"{text}\n")
    node = folder / "dev" / "001" / "007"
    node.parent.mkdir(parents=True)
    node.write_bytes(b"")
    # /sys/bus/usb/devices holds links to interfaces, whose parent is the device
    listed = folder / "listed"
    listed.mkdir()
    (listed / "1-2:1.0").symlink_to(device / "1-2:1.0")
    return listed, folder / "dev"


def test_a_reader_that_the_person_may_not_use_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices, nodes = reader(tmp_path)
    assert list(this_pc.closed_readers(devices, nodes)) == []
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert list(this_pc.closed_readers(devices, nodes)) == ["UKey 3000"]


def test_other_devices_and_broken_answers_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    devices, nodes = reader(tmp_path / "a", interface="03")
    assert list(this_pc.closed_readers(devices, nodes)) == []
    devices, nodes = reader(tmp_path / "b", number="seven")
    assert list(this_pc.closed_readers(devices, nodes)) == []
    assert list(this_pc.closed_readers(tmp_path / "none", nodes)) == []


def test_no_folder_is_no_request(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert this_pc.unlocks_lying(tmp_path / "none", now=now, kept=timedelta(days=3)) == (0, 0)
