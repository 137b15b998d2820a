"""Judging behind walls: the same report as without them, of the trust folder nothing but what it holds."""

import json
import sys
from pathlib import Path

import pytest

from tests.engine import masks
from tests.engine.papers import TRUST, WORLD, act, paper
from tests.pki.hierarchy import NOW
from yunqian.engine import verify
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.verifier import child, sandbox

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A trust folder inside a home that holds more than it."""
    folder = tmp_path / "home" / "trust"
    folder.mkdir(parents=True)
    (folder / "root.cer").write_bytes(WORLD.root.certificate.der)
    for number, revocations in enumerate(TRUST.crls):
        (folder / f"{number}.crl").write_bytes(revocations)
    (folder.parent / "secrets.json").write_text("secret")
    return folder


def judged(document: bytes, trust: Path) -> dict:
    return json.loads(sandbox.judge(document, trust=trust, at=NOW))


def test_a_signature_is_judged_against_the_roots_of_the_folder(trust: Path):
    assert judged(act(paper()), trust)["verdict"] == "valid"
    assert judged(act(paper()), trust.parent / "nothing")["verdict"] == "indeterminate"


@pytest.mark.parametrize(
    "document",
    [act(paper()), paper(), b"", b"junk", act(paper())[:-30], masks.DIFFERENT["a hybrid table"]],
    ids=["signed", "unsigned", "empty", "junk", "cut off", "mask"],
)
def test_the_report_is_the_same_as_without_the_walls(document: bytes, trust: Path):
    here = verify.verify(document, trust=verify.load_trust(trust), at=NOW)
    there = judged(document, trust)
    assert (there["verdict"], there["sha256"]) == (here.verdict.value, here.sha256)
    assert [one["fields"] for one in there["signatures"]] == [list(one.fields) for one in here.signatures]
    assert [one["signer"] for one in there["signatures"]] == [one.signer for one in here.signatures]


def test_a_folder_may_be_named_from_where_the_server_stands(trust: Path, monkeypatch):
    monkeypatch.chdir(trust.parent)
    assert judged(act(paper()), Path("trust"))["verdict"] == "valid"


def test_a_judge_beyond_the_limits_is_a_refusal(trust: Path, monkeypatch):
    monkeypatch.setattr(sandbox, "_COMMAND", (sys.executable, "-I", "-c", "bytearray(1) * 10**13"))
    with pytest.raises(Refused) as refused:
        sandbox.judge(paper(), trust=trust, at=NOW)
    assert refused.value.problem is Problem.INTAKE_TIMEOUT


def test_the_child_limits_itself_before_it_reads(monkeypatch):
    order: list[str] = []

    class Input:
        @property
        def buffer(self) -> "Input":
            return self

        def read(self, _size: int = -1) -> bytes:
            order.append("read")
            raise EOFError

    monkeypatch.setattr(child.confinement, "take_limits", lambda _: order.append("limits"))
    monkeypatch.setattr(sys, "stdin", Input())
    with pytest.raises(EOFError):
        child.main()
    assert order == ["limits", "read"]
