"""The loopback door over real HTTP: who is let in, what shape is taken, what a stranger learns (nothing)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from tests.agent.world import OTHER_ORIGIN, PIN, STRANGER, World
from yunqian.agent.doors import loopback
from yunqian.crypto.certificates import Certificate
from yunqian.wire.keys import DialogOpened, DialogState, Hello, KeyList

ORIGIN = "https://sign.example.gov"
EVERYTHING = (
    ("GET", "/hello"),
    ("GET", "/keys"),
    ("POST", "/dialogs"),
    ("GET", "/dialogs/x"),
    ("DELETE", "/dialogs/x"),
    ("OPTIONS", "/dialogs"),
    ("GET", "/nothing"),
    ("PATCH", "/hello"),
)


class Browser:
    """Speaks to a door; Host and Origin as given."""

    def __init__(self, http: TestClient[Any, Any], port: int) -> None:
        self._http = http
        self.host = f"127.0.0.1:{port}"

    async def ask(
        self, method: str, path: str, *, origin: str | None = ORIGIN, host: str | None = None, **rest: Any
    ) -> ClientResponse:
        headers = {"Host": host or self.host, **rest.pop("headers", {})}
        if origin is not None:
            headers["Origin"] = origin
        answer = await self._http.request(method, path, headers=headers, **rest)
        await answer.read()
        return answer


def visit(client: World, script: Callable[[Browser], Awaitable[Any]]) -> Any:
    """Run a script against a door with its desk."""

    async def act() -> Any:
        server = TestServer(loopback.application(client.desk(), journal=client.journal, port=17311))
        async with TestClient(server) as http:
            return await script(Browser(http, 17311))

    return asyncio.run(act())


@pytest.mark.parametrize(
    "origin", [STRANGER, None, "null", "", ORIGIN + "/", ORIGIN.upper(), ORIGIN + ".evil.com"]
)
def test_a_stranger_gets_403_and_learns_nothing(client: World, origin: str | None) -> None:
    async def script(browser: Browser) -> None:
        bodies = set()
        for method, path in EVERYTHING:
            answer = await browser.ask(method, path, origin=origin)
            assert answer.status == 403, (method, path)
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]
            assert "Server" not in answer.headers
            bodies.add(await answer.text())
        (body,) = bodies
        assert json.loads(body)["code"] == "ORIGIN_NOT_ALLOWED"
        assert "yunqian-agent" not in body
        assert "0.1" not in body

    visit(client, script)


def test_strangers_cannot_flood_the_journal(client: World) -> None:
    async def script(browser: Browser) -> None:
        for number in range(50):
            await browser.ask("GET", "/hello", origin=f"https://{number}.evil.example")

    visit(client, script)
    assert client.journal_text.count("stranger refused") == 1


def test_a_stranger_opens_no_dialog_even_with_a_genuine_order(
    client: World, certificate: Certificate
) -> None:
    signed = client.site.signed(client.site.order(certificate)).model_dump()

    async def script(browser: Browser) -> None:
        assert (await browser.ask("POST", "/dialogs", json=signed, origin=STRANGER)).status == 403

    visit(client, script)
    assert "dialog opened" not in client.journal_text


@pytest.mark.parametrize(
    "host", ["evil.example.com", "evil.example.com:17311", "127.0.0.1", "127.0.0.1:80", "localhost.:17311"]
)
def test_a_rebound_name_is_sent_away_before_anything_else(client: World, host: str) -> None:
    async def script(browser: Browser) -> None:
        for path in ("/hello", "/window/x", "/window/page.js"):
            answer = await browser.ask("GET", path, host=host)
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (
                421,
                "HOST_NOT_ALLOWED",
            )

    visit(client, script)


@pytest.mark.parametrize("host", ["127.0.0.1:17311", "localhost:17311", "[::1]:17311"])
def test_a_paired_page_is_greeted_at_every_name_of_this_machine(client: World, host: str) -> None:
    async def script(browser: Browser) -> None:
        answer = await browser.ask("GET", "/hello", host=host)
        assert Hello.model_validate_json(await answer.read()) == Hello(
            version="0.1.0", has_desktop_window=False
        )
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Credentials" not in answer.headers

    visit(client, script)


def test_a_preflight_names_the_exact_origin(client: World) -> None:
    async def script(browser: Browser) -> None:
        answer = await browser.ask("OPTIONS", "/dialogs", headers={"Access-Control-Request-Method": "POST"})
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
        assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"

    visit(client, script)


def refused_bodies(client: World, **request: Any) -> tuple[int, dict[str, Any]]:
    async def script(browser: Browser) -> tuple[int, dict[str, Any]]:
        answer = await browser.ask("POST", "/dialogs", **request)
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        return answer.status, await answer.json(content_type=None)

    result = visit(client, script)
    assert isinstance(result, tuple)
    return result


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"payload": 1, "signature": ""}', b"[" * 100_000],
    ids=["empty", "half", "list", "null", "no text", "wrong type", "deep"],
)
def test_bad_json_is_a_problem_and_not_a_fault(client: World, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    status, problem = refused_bodies(client, data=body, headers=headers)
    assert (status, problem["code"]) == (422, "REQUEST_INVALID")


def test_an_unknown_key_is_refused_by_name(client: World, certificate: Certificate) -> None:
    signed = client.site.signed(client.site.order(certificate)).model_dump()
    status, problem = refused_bodies(client, json=signed | {"digest": "00" * 32})
    assert (status, problem["facts"]) == (422, {"detail": "digest: extra_forbidden"})


def test_another_content_type_is_refused(client: World, certificate: Certificate) -> None:
    signed = client.site.signed(client.site.order(certificate)).model_dump_json()
    status, problem = refused_bodies(client, data=signed, headers={"Content-Type": "text/plain"})
    assert (status, problem["facts"]) == (422, {"detail": "content-type"})


@pytest.mark.parametrize("size", [loopback.MAX_BODY_BYTES + 1, 3 * loopback.MAX_BODY_BYTES])
def test_an_oversized_body_is_refused_with_the_limit(client: World, size: int) -> None:
    body = b'{"payload":"' + b"x" * size + b'","signature":""}'
    headers = {"Content-Type": "application/json"}
    status, problem = refused_bodies(client, data=body, headers=headers)
    assert (status, problem["code"], problem["facts"]) == (413, "REQUEST_TOO_LARGE", {"limit_kb": 1024})


@pytest.mark.parametrize("wait", ["", "-1", "1.5", "abc", "1000", "1&x=1"])
def test_a_wait_is_a_small_whole_number(client: World, wait: str) -> None:
    async def script(browser: Browser) -> str:
        answer = await browser.ask("GET", f"/dialogs/x?wait={wait}")
        return str((await answer.json(content_type=None))["code"])

    assert visit(client, script) == "REQUEST_INVALID"


def test_unknown_addresses_and_methods_are_problems_too(client: World) -> None:
    async def script(browser: Browser) -> list[Any]:
        answers = [await browser.ask("GET", "/sign"), await browser.ask("POST", "/hello")]
        return [(answer.status, (await answer.json(content_type=None))["code"]) for answer in answers]

    assert visit(client, script) == [(404, "NOT_FOUND"), (405, "METHOD_NOT_ALLOWED")]


def test_a_whole_act_over_http(client: World, certificate: Certificate) -> None:
    signed = client.site.signed(client.site.order(certificate)).model_dump()

    async def script(browser: Browser) -> DialogState:
        keys = KeyList.model_validate_json(await (await browser.ask("GET", "/keys")).read())
        assert [key.serial for key in keys.keys] == ["SOFT-1"]
        opened = DialogOpened.model_validate_json(
            await (await browser.ask("POST", "/dialogs", json=signed)).read()
        )
        assert opened.window_url is not None
        window = opened.window_url.removeprefix("http://127.0.0.1:17311")
        waiting = asyncio.create_task(browser.ask("GET", f"/dialogs/{opened.dialog_id}?wait=25"))
        await asyncio.sleep(0.05)
        confirmed = await browser.ask(
            "POST",
            f"{window}/confirm",
            origin="http://127.0.0.1:17311",
            data=PIN.encode(),
            headers={"Content-Type": "application/octet-stream"},
        )
        assert (await confirmed.json())["phase"] == "signed"
        state = DialogState.model_validate_json(await (await waiting).read())
        deleted = await browser.ask("DELETE", f"/dialogs/{opened.dialog_id}")
        assert DialogState.model_validate_json(await deleted.read()) == state
        stranger = await browser.ask("GET", f"/dialogs/{opened.dialog_id}", origin=OTHER_ORIGIN)
        assert stranger.status == 404
        return state

    state = visit(client, script)
    assert (state.phase.value, state.result.certificate_sha256) == ("signed", certificate.sha256)


def test_a_fault_is_told_by_a_reference_alone(client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret in a message")

    monkeypatch.setattr("yunqian.agent.desk.Desk.hello", broken)

    async def script(browser: Browser) -> dict[str, Any]:
        answer = await browser.ask("GET", "/hello")
        assert answer.status == 500
        return dict(await answer.json(content_type=None))

    problem = visit(client, script)
    assert problem["code"] == "INTERNAL"
    assert problem["facts"]["reference"] in client.journal_text
    assert "a secret" not in json.dumps(problem) + client.journal_text


def test_it_listens_on_loopback_only_and_says_so_when_the_port_is_taken(client: World) -> None:
    async def act() -> None:
        door = loopback.Door(client.desk(), journal=client.journal, port=0)
        await door.open()
        try:
            listening = {socket.getsockname()[0] for site in door._runner.sites for socket in sockets(site)}
        finally:
            await door.close()
        assert "127.0.0.1" in listening
        assert listening <= {"127.0.0.1", "::1"}

    def sockets(site: Any) -> Any:
        return site._server.sockets

    asyncio.run(act())
