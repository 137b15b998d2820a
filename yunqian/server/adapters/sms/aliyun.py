"""Alibaba Cloud sends: SendSms of Dysmsapi, version 2017-05-25."""

import hashlib
import json
import logging
from collections.abc import Mapping

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import spoken
from yunqian.server.adapters.acs3 import AlibabaCloud, Operation
from yunqian.server.adapters.sms.port import Template

_log = logging.getLogger(__name__)
_SEND = Operation("SendSms", "2017-05-25")


class AliyunSms:
    """See Sms. The cloud sends a message twice that is handed over twice: it only gives back its OutId."""

    name = "aliyun"

    def __init__(self, cloud: AlibabaCloud, *, signature: str, templates: Mapping[str, str]) -> None:
        """`cloud` must refuse with SMS_UNAVAILABLE; `templates` has the number of every Template."""
        self._cloud, self._signature, self._templates = cloud, signature, templates

    def send(self, mobile: str, template: Template, params: Mapping[str, str], *, idempotency: str) -> None:
        """See Sms.send."""
        asked = {
            "PhoneNumbers": mobile,
            "SignName": self._signature,
            "TemplateCode": self._templates[template],
            "TemplateParam": json.dumps(dict(params), ensure_ascii=False),
            "OutId": hashlib.sha256(idempotency.encode()).hexdigest()[:32],
        }
        said = spoken.code(self._cloud.ask(_SEND, asked), "Code")
        if said != "OK":
            _log.warning("a message is not sent: %s", spoken.for_log(said))
            raise Refused(Problem.SMS_UNAVAILABLE)
