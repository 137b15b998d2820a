"""Alibaba Cloud asks the carriers: Mobile3MetaSimpleVerify of Cloudauth, version 2019-03-07."""

import logging

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import spoken
from yunqian.server.adapters.acs3 import AlibabaCloud, Operation
from yunqian.server.adapters.realname.port import Verdict

_log = logging.getLogger(__name__)
_CHECK = Operation("Mobile3MetaSimpleVerify", "2019-03-07")
_VERDICTS = {"1": Verdict.MATCH, "2": Verdict.MISMATCH, "3": Verdict.NO_RECORD}


class AliyunCarrier:
    """See CarrierCheck. Values go as they are: a digest of a number that can be counted through hides nothing."""

    name = "aliyun"

    def __init__(self, cloud: AlibabaCloud) -> None:
        """`cloud` must refuse with REALNAME_UNAVAILABLE."""
        self._cloud = cloud

    def check(self, name: str, id_number: str, mobile: str) -> Verdict:
        """See CarrierCheck.check."""
        asked = {"ParamType": "normal", "UserName": name, "IdentifyNum": id_number, "Mobile": mobile}
        answer = self._cloud.ask(_CHECK, asked)
        outcome = spoken.code(answer, "Code")
        said = spoken.code(spoken.inside(answer, "ResultObject"), "BizCode")
        verdict = _VERDICTS.get(said) if outcome == "200" else None
        if verdict is None:
            _log.warning("the carrier's check says %s, %s", spoken.for_log(outcome), spoken.for_log(said))
            raise Refused(Problem.REALNAME_UNAVAILABLE)
        return verdict
