"""Messages of notices, and what comes due by itself: reminders, and the end at a deadline."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from yunqian.server.actions import deliveries, due, mail_codes, notices
from yunqian.server.actions.later import ENVELOPE_DUE, NOTICE_DELIVERY


@app.task(name=NOTICE_DELIVERY)
def deliver(*, tenant_id: str, delivery_id: str) -> None:
    """Send one message; what fails defers its own next try."""
    deliveries.deliver(tenant_id=UUID(tenant_id), delivery_id=UUID(delivery_id))


@app.task(name=ENVELOPE_DUE)
def come_due(*, tenant_id: str, envelope_id: str) -> None:
    """A moment of an envelope has come."""
    due.come_due(tenant_id=UUID(tenant_id), envelope_id=UUID(envelope_id))


@app.periodic(cron="37 * * * *")
@app.task(name="envelopes.sweep", queueing_lock="envelopes.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Once an hour, what no job has done. `timestamp` is the time of the planned run; harmless when repeated."""
    due.sweep(now=timezone.now())


@app.periodic(cron="47 4 * * *")
@app.task(name="notices.forget", queueing_lock="notices.forget", pass_context=False)
def forget_old(timestamp: int) -> None:
    """Once a day. `timestamp` is the time of the planned run; harmless when repeated."""
    now = timezone.now()
    notices.forget_old(before=now - timedelta(days=notices.FORGOTTEN_DAYS))
    mail_codes.forget_old(now=now)
