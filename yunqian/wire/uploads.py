"""Uploads in parts that go on after a cut connection, and what would stop a signer later."""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Message, Moment, Sha256Hex
from yunqian.wire.envelope import RecipientWanted, Upload


class BeginUpload(Message):
    """A document that is about to be sent in parts. With its digest, one begun before is gone on with."""

    name: str = Field(max_length=1000, description="as the person's PC names it; cleaned before it is kept")
    size_bytes: int = Field(ge=1)
    sha256: Sha256Hex | None = Field(
        default=None, description="of the whole; checked when all is there, where it was told"
    )


class IncomingUpload(Message):
    """How far an upload in parts has come: the next part begins at `received_bytes`."""

    id: str
    name: str
    size_bytes: int
    received_bytes: int
    part_bytes: int = Field(description="the size of every part but the last, which is what is left")
    is_checking: bool = Field(description="another request has intake look at it now")
    upload: Upload | None = Field(description="what became of it, once intake accepted it")
    expires_at: Moment


class FinishUpload(Message):
    """What the uploader chose: an owner's password may go, form fields stay fillable."""

    remove_protection: bool = False
    keep_form: bool = False


class Severity(StrEnum):
    """BLOCK: sending it makes no sense as it is. WARN: look at it first. OK: said so that nobody wonders."""

    BLOCK = "block"
    WARN = "warn"
    OK = "ok"


class PreflightWanted(Message):
    """What is about to be sent, and to whom; nothing is written."""

    upload_ids: tuple[str, ...] = Field(min_length=1, max_length=20)
    recipients: tuple[RecipientWanted, ...] = Field(default=(), max_length=50)
    deadline_at: Moment | None = None


class PreflightFinding(Message):
    """One sentence about a document (`upload_id`) or a recipient (`recipient`, from 0, as they were asked)."""

    code: str
    severity: Severity
    zh: str
    en: str
    upload_id: str | None = None
    recipient: int | None = None
    pages: tuple[int, ...] = ()


class Preflight(Message):
    """What would stop a signer later; the worst first."""

    findings: tuple[PreflightFinding, ...]
    may_send: bool = Field(description="nothing blocks")
