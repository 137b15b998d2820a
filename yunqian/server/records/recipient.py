"""Recipient: a person addressed by an envelope, with a turn. He may sit in another organization."""

from django.db import models

from yunqian.rules.lifecycle import RecipientState
from yunqian.server.records.base import TenantRow, one_of


class Recipient(TenantRow):
    """完成人. Belongs to the envelope's organization; the names are kept as they were then.

    `for_tenant` is the organization for which the person was addressed, the one that `tenant_name` names. He
    meets the envelope only while he acts for it, so that whom it suspends has lost the envelope as well.

    The database keeps `listed_at`, when the envelope was made, by which lists are ordered, and `ready_at`, when his
    turn began; nobody writes them.
    """

    envelope = models.ForeignKey(
        "records.Envelope", models.PROTECT, db_constraint=False, related_name="recipients"
    )
    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=100)
    for_tenant = models.ForeignKey(
        "records.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tenant_name = models.CharField(max_length=200, blank=True)
    turn = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=20, default=RecipientState.WAITING)
    signed_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True, editable=False)
    ready_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantRow.Meta):
        db_table = "recipient"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "envelope", "person"], name="recipient_once"),
            one_of("state", RecipientState, "recipient_state_check"),
        )
        indexes = (
            models.Index(
                fields=["person", "for_tenant", "state", "-listed_at", "-envelope"],
                name="recipient_by_person",
            ),
        )
