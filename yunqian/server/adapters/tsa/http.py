"""An outside time-stamp authority over HTTP (RFC 3161 §3.4), asked with time limits and believed in nothing."""

import contextlib
import http.client
import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import outside
from yunqian.server.adapters.outside import refuse_inside_a_transaction

_NONCE_BITS = 64
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much we listen. The whole counts from the connection on, however the bytes drip in."""

    connect_seconds: float = 5.0
    whole_seconds: float = 15.0
    response_bytes: int = 64 * 1024
    clock_skew: timedelta = timedelta(minutes=5)


class HttpStamper:
    """See TimestampAuthority. The token proves itself, or is not used; the way there is the operator's decision."""

    def __init__(
        self,
        url: str,
        roots: tuple[Certificate, ...],
        *,
        allowed_hosts: Collection[str] = (),
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`roots` are those above the authority's certificate.

        Only https to a public address is asked, or whatever `allowed_hosts` names. Raises
        Refused(CONFIG_INSECURE) for any other address, and for an odd one.
        """
        self._parts = _address(url)
        self._is_allowed = self._parts.hostname in {host.lower() for host in allowed_hosts}
        if self._parts.scheme != "https" and not self._is_allowed:
            raise Refused(Problem.CONFIG_INSECURE, detail=f"{url!r} is neither https nor allowed by name")
        self._roots = roots
        self._limits = limits or Limits()
        self._tls = tls or ssl.create_default_context()
        self._clock = clock

    def stamp(self, imprint: bytes, digest: str) -> bytes:
        """See TimestampAuthority.stamp; the authority must lead to one of the roots, and its time be near ours.

        A signature that seems to be of another day helps nobody.
        """
        refuse_inside_a_transaction()
        nonce = secrets.randbits(_NONCE_BITS)
        response = self._answer_to(timestamp.request(imprint, nonce=nonce, digest=digest))
        token = timestamp.read_response(response, imprint=imprint, nonce=nonce, digest=digest)
        stamp = timestamp.check(token, imprint=imprint, nonce=nonce, digest=digest)
        try:
            certificates.chain(stamp.authority, stamp.others, self._roots, at=stamp.at)
        except Refused as refusal:
            raise Refused(Problem.TIMESTAMP_INVALID, detail="certificate") from refusal
        if abs(self._clock() - stamp.at) > self._limits.clock_skew:
            raise Refused(Problem.TIMESTAMP_INVALID, detail="time")
        return token

    def _answer_to(self, query: bytes) -> bytes:
        """The body of a 200. A redirect is not followed: the address is the operator's decision."""
        try:
            with self._connected() as (connection, is_late):
                connection.request("POST", self._target(), body=query, headers=_HEADERS)
                response = connection.getresponse()
                body = response.read(self._limits.response_bytes + 1)
                if is_late.is_set():
                    raise TimeoutError("the answer took too long")
        except (OSError, http.client.HTTPException) as error:
            _log.warning("the time-stamp authority %s does not answer: %r", self._parts.netloc, error)
            raise Refused(Problem.TIMESTAMP_UNAVAILABLE) from None
        if response.status != http.client.OK:
            _log.warning("the time-stamp authority %s answers %s", self._parts.netloc, response.status)
            raise Refused(Problem.TIMESTAMP_UNAVAILABLE)
        if len(body) > self._limits.response_bytes:
            raise Refused(Problem.TIMESTAMP_INVALID, detail="size")
        return body

    def _target(self) -> str:
        query = f"?{self._parts.query}" if self._parts.query else ""
        return (self._parts.path or "/") + query

    @contextlib.contextmanager
    def _connected(self) -> Iterator[tuple[http.client.HTTPConnection, threading.Event]]:
        """A connection that is cut when the whole time is over, and the sign that it was.

        A socket's own time limit starts anew with every byte, and so does not end a drip. The name is looked
        up by the system, with the system's limits.
        """
        is_tls = self._parts.scheme == "https"
        host, port = self._parts.hostname or "", self._parts.port or (443 if is_tls else 80)
        began, is_late = time.monotonic(), threading.Event()
        plain = outside.connected(
            host, port, seconds=self._limits.connect_seconds, is_allowed=self._is_allowed
        )
        left = max(0.0, self._limits.whole_seconds - (time.monotonic() - began))
        with contextlib.closing(plain), contextlib.closing(plain.dup()) as line:
            watch = threading.Timer(left, _cut, [line, is_late])
            watch.daemon = True
            watch.start()
            try:
                plain.settimeout(self._limits.whole_seconds)
                kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
                connection = kind(host, port)
                connection.sock = self._tls.wrap_socket(plain, server_hostname=host) if is_tls else plain
                with contextlib.closing(connection):
                    yield connection, is_late
            finally:
                watch.cancel()


def _cut(line: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
        is_right = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        is_right = False
    if not is_right or not url.isascii() or any(letter <= " " for letter in url):
        raise Refused(
            Problem.CONFIG_INSECURE, detail=f"{url!r} is not the http(s) address of a time-stamp authority"
        )
    return parts
