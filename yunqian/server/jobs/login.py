"""Refused and paused logins, recorded after their answer."""

from datetime import datetime

from procrastinate.contrib.django import app

from yunqian.server.actions import login
from yunqian.server.actions.later import LOGIN_PAUSED, LOGIN_REFUSED


@app.task(name=LOGIN_REFUSED)
def record(*, account: str, at: str) -> None:
    """Put the refusal into the ledger of the account's organization."""
    login.record_refusal(account=account, at=datetime.fromisoformat(at))


@app.task(name=LOGIN_PAUSED)
def record_pause(*, account: str, at: str) -> None:
    """Put the beginning of a pause there as well."""
    login.record_pause(account=account, at=datetime.fromisoformat(at))
