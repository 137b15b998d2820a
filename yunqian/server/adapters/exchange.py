"""One question by HTTP to somebody outside, asked with limits of time and size, to an address the operator chose."""

import contextlib
import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import outside

_log = logging.getLogger(__name__)


class TookTooLong(OSError):
    """The whole time was over before the answer; never leaves this module."""


@dataclass(frozen=True)
class Limits:
    """How long and how much we listen. The whole counts from the connection on, however the bytes drip in."""

    connect_seconds: float = 5.0
    whole_seconds: float = 15.0
    response_bytes: int = 64 * 1024


class Exchange:
    """The way to one address. Redirects are not followed: the address is the operator's decision."""

    def __init__(
        self,
        url: str,
        *,
        whose: str,
        silence: Problem,
        allowed_hosts: Collection[str] = (),
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`whose` names who is asked, for the operator; `silence` is what a person is told where there is no answer.

        Only https to a public address is asked, or whatever `allowed_hosts` names. Raises
        Refused(CONFIG_INSECURE) for any other address, and for an odd one.
        """
        self._parts = _address(url, whose)
        self._is_allowed = self._parts.hostname in {host.lower() for host in allowed_hosts}
        if self._parts.scheme != "https" and not self._is_allowed:
            raise Refused(Problem.CONFIG_INSECURE, detail=f"{url!r} is neither https nor allowed by name")
        self._limits = limits or Limits()
        self._tls = tls or ssl.create_default_context()
        self._whose, self._silence = whose, silence

    def post(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """One question on a connection of its own; see `Conversation.post`."""
        with contextlib.closing(self.conversation()) as talk:
            return talk.post(body, headers)

    def conversation(self) -> "Conversation":
        """Several questions on one connection, where the other side keeps it; to be closed."""
        line = _Line(self._parts, self._limits, self._tls, is_allowed=self._is_allowed)
        return Conversation(line, whose=self._whose, silence=self._silence)


class Conversation:
    """Questions that belong together. Each has the whole time for itself."""

    def __init__(self, line: "_Line", *, whose: str, silence: Problem) -> None:
        self._line, self._whose, self._silence = line, whose, silence

    def post(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of a 200; one that is longer than the limit is one octet longer than it.

        Raises Refused(`silence`) for no answer in time and for any other status.
        """
        outside.refuse_inside_a_transaction()
        try:
            status, answer = self._line.ask(body, headers)
        except (OSError, http.client.HTTPException) as error:
            _log.warning("the %s %s does not answer: %s", self._whose, self._line.netloc, _told(error))
            raise Refused(self._silence) from None
        if status != http.client.OK:
            _log.warning("the %s %s answers %s", self._whose, self._line.netloc, status)
            raise Refused(self._silence)
        return answer

    def close(self) -> None:
        """End it; the next question would begin another."""
        self._line.close()


class _Line:
    """A connection that is made when it is needed, watched while it is used, and kept where the other side keeps it."""

    def __init__(self, parts: SplitResult, limits: Limits, tls: ssl.SSLContext, *, is_allowed: bool) -> None:
        self._parts, self._limits, self._tls, self._is_allowed = parts, limits, tls, is_allowed
        self._plain: socket.socket | None = None
        self._line: http.client.HTTPConnection | None = None

    @property
    def netloc(self) -> str:
        """Host and port, for a log."""
        return self._parts.netloc

    def ask(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body. Raises OSError or http.client.HTTPException where there is no answer in time."""
        with self._watched() as is_late:
            line = self._connected()
            line.request("POST", self._target(), body=body, headers=dict(headers))
            response = line.getresponse()
            read = response.read(self._limits.response_bytes + 1)
            if is_late.is_set():
                raise TookTooLong("the answer took too long")
        if response.will_close:
            self.close()
        return response.status, read

    def close(self) -> None:
        """Hang up; the next question would dial again."""
        if self._line is not None:
            self._line.close()
        if self._plain is not None:
            self._plain.close()
        self._line = self._plain = None

    def _target(self) -> str:
        query = f"?{self._parts.query}" if self._parts.query else ""
        return (self._parts.path or "/") + query

    @contextlib.contextmanager
    def _watched(self) -> Iterator[threading.Event]:
        """Cut the connection when the whole time is over; the event tells that it was.

        A socket's own time limit starts anew with every byte, and so does not end a drip. The name is looked
        up by the system, with the system's limits.
        """
        began, is_late = time.monotonic(), threading.Event()
        if self._plain is None:
            self._dial()
        assert self._plain is not None
        left = max(0.0, self._limits.whole_seconds - (time.monotonic() - began))
        watch = threading.Timer(left, _cut, [self._plain, is_late])
        watch.daemon = True
        watch.start()
        try:
            yield is_late
        finally:
            watch.cancel()

    def _dial(self) -> None:
        """Reach the address that was judged. What is kept aside is what the connection is cut by."""
        is_tls = self._parts.scheme == "https"
        host, port = self._parts.hostname or "", self._parts.port or (443 if is_tls else 80)
        found = outside.connected(
            host, port, seconds=self._limits.connect_seconds, is_allowed=self._is_allowed
        )
        found.settimeout(self._limits.whole_seconds)
        kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
        self._plain, self._line = found.dup(), kind(host, port)
        self._line.auto_open = 0  # it would look the name up again, and believe whatever it finds
        self._line.sock = found

    def _connected(self) -> http.client.HTTPConnection:
        """The connection, in TLS where it is to be; the handshake is within the time of the question."""
        assert self._line is not None
        plain = self._line.sock
        if self._parts.scheme == "https" and not isinstance(plain, ssl.SSLSocket):
            self._line.sock = self._tls.wrap_socket(plain, server_hostname=self._parts.hostname)
        return self._line


def _told(error: Exception) -> str:
    """An error as a log may have it: one of HTTP quotes what was sent to us, which may be what we asked."""
    return repr(error) if isinstance(error, OSError) else type(error).__name__


def _cut(line: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _address(url: str, whose: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
        is_right = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        is_right = False
    if not is_right or not url.isascii() or any(letter <= " " for letter in url):
        raise Refused(Problem.CONFIG_INSECURE, detail=f"{url!r} is not the http(s) address of a {whose}")
    return parts
