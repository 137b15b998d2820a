"""Get the bytes that are about to be signed: one GET to the platform that asks, believed in nothing but its bytes.

Only the order's own origin is asked. No redirect is followed, no cookie kept, no proxy of the environment used, no
packed answer unpacked; the certificate is checked by the system's store, and size and time have limits.
"""

import ssl

import aiohttp

from yunqian.agent import config
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import Prepared

CONNECT_SECONDS, SILENT_SECONDS, WHOLE_SECONDS = 5.0, 10.0, 90.0
_AS_IT_IS = "identity"
_TIMES = aiohttp.ClientTimeout(total=WHOLE_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)


async def fetch(
    origin: str,
    prepared: Prepared,
    *,
    trust: ssl.SSLContext | None = None,
    times: aiohttp.ClientTimeout = _TIMES,
) -> bytearray:
    """The whole document of an order of `origin`, of exactly the size that the order told.

    `trust` replaces the system's store of certificates; for tests. Raises Refused(PREPARED_UNAVAILABLE) with what
    was wrong, and PREPARED_MISMATCH for a whole answer that is longer or shorter than the order says.
    """
    config.checked_origin(origin)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=times,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(ssl=True if trust is None else trust),
                headers={"Accept": "application/octet-stream", "Accept-Encoding": _AS_IT_IS},
            ) as session,
            session.get(origin + prepared.path, allow_redirects=False) as answer,
        ):
            return await _body(answer, prepared.size)
    except TimeoutError:
        raise _unavailable("time limit") from None
    except aiohttp.ClientConnectorCertificateError:
        raise _unavailable("certificate") from None
    except aiohttp.ClientSSLError:
        raise _unavailable("TLS") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _unavailable(type(error).__name__) from None


async def _body(answer: aiohttp.ClientResponse, size: int) -> bytearray:
    if answer.status != 200:
        raise _unavailable(f"HTTP {answer.status}")
    if answer.content_type != "application/octet-stream":
        raise _unavailable("content type")
    if answer.headers.get("Content-Encoding", _AS_IT_IS) != _AS_IT_IS:
        raise _unavailable("packed")
    if answer.content_length not in (None, size):
        raise _other_size()
    body, filled = bytearray(size), 0  # one block of memory, given back as one when the look is over
    async for piece in answer.content.iter_any():
        if filled + len(piece) > size:
            raise _other_size()
        body[filled : filled + len(piece)] = piece
        filled += len(piece)
    if filled != size:
        raise _other_size()
    return body


def _other_size() -> Refused:
    return Refused(Problem.PREPARED_MISMATCH, detail="size")


def _unavailable(detail: str) -> Refused:
    return Refused(Problem.PREPARED_UNAVAILABLE, detail=detail)
