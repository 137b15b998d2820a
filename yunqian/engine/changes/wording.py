"""What a revision changed, as a sentence in Chinese and in English."""

from collections.abc import Iterable, Sequence

from yunqian.engine.changes.pair import Change, Difference

_MOST_NAMES = 8
_WORDS = {
    Change.EXTENSION: ("增加或更新了验证资料或文件说明", "validation data or metadata was added"),
    Change.STRUCTURE: ("结构树为新内容增加了条目", "the structure tree was extended"),
    Change.TIMESTAMP: ("增加了文件时间戳", "a document time stamp was added"),
    Change.SIGNATURE: ("增加了签名", "a signature was added"),
    Change.SLOT: ("填入了骑缝章", "slots of a paging seal were filled"),
    Change.FORM: ("填写了表单", "form fields were filled"),
    Change.ANNOTATION: ("页面上增加了批注", "annotations were put on"),
    Change.UNDEFINED: ("有无法确认的改动", "a change that cannot be confirmed"),
    Change.PAGE: ("页面被改动", "pages were changed"),
}
_NOTHING = ("没有内容改动", "nothing was changed")


def sentence(differences: Iterable[Difference]) -> tuple[str, str]:
    """Everything that was changed, from harmless to grave; the same is said once."""
    order = list(Change)
    told = [_clause(one) for one in sorted(differences, key=lambda one: order.index(one.kind))]
    clauses = list(dict.fromkeys(told)) or [_NOTHING]
    return "；".join(zh for zh, _ in clauses), "; ".join(en for _, en in clauses)


def _clause(one: Difference) -> tuple[str, str]:
    zh, en = _WORDS[one.kind]
    if one.kind is Change.UNDEFINED and one.zh:
        zh, en = f"{zh}：{one.zh}", f"{en}: {one.en}"
    elif one.zh:
        zh, en = one.zh, one.en
    details = (_in_chinese(one), _in_english(one))
    zh, en = (f"{said}（{detail}）" if detail else said for said, detail in ((zh, details[0]), (en, "")))
    en = f"{en} ({details[1]})" if details[1] else en
    if one.covers_seal:
        zh, en = zh + "，压在已有的签名外观上", en + ", over the widget of an earlier signature"
    return zh, en


def _in_chinese(one: Difference) -> str:
    pages = f"第 {_listed(list(map(str, one.pages)), '、', '等')} 页" if one.pages else ""
    return "，".join(part for part in (_listed(one.fields, "、", "等"), pages) if part)


def _in_english(one: Difference) -> str:
    noun = "page" if len(one.pages) == 1 else "pages"
    pages = f"{noun} {_listed(list(map(str, one.pages)), ', ', ' and more')}" if one.pages else ""
    return ", ".join(part for part in (_listed(one.fields, ", ", " and more"), pages) if part)


def _listed(names: Sequence[str], separator: str, more: str) -> str:
    shown = separator.join(names[:_MOST_NAMES])
    return shown + more if len(names) > _MOST_NAMES else shown
