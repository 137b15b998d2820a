"""The border to the outside: who waits for another machine does not hold rows meanwhile (house rule 5)."""

import ipaddress
import socket

from yunqian.server import scope


class NotAllowed(OSError):
    """A name that leads to an address which nobody allowed: what is inside our own network is not asked."""


def refuse_inside_a_transaction() -> None:
    """Raise RuntimeError where a scope is open: a defect of the caller, which the first test of it shows.

    A network call may take as long as its time limit; rows locked that long stop everybody else. What needs
    the outside is two transactions around the call.
    """
    if scope.is_open():
        raise RuntimeError("the outside is asked before or after a transaction, never inside one")


def connected(host: str, port: int, *, seconds: float, is_allowed: bool) -> socket.socket:
    """A connection to a host, by the address that was judged: the name is looked up once.

    Unless the operator allowed the host by name (`is_allowed`), every address of it must be public, so that no
    setting and no answer of a name server leads into the network behind this machine. Raises OSError.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not is_allowed and not all(_is_public(one) for one in addresses):
        raise NotAllowed(f"{host} leads to {', '.join(addresses)}, which is not a public address")
    failure: OSError = OSError(f"{host} has no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=seconds / len(addresses))
        except OSError as error:
            failure = error
    raise failure


def _is_public(address: str) -> bool:
    told = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(told, "ipv4_mapped", None) or told
    return bool(mapped.is_global and not mapped.is_multicast)
