"""What pyHanko says of the same file: another reader, written by others, beside our own verdict.

It is no part of what ships; where it is not installed, that is said. Its answer never changes ours.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata, util
from typing import Any

from yunqian.engine.report import Purpose, Trust, Verdict


@dataclass(frozen=True, slots=True)
class FieldOpinion:
    """Its answer about one signature field."""

    field: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """`by` is None where there is nobody to ask."""

    by: str | None
    signatures: tuple[FieldOpinion, ...] = ()


def ask(document: bytes, *, trust: Trust, at: datetime) -> Opinion:
    """Ask pyHanko by its default policy, with the same roots and statements, at the same time. Never raises."""
    if util.find_spec("pyhanko") is None:
        return Opinion(None)
    by = f"pyHanko {metadata.version('pyhanko')}"
    try:
        from pyhanko.pdf_utils.reader import PdfFileReader

        found = PdfFileReader(io.BytesIO(document)).embedded_regular_signatures
    except Exception as error:  # noqa: BLE001  whatever it raises is its opinion
        return Opinion(by, (FieldOpinion("*", Verdict.INDETERMINATE, _reason(error)),))
    return Opinion(by, tuple(_opinion(one, trust, at) for one in found))


def _opinion(embedded: Any, trust: Trust, at: datetime) -> FieldOpinion:
    name = str(embedded.field_name)
    try:
        from pyhanko.sign.validation import validate_pdf_signature

        status = validate_pdf_signature(
            embedded, _context(trust, at), _context(trust, at, Purpose.TIMESTAMPS)
        )
    except Exception as error:  # noqa: BLE001  whatever it raises is its opinion
        return FieldOpinion(name, Verdict.INDETERMINATE, _reason(error))
    level = status.modification_level
    detail = f"{status.summary()}; later changes: {level.name if level else 'not judged'}"
    if status.bottom_line:
        return FieldOpinion(name, Verdict.VALID, detail)
    is_broken = not (status.intact and status.valid)
    return FieldOpinion(name, Verdict.INVALID if is_broken else Verdict.INDETERMINATE, detail)


def _context(trust: Trust, at: datetime, purpose: Purpose = Purpose.DOCUMENTS) -> Any:
    from asn1crypto import crl, ocsp, x509
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=[x509.Certificate.load(root.der) for root in trust.roots_for(purpose)],
        other_certs=[x509.Certificate.load(one.der) for one in trust.intermediates],
        crls=[crl.CertificateList.load(one) for one in trust.crls],
        ocsps=[ocsp.OCSPResponse.load(one) for one in trust.ocsps],
        revocation_mode="require" if trust.crls or trust.ocsps else "soft-fail",
        allow_fetching=False,
        moment=at,
    )


def _reason(error: Exception) -> str:
    return f"gave up: {type(error).__name__}: {error}"[:300]
