"""Seals: kinds in one vocabulary, their life, applications for them, to whom they are granted, and every use."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records import isolation
from yunqian.server.records.isolation import composite_key, immutable, wall
from yunqian.server.records.seal import new_public_code

PROTECT = django.db.models.deletion.PROTECT
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}
NOW = django.utils.timezone.now
KINDS = ["contract", "finance", "legal_representative", "name", "official", "signature"]
STATES = ["cancelled", "expired", "frozen", "in_use"]
APPLICATION_STATES = ["applied", "approved", "made", "refused", "withdrawn"]
APPROVAL_STATES = ["approved", "asked", "refused", "used"]
CHECKED = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
NEW_CODES = "UPDATE seal SET public_code = upper(left(replace(gen_random_uuid()::text, '-', ''), 16))"
TABLES = ("seal_application", "seal_event", "seal_use_approval", "seal_ceremony", "seal_use")


def inside(target: str, related_name: str = "+", **more: object) -> models.ForeignKey:
    """A reference inside one organization, guarded by a composite key."""
    return models.ForeignKey(
        db_constraint=False, on_delete=PROTECT, related_name=related_name, to=f"records.{target}", **more
    )


def person(**more: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=PROTECT, related_name="+", to="records.person", **more)


def owned(name: str, table: str, fields: list, **options: object) -> migrations.CreateModel:
    """A table of one organization."""
    key = models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)
    tenant = models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")
    return migrations.CreateModel(
        name=name,
        fields=[("id", key), *fields, ("tenant", tenant)],
        options={"db_table": table, **META, **options},
    )


def words(column: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q((f"{column}__in", values)), name=name)


def moments(table: str, column: str = "created_at") -> list[models.Index]:
    return [models.Index(fields=["tenant", f"-{column}", "-id"], name=f"{table}_newest")]


DECISION = [
    ("decided_by_name", models.CharField(blank=True, max_length=100)),
    ("decided_at", models.DateTimeField(null=True)),
    ("decision", models.CharField(blank=True, max_length=200)),
    ("decided_by", person(null=True)),
]
SEAL = [
    migrations.RemoveConstraint("seal", "seal_kind_check"),
    migrations.RemoveConstraint("seal", "seal_state_check"),
    migrations.RunSQL('ALTER TABLE "seal" NO FORCE ROW LEVEL SECURITY'),
    migrations.RunSQL("UPDATE seal SET kind = 'name' WHERE kind = 'personal'"),
    migrations.AddField("seal", "public_code", models.CharField(default="", max_length=16)),
    migrations.RunSQL(NEW_CODES),
    *(migrations.RunSQL(statement) for statement in CHECKED),
    migrations.RunSQL('ALTER TABLE "seal" FORCE ROW LEVEL SECURITY'),
    migrations.AlterField(
        "seal", "public_code", models.CharField(default=new_public_code, max_length=16, unique=True)
    ),
    migrations.AddField("seal", "filing_number", models.CharField(blank=True, default="", max_length=13)),
    migrations.AddField("seal", "valid_until_at", models.DateTimeField(null=True)),
    migrations.AddField("seal", "created_at", models.DateTimeField(default=NOW)),
    migrations.AddField("seal", "changed_at", models.DateTimeField(default=NOW)),
    migrations.AddConstraint("seal", words("kind", KINDS, "seal_kind_check")),
    migrations.AddConstraint("seal", words("state", STATES, "seal_state_check")),
    *(migrations.AddIndex("seal", index) for index in moments("seal")),
]
GRANT = [
    migrations.RemoveConstraint("sealgrant", "seal_grant_once"),
    migrations.AlterField("sealgrant", "member", inside("member", "%(class)ss", null=True)),
    migrations.AddField("sealgrant", "role", inside("role", "%(class)ss", null=True)),
    migrations.AddField("sealgrant", "department", inside("department", "%(class)ss", null=True)),
    migrations.AddField("sealgrant", "until_at", models.DateTimeField(null=True)),
    migrations.AddField("sealgrant", "granted_by", person(null=True)),
    migrations.AddField("sealgrant", "granted_at", models.DateTimeField(default=NOW)),
    migrations.AddField("sealgrant", "needs_approval", models.BooleanField(default=False)),
    migrations.AddConstraint(
        "sealgrant",
        models.UniqueConstraint(
            fields=("tenant", "seal", "member", "role", "department"),
            name="seal_grant_once",
            nulls_distinct=False,
        ),
    ),
    migrations.AddConstraint(
        "sealgrant",
        models.CheckConstraint(
            condition=models.Q(
                models.Q(("department__isnull", True), ("member__isnull", False), ("role__isnull", True)),
                models.Q(("department__isnull", True), ("member__isnull", True), ("role__isnull", False)),
                models.Q(("department__isnull", False), ("member__isnull", True), ("role__isnull", True)),
                _connector="OR",
            ),
            name="seal_grant_holder_check",
        ),
    ),
]
MADE = [
    owned(
        "SealApplication",
        "seal_application",
        [
            ("person_name", models.CharField(max_length=100)),
            ("kind", models.CharField(max_length=20)),
            ("is_personal", models.BooleanField()),
            ("name", models.CharField(max_length=100)),
            ("filing_number", models.CharField(blank=True, max_length=13)),
            ("source", models.CharField(max_length=10)),
            ("picture_png", models.BinaryField()),
            ("width_mm", models.FloatField()),
            ("height_mm", models.FloatField()),
            ("reason", models.CharField(max_length=200)),
            ("valid_until_at", models.DateTimeField(null=True)),
            ("state", models.CharField(default="applied", max_length=20)),
            ("created_at", models.DateTimeField(default=NOW)),
            *DECISION,
            ("person", person()),
            ("seal", inside("seal", null=True)),
        ],
        constraints=[
            words("kind", KINDS, "seal_application_kind_check"),
            words("source", ["drawn", "scan", "strokes"], "seal_application_source_check"),
            words("state", APPLICATION_STATES, "seal_application_state_check"),
            models.UniqueConstraint(
                fields=("tenant", "person", "kind", "name"),
                condition=models.Q(("state__in", ["applied", "approved"])),
                name="seal_application_once",
            ),
        ],
        indexes=moments("seal_application"),
    ),
    owned(
        "SealEvent",
        "seal_event",
        [
            ("kind", models.CharField(max_length=40)),
            ("person_name", models.CharField(blank=True, max_length=100)),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("at", models.DateTimeField(default=NOW)),
            ("seal", inside("seal")),
            ("person", person(null=True)),
        ],
        indexes=[models.Index(fields=["tenant", "seal", "-at", "-id"], name="seal_event_newest")],
    ),
    owned(
        "SealUseApproval",
        "seal_use_approval",
        [
            ("person_name", models.CharField(max_length=100)),
            ("envelope_id", models.UUIDField()),
            ("envelope_title", models.CharField(max_length=200)),
            ("reason", models.CharField(max_length=200)),
            ("state", models.CharField(default="asked", max_length=20)),
            ("created_at", models.DateTimeField(default=NOW)),
            *DECISION,
            ("ceremony_id", models.UUIDField(null=True)),
            ("seal", inside("seal")),
            ("person", person()),
        ],
        constraints=[
            words("state", APPROVAL_STATES, "seal_use_approval_state_check"),
            models.UniqueConstraint(
                fields=("tenant", "seal", "person", "envelope_id"),
                condition=models.Q(("state__in", ["asked", "approved"])),
                name="seal_use_approval_once",
            ),
        ],
        indexes=moments("seal_use_approval"),
    ),
    owned(
        "SealCeremony",
        "seal_ceremony",
        [
            ("owner_id", models.UUIDField()),
            ("ceremony_id", models.UUIDField()),
            ("seal", inside("seal")),
        ],
        constraints=[
            models.UniqueConstraint(fields=("tenant", "seal", "ceremony_id"), name="seal_ceremony_once")
        ],
    ),
    owned(
        "SealUse",
        "seal_use",
        [
            ("seal_name", models.CharField(max_length=100)),
            ("envelope_id", models.UUIDField()),
            ("envelope_title", models.CharField(max_length=200)),
            ("document_name", models.CharField(max_length=255)),
            ("person_name", models.CharField(max_length=100)),
            ("certificate_sha256", models.CharField(max_length=64)),
            ("certificate_owner", models.CharField(max_length=200)),
            ("revision", models.PositiveIntegerField()),
            ("at", models.DateTimeField(default=NOW)),
            ("seal", inside("seal")),
            ("person", person()),
        ],
        indexes=[
            *moments("seal_use", "at"),
            models.Index(fields=["tenant", "seal", "-at", "-id"], name="seal_use_of_seal"),
        ],
    ),
]
WALLS = [statement for table in TABLES for statement in wall(table)]
KEYS = [
    *(composite_key(table, "seal_id", "seal") for table in TABLES),
    composite_key("seal_grant", "role_id", "role"),
    composite_key("seal_grant", "department_id", "department"),
]
KEPT = [*immutable("seal_event"), *immutable("seal_use")]
SHOWN = f"CREATE POLICY shown_by_code ON seal FOR SELECT USING ({isolation.SHOWN_BY_CODE})"


class Migration(migrations.Migration):
    dependencies = [("records", "0012_bindings")]

    operations = [
        *SEAL,
        *GRANT,
        *MADE,
        *(migrations.RunSQL(statement) for statement in (*WALLS, *KEYS, *KEPT, SHOWN)),
    ]
