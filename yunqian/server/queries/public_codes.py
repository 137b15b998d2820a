"""查验码: an envelope's code for its parties, and what anybody learns by it. Decision 39.

Facts and never the file: digests, masked signers, times, verdicts. No title, no name of a document.
"""

from datetime import datetime

from yunqian.problems import Problem, Refused
from yunqian.rules import identity, public_codes
from yunqian.server import scope
from yunqian.server.access import facts as gathered
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.adapters import qr
from yunqian.server.adapters.kept import Kept
from yunqian.server.queries import document as documents
from yunqian.server.queries import query, verify
from yunqian.server.records.models import Document, Envelope, Recipient, Revision
from yunqian.wire.envelope import EnvelopeState, RecipientState
from yunqian.wire.panel import Report, SignatureReport
from yunqian.wire.public import (
    PublicCode,
    PublicDocument,
    PublicFacts,
    PublicSignature,
    PublicSigner,
    PublicVerdict,
)

PAGE = "/v/"
VERDICTS: Kept[PublicVerdict] = Kept(most_bytes=1000, seconds=600)
"""A thousand verdicts: whether they still stand is asked again after ten minutes, not by every reader."""


@query
def of_envelope(actor: Actor, *, envelope_id: str, origin: str) -> PublicCode:
    """The code of an envelope, for its initiator and its recipients."""
    code = public_codes.grouped(permit.view(actor, envelope_id).envelope.public_code)
    address = f"{origin}{PAGE}{code}"
    return PublicCode(code=code, address=address, qr_svg=qr.svg(address))


def facts(*, code: str) -> PublicFacts:
    """What anybody may know of the envelope with this code. Raises Refused(PUBLIC_CODE_NOT_FOUND)."""
    named = _read(code)
    with scope.printed(named):
        envelope = _found(named)
        recipients = Recipient.objects.filter(envelope=envelope).exclude(state=RecipientState.COPIED)
        return PublicFacts(
            code=public_codes.grouped(envelope.public_code),
            state=EnvelopeState(gathered.standing(envelope)),
            started_at=envelope.created_at,
            completed_at=envelope.completed_at,
            documents=tuple(_document(place, row) for place, row in enumerate(_documents(envelope), start=1)),
            signers=tuple(_signer(row) for row in recipients.order_by("turn", "person_name", "id")),
        )


def verdict(*, code: str, position: int, at: datetime) -> PublicVerdict:
    """What the verifier says of one document (from 1), judged in a process of its own, not in every reader's turn.

    Raises Refused(PUBLIC_CODE_NOT_FOUND or DOCUMENT_NOT_FOUND), and as verify.of_anybody does.
    """
    named = _read(code)
    with scope.printed(named):
        rows = _documents(_found(named))
        if not 1 <= position <= len(rows):
            raise Refused(Problem.DOCUMENT_NOT_FOUND)
        row = rows[position - 1]
        name = (row.tenant_id, documents.head(row).sha256)
        known = VERDICTS.get(name)
        if known is not None:
            return known
        content = documents.content(row, row.head).document
    judged = _judged(verify.of_anybody(content, at=at))
    VERDICTS.put(name, judged, 1)
    return judged


def _read(text: str) -> str:
    code = public_codes.read(text)
    if code is None:
        raise Refused(Problem.PUBLIC_CODE_NOT_FOUND)
    return code


def _found(code: str) -> Envelope:
    envelope = Envelope.objects.filter(public_code=code).first()
    if envelope is None:
        raise Refused(Problem.PUBLIC_CODE_NOT_FOUND)
    return envelope


def _documents(envelope: Envelope) -> list[Document]:
    return list(Document.objects.filter(envelope=envelope).order_by("position", "id"))


def _document(position: int, row: Document) -> PublicDocument:
    revisions = list(Revision.objects.filter(document=row, number__lte=row.head).order_by("number"))
    return PublicDocument(
        position=position,
        page_count=row.page_count,
        sha256=revisions[-1].sha256,
        earlier_sha256s=tuple(one.sha256 for one in revisions[:-1]),
        changed_at=revisions[-1].created_at,
    )


def _signer(row: Recipient) -> PublicSigner:
    return PublicSigner(
        name=identity.masked_name(row.person_name),
        organization=identity.masked_organization(row.tenant_name) if row.tenant_name else None,
        state=RecipientState(row.state),
        signed_at=row.signed_at,
    )


def _judged(report: Report) -> PublicVerdict:
    return PublicVerdict(
        sha256=report.sha256,
        verdict=report.verdict if report.signatures else None,
        signatures=tuple(_signature(one) for one in report.signatures),
        verified_at=report.verified_at,
    )


def _signature(one: SignatureReport) -> PublicSignature:
    return PublicSignature(
        signer=one.signer if one.is_timestamp else identity.masked_signer(one.signer),
        at=one.stamped_at or one.claimed_at,
        is_stamped=one.stamped_at is not None,
        is_timestamp=one.is_timestamp,
        verdict=one.verdict,
        answers=tuple(finding.verdict for finding in one.findings),
    )
