"""What the verifier answers: named findings per signature, and a total that is the worst of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yunqian.crypto.certificates import Certificate


class Verdict(StrEnum):
    """One answer. INDETERMINATE means: could not be confirmed; it is never shown as good."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Finding:
    """One named check (crypto, coverage, trust, time) with its answer in both languages."""

    check: str
    verdict: Verdict
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature, however many fields show it. `revision` counts from 1, the document as it began."""

    fields: tuple[str, ...]
    pages: tuple[int, ...]
    signer: str
    issuer: str
    certificate_sha256: str | None
    claimed_at: datetime | None
    stamped_at: datetime | None
    algorithm: str | None
    revision: int | None
    verdict: Verdict
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """验签结果: every signature in the document, and the worst of their verdicts."""

    sha256: str
    page_count: int | None
    verdict: Verdict
    signatures: tuple[SignatureReport, ...]
    verified_at: datetime
    notes_zh: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the reader of a report trusts: root certificates, and revocation lists as DER or PEM."""

    roots: tuple[Certificate, ...]
    crls: tuple[bytes, ...] = ()


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts: invalid before indeterminate before valid; of none, indeterminate."""
    found = set(verdicts)
    for verdict in (Verdict.INVALID, Verdict.INDETERMINATE):
        if verdict in found:
            return verdict
    return Verdict.VALID if found else Verdict.INDETERMINATE
