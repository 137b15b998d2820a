"""What a carrier's real-name check must be able to do (三要素核验)."""

from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """The carrier's plain answer; whatever else it says is a refusal."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_RECORD = "no_record"


class CarrierCheck(Protocol):
    """One provider."""

    @property
    def name(self) -> str:
        """Which provider this is, for the record."""

    def check(self, name: str, id_number: str, mobile: str) -> Verdict:
        """Whether the three belong together, by the carrier's own records.

        Raises Refused(REALNAME_UNAVAILABLE) for a time limit, an error, and everything that is not one of the three
        answers: not knowing is never a yes. Never called inside a transaction; nothing of the three may get into a
        log or an exception.
        """
