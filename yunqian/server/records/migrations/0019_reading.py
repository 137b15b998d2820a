"""What a signer has read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0018_uploads")]

    operations = []
