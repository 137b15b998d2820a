"""What happens after sending: seats handed over, an end agreed upon."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0022_notices")]

    operations = []
