"""Seal: an impression with its owner, its certificates, whom it is granted to, and what happened to it."""

import secrets

from django.db import models
from django.utils import timezone

from yunqian.eseal.kinds import SealKind
from yunqian.rules.lifecycle import SealState
from yunqian.server.records.base import TenantRow, one_of
from yunqian.server.records.member import HeldRow

__all__ = ["Seal", "SealCertificate", "SealEvent", "SealGrant", "SealKind", "SealState", "new_public_code"]

_CODE_BYTES = 8


def new_public_code() -> str:
    """Sixteen characters that name a seal to everybody and cannot be guessed."""
    return secrets.token_hex(_CODE_BYTES).upper()


class Seal(TenantRow):
    """电子印章. `person` null: it is the organization's. Its picture has the real seal's size, in mm.

    `eseal` is the object that the seal maker signed (GB/T 38540), null where only the picture is kept.
    `filing_number` is the police's (备案号), `public_code` is what anybody may ask the seal's state by.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    picture_png = models.BinaryField()
    width_mm = models.FloatField()
    height_mm = models.FloatField()
    state = models.CharField(max_length=20, default=SealState.IN_USE)
    eseal = models.BinaryField(null=True)
    filing_number = models.CharField(max_length=13, blank=True, default="")
    public_code = models.CharField(max_length=16, unique=True, default=new_public_code)
    valid_until_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "seal"
        constraints = (
            one_of("kind", SealKind, "seal_kind_check"),
            one_of("state", SealState, "seal_state_check"),
            models.CheckConstraint(
                condition=models.Q(width_mm__gt=0, width_mm__lte=200, height_mm__gt=0, height_mm__lte=200),
                name="seal_size_check",
            ),
        )
        indexes = (models.Index(fields=["tenant", "-created_at", "-id"], name="seal_newest"),)


class SealCertificate(TenantRow):
    """This certificate may apply this seal (GB/T 38540: the seal lists its signers' certificates)."""

    seal = models.ForeignKey(
        "records.Seal", models.PROTECT, db_constraint=False, related_name="seal_certificates"
    )
    certificate = models.ForeignKey(
        "records.Certificate", models.PROTECT, db_constraint=False, related_name="seal_certificates"
    )

    class Meta(TenantRow.Meta):
        db_table = "seal_certificate"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "seal", "certificate"], name="seal_certificate_once"),
        )


class SealGrant(HeldRow):
    """授权: this holder may apply this seal of the organization; each single use is asked for where it says so."""

    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="seal_grants")
    needs_approval = models.BooleanField(default=False)

    class Meta(HeldRow.Meta):
        abstract = False
        db_table = "seal_grant"
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "seal", "member", "role", "department"],
                nulls_distinct=False,
                name="seal_grant_once",
            ),
            models.CheckConstraint(condition=HeldRow.ONE_HOLDER, name="seal_grant_holder_check"),
        )


class SealEvent(TenantRow):
    """履历: who did what to a seal, when and why. Never changed."""

    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="+")
    kind = models.CharField(max_length=40)
    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    person_name = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "seal_event"
        indexes = (models.Index(fields=["tenant", "seal", "-at", "-id"], name="seal_event_newest"),)
