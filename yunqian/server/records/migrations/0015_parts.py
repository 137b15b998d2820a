"""What an envelope consists of, several documents, and whom it informs without asking them to sign."""

from django.db import migrations, models

STATES = ["copied", "declined", "ready", "signed", "waiting"]


class Migration(migrations.Migration):
    dependencies = [("records", "0014_endings")]

    operations = [
        migrations.AddField("document", "position", models.PositiveIntegerField(default=1)),
        migrations.RemoveConstraint("recipient", "recipient_state_check"),
        migrations.AddConstraint(
            "recipient",
            models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="recipient_state_check"),
        ),
    ]
