"""Tenant: an organization that uses the platform, and the border of isolation."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import TenantState
from yunqian.server.records.base import PlatformRow, one_of
from yunqian.wire.envelope import TenantKind


class Tenant(PlatformRow):
    """租户：企业或单位；也是每位实名用户自己的空间（kind person）。

    `verified_at` is when its unified social credit code and legal representative were found to be true; until
    then no seal of the organization is used. A person's own space has neither.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=TenantState.ACTIVE)
    uscc = models.CharField(max_length=18, blank=True, default="")
    legal_representative = models.CharField(max_length=100, blank=True, default="")
    verified_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(PlatformRow.Meta):
        db_table = "tenant"
        constraints = (
            one_of("kind", TenantKind, "tenant_kind_check"),
            one_of("state", TenantState, "tenant_state_check"),
            models.UniqueConstraint(
                fields=["uscc"],
                condition=~models.Q(uscc="") & ~models.Q(verified_at=None),
                name="tenant_uscc_once",
            ),
        )
        indexes = (models.Index(fields=["-created_at", "-id"], name="tenant_newest"),)
