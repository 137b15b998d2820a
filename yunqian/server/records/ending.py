"""What becomes of an envelope after it was signed: its end by agreement, and seats that were handed over."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import EndingState
from yunqian.server.records.base import TenantRow, one_of


class Ending(TenantRow):
    """协商作废: somebody proposes to void what was signed, and everybody who signed answers."""

    envelope = models.ForeignKey("records.Envelope", models.PROTECT, db_constraint=False, related_name="+")
    proposer = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    proposer_name = models.CharField(max_length=100)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default=EndingState.PROPOSED)
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "ending"
        constraints = (
            one_of("state", EndingState, "ending_state_check"),
            models.UniqueConstraint(
                fields=["tenant", "envelope"], condition=models.Q(state="proposed"), name="ending_once"
            ),
        )
        indexes = (models.Index(fields=["tenant", "envelope", "-proposed_at"], name="ending_newest"),)


class EndingVoice(TenantRow):
    """What one person answered to a proposal. Never changed."""

    ending = models.ForeignKey("records.Ending", models.PROTECT, db_constraint=False, related_name="voices")
    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=100)
    is_agreed = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "ending_voice"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "ending", "person"], name="ending_voice_once"),
        )


class SeatHandover(TenantRow):
    """转交: the seat stays where it is in the order, another person sits in it. Never changed."""

    envelope = models.ForeignKey("records.Envelope", models.PROTECT, db_constraint=False, related_name="+")
    recipient = models.ForeignKey("records.Recipient", models.PROTECT, db_constraint=False, related_name="+")
    from_person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    from_name = models.CharField(max_length=100)
    to_person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    to_name = models.CharField(max_length=100)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "seat_handover"
        indexes = (models.Index(fields=["tenant", "envelope", "at"], name="seat_handover_by_time"),)
