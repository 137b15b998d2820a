"""The connections under the door: whose program is at the other end, and what is said of what is no request.

Loopback belongs to everybody who has an account on the machine. Where the system tells whose a connection is (Linux),
another person's program is cut off before it can say anything: it could forge the Origin of a paired page.

What cannot be read as HTTP is answered like everything else. The library would name itself and its version, leave out
the headers that keep strange pages from noticing us, and print the request, which may hold a window's address.
"""

import ipaddress
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from yunqian.agent import reports
from yunqian.problems import Problem, Refused

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _OWNER, _INODE = 1, 2, 7, 9
Address = tuple[str, int]

SILENT = logging.getLogger("yunqian.agent.doors")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


def is_this_persons(peer: Address, here: Address, *, tables: tuple[Path, ...] = TABLES) -> bool:
    """Whether the program at `peer`, connected to `here`, runs as the same person, or as root who may do all.

    A connection whose program has closed it already has no owner any more and is refused. True where the system does
    not tell (not Linux, or the tables cannot be read).
    """
    if sys.platform != "linux":
        return True
    ends = {(_written(peer, is_mapped=mapped), _written(here, is_mapped=mapped)) for mapped in (False, True)}
    try:
        lines = [line.split() for table in tables for line in table.read_text("ascii").splitlines()[1:]]
    except (OSError, ValueError):
        return True
    owners = [
        int(line[_OWNER]) for line in lines if (line[_LOCAL], line[_REMOTE]) in ends and line[_INODE] != "0"
    ]
    return bool(owners) and set(owners) <= {0, os.getuid()}


def _written(address: Address, *, is_mapped: bool) -> str:
    """An address as the kernel's tables have it: words of 32 bits in the machine's own order, and the port.

    A program may reach 127.0.0.1 by a socket of IPv6 too, and then stands there as ::ffff:127.0.0.1.
    """
    host = ipaddress.ip_address(address[0])
    octets = host.packed
    if is_mapped and host.version == 4:
        octets = bytes(10) + b"\xff\xff" + octets
    words = (int.from_bytes(octets[place : place + 4], sys.byteorder) for place in range(0, len(octets), 4))
    return f"{''.join(f'{word:08X}' for word in words)}:{address[1]:04X}"


class _Connection(RequestHandler):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        """Begin, or cut off who is somebody else."""
        super().connection_made(transport)
        peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not is_this_persons(peer[:2], here[:2]):
            transport.abort()
            if isinstance(self._manager, _Server):
                self._manager.tell_other()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no request: the same words whatever it was, and the end of the connection."""
        if request.writer.output_size > 0:
            self.force_close()  # half an answer is out already: nothing of this one reaches anybody
        answer = problem(Refused(Problem.REQUEST_INVALID, detail="HTTP"))
        without_a_name(answer)
        answer.headers["Server"] = ""  # else the library puts its own in, for no hook runs here
        answer.force_close()
        return answer


def problem(refusal: Refused) -> web.Response:
    """A refusal as problem+json."""
    return web.json_response(
        text=reports.of(refusal).model_dump_json(),
        status=refusal.problem.row.status,
        content_type="application/problem+json",
    )


def without_a_name(answer: web.StreamResponse) -> None:
    """No version for anybody, no guessing of types, no embedding."""
    answer.headers.popall("Server", None)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")


class _Server(web.Server):
    """Makes connections of ours."""

    tell_other: Callable[[], None]

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, access_log=None, logger=SILENT)  # type: ignore[arg-type]


class Runner(web.AppRunner):
    """Runs an application over connections of ours; `tell_other` is called for each that was cut off."""

    def __init__(
        self, app: web.Application, *, tell_other: Callable[[], None], shutdown_timeout: float
    ) -> None:
        # No access log: addresses of windows are secrets.
        super().__init__(app, access_log=None, shutdown_timeout=shutdown_timeout)
        self._tell_other = tell_other

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        server = _Server(made.request_handler, request_factory=made.request_factory)
        server.tell_other = self._tell_other
        return server
