"""A document as it is read on the screen: the sizes of its pages, and its pictures' widths."""

from pydantic import Field

from yunqian.wire.base import Message, Sha256Hex
from yunqian.wire.panel import PageBox


class DocumentPages(Message):
    """The pages of one revision. With it a page is laid out before anything of the document has come."""

    document_id: str
    name: str
    revision: int = Field(ge=0)
    sha256: Sha256Hex
    size_bytes: int
    pages: tuple[PageBox, ...]
