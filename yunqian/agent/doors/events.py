"""WebSocket /events: the keys plugged in, at once and at every change, to each page that listens.

One direction: a page that sends anything is sent away. A page gets the newest list only; one that does not take it
in time is dropped, so that nothing ever queues. Host and Origin are checked at the upgrade by the door's gates,
like every request: a WebSocket knows no other protection against strange pages.
"""

import asyncio
from collections import Counter
from contextlib import aclosing, suppress

from aiohttp import WSCloseCode, WSMsgType, web

from yunqian.agent.desk import Desk
from yunqian.problems import Problem, Refused

LISTENERS_PER_ORIGIN = 8
SEND_LIMIT_SECONDS = 5.0
_HEARTBEAT_SECONDS = 30.0
_MAX_FRAME_BYTES = 256


class Events:
    """All pages that listen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._open: Counter[str] = Counter()
        self._sockets: set[web.WebSocketResponse] = set()

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """One page, until it goes or is sent away. Raises Refused(LISTENERS_TOO_MANY | REQUEST_INVALID)."""
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_SECONDS,
            max_msg_size=_MAX_FRAME_BYTES,
            compress=False,
            timeout=SEND_LIMIT_SECONDS,
        )
        if not socket.can_prepare(request).ok:
            raise Refused(Problem.REQUEST_INVALID, detail="upgrade")
        origin = request.headers["Origin"]
        if self._open[origin] >= LISTENERS_PER_ORIGIN:
            raise Refused(Problem.LISTENERS_TOO_MANY)
        self._open[origin] += 1
        self._sockets.add(socket)
        try:
            await socket.prepare(request)
            await self._serve(request, socket)
        finally:
            self._sockets.discard(socket)
            self._open[origin] -= 1
        return socket

    async def close(self, _: web.Application) -> None:
        """The client is stopping."""
        for socket in [*self._sockets]:
            with suppress(Exception):
                await asyncio.wait_for(socket.close(code=WSCloseCode.GOING_AWAY), 1.0)

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        telling = asyncio.create_task(self._tell(request, socket))
        try:
            message = await socket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"one direction")
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling

    async def _tell(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        try:
            async with aclosing(self._desk.key_changes()) as changes:
                async for keys in changes:
                    if not self._desk.is_paired(
                        request.headers["Origin"]
                    ):  # no longer: it learns nothing more
                        await socket.close(code=WSCloseCode.POLICY_VIOLATION)
                        return
                    await asyncio.wait_for(socket.send_str(keys.model_dump_json()), SEND_LIMIT_SECONDS)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            # Whatever ended it: no page may go on believing in a list that nobody follows any longer. Closing
            # politely would wait behind what the page does not take, so the connection itself is cut.
            if request.transport is not None:
                request.transport.abort()
