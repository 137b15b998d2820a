"""The window's texts in zh and en. What a refusal says stands in problems.py alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import MarkKind, MarkSummary

Language = Literal["zh", "en"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "html_lang": "zh-CN",
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
        "request_code": "申请码",
        "request_code_hint": "应与您告诉受理点的一致，不一致请取消",
        "login": "登录到",
        "holder": "绑定为",
        "owner": "申请证书",
        "seals": "写入印章",
        "pictures_none": "",
        "pictures_working": "客户端正在核对文件…",
        "pictures_ready": "已核对：这就是将要签名的文件，由客户端自己绘出",
        "pictures_first": "已核对：这就是将要签名的文件，由客户端自己绘出（{marked} 页有标记，这里是前 {shown} 页）",
        "pictures_unseen": "有 {count} 份文件客户端没有能核对，不会签署；其余已核对，由客户端自己绘出",
        "pictures_place": "第 {number} 份 · 第 {page} 页",
        "documents": "文件",
        "documents_hint": "每份文件的发起人、页数、用章和校验码见下面的列表",
        "sent_by": "{name} 发起",
        "item_code": "校验码 {code}",
        "item_signed": "已签",
        "item_left_out": "不签：{reason}",
        "consent": "我已看清列表，同意用这把密钥一次签署以上 {count} 份文件",
        "batch_partly": "签署了一部分",
        "batch_partly_hint": "已签 {done} 份，没有签 {left} 份，原因见网页。已签的不受影响。",
        "pictures_failed": "客户端没有能核对文件",
        "pictures_again": "重试",
        "pictures_page": "第 {page} 页",
        "pictures_label": "将要签名的页面",
        "pictures_before": "上一张",
        "pictures_after": "下一张",
        "pictures_larger": "放大",
        "pictures_smaller": "缩小",
        "pin": "口令",
        "pin_place": "请输入 Key 的口令",
        "old_pin": "原口令",
        "old_pin_place": "请输入原口令",
        "new_pin": "新口令",
        "new_pin_place": "请输入新口令，至少 6 位",
        "new_pin_again": "再输一次新口令",
        "new_pin_again_place": "请再输入一次新口令",
        "pin_notice": "口令只交给 Key，不经过网站。",
        "tries": "口令还可试 {count} 次。",
        "tries_unknown": "这把 Key 不显示剩余次数。",
        "last_try": "我知道这是最后 1 次，输错将锁定，仍要继续",
        "cancel": "取消",
        "close": "关闭窗口",
        "time_left": "剩余 {time}",
        "key_absent": "没有检测到这把 Key，请插好后再试。",
        "key_back": "已重新检测到 Key，可以继续。",
        "done_hint": "结果已交回网页，本窗口会自动关闭。",
        "locked": "Key 已锁定",
        "locked_way": "在网页上选这把 Key 申请解锁，把申请码告诉证书机构的受理点，批准后即可设置新口令。",
        "lost": "无法连接安全客户端，请确认它仍在运行。",
        "other_language": "English",
        "no_script": "请允许本页面运行脚本。",
        "gone_title": "窗口已失效",
    },
    "en": {
        "html_lang": "en",
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
        "request_code": "Request code",
        "request_code_hint": "must equal the code you told the desk; if not, cancel",
        "login": "Log in to",
        "holder": "Bind for",
        "owner": "Certificate for",
        "seals": "Seals to write",
        "pictures_none": "",
        "pictures_working": "The client is checking the document…",
        "pictures_ready": "Checked: this is the document to be signed, drawn by the client itself",
        "pictures_first": "Checked: this is the document to be signed, drawn by the client itself "
        "({marked} pages have marks; these are the first {shown})",
        "pictures_unseen": "{count} of the documents could not be checked by the client and will not be signed; the "
        "others are checked and drawn by the client itself",
        "pictures_place": "Document {number} · page {page}",
        "documents": "Documents",
        "documents_hint": "the list below tells of each its sender, pages, marks and check code",
        "sent_by": "from {name}",
        "item_code": "check code {code}",
        "item_signed": "signed",
        "item_left_out": "not signed: {reason}",
        "consent": "I have read the list and agree to sign these {count} documents at once with this key",
        "batch_partly": "Signed in part",
        "batch_partly_hint": "{done} signed, {left} not signed; the web page says why. What is signed stays signed.",
        "pictures_failed": "The client could not check the document",
        "pictures_again": "Try again",
        "pictures_page": "Page {page}",
        "pictures_label": "Pages to be signed",
        "pictures_before": "Previous page",
        "pictures_after": "Next page",
        "pictures_larger": "Enlarge",
        "pictures_smaller": "Reduce",
        "pin": "PIN",
        "pin_place": "Enter the PIN of the key",
        "old_pin": "Old PIN",
        "old_pin_place": "Enter the old PIN",
        "new_pin": "New PIN",
        "new_pin_place": "Enter a new PIN, at least 6 characters",
        "new_pin_again": "New PIN again",
        "new_pin_again_place": "Enter the new PIN once more",
        "pin_notice": "The PIN goes to the key only, never through the site.",
        "tries": "{count} tries left.",
        "tries_unknown": "This key does not tell how many tries are left.",
        "last_try": "I know that this is the last try before the key locks; go on",
        "cancel": "Cancel",
        "close": "Close window",
        "time_left": "{time} left",
        "key_absent": "This key is not plugged in; plug it in and try again.",
        "key_back": "The key is back; you can go on.",
        "done_hint": "The page has the result; this window closes by itself.",
        "locked": "The key is locked",
        "locked_way": "Ask for its unlocking on the web page and tell the certificate authority's desk the code; "
        "after its approval you set a new PIN.",
        "lost": "The security client does not answer; make sure it is still running.",
        "other_language": "中文",
        "no_script": "Please allow this page to run its script.",
        "gone_title": "This window is over",
    },
}

KIND_WORDS: Mapping[Language, Mapping[DialogKind, Mapping[str, str]]] = {
    "zh": {
        DialogKind.SIGN: {
            "title": "安全客户端 · 确认签名",
            "confirm": "确认签名",
            "working": "Key 正在签名…",
            "done": "签名完成",
            "over": "没有签名",
        },
        DialogKind.SIGN_BATCH: {
            "title": "安全客户端 · 批量签署",
            "confirm": "确认签署",
            "working": "Key 正在逐份签名，请勿拔出…",
            "done": "全部签署完成",
            "over": "没有签名",
        },
        DialogKind.LOGIN: {
            "title": "安全客户端 · 证书登录",
            "confirm": "登录",
            "working": "Key 正在确认身份…",
            "done": "登录已确认",
            "over": "没有登录",
        },
        DialogKind.BIND: {
            "title": "安全客户端 · 绑定证书",
            "confirm": "绑定",
            "working": "Key 正在证明证书归您持有…",
            "done": "证明已交回网页",
            "over": "没有绑定",
        },
        DialogKind.CHANGE_PIN: {
            "title": "安全客户端 · 修改口令",
            "confirm": "修改口令",
            "working": "Key 正在修改口令…",
            "done": "口令已修改",
            "over": "口令没有修改",
        },
        DialogKind.UNLOCK: {
            "title": "安全客户端 · 解锁",
            "confirm": "解锁",
            "working": "Key 正在解锁…",
            "done": "Key 已解锁，新口令已生效",
            "over": "没有解锁",
        },
        DialogKind.ENROL: {
            "title": "安全客户端 · 申请证书",
            "confirm": "生成密钥",
            "working": "Key 正在生成密钥，请勿拔出…",
            "done": "密钥已生成",
            "over": "没有申请",
        },
        DialogKind.STORE: {
            "title": "安全客户端 · 写入 Key",
            "confirm": "写入",
            "working": "正在写入 Key，请勿拔出…",
            "done": "已写入 Key",
            "over": "没有写入",
        },
    },
    "en": {
        DialogKind.SIGN: {
            "title": "Security client · Confirm signature",
            "confirm": "Sign",
            "working": "The key is signing…",
            "done": "Signed",
            "over": "Not signed",
        },
        DialogKind.SIGN_BATCH: {
            "title": "Security client · Sign several",
            "confirm": "Sign",
            "working": "The key is signing one after another; leave it plugged in…",
            "done": "All signed",
            "over": "Not signed",
        },
        DialogKind.LOGIN: {
            "title": "Security client · Log in by certificate",
            "confirm": "Log in",
            "working": "The key is confirming who you are…",
            "done": "Confirmed",
            "over": "Not logged in",
        },
        DialogKind.BIND: {
            "title": "Security client · Bind a certificate",
            "confirm": "Bind",
            "working": "The key is proving that the certificate is yours…",
            "done": "The page has the proof",
            "over": "Not bound",
        },
        DialogKind.CHANGE_PIN: {
            "title": "Security client · Change PIN",
            "confirm": "Change PIN",
            "working": "The key is changing its PIN…",
            "done": "The PIN is changed",
            "over": "The PIN is not changed",
        },
        DialogKind.UNLOCK: {
            "title": "Security client · Unlock",
            "confirm": "Unlock",
            "working": "The key is being unlocked…",
            "done": "The key is unlocked and has its new PIN",
            "over": "Not unlocked",
        },
        DialogKind.ENROL: {
            "title": "Security client · Ask for a certificate",
            "confirm": "Make key pair",
            "working": "The key is making its key pair; leave it plugged in…",
            "done": "The key pair is made",
            "over": "Not asked for",
        },
        DialogKind.STORE: {
            "title": "Security client · Write on the key",
            "confirm": "Write",
            "working": "Writing on the key; leave it plugged in…",
            "done": "Written on the key",
            "over": "Nothing was written",
        },
    },
}

_KINDS: Mapping[Language, Mapping[MarkKind, str]] = {
    "zh": {MarkKind.DATE: "日期", MarkKind.PAGING: "骑缝章", MarkKind.TEXT: "文字"},
    "en": {MarkKind.DATE: "date", MarkKind.PAGING: "paging seal", MarkKind.TEXT: "text"},
}


_DIGITS = "零一二三四五六七八九"
_ENGLISH = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def counted_documents(count: int, language: Language) -> str:
    """How many documents, in figures and in words, so that a list that was made longer does not pass unseen."""
    if language == "en":
        return f"{count} ({_in_english(count)})"
    return f"共 {count} 份（{'两' if count == 2 else _in_chinese(count)}份）"


def _in_chinese(count: int) -> str:
    """1 to 99 as it is said: 三, 十二, 五十."""
    tens, ones = divmod(count, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def _in_english(count: int) -> str:
    """1 to 99 as it is said: three, twelve, twenty-one."""
    if count < len(_ENGLISH):
        return _ENGLISH[count]
    tens, ones = divmod(count, 10)
    return f"{_TENS[tens]}-{_ENGLISH[ones]}" if ones else _TENS[tens]


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


def algorithm(name: str, bits: int) -> str:
    """A certificate's kind of key, as people say it: RSA 2048, P-256, SM2."""
    return f"RSA {bits}" if name == "rsa" else {"ec:sm2": "SM2"}.get(name, name.removeprefix("ec:"))


def suite_name(name: str) -> str:
    """A suite as people say it: SM2, RSA, ECDSA."""
    return name.partition("_")[0]


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
