"""The kinds of seals an organization and its people have, as data: shape, true sizes, whose they are.

The sizes are those that engravers offer and the police register: round seals of 38 to 45 mm (State Council
rule 国发〔1999〕25号 gives 45 mm as the most for enterprises and institutions), square name seals of 16 to
22 mm. A signature written by hand has a box instead of a shape.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from yunqian.problems import Problem, Refused

# What a measured or computed length may lie off and still be the size that was meant.
TOLERANCE_MM = 0.05


class SealKind(StrEnum):
    """What a seal is for. The values are stored and go over the wire."""

    OFFICIAL = "official"
    CONTRACT = "contract"
    FINANCE = "finance"
    LEGAL_REPRESENTATIVE = "legal_representative"
    SIGNATURE = "signature"
    NAME = "name"


class Shape(StrEnum):
    """The outline of an impression."""

    ROUND = "round"
    SQUARE = "square"
    FREE = "free"  # what a hand writes


class Holder(StrEnum):
    """In whose name a seal is applied."""

    ORGANIZATION = "organization"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Steps:
    """Only these lengths in millimetres."""

    lengths_mm: tuple[float, ...]

    def allow(self, length_mm: float) -> bool:
        return any(abs(length_mm - each) <= TOLERANCE_MM for each in self.lengths_mm)

    def __str__(self) -> str:
        return " / ".join(f"{each:g}" for each in self.lengths_mm)


@dataclass(frozen=True, slots=True)
class Span:
    """Every length in millimetres from the least to the most."""

    least_mm: float
    most_mm: float

    def allow(self, length_mm: float) -> bool:
        return self.least_mm - TOLERANCE_MM <= length_mm <= self.most_mm + TOLERANCE_MM

    def __str__(self) -> str:
        return f"{self.least_mm:g}–{self.most_mm:g}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is fixed for one kind of seal. `line` is its customary second line, written under the star."""

    zh: str
    en: str
    shape: Shape
    holder: Holder
    widths: Steps | Span
    heights: Steps | Span
    default_mm: tuple[float, float]
    must_show_star: bool = False
    line: str = ""

    @property
    def sizes(self) -> str:
        """The allowed sizes in millimetres, as a person reads them."""
        if self.shape is Shape.ROUND:
            return f"⌀ {self.widths}"
        return f"{self.widths} × {self.heights}"

    def allow(self, width_mm: float, height_mm: float) -> bool:
        """Whether an impression of this size may be one of this kind; round and square have equal sides."""
        is_even = self.shape is Shape.FREE or abs(width_mm - height_mm) <= TOLERANCE_MM
        return is_even and self.widths.allow(width_mm) and self.heights.allow(height_mm)


def _round(zh: str, en: str, *diameters_mm: float, line: str = "", default_mm: float, star: bool) -> Kind:
    steps = Steps(diameters_mm)
    size = (default_mm, default_mm)
    return Kind(zh, en, Shape.ROUND, Holder.ORGANIZATION, steps, steps, size, must_show_star=star, line=line)


def _square(zh: str, en: str, holder: Holder, span: Span, default_mm: float) -> Kind:
    return Kind(zh, en, Shape.SQUARE, holder, span, span, (default_mm, default_mm))


KINDS: dict[SealKind, Kind] = {
    # 42 mm for higher bodies, 45 mm for bodies of government.
    SealKind.OFFICIAL: _round("公章", "official seal", 40, 42, 45, default_mm=40, star=True),
    SealKind.CONTRACT: _round(
        "合同专用章", "contract seal", 38, 40, 42, line="合同专用章", default_mm=40, star=True
    ),
    SealKind.FINANCE: _round(
        "财务专用章", "finance seal", 38, 40, line="财务专用章", default_mm=38, star=False
    ),
    SealKind.LEGAL_REPRESENTATIVE: _square(
        "法人章", "legal representative's seal", Holder.ORGANIZATION, Span(18, 22), 20
    ),
    SealKind.SIGNATURE: Kind(
        "签名章", "signature", Shape.FREE, Holder.PERSON, Span(20, 60), Span(8, 30), (40, 16)
    ),
    SealKind.NAME: _square("个人名章", "personal name seal", Holder.PERSON, Span(16, 22), 18),
}


def check_size(kind: SealKind, width_mm: float, height_mm: float) -> None:
    """Refuse a size that no seal of this kind has.

    Raises Refused(SEAL_SIZE_WRONG_FOR_KIND) with the sizes that are right; NaN and infinity are wrong.
    """
    of = KINDS[kind]
    if not (math.isfinite(width_mm) and math.isfinite(height_mm) and of.allow(width_mm, height_mm)):
        raise Refused(Problem.SEAL_SIZE_WRONG_FOR_KIND, kind_zh=of.zh, kind_en=of.en, sizes=of.sizes)
