"""Member: a person inside an organization. Grant: one right given to a member."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import TenantRow, one_of
from yunqian.wire.envelope import Right


class Member(TenantRow):
    """成员（职工）. The person himself sees his memberships from outside, to choose where to act."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="memberships")
    department = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta(TenantRow.Meta):
        db_table = "member"
        constraints = (models.UniqueConstraint(fields=["tenant", "person"], name="member_once"),)


class Grant(TenantRow):
    """授权, such as 盖章任务发起权限 (manual 6.1)."""

    member = models.ForeignKey("records.Member", models.PROTECT, db_constraint=False, related_name="grants")
    right = models.CharField(max_length=20)
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "grant"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "member", "right"], name="grant_once"),
            one_of("right", Right, "grant_right_check"),
        )
