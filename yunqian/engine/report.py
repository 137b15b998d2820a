"""What the verifier answers: five named answers per signature, and a total that is the worst of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from yunqian.crypto.certificates import Certificate

CHECKS = ("crypto", "coverage", "seal", "membership", "trust")


class Verdict(StrEnum):
    """One answer. INDETERMINATE means: could not be confirmed; it is never shown as good.

    NOT_APPLICABLE is only ever said of one finding: the question does not arise for this signature (no electronic
    seal is inside, so nobody can be on its list). It is shown and worsens nothing; a total never has it.
    """

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One of `CHECKS` with its answer in both languages."""

    check: str
    verdict: Verdict
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class LaterChange:
    """One revision after a signature: what it changed, in words, and whether the signature stands beside it."""

    revision: int
    changes: tuple[str, ...]
    zh: str
    en: str
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature, however many fields show it.

    `pages` are those that show it, its paging seal's strips among them. `findings` has one answer for each of
    `CHECKS`, in that order. `revision` counts from 1, the document as it
    began; `signed_bytes` is how long the file was when it was signed, so that anybody can cut it off there and
    look. `proven_at` is the earliest time at which a trusted authority has attested that the signature was there:
    its own stamp or an archive stamp. `is_timestamp` tells a document time stamp from a signature.
    """

    fields: tuple[str, ...]
    pages: tuple[int, ...]
    signer: str
    issuer: str
    certificate_sha256: str | None
    claimed_at: datetime | None
    stamped_at: datetime | None
    proven_at: datetime | None
    algorithm: str | None
    revision: int | None
    signed_bytes: int | None
    is_timestamp: bool
    verdict: Verdict
    findings: tuple[Finding, ...]
    later: tuple[LaterChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """验签结果: every signature in the document, and the worst of their verdicts."""

    sha256: str
    page_count: int | None
    revision_count: int | None
    verdict: Verdict
    signatures: tuple[SignatureReport, ...]
    verified_at: datetime
    notes_zh: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()


class Purpose(StrEnum):
    """What a root is trusted for; the value is the name of its subfolder in a trust folder."""

    DOCUMENTS = "documents"
    TIMESTAMPS = "timestamps"
    SEALS = "seals"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the reader of a report trusts, and what that reader knows of revocations.

    `roots` count for every purpose, `roots_for` adds those of one purpose. `crls` and `ocsps` are revocation lists
    and OCSP responses, DER or PEM. `intermediates` only help to build chains: nothing is trusted because of them.
    `remarks` tell, in zh and en, what in a trust folder could not be used.
    """

    roots: tuple[Certificate, ...]
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    special: tuple[tuple[Purpose, Certificate], ...] = ()
    remarks: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def roots_for(self, purpose: Purpose) -> tuple[Certificate, ...]:
        """The roots that count for this purpose."""
        return (*self.roots, *(root for named, root in self.special if named is purpose))


_WORST_FIRST = (Verdict.INVALID, Verdict.INDETERMINATE, Verdict.VALID)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts: invalid before indeterminate before valid; of none, indeterminate.

    What does not apply is passed over.
    """
    found = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.INDETERMINATE)


def joined(check: str, findings: Sequence[Finding]) -> Finding:
    """Several findings of one question as its one answer: the worst verdict, every sentence, the worst first."""
    told = sorted(findings, key=lambda one: _rank(one.verdict))
    return Finding(
        check, told[0].verdict, "；".join(one.zh for one in told), "; ".join(one.en for one in told)
    )


def _rank(verdict: Verdict) -> int:
    return _WORST_FIRST.index(verdict) if verdict in _WORST_FIRST else len(_WORST_FIRST)
