"""Paging seals that nobody has signed: a slot's strip counts only where the revision that filled it is a signature's.

A strip is the appearance of a button (see `slots`), not a signature: anybody can fill one with any picture. Whoever
looks at the page takes it for a seal all the same, so it is told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pikepdf

from yunqian.engine import reading
from yunqian.engine.coverage import History

_SLOT = re.compile(r"seam_[a-z]+_[1-9][0-9]{0,3}")
_MAX_STRIPS = 20_000

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Strip:
    """A filled slot on one page: the child's object, and what it shows, to be compared with earlier revisions."""

    slot: str
    objgen: tuple[int, int]
    shown: bytes


def filled(pdf: pikepdf.Pdf) -> tuple[Strip, ...]:
    """Every child of a slot that shows something."""
    return tuple(
        Strip(slot, child.objgen, shown)
        for slot, child in _children(pdf)
        if (shown := _shown(child)) is not None
    )


def doubtful(strips: Sequence[Strip], history: History, signed: Sequence[int | None]) -> list[Words]:
    """What is to be said of slots whose strips came in a revision that no signature ends."""
    loose = sorted({strip.slot for strip in strips if strip.objgen in _loose(strips, history, set(signed))})
    return [
        (
            f"骑缝章“{slot}”不是由任何签名盖上的，不能确认。",
            f"The paging seal in “{slot}” was not put there by any signature; it cannot be confirmed.",
        )
        for slot in loose
    ]


def _loose(strips: Sequence[Strip], history: History, signed: set[int | None]) -> set[tuple[int, int]]:
    """The strips whose last change lies in a revision that is no signature's, going back revision by revision."""
    unsettled = {strip.objgen: strip.shown for strip in strips}
    loose: set[tuple[int, int]] = set()
    for number in range(len(history.ends), 0, -1):
        if not unsettled:
            break
        before = _before(history, number, unsettled)
        changed = {key for key, shown in unsettled.items() if before.get(key) != shown}
        loose |= changed if number not in signed else set()
        unsettled = {key: shown for key, shown in unsettled.items() if key not in changed}
    return loose


def _before(
    history: History, number: int, wanted: dict[tuple[int, int], bytes]
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
    """The appearance as it stands, with the form it names; None where it shows nothing."""
    appearance = child.get("/AP") if isinstance(child, pikepdf.Dictionary) else None
    drawn = appearance.get("/N") if isinstance(appearance, pikepdf.Dictionary) else None
    if isinstance(drawn, pikepdf.Stream):
        painted = drawn.read_bytes()
        return drawn.unparse() + painted if painted.strip() else None
    return None if drawn is None else drawn.unparse()
