"""Paging seals that nobody has signed: a slot's strip counts only where the revision that filled it is a signature's.

A strip is the appearance of a button (see `slots`), not a signature: anybody can fill one with any picture. Whoever
looks at the page takes it for a seal all the same, so it is told.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pikepdf

from yunqian.engine import pages, reading
from yunqian.engine.coverage import History

_SLOT = re.compile(r"seam_[a-z]+_[1-9][0-9]{0,3}")
_MAX_STRIPS = 20_000
_SHORT_BYTES = 32  # the compression of nothing

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Strip:
    """A filled slot on one page: the child's object, and what it shows, to be compared with earlier revisions."""

    slot: str
    page: int | None
    objgen: tuple[int, int]
    shown: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """Every filled strip, and the revision that made it what it shows now."""

    strips: tuple[tuple[Strip, int], ...] = ()

    def pages(self, revision: int | None) -> frozenset[int]:
        """The pages on which this revision put a strip."""
        return frozenset(
            strip.page for strip, made_by in self.strips if made_by == revision and strip.page is not None
        )

    def doubtful(self, signed: Collection[int | None]) -> list[Words]:
        """What is to be said of slots with strips of a revision that no signature ends."""
        loose = sorted({strip.slot for strip, made_by in self.strips if made_by not in signed})
        return [
            (
                f"骑缝章“{slot}”不是由任何签名盖上的，不能确认。",
                f"The paging seal in “{slot}” was not put there by any signature; it cannot be confirmed.",
            )
            for slot in loose
        ]


def filled(pdf: pikepdf.Pdf) -> tuple[Strip, ...]:
    """Every child of a slot that shows something."""
    numbers: dict[tuple[int, int], int] = {}
    found = []
    for slot, child in _children(pdf):
        shown = _shown(child)
        if shown is None:
            continue
        numbers = numbers or {page.objgen: number for number, page in enumerate(pages.walk(pdf), start=1)}
        page = child.get("/P")
        place = numbers.get(page.objgen) if isinstance(page, pikepdf.Dictionary) else None
        found.append(Strip(slot, place, child.objgen, shown))
    return tuple(found)


def settled(strips: Sequence[Strip], history: History) -> Settled:
    """Which revision made each strip: going back from the last until it showed something else."""
    left = {strip.objgen: strip for strip in strips}
    made: list[tuple[Strip, int]] = []
    for number in range(len(history.ends), 0, -1):
        if not left:
            break
        before = _before(history, number, left)
        changed = [key for key, strip in left.items() if before.get(key) != strip.shown]
        made += [(left.pop(key), number) for key in changed]
    return Settled(tuple(made))


def _before(
    history: History, number: int, wanted: Collection[tuple[int, int]]
) -> dict[tuple[int, int], bytes | None]:
    """What these children showed in the revision before this one; nothing before the first."""
    if number == 1:
        return {}
    with reading.strictly(history.document[: history.ends[number - 2]]) as pdf:
        return {key: _shown(pdf.get_object(key)) for key in wanted}


def _children(pdf: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Object]]:
    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    count = 0
    for field in fields if isinstance(fields, pikepdf.Array) else ():
        if not isinstance(field, pikepdf.Dictionary) or not _SLOT.fullmatch(str(field.get("/T", ""))):
            continue
        kids = field.get("/Kids")
        for child in kids if isinstance(kids, pikepdf.Array) else ():
            count += 1
            if isinstance(child, pikepdf.Dictionary) and count <= _MAX_STRIPS:
                yield str(field.T), child


def _shown(child: pikepdf.Object) -> bytes | None:
    """The appearance as it stands, with the form it names, undecoded; None where it shows nothing."""
    appearance = child.get("/AP") if isinstance(child, pikepdf.Dictionary) else None
    drawn = appearance.get("/N") if isinstance(appearance, pikepdf.Dictionary) else None
    if isinstance(drawn, pikepdf.Stream):
        raw = drawn.read_raw_bytes()
        is_empty = len(raw) <= _SHORT_BYTES and not drawn.read_bytes().strip()
        return None if is_empty else drawn.unparse() + raw
    return None if drawn is None else drawn.unparse()
