"""What nobody needs any more goes: unsent uploads, their bytes, ended sessions, old tries to log in."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from yunqian.server.actions import login, seal, unsent
from yunqian.server.actions.later import BLOB_UNNAMED


@app.periodic(cron="17 * * * *")
@app.task(name="housekeeping.sweep", queueing_lock="housekeeping.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Once an hour. `timestamp` is the time for which the run was planned; harmless when repeated."""
    now = timezone.now()
    unsent.sweep(before=now - timedelta(hours=unsent.HOURS_KEPT))
    login.forget_old(now=now)
    seal.expire_old(now=now)


@app.task(name=BLOB_UNNAMED, retry=RetryStrategy(max_attempts=10, exponential_wait=4))
def remove_blob(*, tenant_id: str, sha256: str) -> None:
    """Remove the bytes of an upload that is gone."""
    unsent.remove_blob(tenant_id=UUID(tenant_id), sha256=sha256)
