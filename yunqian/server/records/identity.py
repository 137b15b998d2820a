"""What proves a person: codes that went to a phone, and what the carrier said of name, ID number and mobile."""

from enum import StrEnum

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import PlatformRow, one_of
from yunqian.wire.people import CodePurpose


class PhoneCode(PlatformRow):
    """A code for one number, one purpose and one browser. The code itself is kept as a keyed hash.

    `browser` is the SHA-256 of what the browser's session holds. `taken_at` is set once, by the right answer; a
    wrong one costs one of `tries_left`. `entry`: the organization by whose entry address the page was opened.
    `ended_at`: a newer code, or a message that could not be sent.
    """

    mobile_index = models.BinaryField()
    purpose = models.CharField(max_length=20)
    browser = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    entry = models.ForeignKey("records.Tenant", on_delete=models.PROTECT, null=True, related_name="+")
    code_hash = models.BinaryField()
    tries_left = models.PositiveSmallIntegerField(default=5)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(PlatformRow.Meta):
        db_table = "phone_code"
        constraints = (one_of("purpose", CodePurpose, "phone_code_purpose_check"),)
        indexes = (
            models.Index(fields=["mobile_index", "-created_at"], name="phone_code_by_number"),
            models.Index(fields=["address", "-created_at"], name="phone_code_by_address"),
            models.Index(fields=["-created_at"], name="phone_code_newest"),
        )


class MailCode(PlatformRow):
    """A code for the address that a person wants to be written to. Kept as PhoneCode is; the address is sealed."""

    person = models.ForeignKey("records.Person", on_delete=models.CASCADE, related_name="+")
    address_index = models.BinaryField()
    address_sealed = models.BinaryField()
    code_hash = models.BinaryField()
    tries_left = models.PositiveSmallIntegerField(default=5)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(PlatformRow.Meta):
        db_table = "mail_code"
        indexes = (
            models.Index(fields=["address_index", "-created_at"], name="mail_code_by_address"),
            models.Index(fields=["-created_at"], name="mail_code_newest"),
        )


class CheckVerdict(StrEnum):
    """What the carrier said; UNAVAILABLE: nothing that could be understood."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_RECORD = "no_record"
    UNAVAILABLE = "unavailable"


class IdentityCheck(PlatformRow):
    """实名核验: that the carrier was asked, when, through whom, and what it said; of the data only the indexes."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    mobile_index = models.BinaryField()
    id_number_index = models.BinaryField()
    provider = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta(PlatformRow.Meta):
        db_table = "identity_check"
        constraints = (one_of("verdict", CheckVerdict, "identity_check_verdict_check"),)
        indexes = (
            models.Index(fields=["mobile_index", "-at"], name="identity_check_by_number"),
            models.Index(fields=["id_number_index", "-at"], name="identity_check_by_id"),
        )
