"""The only permission rules: Right → rules → Problem, decided on plain facts.

The rules of a right are asked in order and the first that fails names the refusal, so "it is not there for
you" always comes before anything that would tell a stranger that it exists.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnvelopeState, RecipientState


class Right(StrEnum):
    """What a person may ask of an envelope, or of his organization."""

    START = "start"
    VIEW = "view"
    SEAL = "seal"
    DOWNLOAD = "download"
    FORWARD = "forward"
    VOID = "void"
    EXTEND = "extend"
    DECLINE = "decline"
    REMIND = "remind"
    PROPOSE_END = "propose_end"
    ANSWER_END = "answer_end"
    HAND_OVER = "hand_over"
    DESK = "desk"
    MEMBERS = "members"
    SEALS = "seals"
    CERTIFICATES = "certificates"
    OPERATE = "operate"


@dataclass(frozen=True)
class Facts:
    """What the rules need to know about one person and one envelope (or, for START, one organization)."""

    grants: frozenset[str] = frozenset()
    is_initiator: bool = False
    is_authority: bool = False
    """He acts for the certificate authority."""
    is_operator: bool = False
    """He acts for the organization that runs the platform."""
    is_acting_as_addressed: bool = False
    """He acts for the organization for which the envelope addresses him."""
    is_for_himself: bool = False
    """He acts for his own space, in which he has no colleagues."""
    recipient_state: str | None = None
    envelope_state: str | None = None
    has_signatures: bool = False
    """Somebody has signed already."""
    initiator_name: str = ""
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One sentence, its condition, and the refusal when the condition does not hold."""

    sentence: str
    holds: Callable[[Facts], bool]
    problem: Problem
    facts: Callable[[Facts], Mapping[str, object]] = lambda _: {}


def _granted(right: Right, sentence: str, problem: Problem) -> Rule:
    """The rule of a right that is worth what its grant says, in whichever organization."""
    return Rule(sentence, lambda f: right in f.grants, problem)


_STATE_WORDS = {
    EnvelopeState.COMPLETED: ("完成", "completed"),
    EnvelopeState.VOIDED: ("作废", "voided"),
    EnvelopeState.EXPIRED: ("过期", "expired"),
    EnvelopeState.DECLINED: ("被拒签", "declined"),
    EnvelopeState.OPEN: ("打开", "open"),
}


def _state_words(facts: Facts) -> Mapping[str, object]:
    chinese, english = _STATE_WORDS[EnvelopeState(facts.envelope_state or EnvelopeState.OPEN)]
    return {"state_zh": chinese, "state_en": english}


def _is_addressed(facts: Facts) -> bool:
    """A person addressed for one organization is a stranger while he acts for another of his."""
    return facts.recipient_state is not None and facts.is_acting_as_addressed


_IS_A_PARTY = Rule(
    "发起人和被指定的完成人（代表被指定时的单位）才看得到；对其他人，任务等于不存在",
    lambda f: f.is_initiator or _is_addressed(f),
    Problem.ENVELOPE_NOT_FOUND,
)
_IS_ADDRESSED = Rule(
    "只有被指定的完成人可以签署；抄送的人只看",
    lambda f: _is_addressed(f) and f.recipient_state != RecipientState.COPIED,
    Problem.NOT_ADDRESSED,
)
_HAS_NOT_SIGNED = Rule(
    "每位完成人只签署一次",
    lambda f: f.recipient_state != RecipientState.SIGNED,
    Problem.RECIPIENT_DONE,
)
_IS_OPEN = Rule(
    "已完成、作废、过期或被拒签的任务不能再签署",
    lambda f: f.envelope_state == EnvelopeState.OPEN,
    Problem.ENVELOPE_NOT_OPEN,
    _state_words,
)
_IS_MY_TURN = Rule(
    "按发起人定的顺序签署",
    lambda f: f.recipient_state == RecipientState.READY,
    Problem.NOT_YOUR_TURN,
    lambda f: {"waiting_for": "、".join(f.waiting_for)},
)

_STARTED_IT = Rule(
    "只有发起人可以撤回或延期",
    lambda f: f.is_initiator,
    Problem.CHANGE_RESERVED_TO_INITIATOR,
    lambda f: {"initiator": f.initiator_name},
)
_IS_STILL_OPEN = Rule(
    "已结束的任务不能再更改",
    lambda f: f.envelope_state == EnvelopeState.OPEN,
    Problem.ENVELOPE_IS_OVER,
    _state_words,
)
_IS_NOT_OVER = Rule(
    "已作废、过期或被拒签的任务不能再更改，已完成的可以",
    lambda f: f.envelope_state in (EnvelopeState.OPEN, EnvelopeState.COMPLETED),
    Problem.ENVELOPE_IS_OVER,
    _state_words,
)
_HAS_A_VOICE = Rule(
    "作废由发起人和已签署的人协商",
    lambda f: f.is_initiator or f.recipient_state == RecipientState.SIGNED,
    Problem.END_RESERVED_TO_PARTIES,
    lambda f: {"initiator": f.initiator_name},
)

RULES: Mapping[Right, tuple[Rule, ...]] = {
    Right.START: (_granted(Right.START, "须被授权（手册 6.1）", Problem.START_NOT_GRANTED),),
    Right.DESK: (
        Rule(
            "只有证书机构受理点的人员可以办理（手册 6.5）",
            lambda f: f.is_authority and Right.DESK in f.grants,
            Problem.DESK_NOT_GRANTED,
        ),
    ),
    Right.MEMBERS: (_granted(Right.MEMBERS, "成员与权限须由被授权者管理", Problem.MEMBERS_NOT_GRANTED),),
    Right.SEALS: (_granted(Right.SEALS, "印章须由被授权者管理", Problem.SEALS_NOT_GRANTED),),
    Right.CERTIFICATES: (
        _granted(Right.CERTIFICATES, "证书绑定须由被授权者审批", Problem.CERTIFICATES_NOT_GRANTED),
    ),
    Right.OPERATE: (
        Rule(
            "只有平台运营单位的人员可以办理",
            lambda f: f.is_operator and Right.OPERATE in f.grants,
            Problem.OPERATE_NOT_GRANTED,
        ),
    ),
    Right.VIEW: (_IS_A_PARTY,),
    Right.SEAL: (_IS_A_PARTY, _IS_ADDRESSED, _HAS_NOT_SIGNED, _IS_OPEN, _IS_MY_TURN),
    Right.DOWNLOAD: (
        _IS_A_PARTY,
        Rule(
            "只有发起人可以下载（手册 6.3）",
            lambda f: f.is_initiator,
            Problem.DOWNLOAD_RESERVED_TO_INITIATOR,
            lambda f: {"initiator": f.initiator_name},
        ),
    ),
    Right.FORWARD: (
        _IS_A_PARTY,
        Rule(
            "自己发起的文件盖章后可继续发给他人（手册 6.2）",
            lambda f: f.is_initiator,
            Problem.FORWARD_RESERVED_TO_INITIATOR,
            lambda f: {"initiator": f.initiator_name},
        ),
        _IS_NOT_OVER,
    ),
    Right.REMIND: (_IS_A_PARTY, _STARTED_IT, _IS_STILL_OPEN),
    Right.PROPOSE_END: (
        _IS_A_PARTY,
        _HAS_A_VOICE,
        _IS_NOT_OVER,
        Rule("还没有人签署的任务由发起人撤回", lambda f: f.has_signatures, Problem.END_NEEDS_SIGNATURES),
    ),
    Right.ANSWER_END: (_IS_A_PARTY, _HAS_A_VOICE),
    Right.HAND_OVER: (
        _IS_A_PARTY,
        _IS_ADDRESSED,
        _HAS_NOT_SIGNED,
        _IS_OPEN,
        Rule("以个人名义签署的不能转交", lambda f: not f.is_for_himself, Problem.SEAT_STAYS_PERSONAL),
    ),
    Right.VOID: (_IS_A_PARTY, _STARTED_IT, _IS_STILL_OPEN),
    Right.EXTEND: (
        _IS_A_PARTY,
        _STARTED_IT,
        Rule(
            "已完成、作废或被拒签的任务不能延期，过期的可以",
            lambda f: f.envelope_state in (EnvelopeState.OPEN, EnvelopeState.EXPIRED),
            Problem.ENVELOPE_IS_OVER,
            _state_words,
        ),
    ),
    Right.DECLINE: (_IS_A_PARTY, _IS_ADDRESSED, _HAS_NOT_SIGNED, _IS_OPEN, _IS_MY_TURN),
}


def demand(right: Right, facts: Facts) -> None:
    """Return quietly when every rule of `right` holds; raise the first failing rule's problem otherwise."""
    for rule in RULES[right]:
        if not rule.holds(facts):
            raise Refused(rule.problem, **rule.facts(facts))


def may(right: Right, facts: Facts) -> bool:
    """The same answer as a yes or no, for what the page shows."""
    return all(rule.holds(facts) for rule in RULES[right])
