"""A cloud for tests: a real HTTP server on this machine that checks signatures by itself and misbehaves on demand."""

import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from yunqian.server.settings.clouds import AccessKey

KEY = AccessKey("LTAI-id-of-tests", "the secret of tests, never in a log")
LOCAL = ("127.0.0.1",)


class Mood(Enum):
    """How it answers."""

    WELL = auto()
    LATE = auto()
    SILENT = auto()
    HANG_UP = auto()
    ERROR = auto()
    THROTTLED = auto()
    REDIRECT = auto()
    GARBAGE = auto()
    TRUNCATED = auto()
    OVERSIZED = auto()
    TWICE = auto()
    NESTED = auto()
    A_LIST = auto()
    EMPTY = auto()
    ECHO = auto()


@dataclass
class Asked:
    """One question as it came over the wire."""

    path: str
    headers: Message
    body: bytes

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), strict_parsing=True))

    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Cloud:
    """What the server is told; `asked` has every question."""

    is_signed: Callable[[Asked], bool]
    answer: object = None
    mood: Mood = Mood.WELL
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def respond(self, asked: Asked) -> tuple[int, bytes]:
        well = json.dumps(self.answer, ensure_ascii=False).encode()
        if not self.is_signed(asked):
            return 403, b'{"Code":"SignatureDoesNotMatch"}'
        return {
            Mood.ERROR: (500, well),
            Mood.THROTTLED: (429, well),
            Mood.REDIRECT: (302, well),
            Mood.GARBAGE: (200, b"<html>502 Bad Gateway</html>"),
            Mood.TRUNCATED: (200, well[:-1]),
            Mood.OVERSIZED: (200, well[:-1] + b" " * (1 << 20) + b"}"),
            Mood.TWICE: (200, well[:-1] + b"," + well[1:]),
            Mood.NESTED: (200, b"[" * 50_000),
            Mood.A_LIST: (200, b"[" + well + b"]"),
            Mood.EMPTY: (200, b""),
        }.get(self.mood, (200, well))


def is_signed_acs3(asked: Asked) -> bool:
    """Whether Alibaba Cloud would take the signature: https://help.aliyun.com/document_detail/2593177.html, by hand."""
    scheme, _, rest = asked.headers["Authorization"].partition(" ")
    parts = dict(one.split("=", 1) for one in rest.split(","))
    names = parts["SignedHeaders"].split(";")
    must = {"host", "content-type"} | {n.lower() for n in asked.headers if n.lower().startswith("x-acs-")}
    digest = hashlib.sha256(asked.body).hexdigest()
    age = datetime.now(UTC) - datetime.fromisoformat(asked.headers["x-acs-date"])
    path, _, query = asked.path.partition("?")
    lines = ["POST", path, query]
    lines += [f"{name}:{asked.headers[name]}" for name in names]
    lines += ["", parts["SignedHeaders"], digest]
    told = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    wanted = hmac.digest(KEY.secret.encode(), f"ACS3-HMAC-SHA256\n{told}".encode(), "sha256").hex()
    return (
        scheme == "ACS3-HMAC-SHA256"
        and parts["Credential"] == KEY.id
        and names == sorted(names)
        and must == set(names)
        and asked.headers["x-acs-content-sha256"] == digest
        and abs(age.total_seconds()) < 900
        and parts["Signature"] == wanted
    )


def is_signed_tc3(asked: Asked) -> bool:
    """Whether Tencent Cloud would take the signature: https://cloud.tencent.com/document/api/1007/31324, by hand."""
    scheme, _, rest = asked.headers["Authorization"].partition(" ")
    parts = dict(one.strip().split("=", 1) for one in rest.split(","))
    identity, day, service, end = parts["Credential"].split("/")
    moment = int(asked.headers["X-TC-Timestamp"])
    lines = ["POST", asked.path, ""]
    lines += [f"{name}:{asked.headers[name].lower()}" for name in parts["SignedHeaders"].split(";")]
    lines += ["", parts["SignedHeaders"], hashlib.sha256(asked.body).hexdigest()]
    told = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = b"TC3" + KEY.secret.encode()
    for step in (day, service, end):
        key = hmac.digest(key, step.encode(), "sha256")
    to_sign = f"TC3-HMAC-SHA256\n{moment}\n{day}/{service}/tc3_request\n{told}"
    return (
        scheme == "TC3-HMAC-SHA256"
        and identity == KEY.id
        and end == "tc3_request"
        and day == datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
        and abs(time.time() - moment) < 300
        and {"content-type", "host"} <= set(parts["SignedHeaders"].split(";"))
        and parts["Signature"] == hmac.digest(key, to_sign.encode(), "sha256").hex()
    )


@contextlib.contextmanager
def serving(is_signed: Callable[[Asked], bool]) -> Iterator[Cloud]:
    """Serve on a free port until the block ends."""
    cloud = Cloud(is_signed)
    server = _Server(cloud)
    cloud.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        cloud.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.cloud = cloud


class _Door(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        cloud = self.server.cloud
        asked = Asked(self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"])))
        cloud.asked.append(asked)
        if cloud.mood is Mood.HANG_UP:
            return
        if cloud.mood is Mood.SILENT or (cloud.mood is Mood.LATE and cloud.closing.wait(2.0)):
            cloud.closing.wait()
            return
        with contextlib.suppress(OSError):  # who asked has left
            self._send(cloud, asked)

    def _send(self, cloud: Cloud, asked: Asked) -> None:
        if cloud.mood is Mood.ECHO:
            self.wfile.write(asked.body + b"\r\n\r\n")
            return
        status, body = cloud.respond(asked)
        length = len(body) + (1 if cloud.mood is Mood.TRUNCATED else 0)
        head = f"HTTP/1.0 {status} -\r\nContent-Type: application/json\r\nLocation: {cloud.url}elsewhere\r\n"
        self.wfile.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own word
        """A test's output is the test's."""
