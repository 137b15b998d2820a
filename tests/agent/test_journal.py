"""The journal: what it keeps, and that no PIN is in it or in anything else the client writes or prints."""

import asyncio
import json
import logging
import os
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.agent import world
from tests.agent.world import NOW, ORIGIN, World
from yunqian.agent import journal
from yunqian.agent.doors import loopback
from yunqian.agent.journal import Journal
from yunqian.problems import Problem

MARKED = "PIN-zebra-4711"
WRONG = "PIN-giraffe-0815"
OWN = "http://127.0.0.1:17311"


def test_a_line_names_the_act_and_nothing_of_the_document_s_title(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.log", clock=lambda: NOW).note(
        "signed", problem=Problem.KEY_FAILED, origin=ORIGIN, serial="S-1"
    )
    assert json.loads((tmp_path / "journal.log").read_text()) == {
        "at": "2026-11-22T10:00:00.000+00:00",
        "event": "signed",
        "origin": ORIGIN,
        "serial": "S-1",
        "problem": "KEY_FAILED",
    }
    assert (tmp_path / "journal.log").stat().st_mode & 0o077 == 0


def test_a_field_that_is_not_on_the_list_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pin"):
        Journal(tmp_path / "journal.log", clock=lambda: NOW).note("signed", pin="1")
    assert not (tmp_path / "journal.log").exists()


def test_it_turns_over_when_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_BYTES", 100)
    log = Journal(tmp_path / "journal.log", clock=lambda: NOW)
    for number in range(4):
        log.note(f"event {number}", serial="x" * 80)
    assert "event 3" in (tmp_path / "journal.log").read_text()
    assert "event 2" in (tmp_path / "journal.1.log").read_text()


def test_lost_lines_are_counted_on_the_next_one(tmp_path: Path) -> None:
    log = Journal(tmp_path / "later" / "journal.log", clock=lambda: NOW)
    log.note("lost")
    (tmp_path / "later").mkdir()
    log.note("kept")
    assert json.loads((tmp_path / "later" / "journal.log").read_text())["lost_lines"] == 1


def test_a_marked_pin_is_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Real keys, real HTTP, wrong and right PINs, a fault in between; then everything is searched."""
    caplog.set_level(logging.DEBUG)
    client = World(tmp_path)
    certificate = world.soft_key(tmp_path, pin_text=MARKED)
    signed = client.site.signed(client.site.order(certificate))

    async def act() -> list[str]:
        desk = client.desk()
        server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
        async with TestClient(server) as http:
            opened = await desk.open(signed, origin=ORIGIN)
            assert opened.window_url is not None
            address = opened.window_url.removeprefix(OWN)
            headers = {"Host": "127.0.0.1:17311", "Origin": OWN, "Content-Type": "application/octet-stream"}
            told = []
            for path, text, more in (
                ("/confirm", WRONG, {}),
                ("/confirm", MARKED, {"Origin": "https://evil.example.com"}),
                ("/confirm", MARKED, {"Content-Type": "text/plain"}),
                ("/nothing", MARKED, {}),
                ("/confirm", MARKED, {}),
            ):
                answer = await http.post(address + path, data=text.encode(), headers=headers | more)
                told.append(await answer.text())
            return told

    answers = asyncio.run(act())
    assert '"signed"' in answers[-1]
    printed = capfd.readouterr()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 4
    everything = b"\n".join(
        [*written, *(text.encode() for text in (*answers, printed.out, printed.err, caplog.text))]
    )
    for secret in (MARKED, WRONG):
        assert secret.encode() not in everything
    assert b"try failed" in everything
    assert MARKED not in json.dumps(dict(os.environ))
