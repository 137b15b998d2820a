"""What of the document a signature protects, and what was changed since (ISO 32000-2 §12.8.1)."""

import re
from dataclasses import dataclass

from yunqian.engine import changes, locks, revisions
from yunqian.engine.changes import Change, Comparisons, Difference, Store
from yunqian.engine.found import FoundSignature
from yunqian.engine.locks import Permissions
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
_OF_NOBODY = (
    Verdict.INDETERMINATE,
    "骑缝章不是由签名盖上的",
    "slots of a paging seal were filled, and by no signature",
)
_OVER_SEAL = (
    Verdict.INDETERMINATE,
    "填写的内容压在已有的签名外观上",
    "what was filled lies over the widget of an earlier signature",
)


class History:
    """The document's revisions, and what each changed, worked out once for all signatures.

    A document whose revisions are not one plain chain is split by what looks like an end; then nothing that came
    later is confirmed.
    """

    def __init__(self, document: bytes) -> None:
        self.document = document
        try:
            self.store: Store | None = Store(document)
            self.ends = [layer.end for layer in self.store.layers]
            self._comparisons: Comparisons | None = Comparisons(self.store)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
            self.store = self._comparisons = None
            self.ends = revisions.split(document)

    def has_junk(self) -> bool:
        """Whether more than blanks stands behind the last revision."""
        last = self.ends[-1] if self.ends else 0
        return not self._is_blank(last, len(self.document))

    def revision_of(self, end: int) -> int | None:
        """The number, from 1, of the revision that ends at `end`, give or take its end of line.

        Blanks behind a revision may be signed with it: they say nothing.
        """
        for number, known in enumerate(self.ends, start=1):
            is_short = 0 < known - end <= 2 and self._is_blank(end, known)
            if is_short or (known <= end and self._is_blank(known, end)):
                return number
        return None

    def since(self, revision: int) -> frozenset[Change]:
        """Every kind of change in the revisions after this one."""
        later = range(revision + 1, len(self.ends) + 1)
        return frozenset(one.kind for number in later for one in self.made_by(number))

    def made_by(self, number: int) -> tuple[Difference, ...]:
        """What revision `number` (from 2) changed in the one before it."""
        if self._comparisons is None:
            return (
                Difference(Change.UNDEFINED, zh="版本之间无法比较", en="the revisions cannot be compared"),
            )
        return self._comparisons.made_by(number)

    def permissions(self, signature: FoundSignature, revision: int) -> Permissions:
        """What a signature of that revision leaves to those who come later. Raises Unsound."""
        if self.store is None:
            return Permissions()
        return locks.read(self.store.state(revision), signature.number, signature.holders)

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
    later = _each_later(signature, history, revision)
    if history.has_junk():
        finding = _finding(
            Verdict.INVALID, "文件末尾附加了不属于任何版本的内容", "something stands behind the last revision"
        )
        return Coverage(finding, revision, pieces, tuple(one for one, _ in later))
    if not _holds_its_gap(signature, history, revision):
        zh, en = (
            "签名范围留出的不是这个签名的位置",
            "the byte range leaves out another place than this signature's",
        )
        return Coverage(_finding(Verdict.INVALID, zh, en), revision, pieces, tuple(one for one, _ in later))
    return Coverage(_summary(later), revision, pieces, tuple(one for one, _ in later))


_Judged = tuple[LaterRevision, list[tuple[Verdict, str, str]]]


def _each_later(signature: FoundSignature, history: History, revision: int) -> list[_Judged]:
    """Every revision after `revision` by itself, with what is to be held against it."""
    if revision == len(history.ends):
        return []
    permissions = history.permissions(signature, revision)
    return [
        _judged(number, history.made_by(number), permissions)
        for number in range(revision + 1, len(history.ends) + 1)
    ]


def _judged(number: int, differences: tuple[Difference, ...], permissions: Permissions) -> _Judged:
    kinds = tuple(change for change in Change if any(one.kind is change for one in differences))
    faults: list[tuple[Verdict, str, str]] = []
    for one in differences:
        violation = permissions.violation(one)
        is_welcome = one.kind is Change.ANNOTATION and permissions.allows_annotations()
        if violation is not None:
            faults.append((Verdict.INVALID, *violation))
        elif one.kind in _GRAVE and not (is_welcome and not one.covers_seal):
            faults.append(_GRAVE[one.kind])
        elif one.kind is Change.FORM and one.covers_seal:
            faults.append(_OVER_SEAL)
        elif one.kind is Change.SLOT and Change.SIGNATURE not in kinds:
            faults.append(_OF_NOBODY)
    zh, en = changes.sentence(differences)
    return LaterRevision(number, kinds, zh, en, not faults), faults


def _summary(later: list[_Judged]) -> Finding:
    """One finding out of what each later revision did: the worst first, reasons named once."""
    if not later:
        return _finding(Verdict.VALID, "覆盖整个文件", "covers the whole document")
    order = [Verdict.INVALID, Verdict.INDETERMINATE]
    faults = sorted(
        {fault for _, found in later for fault in found}, key=lambda one: (order.index(one[0]), one[2])
    )
    if faults:
        zh = "签名之后：" + "；".join(zh for _, zh, _ in faults)
        return _finding(faults[0][0], zh, "since this signature: " + "; ".join(en for _, _, en in faults))
    told = dict.fromkeys((one.zh, one.en) for one, _ in later)
    return _finding(
        Verdict.VALID,
        "所签版本完整；之后：" + "；".join(zh for zh, _ in told),
        "the signed revision is intact; since then: " + "; ".join(en for _, en in told),
    )


def _holds_its_gap(signature: FoundSignature, history: History, revision: int) -> bool:
    """Whether the gap lies inside the very object that is the signature, as it was when it was made.

    A copy of a signature elsewhere could say the same and leave out a place that is nobody's.
    """
    if history.store is None or not signature.number:
        return True
    place = history.store.place(signature.number, revision)
    if place is None or place.offset is None or place.container is not None:
        return False
    document, (_, left, resumed, _) = history.document, signature.byte_range
    end = document.find(b"endobj", resumed)
    return (
        place.offset < left
        and document.find(b"endobj", place.offset, left) < 0
        and end >= 0
        and b" obj" not in document[resumed:end]
    )


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
