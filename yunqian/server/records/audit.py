"""AuditEvent: one link of a hash-chained ledger. Rows are only ever added."""

from django.db import models

from yunqian.server.records.base import TenantRow


class AuditEvent(TenantRow):
    """存证记录. `chain` names the ledger: one per envelope, one per organization for what has no envelope.

    Neither the application's role nor a trigger lets a row be changed; evidence.chain computes the hashes.
    """

    envelope = models.ForeignKey(
        "records.Envelope", models.PROTECT, db_constraint=False, null=True, related_name="events"
    )
    chain = models.CharField(max_length=100)
    sequence = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=60)
    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta(TenantRow.Meta):
        db_table = "audit_event"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "chain", "sequence"], name="audit_event_once"),
        )
