"""Tencent Cloud asks the carriers: PhoneVerification of FaceID, version 2018-03-01."""

import logging

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import spoken
from yunqian.server.adapters.realname.port import Verdict
from yunqian.server.adapters.tc3 import Operation, TencentCloud

_log = logging.getLogger(__name__)
_CHECK = Operation("faceid", "PhoneVerification", "2018-03-01")
_VERDICTS = {"0": Verdict.MATCH, "-4": Verdict.MISMATCH, "-9": Verdict.NO_RECORD}


class TencentCarrier:
    """See CarrierCheck. Busy (-11), too often (-12) and every other code is no answer."""

    name = "tencent"

    def __init__(self, cloud: TencentCloud) -> None:
        """`cloud` must refuse with REALNAME_UNAVAILABLE."""
        self._cloud = cloud

    def check(self, name: str, id_number: str, mobile: str) -> Verdict:
        """See CarrierCheck.check."""
        answer = self._cloud.ask(_CHECK, {"IdCard": id_number, "Name": name, "Phone": mobile})
        said = spoken.code(answer, "Result")
        verdict = None if "Error" in answer else _VERDICTS.get(said)
        if verdict is None:
            error = spoken.code(spoken.inside(answer, "Error"), "Code")
            _log.warning("the carrier's check says %s, %s", spoken.for_log(error), spoken.for_log(said))
            raise Refused(Problem.REALNAME_UNAVAILABLE)
        return verdict
