"""Addresses outside that the operator names: https, or a host that is allowed by name."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from yunqian.server.settings.secrets import insecure


def allowed_hosts(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The hosts in a variable, separated by commas, in lower case."""
    texts = environ.get(name, "").split(",")
    return tuple(text.strip().lower() for text in texts if text.strip())


def outside_url(environ: Mapping[str, str], name: str, hosts: str, *, default: str = "") -> str:
    """The address as given: https, or plain http to a host that the variable `hosts` allows by name.

    Raises Refused(CONFIG_INSECURE) for any other.
    """
    url = environ.get(name) or default
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise insecure(f"{name} is {url!r}, which is not an address") from None
    if parts.scheme != "https" and host not in allowed_hosts(environ, hosts):
        raise insecure(f"{name} is {url!r}; it must be https, or its host stand in {hosts}")
    return url
