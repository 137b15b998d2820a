"""The carrier's real-name check of name, ID number and mobile."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.realname.port import CarrierCheck, Verdict
from yunqian.server.adapters.realname.sandbox import SandboxCarrier

__all__ = ["CarrierCheck", "Verdict", "current"]

FOLDER = "realname"


@functools.cache
def current() -> CarrierCheck:
    """The configured provider of this process. Raises Refused(REALNAME_UNAVAILABLE) where none is connected."""
    config = settings.current()
    if config.realname_driver == "sandbox":
        return SandboxCarrier(config.home / FOLDER)
    raise Refused(Problem.REALNAME_UNAVAILABLE)
