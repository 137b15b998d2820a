"""Logging in by certificate: challenges, and the one certificate that a proved key may be found by."""

import uuid

from django.db import migrations, models

from yunqian.server.records import isolation


class Migration(migrations.Migration):
    dependencies = [("records", "0006_keycare")]

    operations = [
        migrations.CreateModel(
            name="LoginChallenge",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=300)),
                ("certificate_sha256", models.CharField(max_length=64)),
                ("certificate_owner", models.CharField(max_length=200)),
                ("algorithm", models.CharField(max_length=40)),
                ("nonce", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "login_challenge",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "indexes": [models.Index(fields=["expires_at"], name="login_challenge_by_end")],
            },
        ),
        migrations.RunSQL(
            f"CREATE POLICY shown_for_login ON certificate FOR SELECT USING ({isolation.SHOWN_FOR_LOGIN})"
        ),
    ]
