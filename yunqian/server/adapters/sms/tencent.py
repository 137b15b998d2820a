"""Tencent Cloud sends: SendSms, version 2021-01-11."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import spoken
from yunqian.server.adapters.sms.port import WORDING, Template
from yunqian.server.adapters.tc3 import Operation, TencentCloud

_log = logging.getLogger(__name__)
_SEND = Operation("sms", "SendSms", "2021-01-11", region="ap-guangzhou")


@dataclass(frozen=True)
class Approved:
    """What the cloud has approved: the application, its signature, and the number of every Template."""

    app: str
    signature: str
    templates: Mapping[str, str]


class TencentSms:
    """See Sms. Parameters have places, not names: those of the wording, in its order."""

    name = "tencent"

    def __init__(self, cloud: TencentCloud, approved: Approved) -> None:
        """`cloud` must refuse with SMS_UNAVAILABLE."""
        self._cloud, self._approved = cloud, approved

    def send(self, mobile: str, template: Template, params: Mapping[str, str], *, idempotency: str) -> None:
        """See Sms.send."""
        number = f"+86{mobile}"
        asked = {
            "PhoneNumberSet": [number],
            "SmsSdkAppId": self._approved.app,
            "SignName": self._approved.signature,
            "TemplateId": self._approved.templates[template],
            "TemplateParamSet": [
                params[name] for _, name, _, _ in Formatter().parse(WORDING[template]) if name
            ],
            "SessionContext": hashlib.sha256(idempotency.encode()).hexdigest()[:32],
        }
        answer = self._cloud.ask(_SEND, asked)
        said = _status_of(number, answer)
        if said != "Ok":
            error = spoken.code(spoken.inside(answer, "Error"), "Code")
            _log.warning("a message is not sent: %s, %s", spoken.for_log(error), spoken.for_log(said))
            raise Refused(Problem.SMS_UNAVAILABLE)


def _status_of(number: str, answer: Mapping[str, object]) -> str:
    """The code of the one status there must be, which must be of this number; nothing where anything is else."""
    statuses = answer.get("SendStatusSet")
    if "Error" in answer or not isinstance(statuses, list) or len(statuses) != 1:
        return ""
    status = statuses[0] if isinstance(statuses[0], dict) else {}
    return spoken.code(status, "Code") if spoken.code(status, "PhoneNumber") == number else ""
