"""The certificate authority's desk for keys: who knows what opens a locked one, and gives it to one client alone."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.desk.fake import FakeDesk
from yunqian.server.adapters.desk.port import KeyDesk
from yunqian.server.settings import Mode

__all__ = ["KeyDesk", "current", "is_demo"]

FOLDER = "desk"


@functools.cache
def current() -> KeyDesk:
    """The configured desk of this process.

    Raises Refused(CONFIG_INSECURE) in production, for which no authority's own system is connected yet.
    """
    config = settings.current()
    if config.mode is Mode.PRODUCTION:
        raise Refused(Problem.CONFIG_INSECURE, detail="no certificate authority's desk is connected")
    return FakeDesk(config.home / FOLDER)


def is_demo() -> bool:
    """Whether the desk is the demonstration's stand-in, which every page that shows it has to say."""
    return settings.current().mode is not Mode.PRODUCTION
