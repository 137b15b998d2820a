"""What a message of a notice says: Chinese first, English below it, one address to open, and nothing secret.

A title stands in it as it does in the short message that asks for a signature; reasons and documents never do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from yunqian.server import settings
from yunqian.server.records.models import Envelope, Notice
from yunqian.wire.notices import NoticeKind


@dataclass(frozen=True)
class Told:
    """A notice in words. `tenant` is the organization that the envelope comes from."""

    subject: str
    text: str
    tenant: str
    title: str
    link: str


@dataclass(frozen=True)
class Wording:
    """One kind of notice, as a sentence in both languages."""

    zh: str
    en: str


WORDINGS: Mapping[NoticeKind, Wording] = {
    NoticeKind.YOUR_TURN: Wording("{tenant} 请您签署《{title}》", "{tenant} asks you to sign “{title}”"),
    NoticeKind.COPIED: Wording("{tenant} 将《{title}》抄送给您", "{tenant} sends you a copy of “{title}”"),
    NoticeKind.SIGNED: Wording("{by} 签署了《{title}》", "{by} has signed “{title}”"),
    NoticeKind.COMPLETED: Wording("《{title}》已全部签署完成", "Everybody has signed “{title}”"),
    NoticeKind.DECLINED: Wording("{by} 拒绝签署《{title}》", "{by} declined to sign “{title}”"),
    NoticeKind.RECALLED: Wording("{by} 撤回了《{title}》", "{by} recalled “{title}”"),
    NoticeKind.EXTENDED: Wording(
        "《{title}》的截止时间改为 {deadline}", "The deadline of “{title}” is now {deadline}"
    ),
    NoticeKind.SENT_ON: Wording(
        "{by} 将《{title}》继续发给了其他人", "{by} sent “{title}” on to more people"
    ),
    NoticeKind.REMINDED: Wording("催办：请您签署《{title}》", "A reminder to sign “{title}”"),
    NoticeKind.DEADLINE_NEAR: Wording(
        "《{title}》将于 {deadline} 截止，请您签署", "“{title}” is due at {deadline}; please sign it"
    ),
    NoticeKind.EXPIRED: Wording("《{title}》已过截止时间", "The deadline of “{title}” has passed"),
    NoticeKind.SEAT_GIVEN: Wording(
        "{by} 将《{title}》转交给您签署", "{by} handed “{title}” over to you to sign"
    ),
    NoticeKind.SEAT_MOVED: Wording(
        "{by} 将《{title}》转交给 {subject} 签署", "{by} handed “{title}” over to {subject} to sign"
    ),
    NoticeKind.END_PROPOSED: Wording(
        "{by} 提出作废《{title}》，请您表态", "{by} proposes to void “{title}”; please answer"
    ),
    NoticeKind.END_REFUSED: Wording(
        "{by} 不同意作废《{title}》，文件继续有效", "{by} refused to void “{title}”, which stays in force"
    ),
    NoticeKind.END_WITHDRAWN: Wording(
        "{by} 收回了作废《{title}》的提议", "{by} took back the proposal to void “{title}”"
    ),
    NoticeKind.ENDED_TOGETHER: Wording(
        "各方同意，《{title}》已作废", "“{title}” is void, as everybody who signed has agreed"
    ),
    NoticeKind.SEAL_USE_DECIDED: Wording(
        "{by} {decision_zh}您使用印章“{subject}”", "{by} {decision_en} your use of the seal “{subject}”"
    ),
    NoticeKind.SEAL_DECIDED: Wording(
        "{by} {decision_zh}您的印章申请“{subject}”",
        "{by} {decision_en} the seal “{subject}” that you applied for",
    ),
}
_PLACES = {
    NoticeKind.SEAL_USE_DECIDED: "seals",
    NoticeKind.SEAL_DECIDED: "seals",
}
_LONGEST_SUBJECT = 120


def told(notice: Notice, envelope: Envelope | None, *, origin: str) -> Told:
    """The words of a notice. `envelope` is None for what is about no envelope."""
    kind = NoticeKind(notice.kind)
    wording, platform = WORDINGS[kind], settings.current().name
    tenant, title = (envelope.tenant.name, envelope.title) if envelope else ("", "")
    said = {
        "tenant": tenant,
        "title": title,
        "by": str(notice.facts.get("by", "")),
        "subject": str(notice.facts.get("subject", "")),
        "decision_zh": "同意了" if notice.facts.get("is_granted") else "没有同意",
        "decision_en": "approved" if notice.facts.get("is_granted") else "refused",
        "deadline": _moment(notice.facts.get("deadline_at")),
    }
    place = f"envelopes/{envelope.id}" if envelope else _PLACES.get(kind, "inbox")
    link = f"{origin}/{place}"
    zh, en = wording.zh.format(**said), wording.en.format(**said)
    text = (
        f"{zh}。\n请登录后查看：{link}\n\n{en}.\nLog in to see it: {link}\n\n"
        f"-- \n{platform}。此信由系统发出，请勿回复；不会要求您提供口令或验证码。\n"
        "Sent by the platform; nobody reads answers. It never asks for a PIN or a code.\n"
    )
    return Told(_one_line(f"{zh}")[:_LONGEST_SUBJECT], text, tenant, title, link)


def _moment(written: object) -> str:
    """A moment as people of this installation read it; nothing for none."""
    if not isinstance(written, str):
        return ""
    zone = ZoneInfo(settings.current().time_zone)
    return f"{datetime.fromisoformat(written).astimezone(zone):%Y-%m-%d %H:%M}"


def _one_line(text: str) -> str:
    """Without what could end a header; titles have none, and this does not rely on it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
