"""Codes by short message, the carrier's answers, and the login by phone."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def key() -> models.UUIDField:
    return models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [("records", "0010_keeper")]

    operations = [
        migrations.CreateModel(
            name="PhoneCode",
            fields=[
                ("id", key()),
                ("mobile_index", models.BinaryField()),
                ("purpose", models.CharField(max_length=20)),
                ("browser", models.CharField(max_length=64)),
                ("address", models.CharField(max_length=64)),
                ("code_hash", models.BinaryField()),
                ("tries_left", models.PositiveSmallIntegerField(default=5)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "entry",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="records.tenant"),
                ),
            ],
            options={
                "db_table": "phone_code",
                **META,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["login", "register", "step_up"])),
                        name="phone_code_purpose_check",
                    )
                ],
                "indexes": [
                    models.Index(fields=["mobile_index", "-created_at"], name="phone_code_by_number"),
                    models.Index(fields=["address", "-created_at"], name="phone_code_by_address"),
                    models.Index(fields=["-created_at"], name="phone_code_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityCheck",
            fields=[
                ("id", key()),
                ("mobile_index", models.BinaryField()),
                ("id_number_index", models.BinaryField()),
                ("provider", models.CharField(max_length=40)),
                ("verdict", models.CharField(max_length=20)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="records.person"),
                ),
            ],
            options={
                "db_table": "identity_check",
                **META,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict__in", ["match", "mismatch", "no_record", "unavailable"])
                        ),
                        name="identity_check_verdict_check",
                    )
                ],
                "indexes": [
                    models.Index(fields=["mobile_index", "-at"], name="identity_check_by_number"),
                    models.Index(fields=["id_number_index", "-at"], name="identity_check_by_id"),
                ],
            },
        ),
        migrations.RemoveConstraint("opensession", "open_session_way_check"),
        migrations.AddConstraint(
            "opensession",
            models.CheckConstraint(
                condition=models.Q(("way__in", ["certificate", "password", "phone"])),
                name="open_session_way_check",
            ),
        ),
    ]
