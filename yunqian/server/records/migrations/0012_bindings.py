"""Binding certificates by proof of possession; the states that stop them; sessions that end with their certificate."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records import isolation
from yunqian.server.records.isolation import composite_key, wall

PROTECT = django.db.models.deletion.PROTECT
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}
STATES = ["bound", "lost", "replaced", "revoked", "suspended"]
REQUEST_STATES = ["approved", "asked", "refused", "withdrawn"]


def owned(name: str, table: str, fields: list, **options: object) -> migrations.CreateModel:
    """A table of one organization whose rows are of a person and a certificate."""
    key = models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)
    tenant = models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")
    person = models.ForeignKey(on_delete=PROTECT, related_name="+", to="records.person")
    shown = [
        ("for_organization", models.BooleanField()),
        ("der", models.BinaryField()),
        ("sha256", models.CharField(max_length=64)),
        ("owner", models.CharField(max_length=200)),
    ]
    return migrations.CreateModel(
        name=name,
        fields=[("id", key), *shown, *fields, ("person", person), ("tenant", tenant)],
        options={"db_table": table, **META, **options},
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0011_people")]

    operations = [
        migrations.AddField(
            "certificate", "bound_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.AddField(
            "certificate",
            "replaced_by",
            models.ForeignKey(
                db_constraint=False, null=True, on_delete=PROTECT, related_name="+", to="records.certificate"
            ),
        ),
        migrations.RemoveConstraint("certificate", "certificate_state_check"),
        migrations.AddConstraint(
            "certificate",
            models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="certificate_state_check"),
        ),
        migrations.AddIndex(
            "certificate", models.Index(fields=["tenant", "-bound_at", "-id"], name="certificate_newest")
        ),
        owned(
            "BindingChallenge",
            "binding_challenge",
            [
                ("holder_name", models.CharField(max_length=200)),
                ("origin", models.CharField(max_length=300)),
                ("algorithm", models.CharField(max_length=40)),
                ("nonce", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
            ],
            indexes=[models.Index(fields=["person", "-issued_at"], name="binding_challenge_by_person")],
        ),
        owned(
            "BindingRequest",
            "binding_request",
            [
                ("person_name", models.CharField(max_length=100)),
                ("state", models.CharField(default="asked", max_length=20)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_by_name", models.CharField(blank=True, max_length=100)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision", models.CharField(blank=True, max_length=200)),
                (
                    "decided_by",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="records.person"),
                ),
            ],
            indexes=[models.Index(fields=["tenant", "-created_at", "-id"], name="binding_request_newest")],
            constraints=[
                models.CheckConstraint(
                    condition=models.Q(("state__in", REQUEST_STATES)), name="binding_request_state_check"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "asked")),
                    fields=("tenant", "sha256"),
                    name="binding_request_once",
                ),
            ],
        ),
        migrations.AddField(
            "opensession",
            "certificate_sha256",
            models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.RunSQL([*wall("binding_challenge"), *wall("binding_request")]),
        migrations.RunSQL(composite_key("certificate", "replaced_by_id", "certificate")),
        migrations.RunSQL(
            f"CREATE POLICY shown_when_binding ON certificate FOR SELECT "
            f"USING ({isolation.SHOWN_WHEN_BINDING})"
        ),
    ]
