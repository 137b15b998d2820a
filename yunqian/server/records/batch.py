"""Batch: many documents that one person signs in one go. Written once; how it stands follows from its ceremonies.

An envelope may belong to another organization than the signer, so it is named here by its number alone.
"""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import TenantRow


class Batch(TenantRow):
    """批量签署 of a person for the organization he acts for; its identifier was made by his page."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    certificate_sha256 = models.CharField(max_length=64)
    certificate_owner = models.CharField(max_length=200)
    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="+")
    seal_name = models.CharField(max_length=100)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "batch"


class BatchLine(TenantRow):
    """One document of a batch as it was looked at; `problem` is why it was left out."""

    batch = models.ForeignKey("records.Batch", models.PROTECT, db_constraint=False, related_name="lines")
    position = models.PositiveIntegerField()
    envelope_id = models.UUIDField()
    document_id = models.UUIDField(null=True)
    title = models.CharField(max_length=500)
    initiator_name = models.CharField(max_length=100)
    page_count = models.PositiveIntegerField()
    head = models.PositiveIntegerField()
    head_sha256 = models.CharField(max_length=64, blank=True)
    is_proposed = models.BooleanField(default=False)
    placements = models.JSONField(default=list)
    problem = models.JSONField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "batch_line"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "batch", "position"], name="batch_line_once"),
        )
