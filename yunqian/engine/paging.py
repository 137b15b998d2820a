"""骑缝章: which part of one impression lies on which page, and where.

The parts are those that a pile of the sheets shows when it is fanned out face up: over the right and the bottom
edge the first page has the left or upper part, over the left and the top edge the last page has it. Together
the parts are the whole impression, without gap or overlap, in its true size.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice, pairwise

import pikepdf

from yunqian.engine import impression, slots
from yunqian.engine import pages as tree
from yunqian.engine.append import Update, opened
from yunqian.engine.geometry import POINTS_PER_MM, PageGeometry, VisibleBox, box_to_page, visible_size
from yunqian.engine.marks import Edge, Mark, PageChoice, PagingMark, Parity
from yunqian.engine.resources import Resources
from yunqian.engine.slots import reserve
from yunqian.engine.strips import Strip
from yunqian.problems import Problem, Refused

__all__ = [
    "MAX_FIELDS",
    "MAX_STRIPS",
    "MIN_SHARE",
    "chosen",
    "fill",
    "groups",
    "require_room",
    "reserve",
    "shares",
    "strips",
]

MAX_STRIPS = 20  # of one impression: a seal of 40 mm gives strips of 2 mm, narrower ones say nothing
MIN_SHARE = 0.01
MAX_FIELDS = 60  # strips as fields of their own: a reader lists, and checks, each as a signature


def strips(pages: Sequence[PageGeometry], mark: PagingMark) -> tuple[Strip, ...]:
    """Cut one impression per group of pages, one strip per page, touching `edge` of the *visible* page.

    Raises Refused(PAGING_NEEDS_TWO_PAGES), PAGE_NOT_FOUND, PAGING_CUT_WRONG for groups or shares that give no
    strips, or MARK_OUTSIDE_PAGE for a page that is shorter than the seal. Manual §5.3.
    """
    if not 0 <= mark.along <= 1:
        raise Refused(Problem.MARK_OUTSIDE_PAGE, page=1, mark="骑缝章")
    numbers = chosen(mark.pages, len(pages))
    found: list[Strip] = []
    alike: dict[tuple[object, ...], Strip] = {}
    for size in groups(len(numbers), mark.group_size):
        parts = _parts(shares(size, mark.first_share, mark.last_share), mark.edge)
        group = numbers[len(found) : len(found) + size]
        for number, part in zip(group, parts, strict=True):
            page = pages[number - 1]
            look = (page.shape, part)
            if look not in alike:
                alike[look] = _strip(page, mark, part)
            found.append(Strip(page, alike[look].box, alike[look].seal, mark.impression))
    return tuple(found)


def fill(
    update: Update,
    shown: Sequence[pikepdf.Object],
    marks: Sequence[Mark],
    *,
    resources: Resources,
    is_locked: Callable[[str], bool] = lambda _: False,
) -> list[Strip]:
    """Show every paging seal among the marks in the next empty slot of its edge.

    Returned are the strips of seals for which no slot is left or wide enough: each needs a signature field of
    its own (one widget, the same /V), which a document takes as long as its certification allows new fields.
    A slot is passed over where an earlier signature locked its fields (`is_locked`, by their full names).
    Raises what `strips` raises, or Refused(PAGING_NO_SLOT) for more of those than readers bear.
    """
    left: list[Strip] = []
    for mark, cut, slot in _allotted(update.pdf, shown, marks, is_locked):
        if slot is None:
            left += cut
        else:
            picture = resources.only_picture(impression.picture(mark.impression.png))
            slots.fill(update, slot, cut, picture)
    _require_bearable(left)
    return left


def require_room(document: bytes, acts: Sequence[Sequence[Mark]]) -> None:
    """Check that the paging seals of acts to come, one after another, all find a place, before a key is asked.

    Else the first key would have signed when the second is refused. Raises what `fill` raises.
    """
    pdf = opened(document)
    shown = tree.walk(pdf)
    found = _allotted(pdf, shown, [mark for marks in acts for mark in marks], lambda _: False)
    for marks in acts:
        count = sum(isinstance(mark, PagingMark) for mark in marks)
        _require_bearable([strip for _, cut, slot in islice(found, count) if slot is None for strip in cut])


def _allotted(
    pdf: pikepdf.Pdf,
    shown: Sequence[pikepdf.Object],
    marks: Sequence[Mark],
    is_locked: Callable[[str], bool],
) -> Iterator[tuple[PagingMark, tuple[Strip, ...], slots.Slot | None]]:
    """Every paging seal among the marks, its strips, and the slot that is its own, if there is one."""
    wanted = [mark for mark in marks if isinstance(mark, PagingMark)]
    if not wanted:
        return
    seen = tree.shapes(shown)
    empty = {
        edge: (
            slot
            for slot in slots.empty_slots(pdf, shown, seen, edge)
            if not any(is_locked(f"{slot.name}.p{page.number}") for page in seen)
        )
        for edge in Edge
    }
    for mark in wanted:
        cut = strips(seen, mark)
        yield mark, cut, next(empty[mark.edge], None) if slots.can_hold(cut, mark.edge) else None


def _require_bearable(left: Sequence[Strip]) -> None:
    if len(left) > MAX_FIELDS:
        raise Refused(Problem.PAGING_NO_SLOT, limit=MAX_FIELDS)


def chosen(choice: PageChoice, page_count: int) -> list[int]:
    """The numbers of the pages that a paging seal runs over; at least two.

    Raises Refused(PAGE_NOT_FOUND) for a first or last page that is not there, or PAGING_NEEDS_TWO_PAGES.
    """
    last = page_count if choice.last is None else choice.last
    for end in (choice.first, last):
        if not 1 <= end <= page_count:
            raise Refused(Problem.PAGE_NOT_FOUND, page=end)
    wanted = {Parity.ALL: (0, 1), Parity.ODD: (1,), Parity.EVEN: (0,)}[choice.parity]
    numbers = [
        number
        for number in range(choice.first, last + 1)
        if number % 2 in wanted and number not in choice.skipped
    ]
    if len(numbers) < 2:
        raise Refused(Problem.PAGING_NEEDS_TWO_PAGES)
    return numbers


def groups(page_count: int, group_size: int | None) -> list[int]:
    """How many pages each impression is cut over; never one alone, never more than MAX_STRIPS.

    Without `group_size` the groups are as few and as equal as can be. With it, every group has that size and
    the last what is left; a single page that is left gets a neighbour from the group before, or joins it.
    Raises Refused(PAGING_CUT_WRONG).
    """
    if group_size is None:
        count = -(-page_count // MAX_STRIPS)
        return [page_count // count + (place < page_count % count) for place in range(count)]
    if not 2 <= group_size <= MAX_STRIPS:
        raise Refused(Problem.PAGING_CUT_WRONG, limit=MAX_STRIPS)
    whole, left = divmod(page_count, group_size)
    sizes = [group_size] * whole + [left] * (left > 0)
    if sizes[-1] == 1 and len(sizes) > 1:
        sizes[-2:] = [group_size - 1, 2] if group_size > 2 else [group_size + 1]
    return sizes


def shares(count: int, first: float | None, last: float | None) -> tuple[float, ...]:
    """Which part of the impression each page of a group has; the sum is 1.

    On two pages a share of one decides the other's; two shares that do not make 1 together are taken as weights.
    Raises Refused(PAGING_CUT_WRONG) where a page would be left with less than a hundredth.
    """
    if count == 2 and first is not None and last is not None:
        first, last = first / ((first + last) or 1), None
    given = {place: share for place, share in ((0, first), (count - 1, last)) if share is not None}
    rest = (1 - sum(given.values())) / max(count - len(given), 1)
    found = tuple(given.get(place, rest) for place in range(count))
    if not all(share >= MIN_SHARE for share in found):
        raise Refused(Problem.PAGING_CUT_WRONG, limit=MAX_STRIPS)
    return found


def _parts(sizes: Sequence[float], edge: Edge) -> list[tuple[float, float]]:
    """From where to where each page's part reaches, 0 being the impression's left or upper side."""
    cuts = [0.0, *list(accumulate(sizes))[:-1], 1.0]
    if edge in (Edge.LEFT, Edge.TOP):
        return [(1 - end, 1 - start) for start, end in pairwise(cuts)]
    return list(pairwise(cuts))


def _strip(page: PageGeometry, mark: PagingMark, part: tuple[float, float]) -> Strip:
    """Where a part lies on a page, and the whole seal around it, partly beyond the edge."""
    across, down = visible_size(page, 1)
    width, height = (side * POINTS_PER_MM for side in (mark.impression.width_mm, mark.impression.height_mm))
    start, end = part
    upright = mark.edge.is_upright
    length, room = (height, down) if upright else (width, across)
    depth, space = ((end - start) * width, across) if upright else ((end - start) * height, down)
    if length > room or depth > space:
        raise Refused(Problem.MARK_OUTSIDE_PAGE, page=page.number, mark="骑缝章")
    place = min(max(mark.along * room - length / 2, 0), room - length)
    shown, whole = {
        Edge.RIGHT: ((across - depth, place), (across - end * width, place)),
        Edge.LEFT: ((0, place), (-start * width, place)),
        Edge.BOTTOM: ((place, down - depth), (place, down - end * height)),
        Edge.TOP: ((place, 0), (place, -start * height)),
    }[mark.edge]
    size = (depth, length) if upright else (length, depth)
    return Strip(
        page=page,
        box=box_to_page(page, VisibleBox(*shown, *size), 1),
        seal=box_to_page(page, VisibleBox(*whole, width, height), 1),
        impression=mark.impression,
    )
