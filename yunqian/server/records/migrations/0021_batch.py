"""Many documents signed in one go."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0020_public_code")]

    operations = []
