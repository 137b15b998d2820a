"""A list taken away as a file: what it has and a search means, in words a person reads."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from yunqian.server import scope
from yunqian.server.access.actor import Actor
from yunqian.server.actions import Done, Trace, action
from yunqian.server.queries import exports, lists
from yunqian.server.queries.exports import Format, Sheet
from yunqian.server.queries.search import Search
from yunqian.wire.envelope import EnvelopeList, EnvelopeState, EnvelopeSummary

_HEAD = (
    "任务",
    "状态",
    "发起人",
    "发起单位",
    "创建时间",
    "截止时间",
    "完成时间",
    "等待",
    "等待自",
    "已签",
    "应签",
    "文件数",
    "页数",
    "我签署的时间",
)
_NAMES = {
    EnvelopeList.INBOX: "待签署",
    EnvelopeList.SIGNED: "已签署",
    EnvelopeList.STARTED: "我发起的",
    EnvelopeList.COPIED: "抄送我的",
}
_STATES = {
    EnvelopeState.OPEN: "签署中",
    EnvelopeState.COMPLETED: "已完成",
    EnvelopeState.VOIDED: "已作废",
    EnvelopeState.EXPIRED: "已过期",
    EnvelopeState.DECLINED: "已拒签",
}


@action("list.exported")
def export(actor: Actor, *, which: EnvelopeList, looked_for: Search, kind: Format) -> Done[Sheet]:
    """The lines of a list that a search means, as a file; that it was taken away is itself written down.

    Raises Refused(LIST_TOO_LONG).
    """
    made = exports.sheet(_NAMES[which], kind, _HEAD, _rows(lists.all_of(actor, which, looked_for)))
    told = {"list": which.value, "format": kind.value, "lines": made.lines}
    return Done(made, Trace(scope.Pass(actor.tenant_id), None, told))


def _rows(lines: Iterator[EnvelopeSummary]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        yield (
            line.title,
            _STATES[line.state],
            line.initiator.name,
            line.tenant_name,
            _moment(line.created_at),
            _moment(line.deadline_at),
            _moment(line.completed_at),
            "、".join(line.waiting_for),
            _moment(line.waiting_since),
            str(line.signed_count),
            str(line.recipient_count),
            str(line.document_count),
            str(line.page_count),
            _moment(line.my_signed_at),
        )


def _moment(at: datetime | None) -> str:
    """In the zone of the platform, as people of its place write it and spreadsheets read it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
