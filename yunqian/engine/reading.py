"""Opening a document with qpdf as it stands: nothing repaired, nothing moved, unless it is asked for."""

import io

import pikepdf


def strictly(document: bytes) -> pikepdf.Pdf:
    """Open without any repair. Raises pikepdf's errors.

    Attributes that pages inherit stay where they are: pikepdf would by default push them down into the pages,
    and a page written out afterwards would differ from the signed one in more than was changed.
    """
    return pikepdf.open(
        io.BytesIO(document), attempt_recovery=False, suppress_warnings=True, inherit_page_attributes=False
    )


def leniently(document: bytes) -> pikepdf.Pdf:
    """Open with whatever qpdf can rebuild; only for what nobody has signed, or will call confirmed."""
    return pikepdf.open(io.BytesIO(document), suppress_warnings=True, inherit_page_attributes=False)
