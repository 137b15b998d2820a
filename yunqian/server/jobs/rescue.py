"""Jobs whose worker died in the middle are done again: every job here is harmless when repeated."""

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

SILENT_SECONDS = 120  # a worker that lives tells so every ten seconds
_log = logging.getLogger(__name__)


@app.periodic(cron="*/5 * * * *")
@app.task(name="rescue.stalled", queueing_lock="rescue.stalled", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Give the jobs of silent workers back to the queue. `timestamp` is the time of the planned run.

    A job of which the next one waits already (its queueing lock is taken) is closed instead.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        try:
            await manager.retry_job(job)
            _log.warning("job %s (%s) is done again: its worker died", job.id, job.task_name)
        except UniqueViolation:
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
