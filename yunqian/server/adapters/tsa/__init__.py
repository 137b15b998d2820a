"""The time-stamp authority: who attests that something existed at a time."""

import functools

from yunqian.engine import verify
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.tsa import embedded
from yunqian.server.adapters.tsa.http import HttpStamper
from yunqian.server.adapters.tsa.port import TimestampAuthority
from yunqian.server.settings import Config

__all__ = ["TimestampAuthority", "chosen", "current"]


@functools.cache
def current() -> TimestampAuthority:
    """The configured authority of this process; see `chosen`."""
    return chosen(settings.current())


def chosen(config: Config) -> TimestampAuthority:
    """The outside authority that YUNQIAN_TSA_URL names, or else the demonstration's own.

    Raises Refused(CONFIG_INSECURE) in production without an address, or where no root stands in the trust
    folder to judge the outside one by; and Refused(TIMESTAMP_UNAVAILABLE) where `yunqian demo` has not made the
    demonstration's own.
    """
    if not config.tsa_url:
        return embedded.load(config)
    folder = config.trust_folder
    roots = verify.load_trust(folder).roots if folder.is_dir() else ()
    if not roots:
        detail = "YUNQIAN_TSA_URL names a time-stamp authority, but no root to judge it by is in ca/trust/"
        raise Refused(Problem.CONFIG_INSECURE, detail=detail)
    return HttpStamper(config.tsa_url, roots, allowed_hosts=config.tsa_allowed_hosts)
