"""What an envelope consists of and whom it informs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0014_endings")]

    operations = []
