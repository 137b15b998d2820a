"""How the client asks a platform: small, soon, without following anybody elsewhere."""

import asyncio
import gzip
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from tests.agent import world
from tests.agent.listener import Listener, listening
from yunqian.agent import asking, config
from yunqian.problems import Problem, Refused

PATH = "/.well-known/x"
LIMIT = 2048
ORIGIN = "https://sign.example.gov"


def asked(set_up: Callable[[Listener], object], *, seconds: float = 2.0) -> bytes | Refused:
    async def run() -> bytes | Refused:
        async with listening() as there:
            set_up(there)
            try:
                return await asking.fetch(there.origin, PATH, limit=LIMIT, seconds=seconds)
            except Refused as refusal:
                return refusal
            finally:
                assert len(there.requests) <= 1, "nothing is asked twice, nor elsewhere"

    return asyncio.run(run())


def detail(answer: bytes | Refused) -> str:
    assert isinstance(answer, Refused)
    assert answer.problem is Problem.PLATFORM_UNREACHABLE
    return str(answer.facts["detail"])


def test_a_small_answer_is_given_as_it_came() -> None:
    assert asked(lambda there: there.says(PATH, '{"a": 1}')) == b'{"a": 1}'


def test_it_brings_no_cookie_and_asks_for_nothing_packed() -> None:
    async def run() -> web.Request:
        async with listening() as there:
            there.says(PATH, "{}")
            await asking.fetch(there.origin, PATH, limit=LIMIT)
            return there.requests[0]

    headers = asyncio.run(run()).headers
    assert headers["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization", "Origin"} & set(headers)


def test_a_redirect_is_not_followed_even_to_the_same_place() -> None:
    assert detail(asked(lambda there: there.leads(PATH, f"{there.origin}/elsewhere"))) == "HTTP 302"


@pytest.mark.parametrize("status", [204, 206, 404, 500])
def test_any_other_status_is_told(status: int) -> None:
    assert detail(asked(lambda there: there.says(PATH, "{}", status=status))) == f"HTTP {status}"


def test_a_page_instead_of_a_message_is_refused() -> None:
    assert detail(asked(lambda there: there.says(PATH, "<p>", kind="text/html"))) == "not JSON"


def test_a_huge_answer_is_cut_off() -> None:
    assert detail(asked(lambda there: there.drips(PATH, b" " * 1000, pause=0.0))) == "> 2 KiB"


def test_a_slow_answer_ends_when_the_time_is_over() -> None:
    began = time.monotonic()
    assert detail(asked(lambda there: there.drips(PATH, b" ", pause=0.05), seconds=0.5)) == "> 0 s"
    assert time.monotonic() - began < 3


def test_a_packed_answer_is_not_unpacked() -> None:
    async def reply(request: web.Request) -> web.Response:
        body = gzip.compress(b" " * 100_000)
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})

    assert detail(asked(lambda there: there.replies.update({PATH: reply}))) == "packed"


def test_nobody_there_is_told() -> None:
    async def run() -> None:
        await asking.fetch("http://127.0.0.1:9", PATH, limit=LIMIT)

    with pytest.raises(Refused) as caught:
        asyncio.run(run())
    assert caught.value.problem is Problem.PLATFORM_UNREACHABLE


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """The certificate is good in itself, for 127.0.0.1, but by an authority this machine does not know."""
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (tmp_path / "certificate.pem").write_bytes(world.certify(key.public_key(), "127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")

    async def never(_request: web.Request) -> web.Response:
        raise AssertionError("nothing is said to somebody who cannot prove who he is")

    async def run() -> None:
        app = web.Application()
        app.router.add_get(PATH, never)
        server = TestServer(app, scheme="https")
        await server.start_server(ssl=context)
        try:
            await asking.fetch(f"https://127.0.0.1:{server.port}", PATH, limit=LIMIT)
        finally:
            await server.close()

    with pytest.raises(Refused) as caught:
        asyncio.run(run())
    assert caught.value.facts["detail"] == "certificate"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://sign.example.gov", "https://sign.example.gov"),
        (" https://Sign.Example.gov/tasks?x=1#y ", "https://sign.example.gov"),
        ("sign.example.gov/tasks", "https://sign.example.gov"),
        ("https://sign.example.gov:443/", "https://sign.example.gov"),
        ("https://sign.example.gov:8443", "https://sign.example.gov:8443"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_from_the_browser_s_bar_is_cut_to_its_origin(address: str, origin: str) -> None:
    assert asking.origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://sign.example.gov",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "ftp://sign.example.gov",
        "javascript:alert(1)",
        "https://a@b.example",
        "https://",
        "file:///etc/passwd",
        "https://例子.example",
        "https://a.example\r\nX: y",
    ],
)
def test_anything_else_is_no_address(address: str) -> None:
    with pytest.raises(Refused) as caught:
        asking.origin_of(address)
    assert caught.value.problem is Problem.PLATFORM_ADDRESS_WRONG


@given(st.text(max_size=80))
def test_whatever_is_typed_becomes_an_exact_origin_or_a_refusal(text: str) -> None:
    try:
        origin = asking.origin_of(text)
    except Refused as refusal:
        origin, code = ORIGIN, refusal.problem.code
    else:
        code = Problem.PLATFORM_ADDRESS_WRONG.code
    assert (config.checked_origin(origin), code) == (origin, "PLATFORM_ADDRESS_WRONG")
