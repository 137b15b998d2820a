"""Notices."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0021_batch")]

    operations = []
