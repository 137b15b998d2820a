"""The code by which anybody learns the facts of a document."""

from django.db import migrations, models

from yunqian.server.records import isolation
from yunqian.server.records.envelope import new_public_code

CHECKED = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
# Sixteen hexadecimal digits, 64 bits: they are read as any other code is. Also for rows that are not made by us.
CODE = "upper(left(md5(gen_random_uuid()::text || gen_random_uuid()::text), 16))"
SHOWN = f"CREATE POLICY shown_by_code ON envelope FOR SELECT USING ({isolation.SHOWN_BY_ENVELOPE_CODE})"


class Migration(migrations.Migration):
    dependencies = [("records", "0019_reading")]

    operations = [
        migrations.AddField("envelope", "public_code", models.CharField(default="", max_length=16)),
        # The policies bind the owner of the tables too; for this one statement it sees every organization's rows.
        migrations.RunSQL('ALTER TABLE "envelope" NO FORCE ROW LEVEL SECURITY'),
        migrations.RunSQL(f"UPDATE envelope SET public_code = {CODE}"),
        *(migrations.RunSQL(statement) for statement in CHECKED),
        migrations.RunSQL('ALTER TABLE "envelope" FORCE ROW LEVEL SECURITY'),
        migrations.AlterField(
            "envelope", "public_code", models.CharField(default=new_public_code, max_length=16, unique=True)
        ),
        migrations.RunSQL(f"ALTER TABLE envelope ALTER COLUMN public_code SET DEFAULT {CODE}"),
        migrations.RunSQL(SHOWN),
    ]
