"""The window's texts in zh and en. What a refusal says stands in problems.py alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from yunqian.wire.orders import MarkKind, MarkSummary

Language = Literal["zh", "en"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "html_lang": "zh-CN",
        "title": "安全客户端 · 确认签名",
        "position": "第 {position} 把，共 {total} 把",
        "demo": "演示用软 Key",
        "site": "网站",
        "paired": "已配对",
        "tenant": "单位",
        "person": "经办人",
        "document": "文件",
        "pages": "{count} 页",
        "marks": "本次盖",
        "no_marks": "不加盖图形",
        "certificate": "证书",
        "validity": "有效期 {begin} 至 {end}",
        "key": "Key",
        "serial": "序列号 {serial}",
        "code": "校验码",
        "code_hint": "应与网页上显示的一致，不一致请取消",
        "pin": "口令",
        "pin_place": "请输入 Key 的口令",
        "pin_notice": "口令只交给 Key，不经过网站。",
        "tries": "口令还可试 {count} 次。",
        "tries_unknown": "这把 Key 不显示剩余次数。",
        "last_try": "我知道这是最后 1 次，输错将锁定，仍要继续",
        "cancel": "取消",
        "confirm": "确认签名",
        "close": "关闭窗口",
        "working": "Key 正在签名…",
        "time_left": "剩余 {time}",
        "key_absent": "没有检测到这把 Key，请插好后再试。",
        "key_back": "已重新检测到 Key，可以继续。",
        "signed": "签名完成",
        "signed_hint": "结果已交回网页，本窗口会自动关闭。",
        "over": "没有签名",
        "locked": "Key 已锁定",
        "lost": "无法连接安全客户端，请确认它仍在运行。",
        "other_language": "English",
        "no_script": "请允许本页面运行脚本。",
        "gone_title": "窗口已失效",
    },
    "en": {
        "html_lang": "en",
        "title": "Security client · Confirm signature",
        "position": "Key {position} of {total}",
        "demo": "Demo soft key",
        "site": "Site",
        "paired": "paired",
        "tenant": "Organization",
        "person": "Signer",
        "document": "Document",
        "pages": "{count} pages",
        "marks": "Marks",
        "no_marks": "no visible mark",
        "certificate": "Certificate",
        "validity": "valid {begin} to {end}",
        "key": "Key",
        "serial": "serial {serial}",
        "code": "Check code",
        "code_hint": "must equal the code on the web page; if not, cancel",
        "pin": "PIN",
        "pin_place": "Enter the PIN of the key",
        "pin_notice": "The PIN goes to the key only, never through the site.",
        "tries": "{count} tries left.",
        "tries_unknown": "This key does not tell how many tries are left.",
        "last_try": "I know that this is the last try before the key locks; go on",
        "cancel": "Cancel",
        "confirm": "Sign",
        "close": "Close window",
        "working": "The key is signing…",
        "time_left": "{time} left",
        "key_absent": "This key is not plugged in; plug it in and try again.",
        "key_back": "The key is back; you can go on.",
        "signed": "Signed",
        "signed_hint": "The page has the result; this window closes by itself.",
        "over": "Not signed",
        "locked": "The key is locked",
        "lost": "The security client does not answer; make sure it is still running.",
        "other_language": "中文",
        "no_script": "Please allow this page to run its script.",
        "gone_title": "This window is over",
    },
}

_KINDS: Mapping[Language, Mapping[MarkKind, str]] = {
    "zh": {MarkKind.DATE: "日期", MarkKind.PAGING: "骑缝章", MarkKind.TEXT: "文字"},
    "en": {MarkKind.DATE: "date", MarkKind.PAGING: "paging seal", MarkKind.TEXT: "text"},
}


def choose(asked: str | None, accepted: str) -> Language:
    """The language of the page: as asked by the switch, else the browser's first of zh and en, else zh."""
    if asked in ("zh", "en"):
        return "en" if asked == "en" else "zh"
    for _, name in sorted(_weighted(accepted), key=lambda pair: -pair[0]):
        if name.startswith(("zh", "en")):
            return "en" if name.startswith("en") else "zh"
    return "zh"


def _weighted(accepted: str) -> Iterable[tuple[float, str]]:
    """Accept-Language as weights and names (RFC 9110 §12.5.4)."""
    for part in accepted.split(",")[:20]:
        name, _, weight = part.strip().lower().partition(";q=")
        try:
            yield float(weight or 1), name
        except ValueError:
            continue


def mark_lines(marks: Sequence[MarkSummary], language: Language) -> list[str]:
    """What is put where, one line per seal or date, its pages as ranges."""
    pages: dict[tuple[MarkKind, str], list[int]] = {}
    for mark in marks:
        pages.setdefault((mark.kind, mark.name), []).extend(mark.pages)
    return [_mark_line(kind, name, found, language) for (kind, name), found in pages.items()]


def _mark_line(kind: MarkKind, name: str, pages: Sequence[int], language: Language) -> str:
    prefix = _KINDS[language].get(kind, "")
    what = f"{prefix} {name}".strip() if name != prefix else name
    spans = page_ranges(pages)
    is_counted = len(pages) > 1 and kind is not MarkKind.PAGING
    if language == "en":
        return f"{what}{f' ×{len(pages)}' if is_counted else ''} · page {spans}"
    return f"{what}{f' {len(pages)} 处' if is_counted else ''} · 第 {spans} 页"


def page_ranges(pages: Iterable[int]) -> str:
    """Page numbers as people write them: 1–4, 7."""
    spans: list[list[int]] = []
    for page in sorted(set(pages)):
        if spans and page == spans[-1][1] + 1:
            spans[-1][1] = page
        else:
            spans.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
