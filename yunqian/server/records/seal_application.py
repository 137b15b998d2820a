"""SealApplication: a seal that somebody wants, with the very picture that will be made of it."""

from enum import StrEnum

from django.db import models
from django.utils import timezone

from yunqian.eseal.kinds import SealKind
from yunqian.rules.lifecycle import SealApplicationState
from yunqian.server.records.base import TenantRow, one_of


class PictureSource(StrEnum):
    """Where the picture comes from: drawn by the program, a scan, or strokes of the hand."""

    DRAWN = "drawn"
    SCAN = "scan"
    STROKES = "strokes"


class SealApplication(TenantRow):
    """印章申请. Whose the seal will be follows from its kind; `seal` is there from MADE on. One at a time of a name."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    is_personal = models.BooleanField()
    name = models.CharField(max_length=100)
    filing_number = models.CharField(max_length=13, blank=True)
    source = models.CharField(max_length=10)
    picture_png = models.BinaryField()
    width_mm = models.FloatField()
    height_mm = models.FloatField()
    reason = models.CharField(max_length=200)
    valid_until_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, default=SealApplicationState.APPLIED)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, blank=True)
    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, null=True, related_name="+")

    class Meta(TenantRow.Meta):
        db_table = "seal_application"
        constraints = (
            one_of("kind", SealKind, "seal_application_kind_check"),
            one_of("source", PictureSource, "seal_application_source_check"),
            one_of("state", SealApplicationState, "seal_application_state_check"),
            models.UniqueConstraint(
                fields=["tenant", "person", "kind", "name"],
                condition=models.Q(state__in=["applied", "approved"]),
                name="seal_application_once",
            ),
        )
        indexes = (models.Index(fields=["tenant", "-created_at", "-id"], name="seal_application_newest"),)
