"""Mail to people."""

import functools

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.mail.port import Letter, Mail
from yunqian.server.adapters.mail.sandbox import SandboxMail
from yunqian.server.adapters.mail.smtp import SmtpMail
from yunqian.server.settings import Config

__all__ = ["Letter", "Mail", "chosen", "current", "outbox"]

FOLDER = "mail"


@functools.cache
def current() -> Mail:
    """The configured relay of this process; see `chosen`."""
    return chosen(settings.current())


def chosen(config: Config) -> Mail:
    """What YUNQIAN_MAIL names. Raises Refused(MAIL_UNAVAILABLE) where nothing is connected."""
    if config.mail_driver == "sandbox":
        return SandboxMail(config.home / FOLDER)
    if config.mail_driver == "smtp" and config.mail.relay:
        return SmtpMail(config.mail.relay, sender=config.mail.sender, name=config.name)
    raise Refused(Problem.MAIL_UNAVAILABLE)


def outbox() -> SandboxMail:
    """The stand-in's outbox, for the demo's pages and for tests."""
    return SandboxMail(settings.current().home / FOLDER)
