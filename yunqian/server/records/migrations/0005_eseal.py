"""The seal object that its maker signed, beside the picture; seals that have none go on as pictures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0004_for_tenant")]
    operations = [migrations.AddField("seal", "eseal", models.BinaryField(null=True))]
