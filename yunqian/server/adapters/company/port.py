"""What a company register must be able to do."""

from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """The register's plain answer. NOT_ACTIVE: struck off or its licence withdrawn (注销, 吊销)."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_RECORD = "no_record"
    NOT_ACTIVE = "not_active"


class CompanyRegister(Protocol):
    """One provider."""

    @property
    def name(self) -> str:
        """Which provider this is, for the record."""

    def check(self, name: str, uscc: str, legal_representative: str) -> Verdict:
        """Whether name, unified social credit code and legal representative belong together, and the company lives.

        Raises Refused(REGISTER_UNAVAILABLE) for everything that is not one of the answers. Never called inside a
        transaction.
        """
