"""A platform on loopback that answers a client's questions as a test wants it: honestly, slowly, or with a lie."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Listener:
    """Answers by path; every request is kept."""

    replies: dict[str, Reply] = field(default_factory=dict)
    requests: list[web.Request] = field(default_factory=list)
    origin: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        reply = self.replies.get(request.path)
        return web.Response(status=404) if reply is None else await reply(request)

    def says(
        self, path: str, text: str | bytes, *, status: int = 200, kind: str = "application/json"
    ) -> None:
        body = text.encode() if isinstance(text, str) else text

        async def reply(request: web.Request) -> web.Response:
            return web.Response(body=body, status=status, content_type=kind)

        self.replies[path] = reply

    def leads(self, path: str, elsewhere: str) -> None:
        async def reply(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": elsewhere})

        self.replies[path] = reply

    def drips(self, path: str, piece: bytes, *, pause: float) -> None:
        """Never ends by itself."""

        async def reply(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse(headers={"Content-Type": "application/json"})
            await answer.prepare(request)
            while True:
                await answer.write(piece)
                await asyncio.sleep(pause)

        self.replies[path] = reply


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener on a free port of 127.0.0.1."""
    listener = Listener()
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", listener.answer)
    server = TestServer(app)
    await server.start_server()
    listener.origin = f"http://127.0.0.1:{server.port}"
    try:
        yield listener
    finally:
        await server.close()
