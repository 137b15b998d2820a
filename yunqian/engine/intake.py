"""Is this PDF acceptable, and what becomes of it before the first signature (reliability: ingest rules)."""

from dataclasses import dataclass, field

from yunqian.engine.geometry import PageGeometry


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost us."""

    max_bytes: int = 50 * 1024 * 1024
    max_pages: int = 2000


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the person should know; it does not stop the upload."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document as it will be signed: normalised once when it carried no signature, else byte for byte."""

    document: bytes = field(repr=False)
    pages: tuple[PageGeometry, ...]
    remarks: tuple[Remark, ...]
    signature_count: int
