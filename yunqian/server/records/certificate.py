"""Certificate: a public certificate bound to a person, or to the organization itself; and how it comes to be bound."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import BindingRequestState, CertificateState
from yunqian.server.records.base import TenantRow, one_of

__all__ = ["BindingChallenge", "BindingRequest", "Certificate", "CertificateState"]


class Certificate(TenantRow):
    """数字证书. `person` null: it is the organization's. The private key never comes here.

    `replaced_by` is the renewed certificate that has taken its place.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    der = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    owner = models.CharField(max_length=200)
    not_before_at = models.DateTimeField()
    not_after_at = models.DateTimeField()
    state = models.CharField(max_length=20, default=CertificateState.BOUND)
    bound_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(
        "records.Certificate", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )

    class Meta(TenantRow.Meta):
        db_table = "certificate"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "sha256"], name="certificate_once"),
            one_of("state", CertificateState, "certificate_state_check"),
        )
        indexes = (models.Index(fields=["tenant", "-bound_at", "-id"], name="certificate_newest"),)


class BindingRow(TenantRow):
    """What a proof and a request have in common: who asks, for whom, and the certificate that was shown."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    for_organization = models.BooleanField()
    der = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    owner = models.CharField(max_length=200)

    class Meta(TenantRow.Meta):
        abstract = True


class BindingChallenge(BindingRow):
    """A BindOrder that was given out. `taken_at` is set once, by the first answer, right or wrong."""

    holder_name = models.CharField(max_length=200)
    origin = models.CharField(max_length=300)
    algorithm = models.CharField(max_length=40)
    nonce = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta(BindingRow.Meta):
        abstract = False
        db_table = "binding_challenge"
        indexes = (models.Index(fields=["person", "-issued_at"], name="binding_challenge_by_person"),)


class BindingRequest(BindingRow):
    """绑定申请: the key was proved, and whether the certificate is its person's is for somebody else to say."""

    person_name = models.CharField(max_length=100)
    state = models.CharField(max_length=20, default=BindingRequestState.ASKED)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta(BindingRow.Meta):
        abstract = False
        db_table = "binding_request"
        indexes = (models.Index(fields=["tenant", "-created_at", "-id"], name="binding_request_newest"),)
        constraints = (
            one_of("state", BindingRequestState, "binding_request_state_check"),
            models.UniqueConstraint(
                fields=["tenant", "sha256"],
                condition=models.Q(state=BindingRequestState.ASKED),
                name="binding_request_once",
            ),
        )
