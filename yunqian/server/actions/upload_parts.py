"""Uploads in parts: begun, sent part by part, finished; what was cut off goes on where it was.

Every part but the last has one size, so a part that is sent twice is known by its place and its digest. Parts are
kept by the vault, sealed as everything else. Intake looks at the whole outside every transaction: who has it looked
at says so in the row, so that the same request sent twenty times makes one upload.
"""

import contextlib
import hashlib
from dataclasses import dataclass

from django.utils import timezone

from yunqian.engine.intake import Accepted
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, ledger, names, unsent, upload
from yunqian.server.adapters import vault
from yunqian.server.queries import uploads as reading
from yunqian.server.records.models import IncomingUpload
from yunqian.wire.uploads import BeginUpload, FinishUpload
from yunqian.wire.uploads import IncomingUpload as Shown

PART_BYTES = 1024 * 1024  # what the server keeps in memory: no part ever lies on a disk unsealed
_KEPT = frozenset({Problem.DOCUMENT_PROTECTED, Problem.UPLOADS_TOO_MANY})
"""Refusals after which the same bytes can be accepted; also those that the table calls retriable."""


@dataclass(frozen=True)
class _Claim:
    """What is to be checked; without `parts` there is nothing to do."""

    shown: Shown
    name: str
    sha256: str
    parts: tuple[str, ...]


def begin(asking: Asking, *, wanted: BeginUpload) -> Shown:
    """Announce a document; one of this name, size and digest that was begun before is gone on with.

    Raises Refused(START_NOT_GRANTED, DOCUMENT_TOO_LARGE or UPLOADS_TOO_MANY).
    """
    return _begin(asking, wanted=wanted)


@action("upload.begun")
def _begin(actor: Actor, *, wanted: BeginUpload) -> Done[Shown]:
    permit.start(actor)
    upload.refuse_oversized(wanted.size_bytes)
    name = names.cleaned(wanted.name, fallback="document.pdf")
    unsent.take_turns(actor)
    begun = _begun(actor, name, wanted) if wanted.sha256 else None
    if begun is not None:
        return Done(reading.incoming(begun), None)
    unsent.require_room(actor, size_bytes=wanted.size_bytes)
    row = IncomingUpload.objects.create(
        person_id=actor.person_id,
        name=name,
        size_bytes=wanted.size_bytes,
        sha256=wanted.sha256 or "",
        part_bytes=PART_BYTES,
    )
    facts: ledger.Facts = {"incoming_id": str(row.id), "size_bytes": row.size_bytes}
    return Done(reading.incoming(row), Trace(scope.Pass(actor.tenant_id), None, facts))


def _begun(actor: Actor, name: str, wanted: BeginUpload) -> IncomingUpload | None:
    his = IncomingUpload.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id, upload=None)
    return his.filter(name=name, size_bytes=wanted.size_bytes, sha256=wanted.sha256).first()


def refuse_long_part(size_bytes: int) -> None:
    """Raise Refused(REQUEST_TOO_LARGE) by the announced size, before the part is read."""
    if size_bytes > PART_BYTES:
        raise Refused(Problem.REQUEST_TOO_LARGE, limit_kb=PART_BYTES // 1024)


@action("upload.part_arrived")
def put(actor: Actor, *, incoming_id: str, offset: int, part: bytes) -> Done[Shown]:
    """Keep the part that begins at `offset`; the same one again changes nothing.

    Raises Refused(UPLOAD_NOT_FOUND, UPLOAD_DIFFERENT for other bytes than were there before, or UPLOAD_PART_WRONG
    for a gap, an overrun or a part of another size).
    """
    permit.start(actor)
    row = permit.incoming(actor, incoming_id)
    place, beside = divmod(offset, row.part_bytes)
    is_fitting = not beside and len(part) == min(row.part_bytes, row.size_bytes - offset) and len(part) > 0
    if not is_fitting or offset > row.received_bytes:
        raise Refused(Problem.UPLOAD_PART_WRONG, received_bytes=row.received_bytes)
    if row.upload_id is not None:
        return Done(reading.incoming(row), None)
    sha256 = hashlib.sha256(part).hexdigest()
    if place < len(row.parts):
        if row.parts[place] != sha256:
            raise Refused(Problem.UPLOAD_DIFFERENT)
        return Done(reading.incoming(row), None)
    unsent.hold(actor.tenant_id, sha256)
    row.parts = [*row.parts, vault.current().put(actor.tenant_id, part)]
    row.save(update_fields=["parts"])
    facts: ledger.Facts = {"incoming_id": str(row.id), "received_bytes": row.received_bytes}
    return Done(reading.incoming(row), Trace(scope.Pass(actor.tenant_id), None, facts))


def finish(asking: Asking, *, incoming_id: str, choices: FinishUpload) -> Shown:
    """Have intake look at the whole; what it refuses for good leaves no trace.

    While another request has it looked at, the answer says so and nothing happens. Raises Refused(UPLOAD_NOT_FOUND,
    UPLOAD_INCOMPLETE, UPLOAD_DIFFERENT), and what `upload.taken` raises.
    """
    claim = _claim(asking, incoming_id=incoming_id)
    if not claim.parts:
        return claim.shown
    try:
        accepted = upload.taken(
            _whole(asking, claim), remove_protection=choices.remove_protection, keep_form=choices.keep_form
        )
        shown, gone = _keep(asking, incoming_id=incoming_id, accepted=accepted)
    except Refused as refusal:
        if refusal.problem in _KEPT or refusal.problem.row.is_retriable:
            _release(asking, incoming_id=incoming_id)
        elif refusal.problem is not Problem.UPLOAD_NOT_FOUND:
            drop(asking, incoming_id=incoming_id)
        raise
    _remove(asking, gone)
    return shown


@action("upload.arrived")
def _claim(actor: Actor, *, incoming_id: str) -> Done[_Claim]:
    permit.start(actor)
    row = permit.incoming(actor, incoming_id)
    if row.upload_id is None and row.received_bytes < row.size_bytes:
        facts = {"received_bytes": row.received_bytes, "size_bytes": row.size_bytes}
        raise Refused(Problem.UPLOAD_INCOMPLETE, **facts)
    if row.upload_id is not None or reading.is_checking(row):
        return Done(_Claim(reading.incoming(row), row.name, row.sha256, ()), None)
    row.checking_at = timezone.now()
    row.save(update_fields=["checking_at"])
    claim = _Claim(reading.incoming(row), row.name, row.sha256, tuple(row.parts))
    told: ledger.Facts = {"incoming_id": str(row.id), "size_bytes": row.size_bytes}
    return Done(claim, Trace(scope.Pass(actor.tenant_id), None, told))


def _whole(asking: Asking, claim: _Claim) -> bytes:
    document = b"".join(vault.current().get(asking.tenant_id, part) for part in claim.parts)
    if claim.sha256 and hashlib.sha256(document).hexdigest() != claim.sha256:
        raise Refused(Problem.UPLOAD_DIFFERENT)
    return document


@action("upload.accepted")
def _keep(actor: Actor, *, incoming_id: str, accepted: Accepted) -> Done[tuple[Shown, tuple[str, ...]]]:
    """The upload takes the place of its parts; one that was removed meanwhile is not kept."""
    unsent.take_turns(actor)
    row = permit.incoming(actor, incoming_id)
    if row.upload_id is not None:
        return Done((reading.incoming(row), ()), None)
    made, facts = upload.kept(actor, name=row.name, accepted=accepted, instead=row)
    gone = unsent.let_go_parts(row)
    row.upload, row.parts, row.checking_at = made, [], None
    row.save(update_fields=["upload", "parts", "checking_at"])
    return Done((reading.incoming(row), gone), Trace(scope.Pass(actor.tenant_id), None, facts))


@action("upload.check_ended")
def _release(actor: Actor, *, incoming_id: str) -> Done[None]:
    row = permit.incoming(actor, incoming_id)
    row.checking_at = None
    row.save(update_fields=["checking_at"])
    return Done(None, Trace(scope.Pass(actor.tenant_id), None, {"incoming_id": str(row.id)}))


def drop(asking: Asking, *, incoming_id: str) -> None:
    """Forget an upload of one's own that arrives in parts, and remove them; see `upload.drop`."""
    _remove(asking, _drop(asking, incoming_id=incoming_id))


@action("upload.dropped")
def _drop(actor: Actor, *, incoming_id: str) -> Done[tuple[str, ...]]:
    row = permit.incoming(actor, incoming_id)
    trace = Trace(scope.Pass(actor.tenant_id), None, {"incoming_id": str(row.id)})
    gone = unsent.let_go_parts(row)
    row.delete()
    return Done(gone, trace)


def _remove(asking: Asking, gone: tuple[str, ...]) -> None:
    """At once, and not only by the jobs that come to what fails here."""
    for sha256 in gone:
        with contextlib.suppress(Refused):
            unsent.remove_blob(tenant_id=asking.tenant_id, sha256=sha256)
