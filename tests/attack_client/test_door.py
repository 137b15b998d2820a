"""A hostile web page and hostile bytes at the loopback door: by bare sockets, for browsers and clients tidy up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.agent.world import STRANGER, World
from yunqian.agent.doors import connections, loopback

PAIRED = b"Origin: https://sign.example.gov\r\n"
HOST = b"Host: 127.0.0.1:0\r\n"
JSON = b"Content-Type: application/json\r\n"
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
Send = Callable[[bytes], Awaitable[bytes]]


def at_the_door(client: World, script: Callable[[Send], Awaitable[Any]]) -> Any:
    """Run a script against the sockets as they are in a running client."""

    async def act() -> Any:
        door = loopback.Door(client.desk(), journal=client.journal, port=0)
        await door.open()
        address = next(iter(door._runner.addresses))

        async def send(text: bytes) -> bytes:
            reader, writer = await asyncio.open_connection(*address[:2])
            try:
                writer.write(text)
                await writer.drain()
                return await asyncio.wait_for(reader.read(8192), 5.0)
            except ConnectionError:
                return b""
            finally:
                writer.close()

        try:
            return await script(send)
        finally:
            await door.close()

    return asyncio.run(act())


def said(client: World, *requests: bytes) -> list[bytes]:
    async def script(send: Send) -> list[bytes]:
        return [await send(one) for one in requests]

    answers = at_the_door(client, script)
    assert isinstance(answers, list)
    return answers


def test_the_door_answers_a_paired_page(client: World) -> None:
    (answer,) = said(client, b"GET /hello HTTP/1.1\r\n" + HOST + PAIRED + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "host",
    [
        b"Host: LOCALHOST:0\r\n",
        b"Host: localhost.:0\r\n",
        b"Host: 127.0.0.1.:0\r\n",
        b"Host: 127.1:0\r\n",
        b"Host: 2130706433:0\r\n",
        b"Host: 0x7f.0.0.1:0\r\n",
        b"Host: 127.0.0.1:00\r\n",
        b"Host: 127.0.0.1\r\n",
        b"Host: [0:0:0:0:0:0:0:1]:0\r\n",
        b"Host: [::ffff:127.0.0.1]:0\r\n",
        b"Host: ::1:0\r\n",
        b"Host: user@127.0.0.1:0\r\n",
        b"Host: 127.0.0.1:0, evil.example.com\r\n",
        b"Host: evil.example.com:0\r\n",
        b"Host:\r\n",
    ],
)
def test_every_other_way_to_write_a_host_is_misdirected(client: World, host: bytes) -> None:
    asked = [
        b"GET %s HTTP/1.1\r\n" % path + host + PAIRED + b"\r\n" for path in (b"/hello", b"/", b"/window/x")
    ]
    for answer in said(client, *asked):
        assert answer.split(b" ")[1] in (b"421", b"422")
        assert b"yunqian-agent" not in answer


@pytest.mark.parametrize(
    "hosts", [HOST + b"Host: evil.example.com\r\n", b"Host: evil.example.com\r\n" + HOST, b""]
)
def test_two_hosts_or_none_are_no_request(client: World, hosts: bytes) -> None:
    (answer,) = said(client, b"GET /hello HTTP/1.1\r\n" + hosts + PAIRED + b"\r\n")
    assert answer.split(b" ")[1] == b"422"


@pytest.mark.parametrize(
    "target",
    [
        b"http://evil.example.com/hello",
        b"http://127.0.0.1:0/window/../keys",
        b"/window/../keys",
        b"/window/%2e%2e/keys",
        b"/window%2f..%2fkeys",
        b"//127.0.0.1:0/keys",
        b"/window/x/../../keys",
        b"/home/../hello",
        b"*",
    ],
)
def test_no_odd_target_reaches_what_only_paired_pages_get(client: World, target: bytes) -> None:
    for method in (b"GET", b"POST", b"OPTIONS", b"CONNECT"):
        (answer,) = said(client, method + b" " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        assert answer.split(b" ")[1] in (b"422", b"403", b"404", b"405", b"421"), (method, answer)
        assert b"certificates" not in answer


def test_two_origins_are_nobody_s(client: World) -> None:
    evil = f"Origin: {STRANGER}\r\n".encode()
    both = [b"GET /hello HTTP/1.1\r\n" + HOST + one + b"\r\n" for one in (PAIRED + evil, evil + PAIRED)]
    upgrades = [
        b"GET /events HTTP/1.1\r\n" + HOST + UPGRADE + one + b"\r\n" for one in (PAIRED + evil, PAIRED * 2)
    ]
    for answer in said(client, *both, *upgrades):
        assert answer.split(b" ")[1] == b"403"


@pytest.mark.parametrize("site", [b"none", b"same-origin", b"same-site", b"cross-site"])
def test_no_fetch_header_stands_in_for_an_origin(client: World, site: bytes) -> None:
    more = b"Sec-Fetch-Site: " + site + b"\r\nSec-Fetch-Mode: cors\r\n"
    for answer in said(
        client,
        b"GET /keys HTTP/1.1\r\n" + HOST + more + b"\r\n",
        b"GET /events HTTP/1.1\r\n" + HOST + UPGRADE + more + b"\r\n",
    ):
        assert answer.split(b" ")[1] == b"403"
        assert b"access-control" not in answer.lower()


NO_REQUESTS = {
    "address too long": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "two lengths": b"POST /dialogs HTTP/1.1\r\n"
    + HOST
    + PAIRED
    + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
    "length and chunks": b"POST /dialogs HTTP/1.1\r\n"
    + HOST
    + PAIRED
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /keys HTTP/1.1\r\n\r\n",
    "broken chunks": b"POST /window/secret-window/confirm HTTP/1.1\r\n"
    + HOST
    + b"Origin: http://127.0.0.1:0\r\nTransfer-Encoding: chunked\r\n\r\n246810\r\n\r\n",
    "odd coding": b"POST /dialogs HTTP/1.1\r\n"
    + HOST
    + PAIRED
    + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "packed strangely": b"POST /dialogs HTTP/1.1\r\n" + HOST + PAIRED + b"Content-Encoding: zstd\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a zero byte": b"GET /hello HTTP/1.1\r\n" + HOST + b"Origin: https://sign.example.gov\x00\r\n\r\n",
    "a folded line": b"GET /hello HTTP/1.1\r\n" + HOST + b"Origin:\r\n https://sign.example.gov\r\n\r\n",
}


@pytest.mark.parametrize("name", [*NO_REQUESTS])
def test_what_is_no_request_learns_no_name_and_leaves_no_trace(
    client: World, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Found: a page of any site saw the library's answer to an address that is too long, and its text was printed."""
    (answer,) = said(client, NO_REQUESTS[name])
    head, _, body = answer.partition(b"\r\n\r\n")
    # A window that is none is told before its body is read at all.
    status, code = (b"404", b"DIALOG_NOT_FOUND") if name == "broken chunks" else (b"422", b"REQUEST_INVALID")
    assert head.split(b" ")[1] == status
    assert b"application/problem+json" in head
    assert b"Cross-Origin-Resource-Policy: same-origin" in head
    assert not [word for word in (b"aiohttp", b"Python", b"246810", b"secret-window") if word in answer]
    assert b'"code":"%s"' % code in body
    assert capfd.readouterr() == ("", "")


def test_a_packed_body_is_refused_and_never_unpacked(
    client: World, capfd: pytest.CaptureFixture[str]
) -> None:
    (answer,) = said(
        client,
        b"POST /dialogs HTTP/1.1\r\n"
        + HOST
        + PAIRED
        + JSON
        + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    )
    assert b"content-encoding" in answer
    assert '"fault"' not in client.journal_text
    assert capfd.readouterr() == ("", "")


# Another person's program


LISTED = (
    "  {n}: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid:5d} 0 {inode} 1 0 20 4 30 10 -1\n"
)
ENDS = {"local": "0100007F:C350", "remote": "0100007F:439F"}
MAPPED = {
    "local": "0000000000000000FFFF00000100007F:C350",
    "remote": "0000000000000000FFFF00000100007F:439F",
}
PEER, HERE = ("127.0.0.1", 50000), ("127.0.0.1", 17311)


def table(tmp_path: Any, *lines: dict[str, Any]) -> Any:
    path = tmp_path / "tcp"
    path.write_text("head\n" + "".join(LISTED.format(n=n, **line) for n, line in enumerate(lines)))
    return (path,)


@pytest.mark.parametrize(
    ("lines", "is_let_in"),
    [
        ([ENDS | {"uid": 1000, "inode": 77}], True),
        ([MAPPED | {"uid": 1000, "inode": 77}], True),
        ([ENDS | {"uid": 0, "inode": 77}], True),
        ([ENDS | {"uid": 1001, "inode": 77}], False),
        ([MAPPED | {"uid": 1001, "inode": 77}], False),
        ([ENDS | {"uid": 0, "inode": 0}], False),
        ([ENDS | {"uid": 1000, "inode": 77}, MAPPED | {"uid": 1001, "inode": 78}], False),
        ([{"local": "0100007F:C351", "remote": ENDS["remote"], "uid": 1000, "inode": 77}], False),
        ([{"local": ENDS["remote"], "remote": ENDS["local"], "uid": 1000, "inode": 77}], False),
        ([], False),
    ],
)
def test_whose_program_it_is_stands_in_the_kernels_table(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, lines: list[dict[str, Any]], is_let_in: bool
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 1000)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.byteorder", "little")
    assert connections.is_this_persons(PEER, HERE, tables=table(tmp_path, *lines)) is is_let_in


def test_a_system_that_does_not_tell_lets_in_as_before(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connections.is_this_persons(PEER, HERE, tables=(tmp_path / "none",))
    monkeypatch.setattr("sys.platform", "win32")
    assert connections.is_this_persons(PEER, HERE, tables=table(tmp_path))


def test_another_persons_program_gets_no_byte_and_is_noted_once(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found: any account of the machine could name a paired Origin, open windows, and use up the tries of the PIN."""
    monkeypatch.setattr(connections, "is_this_persons", lambda peer, here: peer[0] != here[0])
    answers = said(client, *[b"GET /hello HTTP/1.1\r\n" + HOST + PAIRED + b"\r\n"] * 5)
    assert answers == [b""] * 5
    assert client.journal_text.count("another person's program refused") == 1
