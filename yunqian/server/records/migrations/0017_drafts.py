"""What an envelope is begun with: drafts, reminders, places that its initiator proposes."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records.isolation import composite_key, immutable, through, wall

PROTECT = django.db.models.deletion.PROTECT
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def inside(to: str, related_name: str = "+") -> models.ForeignKey:
    """A reference to a row of the same organization; the composite key guards it."""
    return models.ForeignKey(
        db_constraint=False, on_delete=PROTECT, related_name=related_name, to=f"records.{to}"
    )


KEY = ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False))
TENANT = models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")
DRAFT = [
    KEY,
    ("version", models.PositiveIntegerField(default=1)),
    ("content_sealed", models.BinaryField()),
    ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
    ("person", models.ForeignKey(on_delete=PROTECT, related_name="+", to="records.person")),
    ("tenant", TENANT),
]
PLACE = [
    KEY,
    ("kind", models.CharField(max_length=10)),
    ("page", models.PositiveIntegerField()),
    ("x_pt", models.FloatField()),
    ("y_pt", models.FloatField()),
    ("width_pt", models.FloatField()),
    ("height_pt", models.FloatField()),
    ("label", models.CharField(blank=True, default="", max_length=60)),
    ("document", inside("document", "proposed_places")),
    ("recipient", inside("recipient", "proposed_places")),
    ("tenant", TENANT),
]
STATEMENTS = [
    *wall("draft"),
    *wall("proposed_place", arms=[through("proposed_place", "document_id", "document")]),
    composite_key("proposed_place", "document_id", "document"),
    composite_key("proposed_place", "recipient_id", "recipient"),
    *immutable("proposed_place"),
]


class Migration(migrations.Migration):
    dependencies = [("records", "0016_search")]

    operations = [
        migrations.AddField("envelope", "remind_before_hours", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField("envelope", "remind_every_days", models.PositiveSmallIntegerField(null=True)),
        migrations.CreateModel(
            "Draft",
            DRAFT,
            {
                "db_table": "draft",
                **META,
                "indexes": [models.Index(fields=["tenant", "person", "-changed_at"], name="draft_newest")],
            },
        ),
        migrations.CreateModel("ProposedPlace", PLACE, {"db_table": "proposed_place", **META}),
        *(migrations.RunSQL(statement) for statement in STATEMENTS),
    ]
