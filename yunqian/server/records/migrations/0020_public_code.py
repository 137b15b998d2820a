"""The code by which anybody learns the facts of a document."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0019_reading")]

    operations = []
