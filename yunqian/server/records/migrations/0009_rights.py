"""Departments, roles and rights held through them; the state of organizations; the people of the platform."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records.isolation import composite_key, wall

PROTECT = django.db.models.deletion.PROTECT
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}
NEW_DEPARTMENTS = """
INSERT INTO department (id, tenant_id, name)
SELECT gen_random_uuid(), tenant_id, department_name FROM member WHERE department_name <> ''
GROUP BY tenant_id, department_name
"""
PUT_INTO_DEPARTMENTS = """
UPDATE member SET department_id = department.id FROM department
WHERE department.tenant_id = member.tenant_id AND department.name = member.department_name
"""
CHECKED = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
WALLS = [*wall("department"), *wall("role"), *wall("role_holder"), *wall("invitation")]
KEYS = [
    composite_key("department", "parent_id", "department"),
    composite_key("member", "department_id", "department"),
    composite_key("role_holder", "role_id", "role"),
    composite_key("role_holder", "member_id", "member"),
    composite_key("grant", "role_id", "role"),
    composite_key("grant", "department_id", "department"),
    composite_key("invitation", "department_id", "department"),
    composite_key("invitation", "role_id", "role"),
]


def inside(target: str, related_name: str = "+", **more: object) -> models.ForeignKey:
    """A reference inside one organization, guarded by a composite key."""
    return models.ForeignKey(
        db_constraint=False, on_delete=PROTECT, related_name=related_name, to=f"records.{target}", **more
    )


def owned(name: str, table: str, fields: list, **options: object) -> migrations.CreateModel:
    """A table of one organization."""
    key = models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)
    tenant = models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")
    return migrations.CreateModel(
        name=name,
        fields=[("id", key), *fields, ("tenant", tenant)],
        options={"db_table": table, **META, **options},
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0008_open_session")]

    operations = [
        owned(
            "Department",
            "department",
            [("name", models.CharField(max_length=100)), ("parent", inside("department", null=True))],
            constraints=[
                models.UniqueConstraint(
                    fields=("tenant", "parent", "name"), name="department_once", nulls_distinct=False
                )
            ],
        ),
        owned(
            "Role",
            "role",
            [("name", models.CharField(max_length=100))],
            constraints=[models.UniqueConstraint(fields=("tenant", "name"), name="role_once")],
        ),
        owned(
            "RoleHolder",
            "role_holder",
            [
                ("until_at", models.DateTimeField(null=True)),
                ("role", inside("role", "holders")),
                ("member", inside("member", "roles")),
            ],
            constraints=[
                models.UniqueConstraint(fields=("tenant", "role", "member"), name="role_holder_once")
            ],
            indexes=[models.Index(fields=["tenant", "member"], name="role_holder_by_member")],
        ),
        migrations.RenameField("member", "department", "department_name"),
        migrations.AddField("member", "department", inside("department", null=True)),
        migrations.RunSQL('ALTER TABLE "member" NO FORCE ROW LEVEL SECURITY'),
        migrations.RunSQL(NEW_DEPARTMENTS),
        migrations.RunSQL(PUT_INTO_DEPARTMENTS),
        *(migrations.RunSQL(statement) for statement in CHECKED),
        migrations.RunSQL('ALTER TABLE "member" FORCE ROW LEVEL SECURITY'),
        migrations.RemoveField("member", "department_name"),
        migrations.AddField("member", "joined_at", models.DateTimeField(default=django.utils.timezone.now)),
        migrations.AddField("member", "left_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "member", models.Index(fields=["tenant", "joined_at", "id"], name="member_by_joining")
        ),
        migrations.AlterField("grant", "member", inside("member", "%(class)ss", null=True)),
        migrations.AddField("grant", "role", inside("role", "%(class)ss", null=True)),
        migrations.AddField("grant", "department", inside("department", "%(class)ss", null=True)),
        migrations.AddField("grant", "until_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "grant",
            "granted_by",
            models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="records.person"),
        ),
        migrations.RemoveConstraint("grant", "grant_once"),
        migrations.AddConstraint(
            "grant",
            models.UniqueConstraint(
                fields=("tenant", "member", "role", "department", "right"),
                name="grant_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            "grant",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("department__isnull", True), ("member__isnull", False), ("role__isnull", True)
                    ),
                    models.Q(
                        ("department__isnull", True), ("member__isnull", True), ("role__isnull", False)
                    ),
                    models.Q(
                        ("department__isnull", False), ("member__isnull", True), ("role__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="grant_holder_check",
            ),
        ),
        migrations.RemoveConstraint("grant", "grant_right_check"),
        migrations.AddConstraint(
            "grant",
            models.CheckConstraint(
                condition=models.Q(
                    ("right__in", ["certificates", "desk", "members", "operate", "seals", "start"])
                ),
                name="grant_right_check",
            ),
        ),
        migrations.RemoveConstraint("tenant", "tenant_kind_check"),
        migrations.AddConstraint(
            "tenant",
            models.CheckConstraint(
                condition=models.Q(("kind__in", ["authority", "company", "government", "operator", "person"])),
                name="tenant_kind_check",
            ),
        ),
        migrations.AddField("tenant", "state", models.CharField(default="active", max_length=20)),
        migrations.AddConstraint(
            "tenant",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "suspended"])), name="tenant_state_check"
            ),
        ),
        migrations.AddField("tenant", "uscc", models.CharField(blank=True, default="", max_length=18)),
        migrations.AddField(
            "tenant", "legal_representative", models.CharField(blank=True, default="", max_length=100)
        ),
        migrations.AddField("tenant", "verified_at", models.DateTimeField(null=True)),
        migrations.AddField("tenant", "created_at", models.DateTimeField(default=django.utils.timezone.now)),
        migrations.RunSQL("UPDATE tenant SET verified_at = created_at WHERE is_demo"),
        migrations.AddConstraint(
            "tenant",
            models.UniqueConstraint(
                fields=("uscc",),
                condition=models.Q(
                    models.Q(("uscc", ""), _negated=True), models.Q(("verified_at", None), _negated=True)
                ),
                name="tenant_uscc_once",
            ),
        ),
        migrations.AddIndex("tenant", models.Index(fields=["-created_at", "-id"], name="tenant_newest")),
        migrations.AddField(
            "person",
            "space",
            models.OneToOneField(null=True, on_delete=PROTECT, related_name="+", to="records.tenant"),
        ),
        migrations.AddField("person", "mobile_sealed", models.BinaryField(null=True)),
        migrations.AddField("person", "mobile_index", models.BinaryField(null=True)),
        migrations.AddField("person", "id_number_sealed", models.BinaryField(null=True)),
        migrations.AddField("person", "id_number_index", models.BinaryField(null=True, unique=True)),
        migrations.AddField("person", "verified_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "person",
            models.UniqueConstraint(
                fields=("mobile_index",),
                condition=models.Q(("verified_at", None), _negated=True),
                name="person_mobile_once",
            ),
        ),
        migrations.AddConstraint(
            "person",
            models.UniqueConstraint(fields=("mobile_index", "name"), name="person_mobile_name_once"),
        ),
        owned(
            "Invitation",
            "invitation",
            [
                ("secret_sha256", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=100)),
                ("mobile_index", models.BinaryField(null=True)),
                ("mobile_masked", models.CharField(blank=True, max_length=20)),
                ("state", models.CharField(default="open", max_length=20)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("department", inside("department", null=True)),
                ("role", inside("role", null=True)),
                (
                    "invited_by",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="records.person"),
                ),
                (
                    "taken_by",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="records.person"),
                ),
            ],
            constraints=[
                models.UniqueConstraint(fields=("tenant", "secret_sha256"), name="invitation_secret_once"),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["open", "taken", "withdrawn"])),
                    name="invitation_state_check",
                ),
            ],
            indexes=[models.Index(fields=["tenant", "-created_at", "-id"], name="invitation_newest")],
        ),
        *(migrations.RunSQL(statement) for statement in (*WALLS, *KEYS)),
    ]
