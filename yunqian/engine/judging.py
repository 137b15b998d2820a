"""One signature's five answers: crypto, coverage, seal, membership, trust. Never raises, never says nothing.

Every question is asked by itself, so that a defect in one part cannot take the other answers away.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from yunqian.crypto import der
from yunqian.engine import coverage, proofs, sealing, signed_message
from yunqian.engine import material as materials
from yunqian.engine import trust as trusting
from yunqian.engine.coverage import Coverage, History
from yunqian.engine.found import FoundSignature
from yunqian.engine.material import Material
from yunqian.engine.proofs import Proof
from yunqian.engine.report import Finding, LaterChange, SignatureReport, Trust, Verdict, joined, worst
from yunqian.engine.signed_message import NoCertificate, SignedMessage, Unreadable
from yunqian.engine.trust import Moments

_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?'?)?")
_PADES, _PLAIN, _STAMP = "/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/ETSI.RFC3161"
_NEWER_NAMING = der.oid("1.2.840.113549.1.9.16.2.47")  # signing-certificate-v2 (RFC 5035)
_SEALS = b"/YQSeals"


@dataclass(frozen=True, slots=True)
class Read:
    """A signature as far as it can be read. `defect` is the answer for `crypto` where there is no message."""

    found: FoundSignature
    covered: Coverage | None
    message: SignedMessage | None
    defect: Finding | None

    @property
    def revision(self) -> int | None:
        """Which revision it ends, from 1."""
        return self.covered.revision if self.covered else None

    @property
    def is_timestamp(self) -> bool:
        """A document time stamp attests a time, and nobody's will."""
        return self.found.sub_filter == _STAMP


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all signatures of a document are judged by."""

    history: History
    trust: Trust
    material: Material
    asked_at: datetime
    stamps: Mapping[FoundSignature, Proof]


def read(signature: FoundSignature, history: History) -> Read:
    """Read one signature: its bytes, its byte range, what came after it."""
    try:
        covered = coverage.judge(signature, history)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return Read(signature, None, None, _defect("crypto"))
    try:
        return Read(signature, covered, signed_message.read(_without_padding(signature.contents)), None)
    except Unreadable as error:
        return Read(signature, covered, None, _unreadable(error))
    except Exception:  # noqa: BLE001  as above
        return Read(signature, covered, None, _defect("crypto"))


def report(one: Read, within: Circumstances) -> SignatureReport:
    """All five answers about one signature, and what is to be said about it."""
    proof = within.stamps.get(one.found) if one.is_timestamp else _own_stamp(one, within)
    proven = _proven(one, proof, within)
    claimed = _moment(one.found.claimed) or (proof.at if proof and one.is_timestamp else None)
    moments = Moments(claimed, proven, within.asked_at)
    covered = one.covered.finding if one.covered else _defect("coverage")
    findings = (
        _safely("crypto", lambda: _crypto(one, proof)),
        covered,
        *_seal(one, moments, within),
        _safely("trust", lambda: _trust(one, proof, moments, within)),
    )
    certificate = one.message.certificate if one.message else None
    return SignatureReport(
        fields=one.found.fields,
        pages=one.found.pages,
        signer=certificate.owner if certificate else "",
        issuer=certificate.issuer_name if certificate else "",
        certificate_sha256=certificate.sha256 if certificate else None,
        claimed_at=claimed,
        stamped_at=proof.trusted_at if proof else None,
        proven_at=proven,
        algorithm=one.message.scheme.label if one.message else None,
        revision=one.revision,
        signed_bytes=within.history.ends[one.revision - 1] if one.revision else None,
        is_timestamp=one.is_timestamp,
        verdict=worst(finding.verdict for finding in findings),
        findings=findings,
        later=_later(one.covered),
    )


def _later(covered: Coverage | None) -> tuple[LaterChange, ...]:
    return tuple(
        LaterChange(each.number, tuple(map(str, each.changes)), each.zh, each.en, each.is_allowed)
        for each in (covered.later if covered else ())
    )


def _safely(check: str, ask: Callable[[], Finding]) -> Finding:
    """The answer, or that it cannot be given; a defect in a stranger's bytes is never a silence."""
    try:
        return replace(ask(), check=check)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return _defect(check)


def _defect(check: str) -> Finding:
    return Finding(check, Verdict.INDETERMINATE, "无法读取，不能确认", "it cannot be read, so not confirmed")


def _unreadable(error: Unreadable) -> Finding:
    if isinstance(error, NoCertificate):
        zh = "签名中没有签名人的证书，无法确认"
        return Finding("crypto", Verdict.INDETERMINATE, zh, "the signing certificate is not in the signature")
    return Finding(
        "crypto", Verdict.INDETERMINATE, f"签名无法读取（{error}）", f"it cannot be read ({error})"
    )


def _without_padding(contents: bytes) -> bytes:
    """The CMS without the zeros that fill the gap. Raises Unreadable for anything else behind it."""
    if not contents.strip(b"\x00"):
        raise Unreadable("the signature value is empty")
    if contents[1:2] == b"\x80":  # BER of indefinite length ends by itself
        return contents
    try:
        _, _, end = der.element(contents)
    except der.NotDer:
        return contents  # a longer form of length than DER's: the reader decides
    if contents[end:].strip(b"\x00"):
        raise Unreadable("something stands behind the signature value")
    return contents[:end]


# ------------------------------------------------------------------ crypto


def _crypto(one: Read, proof: Proof | None) -> Finding:
    """Is the value right over the signed bytes, in a form that binds the signer to them."""
    if one.message is None or one.covered is None:
        return one.defect or _defect("crypto")
    if one.is_timestamp and one.message.content is not None:
        return proof.imprint if proof else _defect("crypto")
    return joined("crypto", [_value(one, one.message, one.covered), *_strength(one.message)])


def _value(one: Read, message: SignedMessage, covered: Coverage) -> Finding:
    kind = one.found.sub_filter
    is_detached = message.content is None
    if is_detached and not message.is_right_over(covered.pieces):
        return _said(
            Verdict.INVALID, "签名值与所签内容不符", "the signature value does not fit the signed bytes"
        )
    if kind not in (_PADES, _PLAIN) or not is_detached:
        name = kind.lstrip("/") or "?"
        return _said(
            Verdict.INDETERMINATE, f"不支持的签名格式 {name}", f"the signature format {name} is not supported"
        )
    if message.names_certificate is False:
        return _said(
            Verdict.INVALID, "签名属性指明的不是这张证书", "the signed attributes name another certificate"
        )
    if kind == _PADES and (message.names_certificate is None or not _names_by_newer(message)):
        return _said(
            Verdict.INDETERMINATE,
            "签名属性没有可靠地指明证书",
            "the signed attributes do not reliably name the certificate",
        )
    if kind == _PLAIN and message.names_certificate is None:
        return _said(
            Verdict.VALID,
            "签名值正确（adbe.pkcs7.detached 格式，签名属性未指明证书）",
            "the signature value is right (format adbe.pkcs7.detached; the attributes do not name the certificate)",
        )
    return _said(Verdict.VALID, "签名值正确", "the signature value is right")


def _names_by_newer(message: SignedMessage) -> bool:
    """By signing-certificate-v2; the first version has nothing better than SHA-1."""
    return _NEWER_NAMING in (message.attributes or b"")


def _strength(message: SignedMessage) -> tuple[Finding, ...]:
    if not message.is_weak:
        return ()
    zh, en = "使用了不再安全的 SHA-1，无法确认", "it uses SHA-1, which is no longer safe, so not confirmed"
    return (_said(Verdict.INDETERMINATE, zh, en),)


def _said(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("crypto", verdict, zh, en)


# ------------------------------------------------------------------ seal and membership


def _seal(one: Read, moments: Moments, within: Circumstances) -> tuple[Finding, ...]:
    """What the electronic seal inside says; without one the questions do not arise."""
    document = within.history.document
    if one.is_timestamp:
        return _not_applicable("时间戳不带印章", "a time stamp bears no seal")
    if _SEALS in document:
        try:
            found = _sealed(one, moments, within)
        except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
            found = (_defect("seal"), _defect("membership"))
        if found:
            return found
    if one.found.pages:
        return _not_applicable(
            "页面上的图样不是电子印章（GB/T 38540）", "the picture is not an electronic seal (GB/T 38540)"
        )
    return _not_applicable("签名中没有电子印章", "no electronic seal is in this signature")


def _sealed(one: Read, moments: Moments, within: Circumstances) -> tuple[Finding, ...]:
    if one.message is None or one.revision is None:
        return _defect("seal"), _defect("membership")
    known = within.material + materials.of_message(one.message)
    return sealing.judge(
        within.history.document[: within.history.ends[one.revision - 1]],
        one.found,
        one.message.certificate,
        replace(within.trust, crls=known.crls, ocsps=known.ocsps),
        at=moments.proven_at or moments.claimed_at,
        others=known.certificates,
    )


def _not_applicable(zh: str, en: str) -> tuple[Finding, ...]:
    return tuple(Finding(check, Verdict.NOT_APPLICABLE, zh, en) for check in ("seal", "membership"))


# ------------------------------------------------------------------ trust and time


def _own_stamp(one: Read, within: Circumstances) -> Proof | None:
    """The time stamp over the signature value."""
    if one.message is None:
        return None
    kept = proofs.earliest(within.stamps.values(), since=one.revision) or within.asked_at
    try:
        known = within.material + materials.of_message(one.message)
        return proofs.over_signature(one.message, within.trust, known, kept_until=kept)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return Proof(None, None, _defect("time"), _defect("time"))


def _proven(one: Read, proof: Proof | None, within: Circumstances) -> datetime | None:
    """The earliest time at which a trusted authority attests that the signature was there."""
    archived = proofs.earliest(within.stamps.values(), since=one.revision)
    times = [time for time in (proof.trusted_at if proof else None, archived) if time is not None]
    return min(times, default=None)


def _trust(one: Read, proof: Proof | None, moments: Moments, within: Circumstances) -> Finding:
    if one.message is None:
        return _defect("trust")
    if one.is_timestamp:
        return proof.trust if proof else _defect("trust")
    known = within.material + materials.of_message(one.message)
    trusted = trusting.judge(one.message.certificate, within.trust, known, moments)
    return joined("trust", [trusted, *_time(proof, moments)])


def _time(proof: Proof | None, moments: Moments) -> tuple[Finding, ...]:
    """What the signature's own stamp adds: a wrong one is told, one that others make up for worsens nothing."""
    if proof is None:
        return ()
    if proof.imprint.verdict is not Verdict.VALID:
        return (proof.imprint,)
    is_proven_otherwise = proof.trusted_at is None and moments.proven_at is not None
    if is_proven_otherwise and proof.trust.verdict is Verdict.INDETERMINATE:
        return ()
    return (proof.trust,)


def _moment(claimed: str) -> datetime | None:
    """A PDF date (ISO 32000-2 §7.9.4) as UTC; without a zone it is taken as UTC, and nonsense is no claim."""
    match = _DATE.match(claimed)
    if match is None:
        return None
    year, *rest = match.groups()[:6]
    month, day, hour, minute, second = (
        int(part) if part else lowest for part, lowest in zip(rest, (1, 1, 0, 0, 0), strict=True)
    )
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    try:
        zone = timezone(-offset if match[8] == "-" else offset)
        return datetime(int(year), month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
