"""Notices: what happened, told to one person for the organization he acts for, and its messages on the way to him."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import DeliveryState
from yunqian.server.records.base import TenantRow, one_of
from yunqian.wire.notices import Channel


class Notice(TenantRow):
    """通知. The row's organization is the one for which the person is told; nobody else of it sees the row.

    `key` names the event, so that each event gives each person one notice whoever tries twice. The envelope may be
    another organization's, so it is named by its number alone, and its title is read where it is shown: who has lost
    the envelope has lost the title with it.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=30)
    envelope_id = models.UUIDField(null=True)
    key = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "notice"
        constraints = (models.UniqueConstraint(fields=["tenant", "person", "key"], name="notice_once"),)
        indexes = (
            models.Index(fields=["tenant", "person", "-created_at", "-id"], name="notice_newest"),
            models.Index(fields=["tenant", "person"], condition=models.Q(read_at=None), name="notice_unread"),
        )


class NoticeDelivery(TenantRow):
    """One message of a notice. `claimed_at` is when a worker began to send it, so that no second one does meanwhile.

    `last_problem` is the code of what stopped the newest try.
    """

    notice = models.ForeignKey(
        "records.Notice", models.CASCADE, db_constraint=False, related_name="deliveries"
    )
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=20, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_problem = models.CharField(max_length=60, blank=True, default="")
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "notice_delivery"
        constraints = (
            one_of("state", DeliveryState, "notice_delivery_state_check"),
            one_of("channel", Channel, "notice_delivery_channel_check"),
            models.UniqueConstraint(fields=["tenant", "notice", "channel"], name="notice_delivery_once"),
        )
