"""The loopback door: HTTP on this machine's own addresses, for the pages of paired platforms only.

Three gates in this order: the Host must be ours (a rebound DNS name is 421), the Origin must be a paired
platform's (a stranger gets 403 and learns nothing else), the message must have its exact shape. The window's
own page (see `window.page`) lies behind the first gate and its own second one.
"""

import re
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from secrets import token_hex
from typing import TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import ValidationError

from yunqian.agent.desk import MAX_WAIT_SECONDS, Desk
from yunqian.agent.doors.connections import Runner, without_a_name
from yunqian.agent.doors.connections import problem as _problem
from yunqian.agent.doors.events import Events
from yunqian.agent.journal import Journal
from yunqian.agent.window import home, page
from yunqian.agent.window.home import Home
from yunqian.problems import Problem, Refused
from yunqian.wire.base import Message
from yunqian.wire.key_orders import NamedKey, PinChangeAsked
from yunqian.wire.orders import SignedOrder

MAX_BODY_BYTES = 1024 * 1024
_ADDRESSES = ("127.0.0.1", "::1")
_STRANGER_NOTE_SECONDS = 10.0
_WAIT = re.compile(r"[0-9]{1,3}")
_Shape = TypeVar("_Shape", bound=Message)
Answer = Callable[[web.Request], Awaitable[Message]]


def application(desk: Desk, *, journal: Journal, port: int, own_page: Home | None = None) -> web.Application:
    """The door as an aiohttp application, without sockets; `port` is the one browsers will name."""
    hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_gates(desk, journal, hosts)])
    routes = _Routes(desk)
    app.router.add_get("/hello", _json(routes.hello), allow_head=False)
    app.router.add_get("/keys", _json(routes.keys), allow_head=False)
    app.router.add_post("/dialogs", _json(routes.open))
    app.router.add_get("/dialogs/{dialog_id}", _json(routes.state), allow_head=False)
    app.router.add_delete("/dialogs/{dialog_id}", _json(routes.cancel))
    app.router.add_post("/pin-changes", _json(routes.change_pin))
    app.router.add_post("/unlock-requests", _json(routes.request_unlock))
    events = Events(desk)
    app.router.add_get("/events", events.listen, allow_head=False)
    app.on_shutdown.append(events.close)
    page.add_routes(app, desk)
    if own_page is not None:
        own_page.add_routes(app)
    app.on_response_prepare.append(_without_a_name)
    return app


class _Routes:
    """One method per message of `wire.keys`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def hello(self, request: web.Request) -> Message:
        return self._desk.hello()

    async def keys(self, request: web.Request) -> Message:
        return await self._desk.keys()

    async def open(self, request: web.Request) -> Message:
        return await self._desk.open(await _body(request, SignedOrder), origin=_origin(request))

    async def change_pin(self, request: web.Request) -> Message:
        return await self._desk.change_pin(await _body(request, PinChangeAsked), origin=_origin(request))

    async def request_unlock(self, request: web.Request) -> Message:
        return await self._desk.request_unlock(await _body(request, NamedKey), origin=_origin(request))

    async def state(self, request: web.Request) -> Message:
        return await self._desk.state(
            request.match_info["dialog_id"], origin=_origin(request), wait_seconds=_wait(request)
        )

    async def cancel(self, request: web.Request) -> Message:
        return await self._desk.cancel(request.match_info["dialog_id"], origin=_origin(request))


def _origin(request: web.Request) -> str:
    """As the browser states it, once: a page cannot set this header itself."""
    stated = request.headers.getall("Origin", [])
    return stated[0] if len(stated) == 1 else ""


def _wait(request: web.Request) -> float:
    text = request.query.get("wait", "0")
    if not _WAIT.fullmatch(text) or request.query.keys() - {"wait"}:
        raise Refused(Problem.REQUEST_INVALID, detail="wait")
    return min(float(text), MAX_WAIT_SECONDS)


async def _body(request: web.Request, shape: type[_Shape]) -> _Shape:
    """The message in the body; only application/json, which no page can send here without a preflight."""
    if request.content_type != "application/json":
        raise Refused(Problem.REQUEST_INVALID, detail="content-type")
    try:
        return shape.model_validate_json(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise Refused(Problem.REQUEST_TOO_LARGE, limit_kb=MAX_BODY_BYTES // 1024) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise Refused(Problem.REQUEST_INVALID, detail=f"{place}: {first['type']}") from None


def _json(answer: Answer) -> Handler:
    async def reply(request: web.Request) -> web.StreamResponse:
        return web.json_response(text=(await answer(request)).model_dump_json())

    return reply


class _Seldom:
    """Notes an event, but seldom: else any page could push the journal's older lines out."""

    def __init__(self, journal: Journal, event: str) -> None:
        self._journal = journal
        self._event = event
        self._noted_at = float("-inf")

    def note(self, origin: str = "") -> None:
        if time.monotonic() - self._noted_at > _STRANGER_NOTE_SECONDS:
            self._noted_at = time.monotonic()
            self._journal.note(self._event, origin=origin)


def _gates(desk: Desk, journal: Journal, hosts: frozenset[str]) -> Middleware:
    strangers = _Seldom(journal, "stranger refused")

    @web.middleware
    async def gates(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in hosts:
            return _problem(Refused(Problem.HOST_NOT_ALLOWED))
        if page.is_own(request) or home.is_own(request):
            return await _guarded(request, handler, journal)
        origin = _origin(request)
        if not desk.is_paired(origin):
            strangers.note(origin)
            return _problem(Refused(Problem.ORIGIN_NOT_ALLOWED))
        answer = _preflight() if request.method == "OPTIONS" else await _guarded(request, handler, journal)
        if not answer.prepared:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Vary"] = "Origin"
            answer.headers["Cache-Control"] = "no-store"
        return answer

    return gates


def _preflight() -> web.StreamResponse:
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": "600",
            # Asked by older browsers only (private network access); newer ones ask the person instead.
            "Access-Control-Allow-Private-Network": "true",
        },
    )


async def _guarded(request: web.Request, handler: Handler, journal: Journal) -> web.StreamResponse:
    """Run a handler so that every refusal and every fault leaves as a problem."""
    try:
        if "Content-Encoding" in request.headers:  # nothing of ours comes packed; unpacked it may be endless
            raise Refused(Problem.REQUEST_INVALID, detail="content-encoding")
        return await handler(request)
    except Refused as refusal:
        return _problem(refusal)
    except web.HTTPNotFound:
        return _problem(Refused(Problem.NOT_FOUND))
    except web.HTTPMethodNotAllowed:
        return _problem(Refused(Problem.METHOD_NOT_ALLOWED))
    except Exception as error:  # noqa: BLE001 (the last resort; neither message nor values are logged)
        reference = token_hex(4)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} {frame.name}:{frame.lineno}"
        journal.note("fault", reference=reference, where=where)
        return _problem(Refused(Problem.INTERNAL, reference=reference))


async def _without_a_name(request: web.Request, answer: web.StreamResponse) -> None:
    without_a_name(answer)


class Door:
    """The sockets: one per loopback address, never any other."""

    def __init__(self, desk: Desk, *, journal: Journal, port: int, own_page: Home | None = None) -> None:
        app = application(desk, journal=journal, port=port, own_page=own_page)
        others = _Seldom(journal, "another person's program refused")
        self._runner = Runner(app, tell_other=others.note, shutdown_timeout=1.0)
        self._desk = desk
        self._port = port

    async def open(self) -> None:
        """Listen. Raises OSError where the port on 127.0.0.1 is taken; a machine without IPv6 is fine."""
        await self._runner.setup()
        first, *others = _ADDRESSES
        try:
            await web.TCPSite(self._runner, first, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        for address in others:
            with suppress(OSError):
                await web.TCPSite(self._runner, address, self._port).start()

    async def close(self) -> None:
        """Stop listening and let the keys go."""
        await self._runner.cleanup()
        self._desk.close()
