"""Work for after the transaction: jobs named here, defined in server/jobs, deferred with the write they follow.

A job lives in the same database, so a rolled-back write leaves no job and a committed one never loses its.
"""

from procrastinate.contrib.django import app

EVIDENCE_CHECK = "evidence.check"
LOGIN_REFUSED = "login.refused"
LOGIN_PAUSED = "login.paused"
BLOB_UNNAMED = "vault.unnamed"


def defer(job: str, *, key: str | None = None, **arguments: str | int | None) -> None:
    """Defer a job by its name. `key` names the write it follows: a second job for that write is a defect."""
    with_key = {"queueing_lock": f"{job}:{key}"} if key else {}
    configured = app.configure_task(name=job, allow_unknown=True, **with_key)
    configured.defer(**arguments)
