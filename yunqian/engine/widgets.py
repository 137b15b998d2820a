"""Which marks share one widget: a seal and a date close to it are one annotation (house rule 12)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf

from yunqian.engine import pages, placing
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Box, Mark, PagingMark, PlacedMark, SealMark
from yunqian.problems import Problem, Refused

JOINS_SEAL_PT = 36.0


@dataclass(frozen=True, slots=True)
class Widget:
    """Marks that share one signature widget on one page."""

    page: PageGeometry
    box: Box
    marks: tuple[PlacedMark, ...]


def gathered(shown: Sequence[pikepdf.Object], marks: Sequence[Mark]) -> list[Widget]:
    """Check every mark but paging seals; a date or note goes into the widget of a seal close to it."""
    seen: dict[int, PageGeometry] = {}
    widgets: list[Widget] = []
    placed = [mark for mark in marks if not isinstance(mark, PagingMark)]
    for mark in sorted(placed, key=lambda mark: not isinstance(mark, SealMark)):
        page = seen.get(mark.page) or _page(shown, mark.page)
        seen[mark.page] = page
        placing.require(page, mark)
        close = None if isinstance(mark, SealMark) else _close_widget(widgets, mark)
        if close is None:
            widgets.append(Widget(page, mark.box, (mark,)))
        else:
            place = widgets.index(close)
            widgets[place] = Widget(page, close.box.union(mark.box), (*close.marks, mark))
    return widgets


def unseen(shown: Sequence[pikepdf.Object]) -> Widget:
    """The widget of a signature that shows nothing but its strips: on the first page, without size."""
    return Widget(_page(shown, 1), Box(0, 0, 0, 0), ())


def _close_widget(widgets: Sequence[Widget], mark: PlacedMark) -> Widget | None:
    """The nearest widget on the mark's page that is no further than half an inch away."""
    near = [widget for widget in widgets if widget.page.number == mark.page]
    nearest = min(near, key=lambda widget: widget.box.gap_pt(mark.box), default=None)
    return nearest if nearest and nearest.box.gap_pt(mark.box) <= JOINS_SEAL_PT else None


def _page(shown: Sequence[pikepdf.Object], page: int) -> PageGeometry:
    if not 1 <= page <= len(shown):
        raise Refused(Problem.PAGE_NOT_FOUND, page=page)
    return pages.geometry(shown[page - 1], page)
