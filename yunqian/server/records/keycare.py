"""Enrolment: a certificate for a key, from the order to what is written. Unlock: a request to the authority's desk."""

from django.db import models
from django.utils import timezone

from yunqian.rules.lifecycle import EnrolmentState, UnlockState
from yunqian.server.records.base import TenantRow, one_of


class KeyRow(TenantRow):
    """What both have in common: whose, for which key, and the order that its client was given last.

    The key is known by what the client calls it; `nonce` is of the present order, None where there is none.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=100)
    key_driver = models.CharField(max_length=20)
    key_serial = models.CharField(max_length=64)
    key_label = models.CharField(max_length=64)
    nonce = models.CharField(max_length=64, null=True)
    issued_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        abstract = True


class Enrolment(KeyRow):
    """证书申请. Certificate, seal and the digest of the certified public key are there from ISSUED on."""

    algorithm = models.CharField(max_length=40)
    public_key_sha256 = models.CharField(max_length=64, null=True)
    state = models.CharField(max_length=20, default=EnrolmentState.ORDERED)
    certificate = models.ForeignKey(
        "records.Certificate", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    seal = models.ForeignKey("records.Seal", models.PROTECT, db_constraint=False, null=True, related_name="+")

    class Meta(KeyRow.Meta):
        db_table = "enrolment"
        indexes = (models.Index(fields=["person", "-created_at"], name="enrolment_by_person"),)
        constraints = (
            models.UniqueConstraint(fields=["tenant", "public_key_sha256"], name="enrolment_key_once"),
            one_of("state", EnrolmentState, "enrolment_state_check"),
        )


class Unlock(KeyRow):
    """解锁申请. `public_key` is the client's for this request; `sealed` is what only that client can open.

    `tries_left` counts the codes that the desk may still try. The platform never holds what opens the key.
    """

    public_key = models.BinaryField()
    code = models.CharField(max_length=14)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default=UnlockState.ASKED)
    tries_left = models.PositiveIntegerField(default=5)
    decided_by = models.ForeignKey("records.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, blank=True)
    sealed = models.BinaryField(null=True)

    class Meta(KeyRow.Meta):
        db_table = "unlock"
        indexes = (
            models.Index(fields=["person", "-created_at"], name="unlock_by_person"),
            models.Index(fields=["-created_at", "-id"], name="unlock_newest"),
        )
        constraints = (one_of("state", UnlockState, "unlock_state_check"),)
