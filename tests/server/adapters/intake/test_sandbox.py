"""Intake behind its process border: the same answers, and limits that hold."""

import sys

import pytest

from tests.engine.papers import act, paper
from yunqian.engine import intake
from yunqian.engine.intake import Limits
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.intake import sandbox


def refusal(document: bytes, limits: Limits = Limits()) -> Refused:  # noqa: B008
    with pytest.raises(Refused) as refused:
        sandbox.accept(document, limits=limits)
    return refused.value


@pytest.mark.parametrize(
    "document", [paper(), act(paper()), paper()[:-40]], ids=["plain", "signed", "repaired"]
)
def test_the_answer_is_the_same_as_without_the_border(document: bytes):
    assert sandbox.accept(document, limits=Limits()) == intake.accept(document, limits=Limits())


def test_a_refusal_crosses_with_its_facts():
    assert refusal(b"hello").problem is Problem.DOCUMENT_NOT_PDF
    assert refusal(b"").problem is Problem.DOCUMENT_EMPTY
    assert refusal(paper(), Limits(max_pages=1)).facts == {"pages": 2, "limit": 1}
    assert refusal(paper(), Limits(max_bytes=100)).problem is Problem.DOCUMENT_TOO_LARGE


@pytest.mark.parametrize(
    "misbehaviour",
    [
        "bytearray(3 * 1024**3)",
        "[0 for _ in iter(int, 1)]",
        "__import__('os')._exit(9)",
        "__import__('time').sleep(60)",
    ],
    ids=["memory", "endless", "dead", "asleep"],
)
def test_a_child_beyond_its_limits_is_a_refusal(misbehaviour: str, monkeypatch):
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9));"
        f"resource.setrlimit(resource.RLIMIT_CPU, (1, 1)); {misbehaviour}"
    )
    monkeypatch.setattr(sandbox, "_COMMAND", (sys.executable, "-c", script))
    monkeypatch.setattr(sandbox, "_WALL_SECONDS", 3)
    assert refusal(paper()).problem is Problem.INTAKE_TIMEOUT


def test_the_child_limits_itself_before_it_reads():
    script = (
        "import resource, yunqian.server.adapters.intake.child as child, io, sys;"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b''));"
        "\ntry: child.main()\nexcept Exception: pass\n"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CPU)[0])"
    )
    import subprocess

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [str(1536 * 1024 * 1024), "60"]
