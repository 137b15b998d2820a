"""Uploads: what intake accepted is kept, what it refused leaves no trace."""

import contextlib
import hashlib
from dataclasses import asdict, replace
from pathlib import PurePosixPath

from yunqian.engine.intake import Accepted, Limits
from yunqian.engine.intake_remarks import CONVERTED
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, ledger, names, unsent
from yunqian.server.adapters import office, vault
from yunqian.server.adapters.intake import sandbox
from yunqian.server.queries import query
from yunqian.server.queries import uploads as reading
from yunqian.server.records.models import IncomingUpload, Upload
from yunqian.wire.envelope import Upload as UploadShown

MEGABYTE = 1024 * 1024
WORD_ENDINGS = (".docx", ".doc", ".wps", ".pdf")


def accept(
    asking: Asking, *, name: str, document: bytes, remove_protection: bool = False, keep_form: bool = False
) -> UploadShown:
    """Check a document in a process of its own, normalise it once, and keep it until it is sent.

    `remove_protection` and `keep_form` are the uploader's choices, as intake takes them.
    Raises Refused(START_NOT_GRANTED) before anything is looked at, and every DOCUMENT_… refusal of intake.
    """
    _require_start(asking)
    accepted = taken(document, remove_protection=remove_protection, keep_form=keep_form)
    return _keep(asking, name=names.cleaned(name, fallback="document.pdf"), accepted=accepted)


def taken(document: bytes, *, remove_protection: bool, keep_form: bool) -> Accepted:
    """What intake makes of a document, in a process of its own; outside every transaction.

    A Word document is converted in another one before, and its PDF goes the same way as everybody's.
    """
    limits = Limits(max_bytes=settings.current().upload_limit_bytes)
    converted = office.current().convert(document) if office.is_office_document(document) else None
    accepted = sandbox.accept(
        converted.document if converted else document,
        limits=limits,
        remove_protection=remove_protection,
        keep_form=keep_form,
    )
    told = converted.remarks if converted else ()
    return replace(accepted, remarks=(*told, *accepted.remarks))


def takes_word() -> bool:
    """Whether Word documents are converted here; asked before anybody tries."""
    return office.current().is_available()


def refuse_oversized(size_bytes: int) -> None:
    """Raise Refused(DOCUMENT_TOO_LARGE) by the announced size, before the bytes are read."""
    limit = settings.current().upload_limit_bytes
    if size_bytes > limit:
        size_mb, limit_mb = (round(size / MEGABYTE, 1) for size in (size_bytes, limit))
        raise Refused(Problem.DOCUMENT_TOO_LARGE, size_mb=size_mb, limit_mb=limit_mb)


@query
def _require_start(actor: Actor) -> None:
    permit.start(actor)
    unsent.require_room(actor)


@action("upload.accepted")
def _keep(actor: Actor, *, name: str, accepted: Accepted) -> Done[UploadShown]:
    permit.start(actor)
    unsent.take_turns(actor)
    row, facts = kept(actor, name=name, accepted=accepted)
    return Done(reading.accepted(row), Trace(scope.Pass(actor.tenant_id), None, facts))


def kept(
    actor: Actor, *, name: str, accepted: Accepted, instead: IncomingUpload | None = None
) -> tuple[Upload, ledger.Facts]:
    """Inside a transaction, the row of an accepted document and what the ledger says of it.

    `instead` is the upload in parts whose room it takes. Raises Refused(UPLOADS_TOO_MANY).
    """
    unsent.require_room(actor, size_bytes=len(accepted.document), instead=instead)
    unsent.hold(actor.tenant_id, hashlib.sha256(accepted.document).hexdigest())
    # The blob comes first: a crash between the two leaves bytes that nobody refers to, never the reverse.
    blob = vault.current().put(actor.tenant_id, accepted.document)
    row = Upload.objects.create(
        person_id=actor.person_id,
        name=_as_pdf(name) if CONVERTED in accepted.remarks else name,
        blob_sha256=blob,
        sha256=hashlib.sha256(accepted.document).hexdigest(),
        size_bytes=len(accepted.document),
        page_count=len(accepted.pages),
        pages=[asdict(page) for page in accepted.pages],
        remarks=[asdict(remark) for remark in accepted.remarks],
        standing=asdict(accepted.standing),
    )
    facts: ledger.Facts = {
        "sha256": row.sha256,
        "size_bytes": row.size_bytes,
        "page_count": row.page_count,
        "remarks": ", ".join(remark.code for remark in accepted.remarks),
    }
    return row, facts


def _as_pdf(name: str) -> str:
    """合同.docx is 合同.pdf from now on."""
    ending = PurePosixPath(name).suffix
    return (name[: -len(ending)] if ending.lower() in WORD_ENDINGS else name)[
        : names.LONGEST_NAME - 4
    ] + ".pdf"


def drop(asking: Asking, *, upload_id: str) -> None:
    """Forget an upload of one's own that was not sent, and remove its bytes.

    At once, and not only by the job that comes to what fails here: else uploading and dropping in turn would
    fill the disk of a platform whose worker rests.
    """
    sha256 = _drop(asking, upload_id=upload_id)
    with contextlib.suppress(Refused):
        unsent.remove_blob(tenant_id=asking.tenant_id, sha256=sha256)


@action("upload.dropped")
def _drop(actor: Actor, *, upload_id: str) -> Done[str]:
    row = permit.upload(actor, upload_id)
    trace = Trace(scope.Pass(actor.tenant_id), None, {"sha256": row.sha256})
    unsent.let_go(row)
    return Done(row.blob_sha256, trace)
