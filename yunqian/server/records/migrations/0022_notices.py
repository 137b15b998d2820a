"""Notices to people, their messages, when something of an envelope comes due, and addresses for mail."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records.isolation import PERSON, composite_key, wall

PROTECT = django.db.models.deletion.PROTECT
CASCADE = django.db.models.deletion.CASCADE
NOW = django.utils.timezone.now
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def row_key() -> tuple:
    return ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False))


def owned(name: str, table: str, fields: list, **options: object) -> migrations.CreateModel:
    """A table of one organization."""
    tenant = models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")
    return migrations.CreateModel(
        name=name,
        fields=[row_key(), *fields, ("tenant", tenant)],
        options={"db_table": table, **META, **options},
    )


# Beside the wall: of one organization each sees his own. Jobs act for the organization alone, and send for everybody.
OWN_ALONE = (
    "CREATE POLICY own_person ON notice AS RESTRICTIVE FOR SELECT "
    f"USING (person_id = {PERSON} OR {PERSON} IS NULL)"
)
# The policies bind the owner of the tables too; for this one statement it sees every organization's rows.
DUE = [
    "ALTER TABLE envelope NO FORCE ROW LEVEL SECURITY",
    "UPDATE envelope SET due_at = deadline_at WHERE state = 'open' AND deadline_at IS NOT NULL",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "SET CONSTRAINTS ALL DEFERRED",
    "ALTER TABLE envelope FORCE ROW LEVEL SECURITY",
]


class Migration(migrations.Migration):
    dependencies = [("records", "0021_batch")]

    operations = [
        owned(
            "Notice",
            "notice",
            [
                ("kind", models.CharField(max_length=30)),
                ("envelope_id", models.UUIDField(null=True)),
                ("key", models.CharField(max_length=200)),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=NOW)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False, on_delete=PROTECT, related_name="+", to="records.person"
                    ),
                ),
            ],
            constraints=[models.UniqueConstraint(fields=("tenant", "person", "key"), name="notice_once")],
            indexes=[
                models.Index(fields=["tenant", "person", "-created_at", "-id"], name="notice_newest"),
                models.Index(
                    condition=models.Q(("read_at", None)), fields=["tenant", "person"], name="notice_unread"
                ),
            ],
        ),
        owned(
            "NoticeDelivery",
            "notice_delivery",
            [
                ("channel", models.CharField(max_length=10)),
                ("state", models.CharField(default="waiting", max_length=20)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_problem", models.CharField(blank=True, default="", max_length=60)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "notice",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=CASCADE,
                        related_name="deliveries",
                        to="records.notice",
                    ),
                ),
            ],
            constraints=[
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["given_up", "needless", "sent", "waiting"])),
                    name="notice_delivery_state_check",
                ),
                models.CheckConstraint(
                    condition=models.Q(("channel__in", ["mail", "sms"])),
                    name="notice_delivery_channel_check",
                ),
                models.UniqueConstraint(
                    fields=("tenant", "notice", "channel"), name="notice_delivery_once"
                ),
            ],
        ),
        migrations.CreateModel(
            name="MailCode",
            fields=[
                row_key(),
                ("address_index", models.BinaryField()),
                ("address_sealed", models.BinaryField()),
                ("code_hash", models.BinaryField()),
                ("tries_left", models.PositiveSmallIntegerField(default=5)),
                ("created_at", models.DateTimeField(default=NOW)),
                ("expires_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(on_delete=CASCADE, related_name="+", to="records.person")),
            ],
            options={
                "db_table": "mail_code",
                **META,
                "indexes": [
                    models.Index(fields=["address_index", "-created_at"], name="mail_code_by_address"),
                    models.Index(fields=["-created_at"], name="mail_code_newest"),
                ],
            },
        ),
        migrations.AddField("person", "mail_sealed", models.BinaryField(null=True)),
        migrations.AddField("person", "mail_proved_at", models.DateTimeField(null=True)),
        migrations.AddField("envelope", "due_at", models.DateTimeField(null=True)),
        migrations.AddField("envelope", "reminded_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "envelope",
            models.Index(
                condition=models.Q(("due_at__isnull", False), ("state", "open")),
                fields=["tenant", "due_at"],
                name="envelope_due",
            ),
        ),
        *(
            migrations.RunSQL(statement)
            for statement in (
                *wall("notice"),
                *wall("notice_delivery"),
                composite_key("notice_delivery", "notice_id", "notice"),
                OWN_ALONE,
                *DUE,
            )
        ),
    ]
