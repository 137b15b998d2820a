"""WebSocket /events: the keys at once and at every change, to paired pages only, one way, never queued."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from tests.agent import world
from tests.agent.world import ORIGIN, OTHER_ORIGIN, PIN, STRANGER, World
from yunqian.agent.desk import Desk
from yunqian.agent.doors import events, loopback
from yunqian.wire.keys import KeyList

HOST = "127.0.0.1:17311"


class Pages:
    """Pages of any origin at a door."""

    def __init__(self, http: TestClient[Any, Any], desk: Desk) -> None:
        self._http = http
        self.desk = desk

    async def listen(
        self, *, origin: str | None = ORIGIN, host: str = HOST, **more: str
    ) -> ClientWebSocketResponse:
        headers = {"Host": host, **more} | ({} if origin is None else {"Origin": origin})
        return await self._http.ws_connect("/events", headers=headers)

    async def refused(self, **asked: Any) -> int:
        with pytest.raises(WSServerHandshakeError) as caught:
            await self.listen(**asked)
        return caught.value.status

    async def get(self, **headers: str) -> Any:
        return await self._http.get("/events", headers={"Host": HOST, "Origin": ORIGIN, **headers})


def visit(client: World, script: Callable[[Pages], Awaitable[Any]]) -> Any:
    async def act() -> Any:
        desk = client.desk()
        server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
        async with TestClient(server) as http:
            return await asyncio.wait_for(script(Pages(http, desk)), 20)

    return asyncio.run(act())


async def told(socket: ClientWebSocketResponse, *, within_seconds: float = 5.0) -> KeyList:
    message = await socket.receive(timeout=within_seconds)
    assert message.type is WSMsgType.TEXT
    return KeyList.model_validate_json(message.data)


def test_the_keys_are_told_at_once_and_at_every_change_within_two_seconds(client: World) -> None:
    record = client.folder / "keys" / "SOFT-1" / "key.json"

    async def script(pages: Pages) -> list[tuple[list[str], bool]]:
        socket = await pages.listen()
        heard = [([key.serial for key in (await told(socket)).keys], True)]
        kept = record.read_bytes()
        for change in (record.unlink, lambda: record.write_bytes(kept)):
            begun = time.monotonic()
            change()
            keys = [key.serial for key in (await told(socket)).keys]
            heard.append((keys, time.monotonic() - begun < 2.0))
        return heard

    assert visit(client, script) == [(["SOFT-1"], True), ([], True), (["SOFT-1"], True)]


def test_a_wrong_pin_is_told_as_a_try_less(client: World) -> None:
    from tests.agent import kinds
    from yunqian.wire.key_orders import PinChangeAsked

    async def script(pages: Pages) -> list[int | None]:
        socket = await pages.listen()
        heard = [(await told(socket)).keys[0].tries_left]
        opened = await pages.desk.change_pin(PinChangeAsked(key=kinds.SOFT_1), origin=ORIGIN)
        await kinds.enter(pages.desk, opened, "000000", PIN + "0", PIN + "0")
        heard.append((await told(socket)).keys[0].tries_left)
        return heard

    assert visit(client, script) == [6, 5]


@pytest.mark.parametrize(
    "origin", [STRANGER, None, "null", ORIGIN + "/", ORIGIN.upper(), ORIGIN + ".evil.com"]
)
def test_no_other_origin_is_let_in(client: World, origin: str | None) -> None:
    async def script(pages: Pages) -> int:
        return await pages.refused(origin=origin)

    assert visit(client, script) == 403


@pytest.mark.parametrize("host", ["evil.example.com:17311", "127.0.0.1", "localhost.:17311"])
def test_no_other_host_is_let_in(client: World, host: str) -> None:
    async def script(pages: Pages) -> int:
        return await pages.refused(host=host)

    assert visit(client, script) == 421


@pytest.mark.parametrize("sent", ["text", "bytes", "large"])
def test_a_page_that_sends_anything_is_sent_away(client: World, sent: str) -> None:
    async def script(pages: Pages) -> int | None:
        socket = await pages.listen()
        await told(socket)
        if sent == "text":
            await socket.send_str("{}")
        else:
            await socket.send_bytes(b"x" * (1 if sent == "bytes" else 100_000))
        assert (await socket.receive(timeout=5)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR)
        return socket.close_code

    assert visit(client, script) in (1008, 1009)
    assert '"fault"' not in client.journal_text


def test_each_origin_has_eight_listeners_and_one_that_leaves_makes_room(client: World) -> None:
    async def script(pages: Pages) -> list[int]:
        sockets = [await pages.listen() for _ in range(events.LISTENERS_PER_ORIGIN)]
        for socket in sockets:
            await told(socket)
        over = await pages.refused()
        other = await pages.listen(origin=OTHER_ORIGIN)
        await told(other)
        await sockets[0].close()
        await asyncio.sleep(0.2)
        await told(await pages.listen())
        return [over]

    assert visit(client, script) == [429]


def test_a_plain_get_is_a_problem_and_no_fault(client: World) -> None:
    async def script(pages: Pages) -> list[tuple[int, str]]:
        heard = []
        for headers in ({}, {"Upgrade": "websocket"}, {"Connection": "Upgrade", "Upgrade": "h2c"}):
            answer = await pages.get(**headers)
            heard.append((answer.status, json.loads(await answer.text())["code"]))
        return heard

    assert visit(client, script) == [(422, "REQUEST_INVALID")] * 3
    assert '"fault"' not in client.journal_text


def test_a_broken_upgrade_is_a_problem_and_no_fault(client: World) -> None:
    async def script(pages: Pages) -> list[str]:
        heard = []
        whole = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        for spoilt in (
            {},
            {"Sec-WebSocket-Key": "short"},
            {"Sec-WebSocket-Key": "x" * 24, "Sec-WebSocket-Version": "99"},
        ):
            answer = await pages.get(**(whole | spoilt))
            heard.append(json.loads(await answer.text())["code"])
        return heard

    assert visit(client, script) == ["REQUEST_INVALID"] * 3
    assert '"fault"' not in client.journal_text


def test_a_page_that_does_not_listen_is_dropped_and_holds_up_nobody(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection takes nothing any longer: within the limit it is cut, and nothing has queued."""
    monkeypatch.setattr(events, "SEND_LIMIT_SECONDS", 0.5)

    async def script(pages: Pages) -> int:
        deaf, other = await pages.listen(), await pages.listen()
        await told(deaf)
        await told(other)
        reading = deaf._conn  # the page's end of the connection
        assert reading is not None
        assert reading.transport is not None
        reading.transport.pause_reading()
        deadline = time.monotonic() + 8
        large = list_of_large_keys()
        monkeypatch.setattr(pages.desk, "_listed", lambda _: large)
        while count(pages) == 2:
            assert time.monotonic() < deadline, "it still holds its place"
            pages.desk._ring.generation += 1
            for listener in pages.desk._ring._listeners:
                listener.set()
            assert (await told(other, within_seconds=1.0)).keys == large.keys
        return count(pages)

    assert visit(client, script) == 1


def count(pages: Pages) -> int:
    return len(pages.desk._ring._listeners)


def list_of_large_keys() -> KeyList:
    from yunqian.wire.keys import Key

    key = Key(serial="S", label="x" * 500_000, driver="soft", is_demo=True, certificates=(), tries_left=1)
    return KeyList(generation=1, keys=(key,))


def test_a_platform_that_is_removed_hears_nothing_more(client: World) -> None:
    async def script(pages: Pages) -> Any:
        socket = await pages.listen()
        await told(socket)
        pages.desk.obey((client.other_site.paired(),))
        (client.folder / "keys" / "SOFT-1" / "key.json").unlink()
        return (await socket.receive(timeout=5)).type

    assert visit(client, script) in (WSMsgType.CLOSE, WSMsgType.CLOSED)


def test_nobody_listens_and_no_key_is_asked(client: World) -> None:
    async def script(pages: Pages) -> int:
        socket = await pages.listen()
        await told(socket)
        await socket.close()
        await asyncio.sleep(0.2)
        return count(pages)

    assert visit(client, script) == 0
    assert world.PIN not in client.journal_text


def test_stopping_the_client_ends_the_listening_at_once(client: World) -> None:
    async def act() -> float:
        desk = client.desk()
        server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
        http: TestClient[Any, Any] = TestClient(server)
        await http.start_server()
        socket = await Pages(http, desk).listen()
        await told(socket)
        begun = time.monotonic()
        closing = asyncio.create_task(server.close())
        assert (await socket.receive(timeout=5)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        await closing
        await http.close()
        return time.monotonic() - begun

    assert asyncio.run(asyncio.wait_for(act(), 20)) < 3
