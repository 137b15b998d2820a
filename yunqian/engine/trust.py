"""Is the signer's certificate one the reader trusts, at the time that counts, and was it revoked."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from yunqian.crypto import certificates, revocation
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.revocation import Standing
from yunqian.engine.report import Finding, Trust, Verdict
from yunqian.engine.signed_message import SignedMessage
from yunqian.problems import Problem, Refused


def judge(
    message: SignedMessage,
    trust: Trust,
    lists: Sequence[bytes],
    *,
    claimed_at: datetime | None,
    stamped_at: datetime | None,
    at: datetime,
) -> Finding:
    """The finding `trust` of one signature. `lists` are revocation lists that came with the document.

    What an authority attested (`stamped_at`) is the time that counts; a claimed time alone proves nothing, so
    without a stamp the certificate must be good now, and what was good only then cannot be confirmed.
    """
    certificate = message.certificate
    if not certificate.may_sign:
        return _finding(Verdict.INVALID, "证书不是签名证书", "the certificate is not for signing documents")
    moment = stamped_at or at
    try:
        path = certificates.chain(certificate, message.others, trust.roots, at=moment)
    except Refused as refusal:
        return _without_path(refusal, certificate, claimed_at=claimed_at, stamped_at=stamped_at)
    return _revocation(path, (*trust.crls, *lists), moment, stamped_at=stamped_at)


def stamper(
    authority: Certificate,
    others: Sequence[Certificate],
    trust: Trust,
    lists: Sequence[bytes],
    *,
    at: datetime,
) -> Finding:
    """Is a time-stamp authority trusted at the time it attests; its list need not be at hand, a hit counts."""
    try:
        path = certificates.chain(authority, others, trust.roots, at=at)
    except Refused:
        return _finding(
            Verdict.INDETERMINATE,
            "时间戳机构不在信任列表中，时间无法确认",
            "the time-stamp authority is not among the trusted ones, so the time cannot be confirmed",
        )
    found = _revocation(path, (*trust.crls, *lists), at, stamped_at=None)
    if found.verdict is Verdict.INVALID:
        return found
    zh, en = f"时间由“{authority.owner}”证明", f"“{authority.owner}” attests the time"
    return _finding(Verdict.VALID, zh, en)


def _finding(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("trust", verdict, zh, en)


def _without_path(
    refusal: Refused, certificate: Certificate, *, claimed_at: datetime | None, stamped_at: datetime | None
) -> Finding:
    if refusal.problem is not Problem.CERTIFICATE_EXPIRED:
        return _finding(
            Verdict.INDETERMINATE,
            "签发证书的机构不在信任列表中，无法确认",
            "the issuing authority is not among the trusted ones, so this cannot be confirmed",
        )
    said = stamped_at or claimed_at
    if said is not None and not certificate.covers(said):
        return _finding(
            Verdict.INVALID, "签名时证书不在有效期内", "the certificate was not valid when it signed"
        )
    return _finding(
        Verdict.INDETERMINATE,
        "证书现已过期，签名时间没有时间戳证明，无法确认",
        "the certificate has expired since, and no time stamp attests when it signed",
    )


def _revocation(
    path: Sequence[Certificate], lists: Sequence[bytes], moment: datetime, *, stamped_at: datetime | None
) -> Finding:
    """Each link against its own issuer's lists; for the signer himself, not knowing is not good enough."""
    standings = []
    for subject, issuer in pairwise(path):
        standing, since = revocation.standing(subject, issuer, lists, at=moment)
        is_later = stamped_at is not None and since is not None and since > stamped_at
        if standing is Standing.REVOKED and not is_later:
            return _finding(
                Verdict.INVALID,
                f"证书“{subject.owner}”已于 {since:%Y-%m-%d} 被吊销",
                f"the certificate of “{subject.owner}” was revoked on {since:%Y-%m-%d}",
            )
        standings.append(Standing.GOOD if is_later else standing)
    root = path[-1].owner
    if standings and standings[0] is Standing.UNKNOWN:
        return _finding(
            Verdict.INDETERMINATE,
            f"证书可追溯到受信任的“{root}”，但没有适用的吊销列表，无法确认是否被吊销",
            f"the certificate leads to the trusted “{root}”, but no revocation list tells whether it still stands",
        )
    return _finding(
        Verdict.VALID,
        f"证书可追溯到受信任的“{root}”，未被吊销",
        f"the certificate leads to the trusted “{root}” and is not revoked",
    )
