"""Many documents signed in one go."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records.isolation import composite_key, wall

PROTECT = django.db.models.deletion.PROTECT
OPTIONS = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def own(*fields):
    """Identifier and organization, and the fields of a table."""
    return [
        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        *fields,
        ("tenant", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")),
    ]


BATCH = own(
    ("certificate_sha256", models.CharField(max_length=64)),
    ("certificate_owner", models.CharField(max_length=200)),
    ("seal_name", models.CharField(max_length=100)),
    ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
    ("person", models.ForeignKey(on_delete=PROTECT, related_name="+", to="records.person")),
    ("seal", models.ForeignKey(db_constraint=False, on_delete=PROTECT, related_name="+", to="records.seal")),
)
LINE = own(
    ("position", models.PositiveIntegerField()),
    ("envelope_id", models.UUIDField()),
    ("document_id", models.UUIDField(null=True)),
    ("title", models.CharField(max_length=500)),
    ("initiator_name", models.CharField(max_length=100)),
    ("page_count", models.PositiveIntegerField()),
    ("head", models.PositiveIntegerField()),
    ("head_sha256", models.CharField(blank=True, max_length=64)),
    ("is_proposed", models.BooleanField(default=False)),
    ("placements", models.JSONField(default=list)),
    ("problem", models.JSONField(null=True)),
    (
        "batch",
        models.ForeignKey(
            db_constraint=False, on_delete=PROTECT, related_name="lines", to="records.batch"
        ),
    ),
)


class Migration(migrations.Migration):
    dependencies = [("records", "0020_public_code")]

    operations = [
        migrations.CreateModel(name="Batch", fields=BATCH, options={"db_table": "batch", **OPTIONS}),
        migrations.CreateModel(name="BatchLine", fields=LINE, options={"db_table": "batch_line", **OPTIONS}),
        migrations.AddConstraint(
            "batchline",
            models.UniqueConstraint(fields=("tenant", "batch", "position"), name="batch_line_once"),
        ),
        *(migrations.RunSQL(statement) for statement in wall("batch")),
        *(migrations.RunSQL(statement) for statement in wall("batch_line")),
        migrations.RunSQL(composite_key("batch", "seal_id", "seal")),
        migrations.RunSQL(composite_key("batch_line", "batch_id", "batch")),
    ]
