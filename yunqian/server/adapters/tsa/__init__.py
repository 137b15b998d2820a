"""The time-stamp authority: who attests that something existed at a time."""

import functools

from yunqian.server import settings
from yunqian.server.adapters.tsa import embedded
from yunqian.server.adapters.tsa.embedded import EmbeddedStamper
from yunqian.server.adapters.tsa.port import TimestampAuthority

__all__ = ["TimestampAuthority", "current"]


@functools.cache
def current() -> EmbeddedStamper:
    """The configured authority of this process.

    Raises Refused(CONFIG_INSECURE) in production, for which no outside authority can be configured as yet,
    and Refused(TIMESTAMP_UNAVAILABLE) where `yunqian demo` has not made the demonstration's own.
    """
    return embedded.load(settings.current())
