"""Scans behind their process border: the same answers, and limits that hold."""

import sys
from io import BytesIO

import pytest
from PIL import Image

from tests.server.sealing import scan
from yunqian.eseal import scans
from yunqian.eseal.kinds import SealKind
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.scans import sandbox


def refusal(content: bytes, kind: SealKind = SealKind.OFFICIAL, width_mm: float = 40) -> Refused:
    with pytest.raises(Refused) as refused:
        sandbox.cleaned(content, kind, width_mm=width_mm)
    return refused.value


def wide() -> bytes:
    """A picture of 64 megapixels in a few kilobytes."""
    written = BytesIO()
    Image.new("1", (8000, 8000), 1).save(written, "PNG")
    return written.getvalue()


def test_the_answer_is_the_same_as_without_the_border():
    made = sandbox.cleaned(scan(), SealKind.OFFICIAL, width_mm=40)
    assert made == scans.scanned_seal(scan(), SealKind.OFFICIAL, 40)


def test_a_refusal_crosses_with_its_facts():
    assert refusal(b"<svg/>").problem is Problem.SCAN_NOT_A_PICTURE
    assert refusal(b"").problem is Problem.SCAN_NOT_A_PICTURE
    assert refusal(scan(), width_mm=58).facts["sizes"].endswith("40 / 42 / 45")
    assert refusal(wide()).facts == {"limit_mb": 10, "limit_megapixels": 40}


def test_what_is_too_large_costs_no_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "_COMMAND", ("no such program",))
    assert refusal(b"\x89PNG\r\n\x1a\n" + bytes(scans.LIMIT_BYTES)).problem is Problem.SCAN_TOO_LARGE


@pytest.mark.parametrize(
    "misbehaviour", ["[0 for _ in iter(int, 1)]", "__import__('os')._exit(9)", "__import__('time').sleep(60)"]
)
def test_a_child_beyond_its_limits_is_a_refusal(misbehaviour: str, monkeypatch: pytest.MonkeyPatch):
    script = f"import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1)); {misbehaviour}"
    monkeypatch.setattr(sandbox, "_COMMAND", (sys.executable, "-c", script))
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 3)
    assert refusal(scan()).problem is Problem.INTAKE_TIMEOUT
