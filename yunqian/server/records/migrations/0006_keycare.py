"""Certificates for keys and the unlocking of keys; the authority's desk, which reads the requests of everybody."""

import django.db.models.deletion
import django.utils.timezone
import uuid
import yunqian.rules.lifecycle
from django.db import migrations, models

from yunqian.server.records.isolation import AT_THE_DESK, composite_key, wall

WALLS = [
    *wall("enrolment"),
    *wall("unlock", arms=[AT_THE_DESK]),
    composite_key("enrolment", "certificate_id", "certificate"),
    composite_key("enrolment", "seal_id", "seal"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0005_eseal'),
    ]

    operations = [
        migrations.CreateModel(
            name='Enrolment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('person_name', models.CharField(max_length=100)),
                ('key_driver', models.CharField(max_length=20)),
                ('key_serial', models.CharField(max_length=64)),
                ('key_label', models.CharField(max_length=64)),
                ('nonce', models.CharField(max_length=64, null=True)),
                ('issued_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('algorithm', models.CharField(max_length=40)),
                ('public_key_sha256', models.CharField(max_length=64, null=True)),
                ('state', models.CharField(default=yunqian.rules.lifecycle.EnrolmentState['ORDERED'], max_length=20)),
            ],
            options={
                'db_table': 'enrolment',
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Unlock',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('person_name', models.CharField(max_length=100)),
                ('key_driver', models.CharField(max_length=20)),
                ('key_serial', models.CharField(max_length=64)),
                ('key_label', models.CharField(max_length=64)),
                ('nonce', models.CharField(max_length=64, null=True)),
                ('issued_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('public_key', models.BinaryField()),
                ('code', models.CharField(max_length=14)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(default=yunqian.rules.lifecycle.UnlockState['ASKED'], max_length=20)),
                ('tries_left', models.PositiveIntegerField(default=5)),
                ('decided_by_name', models.CharField(blank=True, max_length=100)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision', models.CharField(blank=True, max_length=200)),
                ('sealed', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'unlock',
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='grant',
            name='grant_right_check',
        ),
        migrations.RemoveConstraint(
            model_name='tenant',
            name='tenant_kind_check',
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('right__in', ['desk', 'start'])), name='grant_right_check'),
        ),
        migrations.AddConstraint(
            model_name='tenant',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['authority', 'company', 'government'])), name='tenant_kind_check'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='certificate',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.certificate'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.person'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='seal',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.seal'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='tenant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.tenant'),
        ),
        migrations.AddField(
            model_name='unlock',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.person'),
        ),
        migrations.AddField(
            model_name='unlock',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.person'),
        ),
        migrations.AddField(
            model_name='unlock',
            name='tenant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.tenant'),
        ),
        migrations.AddIndex(
            model_name='enrolment',
            index=models.Index(fields=['person', '-created_at'], name='enrolment_by_person'),
        ),
        migrations.AddConstraint(
            model_name='enrolment',
            constraint=models.UniqueConstraint(fields=('tenant', 'public_key_sha256'), name='enrolment_key_once'),
        ),
        migrations.AddConstraint(
            model_name='enrolment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['abandoned', 'issued', 'ordered', 'stored'])), name='enrolment_state_check'),
        ),
        migrations.AddIndex(
            model_name='unlock',
            index=models.Index(fields=['person', '-created_at'], name='unlock_by_person'),
        ),
        migrations.AddIndex(
            model_name='unlock',
            index=models.Index(fields=['-created_at', '-id'], name='unlock_newest'),
        ),
        migrations.AddConstraint(
            model_name='unlock',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['approved', 'asked', 'closed', 'done', 'refused', 'released', 'withdrawn'])), name='unlock_state_check'),
        ),
        *(migrations.RunSQL(statement) for statement in WALLS),
    ]
