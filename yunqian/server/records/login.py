"""LoginAttempt: what the pauses between wrong passwords are counted from."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import PlatformRow


class LoginAttempt(PlatformRow):
    """One try to log in with `account` from the network `address`; the account need not exist."""

    account = models.CharField(max_length=100)
    address = models.CharField(max_length=64)
    is_successful = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(PlatformRow.Meta):
        db_table = "login_attempt"
        indexes = (
            models.Index(fields=["account", "-at"], name="login_attempt_by_account"),
            models.Index(fields=["address", "-at"], name="login_attempt_by_address"),
        )
