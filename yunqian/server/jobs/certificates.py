"""What the authority has revoked stops here too, even where nobody uses it: sessions that it opened end."""

from django.utils import timezone
from procrastinate.contrib.django import app

from yunqian.server.actions import binding, certificates


@app.periodic(cron="*/10 * * * *")
@app.task(name="certificates.revoked", queueing_lock="certificates.revoked", pass_context=False)
def stop_revoked(timestamp: int) -> None:
    """Every ten minutes. `timestamp` is the time for which the run was planned; harmless when repeated."""
    certificates.stop_revoked()


@app.periodic(cron="27 4 * * *")
@app.task(name="certificates.challenges", queueing_lock="certificates.challenges", pass_context=False)
def forget_old(timestamp: int) -> None:
    """Once a day. `timestamp` is the time for which the run was planned; harmless when repeated."""
    binding.forget_old(now=timezone.now())
