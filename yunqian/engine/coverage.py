"""What of the document a signature protects, and what was changed since (ISO 32000-2 §12.8.1)."""

import re
from dataclasses import dataclass

from yunqian.engine import changes, revisions
from yunqian.engine.changes import Change
from yunqian.engine.found import FoundSignature
from yunqian.engine.report import Finding, Verdict

_BLANK = re.compile(rb"[\x00\t\n\f\r ]*")
_HEXADECIMAL = re.compile(rb"<[0-9A-Fa-f\x00\t\n\f\r ]*>")
_GRAVE = {
    Change.PAGE: (Verdict.INVALID, "页面被改动、增加或删除", "pages were changed, added or removed"),
    Change.ANNOTATION: (
        Verdict.INDETERMINATE,
        "页面上增加或改动了批注",
        "annotations were put on or changed",
    ),
    Change.UNDEFINED: (Verdict.INDETERMINATE, "有无法确认的改动", "changes that cannot be confirmed"),
}
_HARMLESS = {
    Change.SIGNATURE: ("增加了签名", "further signatures"),
    Change.FORM: ("填写了表单", "form fields filled"),
    Change.EXTENSION: ("增加了验证资料", "validation data added"),
}


class History:
    """The document's revisions, and what each changed, worked out once for all signatures."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.ends = revisions.split(document)
        self._changes: dict[tuple[int, int], frozenset[Change]] = {}

    def has_junk(self) -> bool:
        """Whether more than blanks stands behind the last revision."""
        last = self.ends[-1] if self.ends else 0
        return not self._is_blank(last, len(self.document))

    def revision_of(self, end: int) -> int | None:
        """The number, from 1, of the revision that ends at `end`, give or take an end of line."""
        for number, known in enumerate(self.ends, start=1):
            low, high = sorted((known, end))
            if high - low <= 2 and self._is_blank(low, high):
                return number
        return None

    def since(self, revision: int) -> frozenset[Change]:
        """Every kind of change in the revisions after this one."""
        each = (self.made_by(number) for number in range(revision + 1, len(self.ends) + 1))
        return frozenset().union(*each)

    def made_by(self, number: int) -> frozenset[Change]:
        """Every kind of change that revision `number` (from 2) made to the one before it."""
        earlier, later = self.ends[number - 2], self.ends[number - 1]
        if (earlier, later) not in self._changes:
            self._changes[earlier, later] = changes.between(self.document, earlier, later)
        return self._changes[earlier, later]

    def _is_blank(self, start: int, end: int) -> bool:
        return _BLANK.fullmatch(self.document, start, end) is not None


@dataclass(frozen=True, slots=True)
class LaterRevision:
    """One revision after a signature: what it changed, in words, and whether the signature stands beside it.

    `number` counts from 1 as `Coverage.revision` does; `changes` are named from harmless to grave.
    """

    number: int
    changes: tuple[Change, ...]
    zh: str
    en: str
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """The finding, the number of the revision that was signed, the signed bytes in two pieces, what came later."""

    finding: Finding
    revision: int | None
    pieces: tuple[memoryview, ...]
    later: tuple[LaterRevision, ...] = ()


def judge(signature: FoundSignature, history: History) -> Coverage:
    """The finding `coverage` of one signature."""
    document, spans = history.document, signature.byte_range
    flaw = _flaw(document, signature)
    if flaw is not None:
        return Coverage(_finding(Verdict.INVALID, *flaw), None, _pieces(document, spans))
    pieces = _pieces(document, spans)
    revision = history.revision_of(spans[2] + spans[3])
    if revision is None:
        return Coverage(
            _finding(Verdict.INVALID, "签名范围没有到达版本末尾", "the signed range does not end a revision"),
            None,
            pieces,
        )
    if history.has_junk():
        finding = _finding(
            Verdict.INVALID, "文件末尾附加了不属于任何版本的内容", "something stands behind the last revision"
        )
        return Coverage(finding, revision, pieces, _each_later(history, revision))
    later = _each_later(history, revision)
    return Coverage(_later(signature, history, revision), revision, pieces, later)


def _each_later(history: History, revision: int) -> tuple[LaterRevision, ...]:
    """Every revision after `revision`, each by itself."""
    return tuple(
        _told(number, history.made_by(number)) for number in range(revision + 1, len(history.ends) + 1)
    )


def _told(number: int, found: frozenset[Change]) -> LaterRevision:
    known = [change for change in Change if change in found]
    zh = [_HARMLESS[one][0] if one in _HARMLESS else _GRAVE[one][1] for one in known] or ["没有内容改动"]
    en = [_HARMLESS[one][1] if one in _HARMLESS else _GRAVE[one][2] for one in known] or ["no change"]
    return LaterRevision(number, tuple(known), "；".join(zh), "; ".join(en), not found & _GRAVE.keys())


def _finding(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("coverage", verdict, zh, en)


def _pieces(document: bytes, spans: tuple[int, ...]) -> tuple[memoryview, ...]:
    """The bytes that the byte range names, as far as they exist."""
    seen = memoryview(document)
    pairs = zip(spans[::2], spans[1::2], strict=False)
    return tuple(seen[start : start + size] for start, size in pairs if start >= 0 and size >= 0)


def _flaw(document: bytes, signature: FoundSignature) -> tuple[str, str] | None:
    """What is wrong with the byte range itself: it must leave out exactly the hexadecimal /Contents."""
    spans = signature.byte_range
    if len(spans) != 4:
        return "签名范围不是四个数", "the byte range is not four numbers"
    first, size, resumed, rest = spans
    if first != 0 or size <= 0 or rest <= 0 or resumed < size or resumed + rest > len(document):
        return "签名范围与文件不符", "the byte range does not fit the document"
    gap = document[size:resumed]
    if _HEXADECIMAL.fullmatch(gap) is None:
        return "签名范围之外不只是签名值", "more than the signature value is left out of the byte range"
    if not signature.contents or bytes.fromhex(_even(gap[1:-1])) != signature.contents:
        return "签名范围之外不是这个签名值", "what is left out of the byte range is not this signature value"
    return None


def _even(hexadecimal: bytes) -> str:
    """Hexadecimal digits without blanks; an odd last digit stands for itself and 0 (§7.3.4.3)."""
    digits = re.sub(rb"[\x00\t\n\f\r ]", b"", hexadecimal).decode("ascii")
    return digits + "0" * (len(digits) % 2)


def _later(signature: FoundSignature, history: History, revision: int) -> Finding:
    if revision == len(history.ends):
        return _finding(Verdict.VALID, "覆盖整个文件", "covers the whole document")
    found = history.since(revision)
    if signature.is_forbidding_changes and found - {Change.EXTENSION}:
        return _finding(
            Verdict.INVALID,
            "文件已被认证为不允许改动，但之后有改动",
            "certified against any change, and changed since",
        )
    grave = [_GRAVE[change] for change in _GRAVE if change in found]
    if grave:
        is_invalid = any(verdict is Verdict.INVALID for verdict, _, _ in grave)
        return _finding(
            Verdict.INVALID if is_invalid else Verdict.INDETERMINATE,
            "签名之后：" + "；".join(zh for _, zh, _ in grave),
            "since this signature: " + "; ".join(en for _, _, en in grave),
        )
    told = [_HARMLESS[change] for change in _HARMLESS if change in found]
    return _finding(
        Verdict.VALID,
        "所签版本完整；之后：" + ("；".join(zh for zh, _ in told) or "没有内容改动"),
        "the signed revision is intact; since then: " + ("; ".join(en for _, en in told) or "no change"),
    )
