"""Is a certificate one the reader trusts, at the time that counts, and was it revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from yunqian.crypto import certificates, ocsp, revocation
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.revocation import Standing, Told
from yunqian.engine.material import Material
from yunqian.engine.report import Finding, Purpose, Trust, Verdict
from yunqian.problems import Problem, Refused


@dataclass(frozen=True, slots=True)
class Moments:
    """The times that matter for a signature.

    `claimed_at` is what the signer's software wrote and proves nothing. `proven_at` is the earliest time at which
    a trusted authority attests that the signature was there: then that time counts, whatever has happened to the
    certificate since. `asked_at` is the time of the question, which counts where nothing is proven.
    """

    claimed_at: datetime | None
    proven_at: datetime | None
    asked_at: datetime

    @property
    def counting(self) -> datetime:
        """The time at which the certificate must have been good."""
        return self.proven_at or self.asked_at


def judge(certificate: Certificate, trust: Trust, material: Material, moments: Moments) -> Finding:
    """The finding `trust` of one signature; `material` came with the document, or with the reader."""
    if not certificate.may_sign:
        return _finding(Verdict.INVALID, "证书不是签名证书", "the certificate is not for signing documents")
    roots = trust.roots_for(Purpose.DOCUMENTS)
    try:
        path = certificates.chain(certificate, material.certificates, roots, at=moments.counting)
    except Refused as refusal:
        return _without_path(refusal, certificate, moments)
    return _standing(path, material, moments)


def told(certificate: Certificate, issuer: Certificate, material: Material, *, at: datetime) -> Told:
    """What lists and OCSP responses say of a certificate together; the worst that is said counts."""
    by_lists = revocation.told(certificate, issuer, material.crls, at=at)
    answers = ocsp.told(certificate, issuer, material.ocsps, material.crls, at=at)
    return revocation.worst([by_lists, answers])


def stamper(
    authority: Certificate,
    trust: Trust,
    material: Material,
    *,
    stamped_at: datetime,
    kept_until: datetime,
) -> Finding:
    """Is a time-stamp authority trusted for the time it attests.

    `kept_until` is when the stamp itself is proven to have been there: by the next archive stamp, else the time
    of the question. A key that was betrayed later can date back, so a later revocation spoils the stamp too,
    unless its reason is harmless (RFC 3161 §4) or the stamp is proven to be older. Of every link it must be
    known that it stood; the root is the reader's own choice.
    """
    roots = trust.roots_for(Purpose.TIMESTAMPS)
    try:
        path = certificates.chain(authority, material.certificates, roots, at=stamped_at)
    except Refused:
        return _finding(
            Verdict.INDETERMINATE,
            "时间戳机构不在信任列表中，时间无法确认",
            "the time-stamp authority is not among the trusted ones, so the time cannot be confirmed",
        )
    for subject, issuer in pairwise(path):
        known = told(subject, issuer, material, at=stamped_at)
        if _spoils(known, stamped_at=stamped_at, kept_until=kept_until):
            return _revoked(subject, known, "时间戳不可信：", "the time stamp is not to be trusted: ")
        if known.standing is Standing.UNKNOWN:
            zh = f"没有资料说明时间戳机构的证书“{subject.owner}”是否被吊销，时间无法确认"
            en = f"nothing tells whether the authority's “{subject.owner}” still stood, so the time is not confirmed"
            return _finding(Verdict.INDETERMINATE, zh, en)
    zh, en = f"时间由“{authority.owner}”证明", f"“{authority.owner}” attests the time"
    if not all(link.covers(kept_until) for link in path):
        zh, en = f"{zh}（其证书此后已到期）", f"{en} (its certificate has run out since)"
    return _finding(Verdict.VALID, zh, en)


def _spoils(known: Told, *, stamped_at: datetime, kept_until: datetime) -> bool:
    if known.since is None:
        return False
    return known.since <= stamped_at or (known.spoils_what_went_before and known.since <= kept_until)


def _finding(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("trust", verdict, zh, en)


def _without_path(refusal: Refused, certificate: Certificate, moments: Moments) -> Finding:
    if refusal.problem is not Problem.CERTIFICATE_EXPIRED:
        return _finding(
            Verdict.INDETERMINATE,
            "签发证书的机构不在信任列表中，无法确认",
            "the issuing authority is not among the trusted ones, so this cannot be confirmed",
        )
    said = moments.proven_at or moments.claimed_at
    if said is not None and not certificate.covers(said):
        return _finding(
            Verdict.INVALID, "签名时证书不在有效期内", "the certificate was not valid when it signed"
        )
    return _finding(
        Verdict.INDETERMINATE,
        "证书现已过期，签名时间没有可信的时间戳证明，无法确认",
        "the certificate has expired since, and no trusted time stamp attests when it signed",
    )


def _standing(path: Sequence[Certificate], material: Material, moments: Moments) -> Finding:
    """Each link against what its own issuer states; of none is it enough not to know."""
    unknown: Certificate | None = None
    for subject, issuer in pairwise(path):
        known = told(subject, issuer, material, at=moments.counting)
        is_later = (
            moments.proven_at is not None and known.since is not None and known.since > moments.proven_at
        )
        if known.standing is Standing.REVOKED and not is_later:
            return _revoked(subject, known)
        if known.standing is Standing.UNKNOWN:
            unknown = unknown or subject
    root = path[-1].owner
    if unknown is not None:
        return _finding(
            Verdict.INDETERMINATE,
            f"证书可追溯到受信任的“{root}”，但没有资料说明“{unknown.owner}”是否被吊销，无法确认",
            f"the certificate leads to the trusted “{root}”, but nothing tells whether “{unknown.owner}” still stands",
        )
    return _finding(
        Verdict.VALID,
        f"证书可追溯到受信任的“{root}”，未被吊销",
        f"the certificate leads to the trusted “{root}” and is not revoked",
    )


def _revoked(subject: Certificate, known: Told, before_zh: str = "", before_en: str = "") -> Finding:
    return _finding(
        Verdict.INVALID,
        f"{before_zh}证书“{subject.owner}”已于 {known.since:%Y-%m-%d} 被吊销",
        f"{before_en}the certificate of “{subject.owner}” was revoked on {known.since:%Y-%m-%d}",
    )
