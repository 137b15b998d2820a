"""What is done with seals: the word that a single use needs, the ceremonies under way, and the ledger of every use.

An envelope may belong to another organization than the seal, so it is named here by its number alone.
"""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import SealUseApprovalState
from yunqian.server.records.base import TenantRow, one_of


class SealUseApproval(TenantRow):
    """用印审批: one use of a seal for one envelope; `ceremony_id` is where it was used up."""

    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="+")
    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=100)
    envelope_id = models.UUIDField()
    envelope_title = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default=SealUseApprovalState.ASKED)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, blank=True)
    ceremony_id = models.UUIDField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "seal_use_approval"
        constraints = (
            one_of("state", SealUseApprovalState, "seal_use_approval_state_check"),
            models.UniqueConstraint(
                fields=["tenant", "seal", "person", "envelope_id"],
                condition=models.Q(state__in=["asked", "approved"]),
                name="seal_use_approval_once",
            ),
        )
        indexes = (models.Index(fields=["tenant", "-created_at", "-id"], name="seal_use_approval_newest"),)


class SealCeremony(TenantRow):
    """This seal stands in that ceremony of that organization, which ends when the seal is frozen."""

    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="+")
    owner_id = models.UUIDField()
    ceremony_id = models.UUIDField()

    class Meta(TenantRow.Meta):
        db_table = "seal_ceremony"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "seal", "ceremony_id"], name="seal_ceremony_once"),
        )


class SealUse(TenantRow):
    """用印台账: one signature that carries the seal. Written with its revision, and never changed."""

    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="+")
    seal_name = models.CharField(max_length=100)
    envelope_id = models.UUIDField()
    envelope_title = models.CharField(max_length=200)
    document_name = models.CharField(max_length=255)
    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=100)
    certificate_sha256 = models.CharField(max_length=64)
    certificate_owner = models.CharField(max_length=200)
    revision = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "seal_use"
        indexes = (
            models.Index(fields=["tenant", "-at", "-id"], name="seal_use_newest"),
            models.Index(fields=["tenant", "seal", "-at", "-id"], name="seal_use_of_seal"),
        )
