"""The reverse proxies whose word about the client's address is believed, as addresses and networks."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from yunqian.server.settings.secrets import insecure

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_VARIABLE = "YUNQIAN_TRUSTED_PROXIES"
_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291 §2.5.5.2: an IPv4 peer as a socket of both kinds names it


def parse(text: str) -> tuple[Network, ...]:
    """The networks in a list with commas; an address is a network of one.

    Raises Refused(CONFIG_INSECURE) for anything else, also for a network with bits behind its length, which
    may mean one machine or all of them, and for one that holds every address: whoever is believed without
    being a proxy chooses the address that his wrong passwords are counted for.
    """
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def plain(address: Address) -> Address:
    """The IPv4 address inside a mapped IPv6 one; any other as it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise insecure(
            f"{text!r} in {_VARIABLE} is neither an address nor a network such as 10.0.0.0/8"
        ) from None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        inside = int(network.network_address) - int(_MAPPED.network_address)
        network = IPv4Network((inside, network.prefixlen - _MAPPED.prefixlen))
    if network.prefixlen == 0:
        raise insecure(f"{text!r} in {_VARIABLE} trusts every address")
    return network
