"""Ceremony: from opening the panel to the last stored revision. SignOrder: one key's part in it."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import CeremonyState, SignOrderState
from yunqian.server.records.base import TenantRow, one_of


class Ceremony(TenantRow):
    """盖章操作 of one recipient on one document; `placements` are as the panel sent them."""

    envelope = models.ForeignKey(
        "records.Envelope", models.PROTECT, db_constraint=False, related_name="ceremonies"
    )
    document = models.ForeignKey(
        "records.Document", models.PROTECT, db_constraint=False, related_name="ceremonies"
    )
    recipient = models.ForeignKey(
        "records.Recipient", models.PROTECT, db_constraint=False, related_name="ceremonies"
    )
    state = models.CharField(max_length=20, default=CeremonyState.OPEN)
    placements = models.JSONField(default=list)
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "ceremony"
        constraints = (one_of("state", CeremonyState, "ceremony_state_check"),)


class SignOrder(TenantRow):
    """签名请求: one key, one signature, one new revision. `base` is the revision it was prepared on.

    `prepared` is the engine's Prepared as JSON, its tail lies in the vault under `tail_sha256`; `revision` is
    the number of the revision that its signature became. `nonce` is of the present preparation.
    """

    ceremony = models.ForeignKey(
        "records.Ceremony", models.PROTECT, db_constraint=False, related_name="orders"
    )
    position = models.PositiveIntegerField()
    certificate_sha256 = models.CharField(max_length=64)
    certificate_der = models.BinaryField()
    certificate_owner = models.CharField(max_length=200)
    marks = models.JSONField(default=list)
    impressions = models.JSONField(default=list)
    state = models.CharField(max_length=20, default=SignOrderState.WAITING)
    base = models.PositiveIntegerField(null=True)
    prepared = models.JSONField(null=True)
    tail_sha256 = models.CharField(max_length=64, null=True)
    nonce = models.CharField(max_length=64, null=True)
    issued_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    signature = models.BinaryField(null=True)
    revision = models.PositiveIntegerField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "sign_order"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "ceremony", "position"], name="sign_order_once"),
            one_of("state", SignOrderState, "sign_order_state_check"),
        )
