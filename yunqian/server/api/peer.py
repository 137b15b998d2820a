"""The client's network address: the peer itself, or what a trusted reverse proxy says about its own peer.

X-Forwarded-For is a list to which every proxy appends the address it was called from, so it is read from the
right, and only as far as the addresses are those of proxies that we trust: whatever is left of the first other
one was written by a stranger.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address

from yunqian.server.settings.proxies import Address, Network, plain

LONGEST = 64  # characters that are kept of what is no address
SUBSCRIBER_BITS = 64  # of an IPv6 address; the rest is the subscriber's own to choose, RFC 4291 §2.5.4
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d{1,5})?|(?P<v4>[0-9.]+):\d{1,5}")


def client(peer: str, forwarded: str, *, trusted: Sequence[Network]) -> str:
    """The rightmost address that is no trusted proxy's, as text in its shortest form.

    A malformed element ends the reading: the hop before it, the last one that is known, stands for the client.
    So does the farthest proxy where the list holds nothing but proxies. An untrusted peer is the client,
    whatever its headers say; a peer without an address (a Unix socket) stays as it is.
    """
    last = _parse(peer)
    if last is None:
        return peer[:LONGEST]
    for element in reversed(forwarded.split(",")):
        if not _is_among(last, trusted):
            break
        before = _parse(element)
        if before is None:
            break
        last = before
    return str(last)


def counted(address: str) -> str:
    """What stands for a client when tries are counted: its address, of IPv6 the network of the subscriber."""
    parsed = _parse(address)
    if not isinstance(parsed, IPv6Address):
        return address
    return str(IPv6Network((int(parsed), SUBSCRIBER_BITS), strict=False))


def _parse(text: str) -> Address | None:
    """An address, also with the port that some proxies write behind it; None for anything else."""
    stripped = text.strip()
    with_port = _WITH_PORT.fullmatch(stripped)
    try:
        return plain(ip_address((with_port["v6"] or with_port["v4"]) if with_port else stripped))
    except ValueError:
        return None


def _is_among(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
