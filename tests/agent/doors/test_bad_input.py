"""Whatever a paired page sends: a typed problem in time, never a fault, never a hang."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from yarl import URL

from tests.agent import kinds
from tests.agent.doors.test_loopback import ORIGIN, Browser
from tests.agent.world import World
from yunqian.agent.doors import loopback
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem
from yunqian.wire.base import Message, ProblemReport
from yunqian.wire.key_orders import EnrolOrder, NamedKey, PinChangeAsked, StoreOrder, UnlockOrder
from yunqian.wire.orders import BindOrder, LoginOrder, SignedOrder, SignOrder

ANSWER_LIMIT_SECONDS = 5.0
CODES = {problem.code for problem in Problem}
FUZZED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FREE_TEXTS = {"order_id", "ceremony_id", "tenant_name", "person_name", "title", "certificate_owner"}
JSON = {"Content-Type": "application/json"}
# Among them lone surrogates, NUL, right-to-left marks, and numbers that fit no machine word.
TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS | st.just(10**400) | st.just("A" * 20_000) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
BASE64 = st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())
PATHS = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=80)


@contextmanager
def open_door(client: World) -> Iterator[Callable[[Callable[[Browser], Awaitable[Any]]], Any]]:
    """One door for a whole fuzzed test, with its loop: opening one for every example would be most of the time."""
    with asyncio.Runner() as runner:
        desk = client.desk()
        server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
        http = runner.run(_started(server))

        def visit(script: Callable[[Browser], Awaitable[Any]]) -> Any:
            return runner.run(asyncio.wait_for(script(Browser(http, 17311)), ANSWER_LIMIT_SECONDS))

        try:
            yield visit
        finally:
            runner.run(http.close())
            desk.close()


async def _started(server: TestServer) -> TestClient[Any, Any]:
    http = TestClient(server)
    await http.start_server()
    return http


async def refused(browser: Browser, method: str, path: str, **request: Any) -> ProblemReport:
    """What it was refused with: a problem of our list, and none that means a fault of ours."""
    answer = await browser.ask(method, path, **request)
    assert answer.content_type == "application/problem+json", (answer.status, await answer.text())
    report = ProblemReport.model_validate_json(await answer.read())
    assert report.code in CODES - {Problem.INTERNAL.code}
    assert "Traceback" not in await answer.text()
    return report


def met_a_fault(client: World) -> bool:
    return '"fault"' in client.journal_text


@pytest.mark.parametrize("field", [*SignedOrder.model_fields])
def test_every_field_of_the_message_takes_only_its_own_kind(
    client: World, certificate: Certificate, field: str
) -> None:
    sent = client.site.signed(client.site.order(certificate)).model_dump()

    with open_door(client) as visit:

        @FUZZED
        @given(value=VALUES | BASE64)
        def fuzz(value: Any) -> None:
            body = json.dumps(sent | {field: value})
            report = visit(lambda browser: refused(browser, "POST", "/dialogs", data=body, headers=JSON))
            assert report.code in {"REQUEST_INVALID", "ORDER_NOT_GENUINE"}

        fuzz()
    assert not met_a_fault(client)


@pytest.mark.parametrize("field", [*SignOrder.model_fields])
def test_every_field_of_a_genuinely_signed_order_may_hold_anything(
    client: World, certificate: Certificate, field: str
) -> None:
    """A platform that is paired and broken, or taken over: its orders are signed, and still only data."""
    opened = []

    with open_door(client) as visit:

        @settings(FUZZED, max_examples=20)
        @given(value=VALUES | BASE64)
        @example(value="甲")
        def fuzz(value: Any) -> None:
            order = json.loads(client.site.order(certificate).model_dump_json()) | {field: value}
            sent = client.site.signed(json.dumps(order)).model_dump_json()

            async def script(browser: Browser) -> None:
                answer = await browser.ask("POST", "/dialogs", data=sent, headers=JSON)
                if answer.status == 200:  # free text may be any text: then the dialog is given up again
                    opened.append((await answer.json())["dialog_id"])
                    assert (await browser.ask("DELETE", f"/dialogs/{opened[-1]}")).status == 200
                    return
                report = ProblemReport.model_validate_json(await answer.read())
                assert report.code in CODES - {Problem.INTERNAL.code}

            visit(script)

        fuzz()
    assert opened or field not in FREE_TEXTS  # else nothing but the shape would have been tried
    assert not met_a_fault(client)


OTHER_KINDS = (LoginOrder, BindOrder, EnrolOrder, StoreOrder, UnlockOrder)


def an_order(kind: type[Message], certificate: Certificate) -> Message:
    made = (
        kinds.login(certificate),
        kinds.bind(certificate),
        kinds.enrol(),
        kinds.store(certificate),
        kinds.unlock(),
    )
    return next(one for one in made if isinstance(one, kind))


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, name) for kind in OTHER_KINDS for name in kind.model_fields]
)
def test_every_field_of_an_order_of_every_other_kind_may_hold_anything(
    client: World, certificate: Certificate, kind: type[Message], field: str
) -> None:
    opened = []

    with open_door(client) as visit:

        @settings(FUZZED, max_examples=10)
        @given(value=VALUES | BASE64)
        @example(value="甲")
        @example(value={"driver": "soft", "serial": "SOFT-1", "label": "签名章"})
        def fuzz(value: Any) -> None:
            order = json.loads(an_order(kind, certificate).model_dump_json()) | {field: value}
            sent = client.site.signed(json.dumps(order)).model_dump_json()

            async def script(browser: Browser) -> None:
                answer = await browser.ask("POST", "/dialogs", data=sent, headers=JSON)
                if answer.status == 200:
                    opened.append(kind)
                    await answer_at_its_window(browser, await answer.json())
                    return
                report = ProblemReport.model_validate_json(await answer.read())
                assert report.code in CODES - {Problem.INTERNAL.code}

            visit(script)

        fuzz()
    # An unlocking that nobody asked for opens no window; every other kind does, whatever its free texts say.
    assert opened or kind is UnlockOrder or field not in {"tenant_name", "person_name", "platform_name"}
    assert not met_a_fault(client)


async def answer_at_its_window(browser: Browser, opened: dict[str, str]) -> None:
    """The sheet can be shown in both languages whatever stands in the order; then the dialog is given up."""
    path = URL(opened["window_url"]).path
    for language in ("zh", "en"):
        shown = await browser.ask("GET", f"{path}/sheet?lang={language}", origin=None)
        assert shown.status == 200
        assert (await browser.ask("GET", f"{path}?lang={language}", origin=None)).status == 200
    assert (await browser.ask("DELETE", f"/dialogs/{opened['dialog_id']}")).status == 200


@pytest.mark.parametrize("path", ["/pin-changes", "/unlock-requests"])
def test_every_field_of_a_named_key_takes_only_its_own_kind(client: World, path: str) -> None:
    assert [*PinChangeAsked.model_fields] == ["key"]
    named = kinds.SOFT_1.model_dump()

    with open_door(client) as visit:

        @FUZZED
        @given(field=st.sampled_from([*NamedKey.model_fields, "more"]), value=VALUES)
        def fuzz(field: str, value: Any) -> None:
            key = named | {field: value}
            body = json.dumps(key if path == "/unlock-requests" else {"key": key})
            report = visit(lambda browser: refused(browser, "POST", path, data=body, headers=JSON))
            assert report.code in {"REQUEST_INVALID", "KEY_NOT_PLUGGED"}

        fuzz()
    assert not met_a_fault(client)


@pytest.mark.parametrize("path", ["/dialogs", "/pin-changes", "/unlock-requests"])
def test_any_bytes_as_a_body_are_refused(client: World, path: str) -> None:
    with open_door(client) as visit:

        @FUZZED
        @given(body=st.binary(max_size=400) | VALUES.map(lambda value: json.dumps(value).encode()))
        def fuzz(body: bytes) -> None:
            report = visit(lambda browser: refused(browser, "POST", path, data=body, headers=JSON))
            assert report.code == "REQUEST_INVALID"

        fuzz()
    assert not met_a_fault(client)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_any_text_as_a_dialog_or_a_wait_is_refused(client: World, method: str) -> None:
    with open_door(client) as visit:

        @FUZZED
        @given(dialog=PATHS, wait=PATHS)
        def fuzz(dialog: str, wait: str) -> None:
            address = URL("/dialogs") / dialog.replace("/", "_").replace(".", "_") % {"wait": wait}
            report = visit(lambda browser: refused(browser, method, str(address)))
            assert report.code in {"REQUEST_INVALID", "DIALOG_NOT_FOUND", "NOT_FOUND"}  # no route has braces

        fuzz()
    assert not met_a_fault(client)


# The window


@contextmanager
def open_window(client: World) -> Iterator[tuple[Callable[..., Any], str]]:
    """A door and the path of an open window in which a PIN is changed."""
    with open_door(client) as visit:

        async def ask(browser: Browser) -> str:
            body = PinChangeAsked(key=kinds.SOFT_1).model_dump_json()
            answer = await browser.ask("POST", "/pin-changes", data=body, headers=JSON)
            return URL((await answer.json())["window_url"]).path

        yield visit, visit(ask)


OWN = "http://127.0.0.1:17311"
HEADERS = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60).map(str.strip)


def test_whatever_is_entered_is_a_problem_in_the_window_and_costs_no_try(client: World) -> None:
    """Anything but an old PIN with a good new one twice, which none of these bytes are."""
    with open_window(client) as (visit, path):

        @FUZZED
        @given(
            body=st.binary(max_size=400) | st.binary(max_size=30).map(lambda one: one + b"\0" + one + b"\0")
        )
        @example(body=b"")
        @example(body=b"\0\0")
        @example(body=b"\0" * 500)
        @example(body="246810\0口令\0口令".encode())
        @example(body=b"\xff\xfe\0\xff\0\xff")
        @example(body=b"x" * 3_000_000)
        def fuzz(body: bytes) -> None:
            async def script(browser: Browser) -> None:
                headers = {"Content-Type": "application/octet-stream"}
                answer = await browser.ask("POST", path + "/confirm", origin=OWN, data=body, headers=headers)
                told = await answer.json(content_type=None)
                code = told["last_problem_code"] if answer.status == 200 else told["code"]
                assert code in {"PIN_EMPTY", "REQUEST_INVALID", "NEW_PIN_DIFFERS", "NEW_PIN_WEAK"}

            visit(script)

        fuzz()
    assert client.tries_left() == 6
    assert not met_a_fault(client)


@pytest.mark.parametrize("act", ["", "/sheet", "/confirm", "/cancel"])
def test_any_headers_at_a_window_are_answered_or_refused(client: World, act: str) -> None:
    names = ("Origin", "Accept-Language", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Content-Type", "X-Last-Try")

    with open_window(client) as (visit, path):

        @FUZZED
        @given(headers=st.dictionaries(st.sampled_from(names), HEADERS, max_size=4), language=TEXTS)
        def fuzz(headers: dict[str, str], language: str) -> None:
            async def script(browser: Browser) -> None:
                method = "POST" if act in ("/confirm", "/cancel") else "GET"
                address = str(URL(path + act) % {"lang": language.encode("utf-8", "replace").decode()})
                answer = await browser.ask(method, address, origin=headers.get("Origin"), headers=headers)
                assert answer.status in (200, 403, 413, 422)
                assert "Traceback" not in await answer.text()

            visit(script)

        fuzz()
    assert not met_a_fault(client)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_any_text_as_a_window_is_a_problem_or_the_plain_page(client: World, method: str) -> None:
    with open_door(client) as visit:

        @FUZZED
        @given(window=PATHS, act=st.sampled_from(["", "/sheet", "/confirm", "/cancel", "/view", "/pages/1"]))
        def fuzz(window: str, act: str) -> None:
            address = f"{URL('/window') / window.replace('/', '_').replace('.', '_')}{act}"

            async def script(browser: Browser) -> None:
                answer = await browser.ask(method, address, origin=OWN if method != "GET" else None)
                assert answer.status in (403, 404, 405, 422)

            visit(script)

        fuzz()
    assert not met_a_fault(client)


def test_any_upgrade_is_refused_but_that_of_a_paired_page_at_our_own_address(client: World) -> None:
    names = ("Origin", "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
    whole = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}

    with open_door(client) as visit:

        @FUZZED
        @given(headers=st.dictionaries(st.sampled_from(names), HEADERS, min_size=1, max_size=3))
        def fuzz(headers: dict[str, str]) -> None:
            async def script(browser: Browser) -> None:
                sent = whole | headers
                host = sent.pop("Host", None)
                answer = await browser.ask(
                    "GET", "/events", origin=sent.pop("Origin", ORIGIN), host=host, headers=sent
                )
                assert answer.status in (400, 403, 421, 422)

            visit(script)

        fuzz()
    assert not met_a_fault(client)


def raw(client: World, sent: list[bytes], *, rest_seconds: float) -> tuple[bytes, float]:
    """Send pieces over a bare socket, resting in between, while another page asks; gives its answer and its time."""

    async def act() -> tuple[bytes, float]:
        server = TestServer(loopback.application(client.desk(), journal=client.journal, port=17311))
        async with TestClient(server) as http:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for piece in sent:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(rest_seconds)
            begun = time.monotonic()
            answer = await asyncio.wait_for(Browser(http, 17311).ask("GET", "/hello"), ANSWER_LIMIT_SECONDS)
            assert answer.status == 200
            took = time.monotonic() - begun
            writer.write_eof()
            said = await asyncio.wait_for(reader.read(), ANSWER_LIMIT_SECONDS)
            writer.close()
            return said, took

    return asyncio.run(act())


HEAD = f"POST /dialogs HTTP/1.1\r\nHost: 127.0.0.1:17311\r\nOrigin: {ORIGIN}\r\nContent-Type: application/json\r\n"


def test_a_slow_page_holds_up_nobody_else(client: World) -> None:
    pieces = [(HEAD + "Content-Length: 1000\r\n\r\n").encode(), *[b"{"] * 5]
    _, took = raw(client, pieces, rest_seconds=0.1)
    assert took < 1
    assert not met_a_fault(client)


@pytest.mark.parametrize("path", ["/dialogs", "/pin-changes", "/unlock-requests", "/window/x/confirm"])
def test_a_body_cut_short_is_no_fault(client: World, path: str) -> None:
    head = HEAD.replace("/dialogs", path).replace(ORIGIN, OWN if path.startswith("/window") else ORIGIN)
    raw(client, [(head + "Content-Length: 1000\r\n\r\n").encode(), b'{"payload":'], rest_seconds=0)
    assert not met_a_fault(client)


def test_a_pin_cut_short_at_its_window_is_no_fault_and_no_try(client: World) -> None:
    async def act() -> None:
        desk = client.desk()
        server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
        async with TestClient(server):
            opened = await desk.change_pin(PinChangeAsked(key=kinds.SOFT_1), origin=ORIGIN)
            assert opened.window_url is not None
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            head = (
                f"POST {URL(opened.window_url).path}/confirm HTTP/1.1\r\nHost: 127.0.0.1:17311\r\nOrigin: {OWN}\r\n"
                "Content-Type: application/octet-stream\r\nContent-Length: 20\r\n\r\n000000\0111"
            )
            writer.write(head.encode())
            await writer.drain()
            await asyncio.sleep(0.2)
            writer.close()
            await asyncio.sleep(0.2)
            assert desk.window(URL(opened.window_url).name).is_waiting

    asyncio.run(asyncio.wait_for(act(), ANSWER_LIMIT_SECONDS))
    assert client.tries_left() == 6
    assert not met_a_fault(client)


@pytest.mark.parametrize("chunk", [b"x" * 65536])
def test_a_message_without_an_end_is_cut_at_the_limit(client: World, chunk: bytes) -> None:
    async def endless(browser: Browser) -> ProblemReport:
        async def pieces() -> Any:
            for _ in range(4 * loopback.MAX_BODY_BYTES // len(chunk)):
                yield chunk

        return await refused(browser, "POST", "/dialogs", data=pieces(), headers=JSON)

    with open_door(client) as visit:
        assert visit(endless).code == "REQUEST_TOO_LARGE"


def test_the_journal_of_a_fault_would_be_seen_by_these_tests(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("yunqian.agent.desk.Desk.hello", broken)
    with open_door(client) as visit:
        visit(lambda browser: browser.ask("GET", "/hello"))
    assert met_a_fault(client)
