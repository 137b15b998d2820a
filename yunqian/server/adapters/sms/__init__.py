"""Short messages to phones."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.sms.port import Sms, Template
from yunqian.server.adapters.sms.sandbox import SandboxSms

__all__ = ["Sms", "Template", "current", "outbox"]

FOLDER = "sms"


@functools.cache
def current() -> Sms:
    """The configured provider of this process. Raises Refused(SMS_UNAVAILABLE) where none is connected."""
    if settings.current().sms_driver == "sandbox":
        return outbox()
    raise Refused(Problem.SMS_UNAVAILABLE)


def outbox() -> SandboxSms:
    """The stand-in's outbox, for the demo's pages and for tests."""
    return SandboxSms(settings.current().home / FOLDER)
