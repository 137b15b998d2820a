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

from tests.agent.doors.test_loopback import ORIGIN, Browser
from tests.agent.world import World
from yunqian.agent.doors import loopback
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem
from yunqian.wire.base import ProblemReport
from yunqian.wire.orders import SignedOrder, SignOrder

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


def test_any_bytes_as_a_body_are_refused(client: World) -> None:
    with open_door(client) as visit:

        @FUZZED
        @given(body=st.binary(max_size=400) | VALUES.map(lambda value: json.dumps(value).encode()))
        def fuzz(body: bytes) -> None:
            report = visit(lambda browser: refused(browser, "POST", "/dialogs", data=body, headers=JSON))
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


def test_a_body_cut_short_is_no_fault(client: World) -> None:
    raw(client, [(HEAD + "Content-Length: 1000\r\n\r\n").encode(), b'{"payload":'], rest_seconds=0)
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
