"""Invitation: a place in an organization that waits for the person who comes with its secret."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import InvitationState
from yunqian.server.records.base import TenantRow, one_of


class Invitation(TenantRow):
    """邀请. The secret of the link is kept as its SHA-256 alone.

    With `mobile_index` only the person of that number may take it; without, whoever has the link. `role` is what
    the new member gets with it.
    """

    secret_sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=100, blank=True)
    mobile_index = models.BinaryField(null=True)
    mobile_masked = models.CharField(max_length=20, blank=True)
    department = models.ForeignKey(
        "records.Department", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    role = models.ForeignKey("records.Role", models.PROTECT, db_constraint=False, null=True, related_name="+")
    state = models.CharField(max_length=20, default=InvitationState.OPEN)
    invited_by = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    taken_by = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "invitation"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "secret_sha256"], name="invitation_secret_once"),
            one_of("state", InvitationState, "invitation_state_check"),
        )
        indexes = (models.Index(fields=["tenant", "-created_at", "-id"], name="invitation_newest"),)
