"""The journal: what it keeps, and that no PIN is in it or in anything else the client writes or prints."""

import asyncio
import base64
import json
import logging
import os
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.agent import kinds, world
from tests.agent.keys import managed
from tests.agent.world import NOW, ORIGIN, World
from tests.pki import hierarchy
from yunqian.agent import journal
from yunqian.agent.doors import loopback
from yunqian.agent.journal import Journal
from yunqian.agent.keys import soft
from yunqian.crypto import sealed_box
from yunqian.problems import Problem
from yunqian.wire.base import Message
from yunqian.wire.key_orders import PinChangeAsked
from yunqian.wire.keys import DialogKind, DialogOpened

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


SECRETS = {
    "wrong": WRONG,
    "old": "PIN-first-4711",
    "new": "PIN-second-4712",
    "admin": "ADMIN-lion-4713",
    "last": "PIN-third-4714",
    "differs": "PIN-differs-99",
}


def test_no_secret_of_any_kind_of_act_is_anywhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Every kind over real HTTP and a real key; right, wrong and differing PINs; then everything is searched."""
    caplog.set_level(logging.DEBUG)
    client = World(tmp_path)
    client.clock.at = hierarchy.NOW
    old, admin = (world.pin(SECRETS[name]) for name in ("old", "admin"))
    soft.create(tmp_path / "keys", serial="SOFT-1", label="签名章", pin=old, admin_pin=admin)
    answers = asyncio.run(_every_kind(client))
    assert [name for name, text in answers if '"phase":"signed"' not in text and name in [*DialogKind]] == []
    printed = capfd.readouterr()
    everything = b"\n".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    heard = "".join(text for _, text in answers) + printed.out + printed.err + caplog.text
    for name, secret in SECRETS.items():
        assert secret.encode() not in everything, name
        assert secret not in heard, name
        assert secret not in json.dumps(dict(os.environ))
    events = [json.loads(line) for line in client.journal_text.splitlines()]
    assert {one["kind"] for one in events if one["event"] in ("done", "signed")} == set(DialogKind)


async def _every_kind(client: World) -> list[tuple[str, str]]:
    desk = client.desk()
    server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
    async with TestClient(server) as http:

        async def enter(name: str, opened: DialogOpened, *secrets: str) -> tuple[str, str]:
            assert opened.window_url is not None
            answer = await http.post(
                opened.window_url.removeprefix(OWN) + "/confirm",
                data="\0".join(SECRETS[one] for one in secrets).encode(),
                headers={
                    "Host": "127.0.0.1:17311",
                    "Origin": OWN,
                    "Content-Type": "application/octet-stream",
                    "X-Consent": "agreed",
                },
            )
            return name, await answer.text()

        async def order(message: Message) -> DialogOpened:
            return await desk.open(client.site.signed(message.model_dump_json()), origin=ORIGIN)

        at = client.clock()
        changing = await desk.change_pin(PinChangeAsked(key=kinds.SOFT_1), origin=ORIGIN)
        heard = [
            await enter("wrong", changing, "wrong", "new", "new"),
            await enter("differs", changing, "old", "new", "differs"),
            await enter("change_pin", changing, "old", "new", "new"),
        ]
        request = await desk.request_unlock(kinds.SOFT_1, origin=ORIGIN)
        sealed = sealed_box.seal(
            base64.b64decode(request.public_key),
            SECRETS["admin"].encode(),
            bound_to=request.code.encode(),
            ephemeral=bytes(range(32)),
        )
        released = {"public_key": request.public_key, "sealed": base64.b64encode(sealed).decode()}
        heard.append(await enter("unlock", await order(kinds.unlock(at=at, **released)), "last", "last"))
        enrolling = await enter("enrol", await order(kinds.enrol(at=at, algorithm="ECDSA_SHA256")), "last")
        made = json.loads((client.folder / "spent.jsonl").read_text().splitlines()[-1])["result"]["request"]
        certificate = managed.issued(base64.b64decode(made))
        heard += [enrolling, await enter("store", await order(kinds.store(certificate, at=at)), "last")]
        heard.append(await enter("login", await order(kinds.login(certificate, at=at)), "last"))
        heard.append(await enter("bind", await order(kinds.bind(certificate, at=at)), "last"))
        heard.append(await enter("sign", await order(client.site.order(certificate, at=at)), "last"))
        several = (client.site.order(certificate, at=at) for _ in range(2))
        heard.append(
            await enter("sign_batch", await order(kinds.batch(client.site, *several, at=at)), "last")
        )
        return heard
