"""Person: one verified human being, across organizations."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import PlatformRow


class Person(PlatformRow):
    """用户（实名自然人）. `password` is an Argon2id hash, or one that no password fits.

    `home` is the organization that others see beside the name: a member's row is invisible to another
    organization, yet whoever addresses a stranger must be told where he belongs.

    The mobile and the ID number are sealed, and found by a keyed index; so is the address for mail, which was proved
    by a code at `mail_proved_at` and is never looked for. `verified_at` is when the carrier said that
    name, ID number and mobile belong together; without it this is somebody addressed by phone who never came, or a
    member whom the operator entered. `space` is his own: the tenant of kind person.
    """

    account = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    password = models.CharField(max_length=200)
    home = models.ForeignKey("records.Tenant", on_delete=models.PROTECT, null=True, related_name="+")
    space = models.OneToOneField("records.Tenant", on_delete=models.PROTECT, null=True, related_name="+")
    mobile_sealed = models.BinaryField(null=True)
    mobile_index = models.BinaryField(null=True)
    id_number_sealed = models.BinaryField(null=True)
    id_number_index = models.BinaryField(null=True, unique=True)
    mail_sealed = models.BinaryField(null=True)
    mail_proved_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(PlatformRow.Meta):
        db_table = "person"
        constraints = (
            # One number is one verified person's; beside him there may be names that were addressed by it.
            models.UniqueConstraint(
                fields=["mobile_index"], condition=~models.Q(verified_at=None), name="person_mobile_once"
            ),
            models.UniqueConstraint(fields=["mobile_index", "name"], name="person_mobile_name_once"),
        )
