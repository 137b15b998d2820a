"""Uploads, whole and in parts: a file before it is sent. Document, Revision: the file in an envelope, its bytes."""

from django.db import models
from django.utils import timezone

from yunqian.server.records.base import TenantRow


class Upload(TenantRow):
    """A document that intake accepted and nobody was sent yet. `sha256` and `size_bytes` are of its bytes.

    `standing` is what its own signatures allow, as engine.standing.Standing writes it; empty where none was asked.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    blob_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    page_count = models.PositiveIntegerField()
    pages = models.JSONField(default=list)
    remarks = models.JSONField(default=list)
    standing = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta(TenantRow.Meta):
        db_table = "upload"


class IncomingUpload(TenantRow):
    """A document that arrives in parts, each `part_bytes` long, the last what is left.

    `parts` are the SHA-256 of those that are there, in order, as the vault keeps them; `sha256` is that of the whole,
    where it was told. `upload` is what became of it. `checking_at` is when intake began to look at it.
    """

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, default="")
    part_bytes = models.PositiveIntegerField()
    parts = models.JSONField(default=list)
    checking_at = models.DateTimeField(null=True)
    upload = models.ForeignKey(
        "records.Upload", models.CASCADE, db_constraint=False, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "incoming_upload"

    @property
    def received_bytes(self) -> int:
        """How much of it has arrived; of one that intake accepted, all, though the parts are gone."""
        return self.size_bytes if self.upload_id else min(len(self.parts) * self.part_bytes, self.size_bytes)


class Document(TenantRow):
    """电子文件 of an envelope, the `position`-th from 1. `head` is the number of its newest revision.

    The head moves by compare-and-swap.
    """

    envelope = models.ForeignKey(
        "records.Envelope", models.PROTECT, db_constraint=False, related_name="documents"
    )
    position = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=255)
    page_count = models.PositiveIntegerField()
    pages = models.JSONField(default=list)
    head = models.PositiveIntegerField(default=0)

    class Meta(TenantRow.Meta):
        db_table = "document"


class Revision(TenantRow):
    """版本: never changed, never removed. The document at revision n is the blobs of 0…n one after another.

    `blob_sha256` names its own appended bytes in the vault; `sha256` and `size_bytes` are of the whole.
    """

    document = models.ForeignKey(
        "records.Document", models.PROTECT, db_constraint=False, related_name="revisions"
    )
    number = models.PositiveIntegerField()
    blob_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    order = models.ForeignKey(
        "records.SignOrder", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantRow.Meta):
        db_table = "revision"
        constraints = (
            models.UniqueConstraint(fields=["tenant", "document", "number"], name="revision_once"),
        )
