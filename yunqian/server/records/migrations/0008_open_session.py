"""Who is logged in where, for the person's own list."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0007_certificate_login")]

    operations = [
        migrations.CreateModel(
            name="OpenSession",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=40, unique=True)),
                ("way", models.CharField(max_length=20)),
                ("address", models.CharField(max_length=64)),
                ("browser", models.CharField(max_length=300)),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.person"
                    ),
                ),
            ],
            options={
                "db_table": "open_session",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("way__in", ["certificate", "password"])),
                        name="open_session_way_check",
                    )
                ],
            },
        ),
    ]
