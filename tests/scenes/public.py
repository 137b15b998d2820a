"""The product as people reach it from outside: an https page at an address that the browser takes for a public one.

127.0.0.2 stands for the platform's address and 127.0.0.3 for a stranger's; Chromium is told that they are public, so
that its rule for pages of the network that reach for this computer applies. A plain localhost page would prove nothing.
"""

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from multidict import CIMultiDict

from tests.scenes.system import System

PLATFORM, STRANGER = "127.0.0.2", "127.0.0.3"
_OF_ONE_CONNECTION = {"transfer-encoding", "content-length", "connection"}


@dataclass
class PublicSystem(System):
    """The running product behind its https front."""

    front_port: int = 0

    @property
    def origin(self) -> str:
        return f"https://{PLATFORM}:{self.front_port}"

    @property
    def stranger(self) -> str:
        """A site of somebody else, who brings the same page."""
        return f"https://{STRANGER}:{self.front_port}"


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate for both addresses, and its key; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "front of the tests")])
    now = datetime.now(UTC)
    addresses = [x509.IPAddress(ipaddress.ip_address(one)) for one in (PLATFORM, STRANGER)]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "front.pem", folder / "front.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, private


def _passing_on(server_port: int) -> web.Application:
    """Hands every request to the server, as a reverse proxy does; a stranger's name gets one empty page."""

    async def reply(request: web.Request) -> web.StreamResponse:
        if request.host.startswith(STRANGER):
            return web.Response(text="<!doctype html><title>stranger</title>", content_type="text/html")
        headers = {**request.headers, "X-Forwarded-Proto": "https"}
        sent = {"headers": headers, "data": await request.read(), "allow_redirects": False}
        address = f"http://127.0.0.1:{server_port}{request.raw_path}"
        options = {"auto_decompress": False, "cookie_jar": aiohttp.DummyCookieJar()}
        try:
            async with (
                aiohttp.ClientSession(**options) as session,
                session.request(request.method, address, **sent) as answer,
            ):
                passed = CIMultiDict(
                    one for one in answer.headers.items() if one[0].lower() not in _OF_ONE_CONNECTION
                )
                return web.Response(status=answer.status, body=await answer.read(), headers=passed)
        except aiohttp.ClientConnectorError:  # as if nobody were there: the server has not started yet
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=503)

    application = web.Application(client_max_size=64 * 2**20)
    application.router.add_route("*", "/{path:.*}", reply)
    return application


@contextmanager
def front(system: PublicSystem, certificate: Path, private: Path) -> Iterator[None]:
    """The https front, in a thread with a loop of its own."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, private)
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(_passing_on(system.port), access_log=None)

    async def begin() -> None:
        await runner.setup()
        for address in (PLATFORM, STRANGER):
            await web.TCPSite(runner, address, system.front_port, ssl_context=context).start()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(begin(), loop).result(20)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
