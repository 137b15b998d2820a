"""Draft: an envelope that is being prepared. ProposedPlace: where its initiator would like a mark."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import TenantRow


class Draft(TenantRow):
    """草稿 of one person. `content_sealed` is a wire.start.DraftContent, sealed because numbers and names stand in it.

    `version` counts its changes: who saves names the one he changed.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    content_sealed = models.BinaryField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "draft"
        indexes = (models.Index(fields=["tenant", "person", "-changed_at"], name="draft_newest"),)


class ProposedPlace(TenantRow):
    """建议盖章位置 for one recipient on one document; box in points on the unrotated page, origin bottom-left."""

    document = models.ForeignKey(
        "records.Document", models.PROTECT, db_constraint=False, related_name="proposed_places"
    )
    recipient = models.ForeignKey(
        "records.Recipient", models.PROTECT, db_constraint=False, related_name="proposed_places"
    )
    kind = models.CharField(max_length=10)
    page = models.PositiveIntegerField()
    x_pt = models.FloatField()
    y_pt = models.FloatField()
    width_pt = models.FloatField()
    height_pt = models.FloatField()
    label = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantRow.Meta):
        db_table = "proposed_place"
