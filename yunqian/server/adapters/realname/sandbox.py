"""A stand-in for the carrier: it believes everybody but those it was told not to. Never in production."""

from pathlib import Path

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import sandbox
from yunqian.server.adapters.outside import refuse_inside_a_transaction
from yunqian.server.adapters.realname.port import Verdict

MISMATCHED, UNKNOWN, SILENT = "0000", "9999", "5555"


class SandboxCarrier:
    """Numbers that end in 0000 belong to somebody else, 9999 are unknown, 5555 get no answer.

    Told `unavailable` it answers nobody; told `mismatch` it believes nobody.
    """

    name = "sandbox"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self, name: str, id_number: str, mobile: str) -> Verdict:
        """See CarrierCheck.check."""
        refuse_inside_a_transaction()
        mood = sandbox.mood(self._folder)
        if mood == "unavailable" or mobile.endswith(SILENT):
            raise Refused(Problem.REALNAME_UNAVAILABLE)
        if mood == "mismatch" or mobile.endswith(MISMATCHED):
            return Verdict.MISMATCH
        return Verdict.NO_RECORD if mobile.endswith(UNKNOWN) else Verdict.MATCH
