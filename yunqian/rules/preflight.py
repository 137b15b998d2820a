"""What would stop a signer later, said before anybody is called: rules over plain facts.

BLOCK: its signatures leave no place to sign; a recipient is suspended, there twice, or his number is none.
WARN: marks only in fields of its own, paging seals that find no place, odd sizes, what intake remarked; a colleague
without certificate or seal, or with a certificate that ends before the deadline.
OK: signatures it carries, rotated pages, sizes that differ; a stranger, about whom nothing is ours to know.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

SMALLEST_MM = 60  # a round official seal of 42 mm with its margins
LARGEST_MM = 1300  # A0 is 841 by 1189
_PAGES_TOLD = 50
_TOLD_ONLY = frozenset({"DOCUMENT_FORM_FLATTENED", "DOCUMENT_COMPARED_IN_PART", "DOCUMENT_NOT_COMPARED"})
"""Remarks of intake about which nobody has to do anything."""


class Severity(StrEnum):
    """See wire.uploads.Severity."""

    BLOCK = "block"
    WARN = "warn"
    OK = "ok"


@dataclass(frozen=True)
class Finding:
    """One sentence, in both languages."""

    code: str
    severity: Severity
    zh: str
    en: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page as it is seen."""

    number: int
    width_mm: float
    height_mm: float
    rotation: int


@dataclass(frozen=True)
class Paper:
    """A document, as intake left it. `remarks` are codes with both texts; the rest as engine.standing has it."""

    pages: tuple[Page, ...]
    remarks: tuple[tuple[str, str, str], ...] = ()
    signatures: int = 0
    level: int | None = None
    takes_fields: bool = True
    open_fields: tuple[str, ...] = ()
    paging_slots: int = 0
    locked_field: str = ""
    most_strips: int = 0
    """Over so many pages a paging seal runs without a reserved place."""


class Known(StrEnum):
    """What our own records say of a recipient: nothing, unless he is a member of the organization that sends."""

    STRANGER = "stranger"
    MEMBER = "member"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class Signer:
    """A recipient who is asked to sign. The rest counts only for a member."""

    name: str
    known: Known
    has_certificate: bool = False
    has_seal: bool = False
    certificate_ends_on: date | None = None
    deadline_on: date | None = None


def of_paper(paper: Paper, signers: int) -> Iterator[Finding]:
    """What there is to say about a document that so many people will sign."""
    yield from _of_signatures(paper)
    yield from _of_paging(paper, signers)
    yield from _of_pages(paper.pages)
    for code, zh, en in paper.remarks:
        yield Finding(code, Severity.OK if code in _TOLD_ONLY else Severity.WARN, zh, en)


def _of_signatures(paper: Paper) -> Iterator[Finding]:
    names = ", ".join(paper.open_fields)
    if paper.signatures:
        yield Finding(
            "PREFLIGHT_SIGNED_BEFORE",
            Severity.OK,
            f"文件已有 {paper.signatures} 个签名，会原样保留；新的签名加在其后，不影响已有签名。",
            f"The file carries {paper.signatures} signature(s), which stay as they are; new ones come after them.",
        )
    if paper.locked_field:
        yield Finding(
            "PREFLIGHT_LOCKED",
            Severity.BLOCK,
            f"文件中已有的签名锁定了“{paper.locked_field}”，再签署会使部分阅读器判定该签名无效，不能再签。请另附一份文件签署。",
            f"A signature of the file locked “{paper.locked_field}”, and some readers would call it broken after any "
            "further one, so nobody can sign. Sign a document of its own.",
        )
    elif not paper.takes_fields and not paper.open_fields:
        yield Finding(
            "PREFLIGHT_NO_FIELD_LEFT",
            Severity.BLOCK,
            "文件中已有的签名限制了改动，也没有留下可签的签名域，印章没有可盖的位置。请向文件提供方索取留有签名域的文件。",
            "A signature of the file limits changes and no signature field is left in it, so no seal finds a place. "
            "Ask whoever made it for a copy with signature fields.",
        )
    elif not paper.takes_fields:
        yield Finding(
            "PREFLIGHT_ONLY_IN_FIELDS",
            Severity.WARN,
            f"文件中已有的签名限制了改动，印章只能盖在预留的签名域里：{names}。",
            f"A signature of the file limits changes, so a seal may stand only in the fields left for it: {names}.",
        )
        yield from _few_fields(paper)


def _few_fields(paper: Paper) -> Iterator[Finding]:
    if paper.level is None:
        yield Finding(
            "PREFLIGHT_FIELDS_LOCKED",
            Severity.WARN,
            "文件中已有的签名锁定了新的签名域。",
            "A signature of the file locks every new signature field.",
        )


def _of_paging(paper: Paper, signers: int) -> Iterator[Finding]:
    count = len(paper.pages)
    if count < 2 or paper.paging_slots >= signers:
        return
    if paper.takes_fields and count <= paper.most_strips:
        return
    left = paper.paging_slots
    yield Finding(
        "PREFLIGHT_PAGING_SCARCE",
        Severity.WARN,
        f"文件有 {count} 页，预留的骑缝章位置只够 {left} 人，共有 {signers} 人签署；其余的人不能盖骑缝章。"
        if left
        else f"文件有 {count} 页且没有预留的骑缝章位置，不能盖跨全部页的骑缝章。",
        f"The file has {count} pages and places for the paging seals of {left} out of {signers} signers; the others "
        "cannot apply one."
        if left
        else f"The file has {count} pages and no place left for a paging seal over all of them.",
    )


def _of_pages(shown: Sequence[Page]) -> Iterator[Finding]:
    turned = _numbers(one for one in shown if one.rotation)
    if turned:
        yield Finding(
            "PREFLIGHT_PAGES_ROTATED",
            Severity.OK,
            "有旋转过的页面，印章按看到的方向放正。",
            "Some pages are rotated; seals stand upright as the page is seen.",
            turned,
        )
    small = _numbers(one for one in shown if min(one.width_mm, one.height_mm) < SMALLEST_MM)
    if small:
        yield Finding(
            "PREFLIGHT_PAGES_SMALL",
            Severity.WARN,
            f"有页面的短边不到 {SMALLEST_MM} 毫米，按实际大小可能放不下公章。",
            f"Some pages are under {SMALLEST_MM} mm on their shorter side; an official seal in true size may not fit.",
            small,
        )
    large = _numbers(one for one in shown if max(one.width_mm, one.height_mm) > LARGEST_MM)
    if large:
        yield Finding(
            "PREFLIGHT_PAGES_LARGE",
            Severity.WARN,
            "有页面比 A0 图纸还大，印章按实际大小盖上后会显得很小。",
            "Some pages are larger than A0; a seal in true size will look very small on them.",
            large,
        )
    if len({tuple(sorted((round(one.width_mm), round(one.height_mm)))) for one in shown}) > 1:
        yield Finding(
            "PREFLIGHT_SIZES_DIFFER",
            Severity.OK,
            "各页大小不一，骑缝章按每页自己的边缘放置。",
            "The pages differ in size; a paging seal follows the edge of each page.",
        )


def _numbers(shown: Iterator[Page]) -> tuple[int, ...]:
    return tuple(one.number for one in shown)[:_PAGES_TOLD]


def of_signer(signer: Signer) -> Finding:
    """The one thing to say about somebody who is asked to sign."""
    name = signer.name
    if signer.known is Known.STRANGER:
        return Finding(
            "PREFLIGHT_SIGNER_OUTSIDE",
            Severity.OK,
            f"{name}不是本单位成员，证书和印章以其本人登记为准；尚未登记的，首次签署时会引导办理。",
            f"{name} is no member of this organization: certificate and seal are his own matter, and who has none "
            "yet is led through it when he first signs.",
        )
    if signer.known is Known.SUSPENDED:
        return Finding(
            "PREFLIGHT_SIGNER_SUSPENDED",
            Severity.BLOCK,
            f"{name}在本单位已停用，不能签署。",
            f"{name} is suspended in this organization and cannot sign.",
        )
    return _of_member(signer)


def _of_member(signer: Signer) -> Finding:
    name, ends, deadline = signer.name, signer.certificate_ends_on, signer.deadline_on
    if not signer.has_certificate:
        return Finding(
            "PREFLIGHT_NO_CERTIFICATE",
            Severity.WARN,
            f"{name}还没有有效的数字证书，签署前须先申请或绑定。可以现在发起，并提醒其办理。",
            f"{name} has no valid certificate yet and needs one before signing. You can send it now and remind them.",
        )
    if not signer.has_seal:
        return Finding(
            "PREFLIGHT_NO_SEAL",
            Severity.WARN,
            f"{name}还没有可用的印章，签署前须先申请印章或取得授权。",
            f"{name} has no seal to apply yet; one has to be made or granted before signing.",
        )
    if ends is not None and deadline is not None and ends < deadline:
        return Finding(
            "PREFLIGHT_CERTIFICATE_ENDS",
            Severity.WARN,
            f"{name}的证书在截止时间之前到期（{ends.isoformat()}），请提醒其尽早签署或更新证书。",
            f"{name}'s certificate ends before the deadline ({ends.isoformat()}); have it signed early or renewed.",
        )
    return Finding(
        "PREFLIGHT_SIGNER_READY",
        Severity.OK,
        f"{name}的证书和印章齐备。",
        f"{name} has a certificate and a seal.",
    )


TWICE = Finding(
    "PREFLIGHT_SIGNER_TWICE",
    Severity.BLOCK,
    "同一位完成人出现了两次，请移除一个。",
    "The same signer is there twice; remove one.",
)
NOBODY = Finding(
    "PREFLIGHT_NOBODY_SIGNS",
    Severity.BLOCK,
    "还没有指定需要签署的完成人。",
    "Nobody is asked to sign yet.",
)
_ORDER = (Severity.BLOCK, Severity.WARN, Severity.OK)


def rank(severity: Severity) -> int:
    """The worst first."""
    return _ORDER.index(severity)
