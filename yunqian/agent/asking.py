"""How the client asks a platform for a public document: one small GET, believed in nothing but its bytes.

No redirect is followed, no cookie or proxy of the environment used, no packed answer unpacked; size and time have
limits; the certificate of https is checked as ever. Only addresses that `config.checked_origin` accepts are asked.
"""

import asyncio

import aiohttp

from yunqian.agent import config
from yunqian.problems import Problem, Refused

LIMIT_SECONDS = 5.0
_PACKED_AS_IT_IS = "identity"


def origin_of(address: str) -> str:
    """The origin a person meant: an address copied from the browser's bar is cut to its origin.

    Raises Refused(PLATFORM_ADDRESS_WRONG).
    """
    text = address.strip()
    head, mark, rest = text.partition("://")
    host = rest.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    origin = f"{head.lower()}{mark}{host.lower()}" if mark else f"https://{text.split('/', 1)[0].lower()}"
    return config.checked_origin(_without_usual_port(origin))


def _without_usual_port(origin: str) -> str:
    """As browsers write an origin: the port of the scheme is not said."""
    usual = {"https": ":443", "http": ":80"}.get(origin.partition(":")[0], ":")
    return origin.removesuffix(usual) if usual != ":" else origin


async def fetch(origin: str, path: str, *, limit: int, seconds: float = LIMIT_SECONDS) -> bytes:
    """The JSON document at origin + path, of at most `limit` bytes.

    Raises Refused(PLATFORM_UNREACHABLE) with what was wrong, within `seconds`, and PLATFORM_ADDRESS_WRONG.
    """
    config.checked_origin(origin)
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/json", "Accept-Encoding": _PACKED_AS_IT_IS},
            ) as session,
            session.get(origin + path, allow_redirects=False) as answer,
        ):
            return await _body(origin, answer, limit)
    except TimeoutError:
        raise _unreachable(origin, f"> {seconds:.0f} s") from None
    except aiohttp.ClientConnectorCertificateError:
        raise _unreachable(origin, "certificate") from None
    except aiohttp.ClientSSLError:
        raise _unreachable(origin, "TLS") from None
    except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
        raise _unreachable(origin, type(error).__name__) from None


async def _body(origin: str, answer: aiohttp.ClientResponse, limit: int) -> bytes:
    if answer.status != 200:
        raise _unreachable(origin, f"HTTP {answer.status}")
    if answer.content_type != "application/json":
        raise _unreachable(origin, "not JSON")
    if answer.headers.get("Content-Encoding", _PACKED_AS_IT_IS) != _PACKED_AS_IT_IS:
        raise _unreachable(origin, "packed")
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > limit:
            raise _unreachable(origin, f"> {limit // 1024} KiB")
    return bytes(body)


def _unreachable(origin: str, detail: str) -> Refused:
    return Refused(Problem.PLATFORM_UNREACHABLE, origin=origin, detail=detail)
