"""Person: one verified human being, across organizations."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import PlatformRow


class Person(PlatformRow):
    """用户（实名自然人）. `password` is an Argon2id hash.

    `home` is the organization that others see beside the name: a member's row is invisible to another
    organization, yet whoever addresses a stranger must be told where he belongs.
    """

    account = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    password = models.CharField(max_length=200)
    home = models.ForeignKey("records.Tenant", on_delete=models.PROTECT, null=True, related_name="+")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(PlatformRow.Meta):
        db_table = "person"
