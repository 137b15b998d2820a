"""Work for after the transaction: jobs named here, defined in server/jobs, deferred with the write they follow.

A job lives in the same database, so a rolled-back write leaves no job and a committed one never loses its.
"""

from datetime import datetime

from procrastinate.contrib.django import app

EVIDENCE_CHECK = "evidence.check"
LOGIN_REFUSED = "login.refused"
LOGIN_PAUSED = "login.paused"
BLOB_UNNAMED = "vault.unnamed"
NOTICE_DELIVERY = "notices.deliver"
ENVELOPE_DUE = "envelopes.due"


def defer(
    job: str, *, key: str | None = None, due_at: datetime | None = None, **arguments: str | int | None
) -> None:
    """Defer a job by its name, to be done at once or `due_at` a time.

    `key` names the write it follows: a second job for that write is a defect.
    """
    lock = f"{job}:{key}" if key else None
    configured = app.configure_task(name=job, allow_unknown=True, queueing_lock=lock, schedule_at=due_at)
    configured.defer(**arguments)
