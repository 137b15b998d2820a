"""Who ended an envelope, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0013_seals")]

    operations = [
        migrations.AddField(
            "envelope", "ended_by_name", models.CharField(blank=True, default="", max_length=100)
        ),
        migrations.AddField(
            "envelope", "ended_reason", models.CharField(blank=True, default="", max_length=200)
        ),
    ]
