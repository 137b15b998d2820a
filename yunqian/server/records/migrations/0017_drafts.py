"""What an envelope is begun with: drafts, contacts, reminders, places proposed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0016_search")]

    operations = []
