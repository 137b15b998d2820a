"""What logging in leaves: tries that pauses are counted from, challenges for keys, and who is logged in where."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import PlatformRow, one_of
from yunqian.wire.envelope import LoginWay


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


class LoginChallenge(PlatformRow):
    """A LoginOrder that was given out, without its person: whoever holds the certificate's key is not known yet.

    `taken_at` is set once, by the first answer, right or wrong.
    """

    origin = models.CharField(max_length=300)
    certificate_sha256 = models.CharField(max_length=64)
    certificate_owner = models.CharField(max_length=200)
    algorithm = models.CharField(max_length=40)
    nonce = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta(PlatformRow.Meta):
        db_table = "login_challenge"
        indexes = (models.Index(fields=["expires_at"], name="login_challenge_by_end"),)


class OpenSession(PlatformRow):
    """A session as its person knows it: since when, how, from where. `key` is the session store's own.

    `certificate_sha256` is what opened it, empty where that was no certificate: when that is stopped, it ends.
    """

    person = models.ForeignKey("records.Person", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=40, unique=True)
    way = models.CharField(max_length=20)
    address = models.CharField(max_length=64)
    browser = models.CharField(max_length=300)
    certificate_sha256 = models.CharField(max_length=64, blank=True, default="")
    begun_at = models.DateTimeField(default=timezone.now)

    class Meta(PlatformRow.Meta):
        db_table = "open_session"
        constraints = (one_of("way", LoginWay, "open_session_way_check"),)
