"""Tenant: an organization that uses the platform, and the border of isolation."""

from django.db import models

from yunqian.server.records.base import PlatformRow, one_of
from yunqian.wire.envelope import TenantKind


class Tenant(PlatformRow):
    """租户：企业或单位。"""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    is_demo = models.BooleanField(default=False)

    class Meta(PlatformRow.Meta):
        db_table = "tenant"
        constraints = (one_of("kind", TenantKind, "tenant_kind_check"),)
