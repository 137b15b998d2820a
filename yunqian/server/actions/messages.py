"""Short messages to people, sent outside every transaction."""

import logging

from yunqian.problems import Refused
from yunqian.server.adapters import sms
from yunqian.server.adapters.sms.port import Template

_log = logging.getLogger(__name__)


def code(mobile: str, *, code: str, minutes: int, key: str) -> None:
    """The code for a number. Raises Refused(SMS_UNAVAILABLE). `key` names this message, should it be sent again."""
    sms.current().send(mobile, Template.CODE, {"code": code, "minutes": str(minutes)}, idempotency=key)


def addressed(mobile: str, *, tenant: str, title: str, link: str, key: str) -> None:
    """Tell a number that somebody asks for a signature. Raises Refused(SMS_UNAVAILABLE)."""
    params = {"tenant": tenant, "title": title, "link": link}
    sms.current().send(mobile, Template.ADDRESSED, params, idempotency=key)


def invited(mobile: str, *, tenant: str, link: str, key: str) -> bool:
    """Tell a number that an organization invites it; whether that went out. A link can be given by hand too."""
    try:
        sms.current().send(mobile, Template.INVITATION, {"tenant": tenant, "link": link}, idempotency=key)
    except Refused as refusal:
        _log.warning("an invitation could not be sent: %s", refusal.problem.code)
        return False
    return True
