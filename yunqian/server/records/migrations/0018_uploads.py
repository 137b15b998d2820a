"""Uploads that arrive in parts, and what a document's own signatures allow, found at intake."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records.isolation import composite_key, wall

PROTECT, CASCADE = django.db.models.deletion.PROTECT, django.db.models.deletion.CASCADE
OPTIONS = {
    "db_table": "incoming_upload",
    "abstract": False,
    "base_manager_name": "objects",
    "default_manager_name": "objects",
}
FIELDS = [
    ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
    ("name", models.CharField(max_length=255)),
    ("size_bytes", models.BigIntegerField()),
    ("sha256", models.CharField(blank=True, default="", max_length=64)),
    ("part_bytes", models.PositiveIntegerField()),
    ("parts", models.JSONField(default=list)),
    ("checking_at", models.DateTimeField(null=True)),
    ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
    ("person", models.ForeignKey(on_delete=PROTECT, related_name="+", to="records.person")),
    ("tenant", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")),
    (
        "upload",
        models.ForeignKey(
            db_constraint=False, null=True, on_delete=CASCADE, related_name="+", to="records.upload"
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("records", "0017_drafts")]

    operations = [
        migrations.AddField("upload", "standing", models.JSONField(default=dict)),
        migrations.CreateModel(name="IncomingUpload", fields=FIELDS, options=OPTIONS),
        *(migrations.RunSQL(statement) for statement in wall("incoming_upload")),
        migrations.RunSQL(composite_key("incoming_upload", "upload_id", "upload")),
    ]
