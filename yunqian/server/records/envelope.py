"""Envelope: the whole job, with its title, order and deadline."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from yunqian.rules import public_codes
from yunqian.rules.lifecycle import EnvelopeState
from yunqian.server.records.base import TenantRow, one_of

KEPT_BY = models.Case(models.When(keeper=None, then="initiator"), default="keeper")
"""Who keeps an envelope: the colleague to whom it was handed over, else who started it.

Not by COALESCE, which PostgreSQL does not take for leakproof: an index of it is not used under a policy.
"""
NEWEST = (models.F("created_at").desc(), models.F("id").desc())


def new_public_code() -> str:
    """A 查验码 that nobody can guess."""
    return public_codes.of(secrets.token_bytes(public_codes.RANDOM_BYTES))


class Envelope(TenantRow):
    """签署任务. The initiator's name is kept as it was then.

    `keeper` took it over from him, if anybody did. `ended_by_name` and `ended_reason` tell who recalled or declined
    it, and why.

    `due_at` is when the next thing comes due by itself, a reminder or its end; `reminded_at` when its initiator has
    reminded the signers last.

    `public_code` is what anybody who holds a print may ask its facts by.

    `addressed` lists its recipients for the row policies, each as `person@organization`: whom it addresses and
    for which organization. The database keeps it by a trigger on `recipient`; nobody writes it.
    """

    title = models.CharField(max_length=200)
    initiator = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    keeper = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    initiator_name = models.CharField(max_length=100)
    state = models.CharField(max_length=20, default=EnvelopeState.OPEN)
    deadline_at = models.DateTimeField(null=True)
    remind_before_hours = models.PositiveSmallIntegerField(null=True)
    remind_every_days = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_by_name = models.CharField(max_length=100, blank=True, default="")
    ended_reason = models.CharField(max_length=200, blank=True, default="")
    completed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    public_code = models.CharField(max_length=16, unique=True, default=new_public_code)
    addressed = ArrayField(models.TextField(), default=list, editable=False)
    searched = models.TextField(default="", editable=False)
    searched_initiator = models.TextField(default="", editable=False)

    class Meta(TenantRow.Meta):
        db_table = "envelope"
        constraints = (one_of("state", EnvelopeState, "envelope_state_check"),)
        indexes = (
            models.Index(fields=["tenant", "-created_at", "-id"], name="envelope_by_time"),
            models.Index("tenant", KEPT_BY, *NEWEST, name="envelope_by_keeper"),
            models.Index(
                fields=["tenant", "due_at"],
                condition=models.Q(due_at__isnull=False, state="open"),
                name="envelope_due",
            ),
            models.Index("tenant", KEPT_BY, "state", *NEWEST, name="envelope_by_keeper_state"),
        )
