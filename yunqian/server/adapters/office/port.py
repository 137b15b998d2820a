"""What every office program promises."""

from dataclasses import dataclass, field
from typing import Protocol

from yunqian.engine.intake_remarks import Remark


@dataclass(frozen=True, slots=True)
class Converted:
    """A PDF as the office program wrote it, and what its person has to know; intake has yet to look at it."""

    document: bytes = field(repr=False)
    remarks: tuple[Remark, ...]


class Office(Protocol):
    """Turns Word documents into PDF."""

    def is_available(self) -> bool:
        """Whether Word documents are taken here at all."""
        ...

    def convert(self, document: bytes) -> Converted:
        """The document as PDF.

        Raises Refused(WORD_NOT_OFFERED) where there is no office program or no walls, Refused(DOCUMENT_NOT_PDF) for
        what is no Word document, Refused(DOCUMENT_ENCRYPTED, WORD_HAS_MACROS, WORD_UNPACKS_TOO_LARGE,
        WORD_NOT_CONVERTED), Refused(INTAKE_TIMEOUT) beyond the limits, Refused(PLATFORM_BUSY).
        """
        ...
