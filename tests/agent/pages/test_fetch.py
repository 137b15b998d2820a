"""One GET to the platform of the order, which may be away, slow, endless, or lie."""

import asyncio
import gzip
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.scenes.public import certify
from yunqian.agent.pages import fetch
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import Prepared

BODY = b"%PDF-1.7 the whole document"
TOLD = Prepared(path="/prepared/x", size=len(BODY), byte_range=(0, 1, 4, len(BODY) - 4))
TYPE = "application/octet-stream"
Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]
SHORT = aiohttp.ClientTimeout(total=0.6, sock_read=0.3)


def fetched(reply: Reply, *, told: Prepared = TOLD, **rest: Any) -> bytes:
    """What the client takes from a platform that answers so."""

    async def within() -> bytes:
        app = web.Application()
        app.router.add_get("/prepared/x", reply)
        app.router.add_get("/elsewhere", _right)
        async with TestServer(app, host="127.0.0.1") as server:
            return bytes(await fetch.fetch(f"http://127.0.0.1:{server.port}", told, **rest))

    return asyncio.run(within())


def refusal(reply: Reply, **rest: Any) -> tuple[Problem, str]:
    with pytest.raises(Refused) as caught:
        fetched(reply, **rest)
    return caught.value.problem, str(caught.value.facts["detail"])


def answering(body: bytes = BODY, *, status: int = 200, kind: str = TYPE, **headers: str) -> Reply:
    async def reply(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type=kind, headers=headers)

    return reply


_right = answering()


def test_the_whole_document_is_fetched_without_cookie_and_referrer() -> None:
    asked: list[web.Request] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return await _right(request)

    assert fetched(reply) == BODY
    assert not {"Cookie", "Referer", "Origin", "Authorization"} & set(asked[0].headers)
    assert asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (answering(status=404), "HTTP 404"),
        (answering(status=500), "HTTP 500"),
        (answering(status=302, Location="/elsewhere"), "HTTP 302"),
        (answering(kind="text/html"), "content type"),
        (answering(gzip.compress(BODY), **{"Content-Encoding": "gzip"}), "packed"),
    ],
    ids=["gone", "broken", "elsewhere", "a page", "packed"],
)
def test_an_answer_that_is_no_document_is_not_taken(reply: Reply, detail: str) -> None:
    assert refusal(reply) == (Problem.PREPARED_UNAVAILABLE, detail)


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x", b""])
def test_more_or_less_than_was_told_is_another_document(body: bytes) -> None:
    assert refusal(answering(body)) == (Problem.PREPARED_MISMATCH, "size")


def test_an_answer_without_end_is_left_as_soon_as_it_is_too_long() -> None:
    sent = 0

    async def reply(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        stream = web.StreamResponse(headers={"Content-Type": TYPE})
        await stream.prepare(request)
        while True:
            await stream.write(b"x" * 65_536)
            sent += 65_536

    assert refusal(reply) == (Problem.PREPARED_MISMATCH, "size")
    assert sent < 32 * 2**20  # what the sockets held, not what it would have gone on to send


def test_a_platform_that_says_nothing_is_not_waited_for() -> None:
    async def reply(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    assert refusal(reply, times=SHORT) == (Problem.PREPARED_UNAVAILABLE, "time limit")


def test_a_platform_that_is_away_is_told() -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(fetch.fetch("http://127.0.0.1:1", TOLD))
    assert caught.value.problem is Problem.PREPARED_UNAVAILABLE


@pytest.mark.parametrize(
    "origin", ["http://sign.example.gov", "file:///etc", "https://a@b.example", "https://x/y"]
)
def test_only_an_origin_that_may_be_paired_is_asked(origin: str) -> None:
    with pytest.raises(Refused):
        asyncio.run(fetch.fetch(origin, TOLD))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Any) -> None:
    certificate, private = certify(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, private)

    async def within() -> None:
        app = web.Application()
        app.router.add_get("/prepared/x", _right)
        server = TestServer(app, host="127.0.0.2", scheme="https")
        await server.start_server(ssl=context)
        origin = f"https://127.0.0.2:{server.port}"
        try:
            with pytest.raises(Refused) as caught:
                await fetch.fetch(origin, TOLD)
            assert caught.value.facts["detail"] == "certificate"
            trusted = ssl.create_default_context(cafile=str(certificate))
            assert bytes(await fetch.fetch(origin, TOLD, trust=trusted)) == BODY
        finally:
            await server.close()

    asyncio.run(within())
