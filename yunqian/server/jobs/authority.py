"""Revocation lists grow old; the embedded authority's are made anew before readers stop believing them."""

import logging

from procrastinate.contrib.django import app

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import ca

_log = logging.getLogger(__name__)


@app.periodic(cron="7 * * * *")
@app.task(name="authority.lists", queueing_lock="authority.lists", pass_context=False)
def renew(timestamp: int) -> None:
    """Have every list renewed that is due, once an hour, those of SM2 too. Harmless when repeated.

    `timestamp` is the time for which the run was planned. An installation without an authority of its own
    has nothing to renew.
    """
    try:
        authority = ca.current()
    except Refused as refusal:
        if refusal.problem is not Problem.CONFIG_INSECURE:
            _log.error("revocation lists were not renewed (%s)", refusal.problem.code)
        return
    authority.renew_lists()
