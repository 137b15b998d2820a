"""Plays a scene of the vectors: a real desk behind the real loopback door, with a clock that only the scene moves.

A scene is a list of steps, and each step says what it does by the names in `Step`. What the client makes up at
random is replaced by fixed words, each by its name (`MASKS`); all else is compared as it is.
"""

import asyncio
import base64
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from aiohttp import ClientResponse, ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from tests.agent.protocol import cast, document
from yunqian import __version__
from yunqian.agent import app
from yunqian.agent.acts.unlocks import OpenRequest, Unlocks
from yunqian.agent.config import Platform
from yunqian.agent.desk import Desk
from yunqian.agent.doors import loopback
from yunqian.agent.journal import Journal
from yunqian.agent.keys.port import Driver
from yunqian.agent.keys.ring import Ring
from yunqian.agent.keys.soft import SoftDriver
from yunqian.agent.pages.look import Looks, Strong
from yunqian.agent.spent import Ledger
from yunqian.crypto import certificate_requests
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import Prepared

PORT = 17311
_LOOK_SECONDS = 30.0
OWN = f"http://127.0.0.1:{PORT}"
DIALOGS = tuple(f"dialog-{number}-{'x' * 23}" for number in (1, 2, 3))
WINDOWS = tuple(f"window-{number}-{'x' * 23}" for number in (1, 2, 3))
REQUEST = "bWFza2VkIHJlcXVlc3Q="
VERSION = "0.0.0"
MASKS = {
    "dialog_id": "192 random bits",
    "window_url": "its last part: 192 random bits",
    "result.request": "PKCS#10 of a key pair that was just made",
    "version": "of the client that answers",
}


class Step(TypedDict):
    """One step; of `method`, `listen` and the acts of the world exactly one stands in it."""

    method: NotRequired[str]  # a request …
    path: NotRequired[str]
    origin: NotRequired[str | None]
    host: NotRequired[str]
    order: NotRequired[str]  # … with this order of the vectors as its body,
    body: NotRequired[Any]  # … with this JSON,
    characters: NotRequired[int]  # … with an order whose text has so many characters,
    content_type: NotRequired[str]
    secrets: NotRequired[list[str]]  # … with what the person entered in the window,
    last_try: NotRequired[bool]
    agreed: NotRequired[bool]  # … and the sentence of consent was ticked
    code: NotRequired[str]  # the problem that it must give, in the answer or in the state: set by hand
    status: NotRequired[int]  # and its answer
    shape: NotRequired[str]
    answer: NotRequired[Any]
    listen: NotRequired[bool]  # a WebSocket is opened,
    frame: NotRequired[Any]  # … its next frame
    say: NotRequired[str]  # … the page says something, and is sent away with this code
    close_code: NotRequired[int | None]
    advance: NotRequired[int]  # the clock goes on by so many seconds
    tries: NotRequired[int]  # SOFT-1 has so many tries left
    unplug: NotRequired[str]  # this key is pulled out
    looked: NotRequired[bool]  # the client has ended its own look at the document
    gives: NotRequired[str]  # from now on the platform gives this when the document is fetched
    newer: NotRequired[str]  # a newer client was seen


class Scene(TypedDict):
    """A story of one client that has just started."""

    name: str
    about: str
    shelf: NotRequired[bool]  # the keys of other drivers are plugged in, too
    desktop: NotRequired[bool]  # there is a desktop window
    asked: NotRequired[bool]  # the one request for unlocking is open
    strong: NotRequired[Strong]  # as in agent.json; else "offered"
    gives: NotRequired[str]  # what the platform gives when the document is fetched: document, other, nothing
    steps: list[Step]


class _Window:
    """A desktop window that can always be shown."""

    is_here = True

    def show(self, window_url: str) -> bool:
        return True


@dataclass
class Client:
    """The client of one scene, in a folder of its own."""

    folder: Path
    scene: Scene
    now: datetime = cast.NOW
    desk: Desk = field(init=False)
    journal: Journal = field(init=False)
    looks: Looks = field(init=False)
    gives: str = field(init=False)

    def __post_init__(self) -> None:
        shutil.copytree(cast.FOLDER / "keys", self.folder / app.KEYS_FOLDER)
        if self.scene.get("asked"):
            self._ask_unlock()
        drivers: list[Driver] = [SoftDriver(self.folder / app.KEYS_FOLDER)]
        if self.scene.get("shelf"):
            drivers.append(cast.shelf())  # type: ignore[arg-type]  # it does no more than the scenes ask
        self.gives = self.scene.get("gives", "nothing")
        self.looks = Looks(self.scene.get("strong", "offered"), fetch=self._fetch)
        self.journal = Journal(self.folder / app.JOURNAL_NAME, clock=self.clock)
        self.desk = Desk(
            platforms=(
                Platform(origin=cast.ORIGIN, name=cast.NAME, order_key=cast.public64()),
                Platform(origin=cast.OTHER_ORIGIN, name="另一平台", order_key=cast.public64(cast.OTHER_SEED)),
            ),
            ring=Ring(drivers),
            journal=self.journal,
            ledger=Ledger(self.folder / app.LEDGER_NAME, now=self.now),
            unlocks=Unlocks(self.folder / app.UNLOCKS_FOLDER, clock=self.clock),
            clock=self.clock,
            window_base=OWN,
            face=_Window() if self.scene.get("desktop") else None,
            looks=self.looks,
        )

    def clock(self) -> datetime:
        return self.now

    def set_tries(self, left: int) -> None:
        path = self.folder / app.KEYS_FOLDER / "SOFT-1" / "key.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"tries_left": left}))

    def unplug(self, serial: str) -> None:
        shutil.rmtree(self.folder / app.KEYS_FOLDER / serial)

    async def looked(self) -> None:
        """Wait until the client's own look at the document is over."""
        if looking := [*self.looks._running.values()]:
            _, late = await asyncio.wait(looking, timeout=_LOOK_SECONDS)
            assert not late

    async def _fetch(self, origin: str, told: Prepared) -> bytearray:
        """What the platform gives at the path of an order."""
        assert (origin, told.path) == (cast.ORIGIN, cast.sign_seen().prepared.path)  # type: ignore[union-attr]
        content = bytearray(document.prepared()[0])
        if self.gives == "nothing":
            raise Refused(Problem.PREPARED_UNAVAILABLE, detail="404")
        if self.gives == "other":
            content[content.index(b"0.8")] ^= 1
        return content

    def _ask_unlock(self) -> None:
        folder = self.folder / app.UNLOCKS_FOLDER
        folder.mkdir()
        request = OpenRequest(
            key=cast.SOFT_1,
            origin=cast.ORIGIN,
            public_key=cast.text64(cast.unlock_public()),
            private_key=cast.text64(cast.UNLOCK_SEED),
            asked_at=cast.NOW - timedelta(hours=1),
        )
        Unlocks(folder, clock=self.clock)._write(request)


@dataclass
class _Masks:
    """The random words of one scene, and what stands for them."""

    pairs: list[tuple[str, str]] = field(default_factory=list)

    def opened(self, answer: Mapping[str, Any]) -> None:
        """Another dialog was opened; the same again is known already."""
        if answer["dialog_id"] in dict(self.pairs):
            return
        number = sum(mask in DIALOGS for _, mask in self.pairs)
        self.pairs.append((answer["dialog_id"], DIALOGS[number]))
        if answer["window_url"] is not None:
            window = answer["window_url"].removeprefix(f"{OWN}/window/")
            self.pairs.append((window, WINDOWS[number]))

    def off(self, text: str) -> str:
        for real, mask in self.pairs:
            text = text.replace(mask, real)
        return text

    def on(self, answer: Any, shape: str) -> Any:
        if shape == "Hello":
            assert answer["version"] == __version__
            answer = answer | {"version": VERSION}
        if shape == "DialogState" and "request" in (answer["result"] or {}):
            asked = certificate_requests.read(base64.b64decode(answer["result"]["request"]))
            assert asked.is_proven
            answer["result"]["request"] = REQUEST
        text = json.dumps(answer, ensure_ascii=False)
        for real, mask in self.pairs:
            text = text.replace(real, mask)
        return json.loads(text)


@dataclass
class Player:
    """One scene being played."""

    client: Client
    http: TestClient[Any, Any]
    orders: Mapping[str, Mapping[str, str]]
    masks: _Masks = field(default_factory=_Masks)
    socket: ClientWebSocketResponse | None = None

    async def play(self, step: Step) -> Step:
        """The step with the answer that was given."""
        if "method" in step:
            return await self._ask(step)
        if "listen" in step:
            headers = {"Host": f"127.0.0.1:{PORT}", "Origin": cast.ORIGIN}
            self.socket = await self.http.ws_connect("/events", headers=headers)
            return step
        if "frame" in step:
            return {**step, "frame": await self._frame()}
        if "say" in step:
            return {**step, "close_code": await self._said(step["say"])}
        if "advance" in step:
            self.client.now += timedelta(seconds=step["advance"])
        elif "tries" in step:
            self.client.set_tries(step["tries"])
        elif "looked" in step:
            await self.client.looked()
        elif "gives" in step:
            self.client.gives = step["gives"]
        elif "unplug" in step:
            self.client.unplug(step["unplug"])
        else:
            self.client.desk.newer_version = step["newer"]
        return step

    async def _ask(self, step: Step) -> Step:
        answer = await self.http.request(
            step["method"], self.masks.off(step["path"]), data=self._body(step), headers=_headers(step)
        )
        shape = _shape(answer, step)
        if shape == "Picture":
            return {**step, "status": answer.status, "shape": shape, "answer": answer.content_type}
        told: Any = json.loads(await answer.read() or b"null")
        if shape == "DialogOpened":
            self.masks.opened(told)
        return {**step, "status": answer.status, "shape": shape, "answer": self.masks.on(told, shape)}

    def _body(self, step: Step) -> bytes | None:
        if "order" in step:
            return json.dumps(self.orders[step["order"]]).encode()
        if "characters" in step:
            return json.dumps({"payload": "A" * step["characters"], "signature": ""}).encode()
        if "secrets" in step:
            return b"\0".join(secret.encode() for secret in step["secrets"])
        return json.dumps(step["body"]).encode() if "body" in step else None

    async def _frame(self) -> Any:
        assert self.socket is not None
        message = await self.socket.receive(timeout=5)
        assert message.type is WSMsgType.TEXT
        return json.loads(message.data)

    async def _said(self, text: str) -> int | None:
        assert self.socket is not None
        await self.socket.send_str(text)
        await self.socket.receive(timeout=5)
        return self.socket.close_code


def _headers(step: Step) -> dict[str, str]:
    is_window = step["path"].startswith("/window/")
    usual = "application/octet-stream" if is_window else "application/json"
    headers = {"Host": step.get("host", f"127.0.0.1:{PORT}")}
    if any(name in step for name in ("order", "characters", "secrets", "body")):
        headers["Content-Type"] = step.get("content_type", usual)
    origin = step.get("origin", OWN if is_window else cast.ORIGIN)
    if origin is not None and not (is_window and step["method"] == "GET"):
        headers["Origin"] = origin
    if step.get("last_try"):
        headers["X-Last-Try"] = "accepted"
    if step.get("agreed"):
        headers["X-Consent"] = "agreed"
    return headers


_SHAPES = {"hello": "Hello", "keys": "KeyList", "unlock-requests": "UnlockRequest", "window": "Sheet"}


def _shape(answer: ClientResponse, step: Step) -> str:
    """Of which kind the answer is: told by status and address, as a second client would."""
    if answer.content_type == "application/problem+json":
        return "ProblemReport"
    if answer.content_type == "image/png":
        return "Picture"
    is_opening = step["method"] == "POST" and step["path"] in ("/dialogs", "/pin-changes")
    room = step["path"].split("/")[1].split("?")[0]
    return "DialogOpened" if is_opening else _SHAPES.get(room, "DialogState")


async def play(scene: Scene, folder: Path, orders: Mapping[str, Mapping[str, str]]) -> Scene:
    """The scene as it went: every step with its answer."""
    client = Client(folder, scene)
    server = TestServer(loopback.application(client.desk, journal=client.journal, port=PORT))
    try:
        async with TestClient(server) as http:
            player = Player(client, http, orders)
            return {**scene, "steps": [await player.play(step) for step in scene["steps"]]}
    finally:
        client.desk.close()
