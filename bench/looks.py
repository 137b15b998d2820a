"""The client's own look before the PIN: the document fetched, proved and drawn, beside drawing it alone."""

import asyncio
import base64
import hashlib
import io
import time
from dataclasses import dataclass

import pypdfium2
from aiohttp import web

from bench import papers
from bench.platform import free_port
from bench.timing import Timed
from tests.agent import world
from yunqian.agent.pages import fetch, prepared
from yunqian.agent.pages.drawing import Drawing
from yunqian.agent.pages.painter import WIDTH_PX
from yunqian.crypto import attributes, suites
from yunqian.crypto.certificates import Certificate
from yunqian.wire.orders import Prepared, SignOrder

PAPERS = ("p1", "p20", "p200")
ROUNDS = 7
_HOLE = b"<" + b"0" * 16_384 + b">"


@dataclass
class Look:
    """One document: its size, and each step of the look."""

    name: str
    size_bytes: int
    fetched: Timed
    proved: Timed
    drawn: Timed
    floor: Timed


def measure(certificate: Certificate, *, rounds: int = ROUNDS, names: tuple[str, ...] = PAPERS) -> list[Look]:
    """All documents, from a platform on this machine; one marked page, as a seal usually has."""
    return [asyncio.run(_looked(name, certificate, rounds)) for name in names]


async def _looked(name: str, certificate: Certificate, rounds: int) -> Look:
    content, order = _prepared(papers.path_of(papers.named(name)).read_bytes(), certificate)
    told = order.prepared
    assert told is not None
    found = Look(name, len(content), *(Timed(step) for step in ("fetched", "proved", "drawn", "floor")))
    runner, origin = await _platform(content)
    try:
        for _ in range(rounds):
            began = time.perf_counter_ns()
            document = await fetch.fetch(origin, told)
            found.fetched.milliseconds.append((time.perf_counter_ns() - began) / 1e6)
            found.proved.run(lambda document=document: prepared.prove(document, order))
            found.drawn.run(lambda document=document: Drawing().draw(document, (1,)))
            found.floor.run(lambda: _bare(content))
    finally:
        await runner.cleanup()
    return found


def _prepared(paper: bytes, certificate: Certificate) -> tuple[bytes, SignOrder]:
    """The paper with an empty place for a signature behind it: what counts here are its bytes, not its fields."""
    tail = b"\n% /Contents "
    content = paper + tail + _HOLE + b"\n%%EOF\n"
    begins = len(paper) + len(tail)
    ends = begins + len(_HOLE)
    told = Prepared(path="/prepared", size=len(content), byte_range=(0, begins, ends, len(content) - ends))
    digest = hashlib.sha256(content[:begins] + content[ends:]).digest()
    said = attributes.build(digest, certificate, suites.suite_of(certificate))
    facts = {"prepared": told, "to_be_signed": base64.b64encode(said).decode()}
    return content, world.Site().order(certificate, **facts)


async def _platform(content: bytes) -> tuple[web.AppRunner, str]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=content, content_type="application/octet-stream")

    application = web.Application()
    application.router.add_get("/prepared", answer)
    runner, port = web.AppRunner(application), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, f"http://127.0.0.1:{port}"


def _bare(content: bytes) -> None:
    """pypdfium2 in this process, warm, one page to pixels."""
    pdf = pypdfium2.PdfDocument(io.BytesIO(content))
    page = pdf[0]
    page.render(scale=WIDTH_PX / page.get_size()[0])
    pdf.close()
