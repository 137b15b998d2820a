"""A time-stamp authority for tests: a real HTTP server on this machine that lies on demand."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import tsp

from yunqian.server.adapters.tsa import tokens

_DRIP_SECONDS = 0.05


class Lie(Enum):
    """What is wrong with the answer."""

    NOTHING = auto()
    OTHER_IMPRINT = auto()
    OTHER_NONCE = auto()
    NO_NONCE = auto()
    NO_CERTIFICATE = auto()
    REJECTION = auto()
    GARBAGE = auto()
    EMPTY = auto()
    TAMPERED = auto()
    TOO_MUCH = auto()
    ERROR = auto()
    REDIRECT = auto()
    HANG_UP = auto()
    SILENCE = auto()
    SLOW_HEADERS = auto()
    SLOW_BODY = auto()


class FakeAuthority:
    """What the server is told: set `lie` at any time; `queries` has every body that came."""

    def __init__(self, respond: Callable[[bytes], bytes]) -> None:
        self.lie = Lie.NOTHING
        self.queries: list[bytes] = []
        self.url = ""
        self.closing = threading.Event()
        self._respond = respond

    def answer(self, query: bytes) -> bytes:
        """The body of the answer, with its lie."""
        made = {
            Lie.REJECTION: tokens.refused(tokens.Failure.SYSTEM_FAILURE),
            Lie.GARBAGE: b"<html>502 Bad Gateway</html>",
            Lie.EMPTY: b"",
            Lie.TOO_MUCH: bytes(1 << 20),
        }.get(self.lie)
        if made is not None:
            return made
        honest = self._respond(_altered(query, self.lie))
        return honest[:-1] + bytes([honest[-1] ^ 1]) if self.lie is Lie.TAMPERED else honest


@contextlib.contextmanager
def serving(respond: Callable[[bytes], bytes]) -> Iterator[FakeAuthority]:
    """Serve `respond` (a TimeStampReq in DER → a TimeStampResp) on a free port until the block ends."""
    told = FakeAuthority(respond)
    server = _Server(told)
    told.url = f"http://127.0.0.1:{server.server_port}/stamp"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _altered(query: bytes, lie: Lie) -> bytes:
    """The query that an honest authority would answer as this lie wants it."""
    asked = tsp.TimeStampReq.load(query)
    if lie is Lie.OTHER_IMPRINT:
        imprint = bytearray(asked["message_imprint"]["hashed_message"].native)
        imprint[0] ^= 1
        asked["message_imprint"]["hashed_message"] = bytes(imprint)
    elif lie is Lie.OTHER_NONCE:
        asked["nonce"] = asked["nonce"].native + 1
    elif lie is Lie.NO_NONCE:
        del asked["nonce"]
    elif lie is Lie.NO_CERTIFICATE:
        asked["cert_req"] = False
    return bytes(asked.dump(force=True))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, told: FakeAuthority) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.told = told


class _Door(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        told = self.server.told
        query = self.rfile.read(int(self.headers["Content-Length"]))
        told.queries.append(query)
        if told.lie is Lie.SILENCE:
            told.closing.wait()
        elif told.lie is not Lie.HANG_UP:
            with contextlib.suppress(OSError):  # who asked has left
                self._send(told, told.answer(query))

    def _send(self, told: FakeAuthority, body: bytes) -> None:
        status = {Lie.ERROR: 503, Lie.REDIRECT: 302}.get(told.lie, 200)
        head = f"HTTP/1.0 {status} -\r\nContent-Type: application/timestamp-reply\r\nLocation: {told.url}\r\n"
        whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode()
        self._write(told, whole, is_slow=told.lie is Lie.SLOW_HEADERS)
        self._write(told, body, is_slow=told.lie is Lie.SLOW_BODY)

    def _write(self, told: FakeAuthority, content: bytes, *, is_slow: bool) -> None:
        step = 1 if is_slow else len(content) or 1
        for at in range(0, len(content), step):
            if is_slow and told.closing.wait(_DRIP_SECONDS):
                return
            self.wfile.write(content[at : at + step])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own word
        """A test's output is the test's."""
