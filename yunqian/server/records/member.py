"""Member: a person inside an organization; his department and roles; Grant: one right given to one of the three."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import TenantRow, one_of
from yunqian.wire.envelope import Right


class Department(TenantRow):
    """部门: a node of the organization's tree. Rights given to it hold in everything below."""

    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "records.Department", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )

    class Meta(TenantRow.Meta):
        db_table = "department"
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "parent", "name"], nulls_distinct=False, name="department_once"
            ),
        )


class Role(TenantRow):
    """角色: a name for a set of rights."""

    name = models.CharField(max_length=100)

    class Meta(TenantRow.Meta):
        db_table = "role"
        constraints = (models.UniqueConstraint(fields=["tenant", "name"], name="role_once"),)


class Member(TenantRow):
    """成员（职工）. The person himself sees his memberships from outside, to choose where to act.

    Not active and without `left_at`: suspended. Who has left stays in the books, for what he has signed.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="memberships")
    department = models.ForeignKey(
        "records.Department", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "member"
        constraints = (models.UniqueConstraint(fields=["tenant", "person"], name="member_once"),)
        indexes = (models.Index(fields=["tenant", "joined_at", "id"], name="member_by_joining"),)


class RoleHolder(TenantRow):
    """This member has this role, until `until_at` where it is set."""

    role = models.ForeignKey("records.Role", models.PROTECT, db_constraint=False, related_name="holders")
    member = models.ForeignKey("records.Member", models.PROTECT, db_constraint=False, related_name="roles")
    until_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "role_holder"
        constraints = (models.UniqueConstraint(fields=["tenant", "role", "member"], name="role_holder_once"),)
        indexes = (models.Index(fields=["tenant", "member"], name="role_holder_by_member"),)


class HeldRow(TenantRow):
    """Something given to exactly one holder: a member, a role or a department; until `until_at` where it is set.

    Those who hold through a role or department are found anew in each transaction (access/holders.py).
    """

    member = models.ForeignKey(
        "records.Member", models.PROTECT, db_constraint=False, null=True, related_name="%(class)ss"
    )
    role = models.ForeignKey(
        "records.Role", models.PROTECT, db_constraint=False, null=True, related_name="%(class)ss"
    )
    department = models.ForeignKey(
        "records.Department", models.PROTECT, db_constraint=False, null=True, related_name="%(class)ss"
    )
    until_at = models.DateTimeField(null=True)
    granted_by = models.ForeignKey("records.Person", models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    ONE_HOLDER: ClassVar[models.Q] = (
        models.Q(member__isnull=False, role__isnull=True, department__isnull=True)
        | models.Q(member__isnull=True, role__isnull=False, department__isnull=True)
        | models.Q(member__isnull=True, role__isnull=True, department__isnull=False)
    )

    class Meta(TenantRow.Meta):
        abstract = True


class Grant(HeldRow):
    """授权, such as 盖章任务发起权限 (manual 6.1)."""

    right = models.CharField(max_length=20)

    class Meta(HeldRow.Meta):
        abstract = False
        db_table = "grant"
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "member", "role", "department", "right"],
                nulls_distinct=False,
                name="grant_once",
            ),
            one_of("right", Right, "grant_right_check"),
            models.CheckConstraint(condition=HeldRow.ONE_HOLDER, name="grant_holder_check"),
        )
