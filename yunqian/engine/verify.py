"""Revision → Report: every signature, who, when, intact, what changed since. Never raises.

Pure: what a court runs. Nothing is fetched; roots and revocation statements are handed in.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pikepdf

from yunqian.engine import found, judging, pages, proofs, reading, unsigned_strips
from yunqian.engine import material as materials
from yunqian.engine.coverage import History
from yunqian.engine.judging import Circumstances, Read
from yunqian.engine.material import Material
from yunqian.engine.proofs import Covered
from yunqian.engine.report import Finding, Report, SignatureReport, Trust, Verdict, worst
from yunqian.engine.trust_folder import load as load_trust

__all__ = ["Finding", "Report", "SignatureReport", "Trust", "Verdict", "load_trust", "verify"]

Words = tuple[str, str]

_LOOKS_SIGNED = re.compile(rb"/ByteRange\s*\[|/Type\s*/(?:Sig|DocTimeStamp)\b")
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
    """Judge every signature in a document against given roots and revocation statements, at a time.

    Whatever goes wrong becomes INDETERMINATE with a note; a document without signatures is INDETERMINATE too.
    """
    sha256 = hashlib.sha256(document).hexdigest()
    try:
        return _verified(document, sha256, trust, at)
    except pikepdf.PasswordError:
        return _empty(sha256, (_ENCRYPTED, *trust.remarks), at)
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return _empty(sha256, (_UNREADABLE, *trust.remarks), at)


def _empty(sha256: str, notes: Sequence[Words], at: datetime, page_count: int | None = None) -> Report:
    return Report(
        sha256=sha256,
        page_count=page_count,
        revision_count=None,
        verdict=Verdict.INDETERMINATE,
        signatures=(),
        verified_at=at,
        notes_zh=tuple(zh for zh, _ in notes),
        notes_en=tuple(en for _, en in notes),
    )


def _verified(document: bytes, sha256: str, trust: Trust, at: datetime) -> Report:
    pdf, is_repaired = _opened(document)
    with pdf:
        page_count = len(pages.walk(pdf))
        signatures = found.signatures(pdf)
        carried = materials.of_document(pdf)
        strips = unsigned_strips.filled(pdf)
        if not signatures:
            note = _HIDDEN if _looks_signed(document, pdf) else _UNSIGNED
            loose = unsigned_strips.settled(strips, History(document)).doubtful([])
            return _empty(sha256, (note, *loose, *trust.remarks), at, page_count)
    history = History(document)
    within = materials.of_reader(trust) + carried
    settled = unsigned_strips.settled(strips, history)
    reports = [
        replace(one, pages=tuple(sorted({*one.pages, *settled.pages(one.revision)})))
        for one in _reports([judging.read(one, history) for one in signatures], history, trust, within, at)
    ]
    notes = [_UNREADABLE] if is_repaired else []
    notes += settled.doubtful({one.revision for one in reports if not one.is_timestamp})
    verdicts = [one.verdict for one in reports] + ([Verdict.INDETERMINATE] if notes else [])
    notes += trust.remarks
    return Report(
        sha256=sha256,
        page_count=page_count,
        revision_count=len(history.ends),
        verdict=worst(verdicts),
        signatures=tuple(sorted(reports, key=lambda one: one.revision or 0)),
        verified_at=at,
        notes_zh=tuple(zh for zh, _ in notes),
        notes_en=tuple(en for _, en in notes),
    )


def _reports(
    read: Sequence[Read], history: History, trust: Trust, material: Material, at: datetime
) -> list[SignatureReport]:
    stamps = {
        one.found: Covered(one.message, one.covered.pieces, one.revision)
        for one in read
        if one.is_timestamp and one.message is not None and one.covered is not None
    }
    judged = dict(
        zip(stamps, proofs.over_document(list(stamps.values()), trust, material, asked_at=at), strict=True)
    )
    within = Circumstances(history, trust, material, at, judged)
    return [judging.report(one, within) for one in read]


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


def _looks_signed(document: bytes, pdf: pikepdf.Pdf) -> bool:
    """Whether something in it was made to be a signature, though no field of the form leads there."""
    return _LOOKS_SIGNED.search(document) is not None or any(
        isinstance(one, pikepdf.Dictionary) and "/ByteRange" in one for one in pdf.objects
    )
