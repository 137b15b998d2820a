"""Certificate: a public certificate bound to a person, or to the organization itself."""

from enum import StrEnum

from django.db import models

from yunqian.server.records.base import TenantRow, one_of


class CertificateState(StrEnum):
    """BOUND may sign here; REVOKED was unbound or revoked and signs nothing any more."""

    BOUND = "bound"
    REVOKED = "revoked"


class Certificate(TenantRow):
    """数字证书. `person` null: it is the organization's. The private key never comes here."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    der = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    owner = models.CharField(max_length=200)
    not_before_at = models.DateTimeField()
    not_after_at = models.DateTimeField()
    state = models.CharField(max_length=20, default=CertificateState.BOUND)

    class Meta(TenantRow.Meta):
        db_table = "certificate"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "sha256"], name="certificate_once"),
            one_of("state", CertificateState, "certificate_state_check"),
        )
