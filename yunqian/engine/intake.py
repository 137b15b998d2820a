"""Is this PDF acceptable, and what becomes of it before the first signature.

A document without signatures is rewritten once by qpdf in canonical form, so that everybody signs the same
plain bytes; a document that carries a signature is never rewritten. Pure: the server runs it in a process of
its own behind walls (server/adapters/intake), and has two engines draw the result there.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pikepdf

from yunqian.engine import (
    active_content,
    flattening,
    found,
    intake_limits,
    intake_remarks,
    pages,
    permissions,
    reading,
    sanitising,
    slots,
    standing,
    survey,
    verify,
)
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.intake_limits import Limits, Outline
from yunqian.engine.intake_remarks import Remark
from yunqian.engine.report import Trust, Verdict
from yunqian.engine.standing import Standing
from yunqian.engine.survey import Survey
from yunqian.problems import Problem, Refused

__all__ = ["Accepted", "Limits", "Remark", "accept"]

_HARMLESS = ("reported number of objects", "duplicated key")  # nothing is lost or guessed
_SIGNED = re.compile(rb"/ByteRange\s*\[")
_ERRORS = (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError)
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # without roots nothing is judged by the time
_OF_THE_BYTES = ("crypto", "coverage")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document as it will be signed: normalised once when it carried no signature, else byte for byte."""

    document: bytes = field(repr=False)
    pages: tuple[PageGeometry, ...]
    remarks: tuple[Remark, ...]
    signature_count: int
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A document under intake. `pdf` reads `document`, from which leftovers behind its end were cut."""

    pdf: pikepdf.Pdf
    document: bytes
    is_signed: bool
    is_repaired: bool


def accept(
    document: bytes, *, limits: Limits, remove_protection: bool = False, keep_form: bool = False
) -> Accepted:
    """Check a document and make it ready to be signed.

    `remove_protection`: the uploader confirmed that an owner's password may go. `keep_form`: form fields stay
    fillable instead of being fixed as they are shown. Raises Refused(DOCUMENT_EMPTY, _TOO_LARGE, _NOT_PDF,
    _ENCRYPTED, _PROTECTED, _BROKEN, _ACTIVE_CONTENT, _CERTIFIED, _SIGNATURE_BROKEN, _TOO_MANY_PAGES,
    _IMAGE_TOO_LARGE) or Refused(INTAKE_TIMEOUT) beyond the memory; nothing else ever comes out of a stranger's
    bytes. Reliability rules I1, I3, I4, I5.
    """
    outline = intake_limits.outline(document, limits)
    try:
        opened = _opened(document, outline)
        with opened.pdf:
            return _accepted(opened, limits, remove_protection=remove_protection, keep_form=keep_form)
    except pikepdf.PasswordError as error:
        raise Refused(Problem.DOCUMENT_ENCRYPTED) from error
    except MemoryError as error:
        raise Refused(Problem.INTAKE_TIMEOUT) from error
    except (*_ERRORS, RecursionError, OverflowError) as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error


def _opened(document: bytes, outline: Outline) -> _Opened:
    """The document, opened strictly first; what has to be repaired may carry no signature."""
    kept = document[: outline.end] if outline.has_leftovers else document
    pdf, is_repaired = _read(kept)
    is_signed = bool(_signature_count(pdf)) or _shows_traces(document, pdf)
    is_repaired = is_repaired or outline.has_leftovers
    if is_signed and is_repaired:
        raise Refused(Problem.DOCUMENT_BROKEN)
    return _Opened(pdf, document if is_signed else kept, is_signed, is_repaired)


def _read(document: bytes) -> tuple[pikepdf.Pdf, bool]:
    """The document, and whether qpdf had to repair it."""
    try:
        pdf = reading.strictly(document)
        pages.walk(pdf)  # reads the page tree, which opening alone does not
        return pdf, False
    except pikepdf.PasswordError:
        raise
    except (*_ERRORS, Refused):
        pass
    return reading.leniently(document), True


def _accepted(opened: _Opened, limits: Limits, *, remove_protection: bool, keep_form: bool) -> Accepted:
    pdf = opened.pdf
    _refuse_protected(opened, remove_protection=remove_protection)
    intake_limits.require_pages(pdf, limits)
    if not opened.is_signed:
        flattening.drop_empty_slots(pdf)
    surveyed = survey.of(pdf, is_everything=opened.is_signed)
    intake_limits.require_pictures(surveyed, limits)
    _refuse_certified(pdf)
    if opened.is_signed:
        return _kept(opened, surveyed)
    return _made_ready(opened, surveyed, keep_form=keep_form)


def _kept(opened: _Opened, surveyed: Survey) -> Accepted:
    """A document that carries a signature: byte for byte, or not at all."""
    kinds = active_content.of(opened.pdf, surveyed)
    active_content.refuse(kinds, is_signed=True)
    if not _reads_clean(opened.pdf):  # every object has been read by now
        raise Refused(Problem.DOCUMENT_BROKEN)
    permissions.of(opened.pdf).require_signing()  # a last signer's lock forbids as much as a certification
    remarks = [*intake_remarks.of(opened.pdf, surveyed), *_judged(opened.document)]
    remarks += [intake_remarks.actions_kept(kinds.every)] if kinds.every else []
    shown = pages.geometries(opened.pdf)
    count = _signature_count(opened.pdf)
    stands = standing.of(opened.pdf, opened.document, signatures=count)
    return Accepted(opened.document, shown, tuple(remarks), count, stands)


def _made_ready(opened: _Opened, surveyed: Survey, *, keep_form: bool) -> Accepted:
    """A document that nobody has signed: its form fixed, actions taken out, places reserved, written once."""
    pdf = opened.pdf
    shown = pages.geometries(pdf)
    remarks = list(intake_remarks.of(pdf, surveyed))
    is_repaired = opened.is_repaired or not _reads_clean(pdf)  # every object has been read by now
    kinds = active_content.of(pdf, surveyed)
    if intake_remarks.HAS_FORM in remarks and not keep_form and flattening.flatten(pdf):
        remarks[remarks.index(intake_remarks.HAS_FORM)] = intake_remarks.FORM_FLATTENED
        surveyed = survey.of(pdf, is_everything=False)
    active_content.refuse(active_content.of(pdf, surveyed), is_signed=False)
    active_content.take_out(surveyed)
    remarks += [intake_remarks.actions_removed(kinds.every)] if kinds.every else []
    remarks += [intake_remarks.PROTECTION_REMOVED] if pdf.is_encrypted else []
    if is_repaired:
        remarks.insert(0, intake_remarks.REPAIRED)
    sanitising.settle(pdf, surveyed)
    slots.reserve(pdf)
    stands = standing.of(pdf, opened.document, signatures=0)
    return Accepted(sanitising.rewritten(pdf), shown, tuple(remarks), 0, stands)


def _refuse_protected(opened: _Opened, *, remove_protection: bool) -> None:
    """An owner's password: gone only when the uploader said so, and never from under a signature."""
    if not opened.pdf.is_encrypted:
        return
    if opened.is_signed:
        raise Refused(Problem.DOCUMENT_ENCRYPTED)
    if not remove_protection:
        raise Refused(Problem.DOCUMENT_PROTECTED)


def _reads_clean(pdf: pikepdf.Pdf) -> bool:
    """Whether qpdf had nothing to guess or to leave out so far."""
    return all(any(known in str(told) for known in _HARMLESS) for told in pdf.get_warnings())


def _shows_traces(document: bytes, pdf: pikepdf.Pdf) -> bool:
    """Whether a byte range stands in a document without signed fields: better not rewritten.

    Usage rights of a reader program (/UR3) are nobody's signature.
    """
    permissions = survey.entries(pdf.Root, "/Perms")
    has_usage_rights = permissions is not None and "/UR3" in permissions
    return not has_usage_rights and _SIGNED.search(document) is not None


def _signature_count(pdf: pikepdf.Pdf) -> int:
    """How many distinct signatures the form shows, or fields outside it claim to be."""
    outside: set[tuple[int, int]] = set()
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and survey.name(thing, "/FT") == "/Sig":
            value = survey.entries(thing, "/V")
            if value is not None:
                outside.add(value.objgen if value.is_indirect else thing.objgen)
    return max(len(outside), len(found.signatures(pdf)) if outside else 0)


def _refuse_certified(pdf: pikepdf.Pdf) -> None:
    """A certification that permits no change at all (DocMDP P=1, ISO 32000-2 §12.8.2.2)."""
    certification = survey.entries(survey.entries(pdf.Root, "/Perms"), "/DocMDP")
    references = certification.get("/Reference") if certification is not None else None
    level = 2
    for part in list(references) if isinstance(references, pikepdf.Array) else []:
        parameters = survey.entries(part, "/TransformParams")
        if survey.name(part, "/TransformMethod") == "/DocMDP" and parameters is not None:
            level = int(parameters.get("/P", 2))
    if level == 1:
        raise Refused(Problem.DOCUMENT_CERTIFIED)


def _judged(document: bytes) -> list[Remark]:
    """What is said of the signatures that are there already; by their bytes alone, without any trust.

    Raises Refused(DOCUMENT_SIGNATURE_BROKEN): who signs on top of a broken signature vouches for it.
    """
    report = verify.verify(document, trust=Trust(()), at=_ANY_TIME)
    broken: list[str] = []
    is_unsure = not report.signatures
    for one in report.signatures:
        verdicts = [finding.verdict for finding in one.findings if finding.check in _OF_THE_BYTES]
        if Verdict.INVALID in verdicts:
            broken += one.fields
        is_unsure |= Verdict.INDETERMINATE in verdicts
    if broken:
        raise Refused(Problem.DOCUMENT_SIGNATURE_BROKEN, fields=", ".join(broken))
    return [intake_remarks.SIGNATURE_UNCONFIRMED] if is_unsure else []
