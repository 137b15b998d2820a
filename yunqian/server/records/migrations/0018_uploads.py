"""Uploads that arrive in parts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0017_drafts")]

    operations = []
