"""Revision → Report: every signature, who, when, intact, what changed since. Never raises.

Pure: what a court runs. Nothing is fetched; roots and revocation lists are handed in.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pikepdf

from yunqian.crypto import certificates, der
from yunqian.crypto.certificates import Certificate
from yunqian.engine import coverage, found, pages, reading, signed_message, timestamp
from yunqian.engine import trust as trusting
from yunqian.engine.coverage import Coverage, History
from yunqian.engine.found import FoundSignature
from yunqian.engine.report import Finding, Report, SignatureReport, Trust, Verdict, worst
from yunqian.engine.signed_message import NoCertificate, SignedMessage, Unreadable
from yunqian.problems import Refused

__all__ = ["Finding", "Report", "SignatureReport", "Trust", "Verdict", "load_trust", "verify"]

_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?'?)?")
_LOOKS_SIGNED = re.compile(rb"/ByteRange\s*\[")
_DETACHED = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached")
_UNSIGNED = ("文件中没有电子签名。", "The document holds no signature.")
_HIDDEN = (
    "文件中有签名的痕迹，但无法作为签名读取。",
    "The document shows traces of a signature that cannot be read as one.",
)
_UNREADABLE = (
    "文件无法可靠地读取，不能确认。",
    "The document cannot be read reliably; nothing can be confirmed.",
)
_ENCRYPTED = (
    "文件设置了密码，无法检查。",
    "The document is protected with a password and cannot be checked.",
)


def verify(document: bytes, *, trust: Trust, at: datetime) -> Report:
    """Judge every signature in a document against given roots and revocation lists, at a time.

    Whatever goes wrong becomes INDETERMINATE with a note; a document without signatures is INDETERMINATE too.
    """
    sha256 = hashlib.sha256(document).hexdigest()
    try:
        return _verified(document, sha256, trust, at)
    except pikepdf.PasswordError:
        return _empty(sha256, _ENCRYPTED, at)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return _empty(sha256, _UNREADABLE, at)


def load_trust(folder: Path) -> Trust:
    """Root certificates (*.pem, *.cer, *.crt) and revocation lists (*.crl) of a folder, as far as readable."""
    roots: list[Certificate] = []
    lists: list[bytes] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".crl":
            lists.append(path.read_bytes())
        elif path.suffix in {".pem", ".cer", ".crt"}:
            with suppress(Refused):
                roots += certificates.read_all(path.read_bytes())
    return Trust(tuple(roots), tuple(lists))


def _empty(sha256: str, note: tuple[str, str], at: datetime, page_count: int | None = None) -> Report:
    return Report(
        sha256=sha256,
        page_count=page_count,
        verdict=Verdict.INDETERMINATE,
        signatures=(),
        verified_at=at,
        notes_zh=(note[0],),
        notes_en=(note[1],),
    )


def _verified(document: bytes, sha256: str, trust: Trust, at: datetime) -> Report:
    pdf, is_repaired = _opened(document)
    with pdf:
        page_count = len(pages.walk(pdf))
        signatures = found.signatures(pdf)
        carried = _carried_lists(pdf)
    if not signatures:
        note = _HIDDEN if _LOOKS_SIGNED.search(document) else _UNSIGNED
        return _empty(sha256, note, at, page_count)
    history = History(document)
    reports = tuple(_signature(one, history, trust, carried, at) for one in signatures)
    verdicts = [one.verdict for one in reports] + ([Verdict.INDETERMINATE] if is_repaired else [])
    notes = (_UNREADABLE,) if is_repaired else ()
    return Report(
        sha256=sha256,
        page_count=page_count,
        verdict=worst(verdicts),
        signatures=tuple(sorted(reports, key=lambda one: one.revision or 0)),
        verified_at=at,
        notes_zh=tuple(zh for zh, _ in notes),
        notes_en=tuple(en for _, en in notes),
    )


def _opened(document: bytes) -> tuple[pikepdf.Pdf, bool]:
    """The document, and whether it can be read only by guessing; then nothing in it is confirmed."""
    try:
        pdf = reading.strictly(document)
        pages.walk(pdf)
    except pikepdf.PasswordError:
        raise
    except Exception:  # noqa: BLE001  a stranger's bytes
        return reading.leniently(document), True
    return pdf, False


def _carried_lists(pdf: pikepdf.Pdf) -> tuple[bytes, ...]:
    """Revocation lists in the document security store (ETSI EN 319 142-1 §5.4.2)."""
    store = pdf.Root.get("/DSS")
    lists = store.get("/CRLs") if isinstance(store, pikepdf.Dictionary) else None
    listed = list(lists)[:64] if isinstance(lists, pikepdf.Array) else []
    return tuple(one.read_bytes() for one in listed if isinstance(one, pikepdf.Stream))


def _signature(
    signature: FoundSignature, history: History, trust: Trust, carried: tuple[bytes, ...], at: datetime
) -> SignatureReport:
    """One signature's report; a defect met on the way is a finding of its own, never a silence."""
    try:
        covered = coverage.judge(signature, history)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return _report(signature, None, (_defect("coverage"),))
    try:
        message = signed_message.read(_without_padding(signature.contents))
    except Unreadable as error:
        return _report(signature, None, (_unreadable(error), covered.finding), revision=covered.revision)
    try:
        return _judged(signature, message, covered, trust, carried, at)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        findings = (_defect("crypto"), covered.finding)
        return _report(signature, message, findings, revision=covered.revision)


def _judged(
    signature: FoundSignature,
    message: SignedMessage,
    covered: Coverage,
    trust: Trust,
    carried: tuple[bytes, ...],
    at: datetime,
) -> SignatureReport:
    lists = (*carried, *message.crls)
    if signature.sub_filter == "/ETSI.RFC3161":
        crypto, stamped_at = _document_stamp(message, covered)
        trusted = trusting.stamper(message.certificate, message.others, trust, lists, at=stamped_at or at)
        findings = [crypto, covered.finding, trusted]
    else:
        stamped_at, times = _time(message, trust, lists)
        claim = _moment(signature.claimed)
        trusted = trusting.judge(message, trust, lists, claimed_at=claim, stamped_at=stamped_at, at=at)
        findings = [_crypto(signature, message, covered), *_strength(message), covered.finding]
        findings += [*times, trusted]
    return _report(signature, message, tuple(findings), stamped_at=stamped_at, revision=covered.revision)


def _report(
    signature: FoundSignature,
    message: SignedMessage | None,
    findings: tuple[Finding, ...],
    *,
    stamped_at: datetime | None = None,
    revision: int | None = None,
) -> SignatureReport:
    certificate = message.certificate if message else None
    return SignatureReport(
        fields=signature.fields,
        pages=signature.pages,
        signer=certificate.owner if certificate else "",
        issuer=certificate.issuer_name if certificate else "",
        certificate_sha256=certificate.sha256 if certificate else None,
        claimed_at=_moment(signature.claimed),
        stamped_at=stamped_at,
        algorithm=message.scheme.label if message else None,
        revision=revision,
        verdict=worst(finding.verdict for finding in findings),
        findings=findings,
    )


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


def _crypto(signature: FoundSignature, message: SignedMessage, covered: Coverage) -> Finding:
    """Is the value right over the signed bytes, and does it name its own certificate."""
    if signature.sub_filter not in _DETACHED or message.content is not None:
        kind = signature.sub_filter.lstrip("/")
        zh, en = f"不支持的签名格式 {kind}", f"the signature format {kind} is not supported"
        return Finding("crypto", Verdict.INDETERMINATE, zh, en)
    if not message.is_right_over(covered.pieces):
        zh, en = "签名值与所签内容不符", "the signature value does not fit the signed bytes"
        return Finding("crypto", Verdict.INVALID, zh, en)
    if message.names_certificate is False:
        zh, en = "签名属性指明的不是这张证书", "the signed attributes name another certificate"
        return Finding("crypto", Verdict.INVALID, zh, en)
    if message.names_certificate is None and signature.sub_filter == _DETACHED[0]:
        zh, en = "签名属性没有指明证书", "the signed attributes do not name the certificate"
        return Finding("crypto", Verdict.INDETERMINATE, zh, en)
    return Finding("crypto", Verdict.VALID, "签名值正确", "the signature value is right")


def _strength(message: SignedMessage) -> tuple[Finding, ...]:
    if not message.is_weak:
        return ()
    zh, en = "使用了不再安全的 SHA-1", "it uses SHA-1, which is no longer safe"
    return (Finding("algorithm", Verdict.INDETERMINATE, zh, en),)


def _time(
    message: SignedMessage, trust: Trust, lists: tuple[bytes, ...]
) -> tuple[datetime | None, tuple[Finding, ...]]:
    """What a signature time stamp attests; the time counts only when its authority is trusted."""
    if message.timestamp is None:
        return None, ()
    try:
        stamp = timestamp.read(message.timestamp)
    except Unreadable as error:
        return None, (_bad_stamp("time", error),)
    if stamp.imprint != timestamp.imprint_of([message.signature], stamp.digest):
        zh, en = "时间戳不属于这个签名", "the time stamp belongs to another signature"
        return None, (Finding("time", Verdict.INVALID, zh, en),)
    trusted = trusting.stamper(stamp.authority, stamp.others, trust, lists, at=stamp.at)
    finding = replace(trusted, check="time")
    return (stamp.at if trusted.verdict is Verdict.VALID else None), (finding,)


def _document_stamp(message: SignedMessage, covered: Coverage) -> tuple[Finding, datetime | None]:
    """A document time stamp (ETSI.RFC3161): the token's imprint must be the digest of the signed bytes."""
    try:
        stamp = timestamp.judged(message)
    except Unreadable as error:
        return _bad_stamp("crypto", error), None
    if stamp.imprint != timestamp.imprint_of(covered.pieces, stamp.digest):
        zh, en = "时间戳与所签内容不符", "the time stamp does not fit the signed bytes"
        return Finding("crypto", Verdict.INVALID, zh, en), None
    return Finding("crypto", Verdict.VALID, "文件时间戳正确", "the document time stamp is right"), stamp.at


def _bad_stamp(check: str, error: Unreadable) -> Finding:
    if isinstance(error, timestamp.Wrong):
        return Finding(
            check, Verdict.INVALID, f"时间戳不正确（{error}）", f"the time stamp is wrong: {error}"
        )
    zh, en = f"时间戳无法确认（{error}）", f"the time stamp cannot be confirmed: {error}"
    return Finding(check, Verdict.INDETERMINATE, zh, en)


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
