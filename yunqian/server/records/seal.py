"""Seal: an impression with an owner, the certificates that may apply it, and the members it is granted to."""

from enum import StrEnum

from django.db import models

from yunqian.server.records.base import TenantRow, one_of


class SealState(StrEnum):
    """A FROZEN seal can be applied by nobody."""

    IN_USE = "in_use"
    FROZEN = "frozen"


class SealKind(StrEnum):
    """公章, 合同专用章, 财务专用章, 个人名章, 手写签名."""

    OFFICIAL = "official"
    CONTRACT = "contract"
    FINANCE = "finance"
    PERSONAL = "personal"
    SIGNATURE = "signature"


class Seal(TenantRow):
    """电子印章. `person` null: it is the organization's. Its picture has the real seal's size, in mm.

    `eseal` is the object that the seal maker signed (GB/T 38540), null where only the picture is kept.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    picture_png = models.BinaryField()
    width_mm = models.FloatField()
    height_mm = models.FloatField()
    state = models.CharField(max_length=20, default=SealState.IN_USE)
    eseal = models.BinaryField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "seal"
        constraints = (
            one_of("kind", SealKind, "seal_kind_check"),
            one_of("state", SealState, "seal_state_check"),
            models.CheckConstraint(
                condition=models.Q(width_mm__gt=0, width_mm__lte=200, height_mm__gt=0, height_mm__lte=200),
                name="seal_size_check",
            ),
        )


class SealCertificate(TenantRow):
    """This certificate may apply this seal (GB/T 38540: the seal lists its signers' certificates)."""

    seal = models.ForeignKey(
        "records.Seal", models.PROTECT, db_constraint=False, related_name="seal_certificates"
    )
    certificate = models.ForeignKey(
        "records.Certificate", models.PROTECT, db_constraint=False, related_name="seal_certificates"
    )

    class Meta(TenantRow.Meta):
        db_table = "seal_certificate"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "seal", "certificate"], name="seal_certificate_once"),
        )


class SealGrant(TenantRow):
    """This member may apply this seal of the organization."""

    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, related_name="seal_grants")
    member = models.ForeignKey(
        "records.Member", models.PROTECT, db_constraint=False, related_name="seal_grants"
    )

    class Meta(TenantRow.Meta):
        db_table = "seal_grant"
        constraints = (models.UniqueConstraint(fields=["tenant", "seal", "member"], name="seal_grant_once"),)
