"""Word documents become PDF, in a process behind walls; what comes out is a stranger's PDF like any other."""

import functools

from yunqian.server.adapters.office.libreoffice import LibreOffice
from yunqian.server.adapters.office.port import Converted, Office

__all__ = ["Converted", "Office", "current", "is_office_document"]

_ARCHIVE, _COMPOUND = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")


@functools.cache
def current() -> Office:
    """The office program of this process."""
    return LibreOffice()


def is_office_document(document: bytes) -> bool:
    """Whether the first bytes are those of an office program's; what it is is found out behind the walls.

    Its name says nothing: LibreOffice takes a shell script named .docx for a text, and "converts" it.
    """
    is_archive = document.startswith(_ARCHIVE) and b"[Content_Types].xml" in document
    return is_archive or document.startswith(_COMPOUND)
