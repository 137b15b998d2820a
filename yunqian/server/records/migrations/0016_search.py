"""Finding envelopes in lists."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0015_parts")]

    operations = []
