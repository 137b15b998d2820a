"""A stand-in for the company register. Never in production."""

from pathlib import Path

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import sandbox
from yunqian.server.adapters.company.port import Verdict
from yunqian.server.adapters.outside import refuse_inside_a_transaction

MISMATCHED, UNKNOWN, STRUCK_OFF, SILENT = "不符", "查无", "注销", "超时"


class SandboxRegister:
    """It believes everybody but legal representatives whose names end in 不符, 查无, 注销 or 超时.

    Told `unavailable` it answers nobody.
    """

    name = "sandbox"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self, name: str, uscc: str, legal_representative: str) -> Verdict:
        """See CompanyRegister.check."""
        refuse_inside_a_transaction()
        if sandbox.mood(self._folder) == "unavailable" or legal_representative.endswith(SILENT):
            raise Refused(Problem.REGISTER_UNAVAILABLE)
        answers = {
            MISMATCHED: Verdict.MISMATCH,
            UNKNOWN: Verdict.NO_RECORD,
            STRUCK_OFF: Verdict.NOT_ACTIVE,
        }
        return next(
            (said for end, said in answers.items() if legal_representative.endswith(end)), Verdict.MATCH
        )
