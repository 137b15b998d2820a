"""Searching a list: by parts of names, the initiator, the time of making and the state, all of it together.

A search goes through the list in its own order, newest first, in up to three stretches that meet without a gap:

1. the newest thousand lines one by one, which answers for words that many names have;
2. the inverted index, asked by the database's function `search_found` past the row policies, which answers for words
   that few names have: it names envelopes of this list alone, and they are read under the policies;
3. the lines that are left one by one, where the index named more than it may at once.

Every stretch decides by the very same conditions, so a page never depends on which of them found a line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from yunqian.rules.lifecycle import EnvelopeState
from yunqian.server.queries import cursors
from yunqian.server.queries.cursors import Position
from yunqian.server.records.models import Envelope

WINDOW = 1000
"""Lines looked at one by one before the index is asked: a word in one of fifty names fills a page from them."""
NAMED = 200
"""How many envelopes the index names at once; the least of them are not found by the words after all."""
COMPARED = 50
"""How many of those are read and compared at once: most searches need no more of them."""
_OFF = ("sort", "incremental_sort", "bitmapscan", "seqscan", "hashjoin", "mergejoin")
_MOST_GRAMS = 24  # of a long text; its every part is compared afterwards


@dataclass(frozen=True)
class Search:
    """What is looked for. `text` are words, each a part of the title or of a document's name."""

    text: str = ""
    initiator: str = ""
    since_at: datetime | None = None
    until_at: datetime | None = None
    state: EnvelopeState | None = None


@dataclass(frozen=True)
class Words:
    """The words of a search as the database compares them, and the names of the initiator likewise."""

    text: tuple[str, ...]
    initiator: tuple[str, ...]

    @property
    def marks(self) -> list[str]:
        """What the inverted index knows an envelope by that has all of the words."""
        return _grams(self.text) + _grams(self.initiator, tag="~~")


@dataclass(frozen=True)
class Lines:
    """A list before it is searched: its rows, the columns that order it, and whether it is 我发起的."""

    rows: QuerySet[Envelope]
    at: str
    identifier: str
    is_kept: bool

    def within(self, search: Search) -> "Lines":
        """Those made in the time that is meant, the end of it apart; of one's own, those in the state that is meant.

        Both stand in the indexes. That one is over time does not, and is compared line by line.
        """
        rows = self.rows
        if self.is_kept and search.state not in (None, EnvelopeState.EXPIRED):
            rows = rows.filter(_standing(search.state))
        if search.since_at:
            rows = rows.filter((f"{self.at}__gte", search.since_at))
        if search.until_at:
            rows = rows.filter((f"{self.at}__lt", search.until_at))
        return Lines(rows, self.at, self.identifier, self.is_kept)

    def after(self, position: Position | None) -> QuerySet[Envelope]:
        """The lines that follow a position, newest first."""
        rows = cursors.following(self.rows, position, at=self.at, identifier=self.identifier)
        return rows.order_by(f"-{self.at}", f"-{self.identifier}")

    def positions(self, rows: QuerySet[Envelope]) -> "QuerySet[Envelope, Position]":
        """Where rows stand in the list, without reading more of them."""
        return rows.values_list(self.at, "id")


def words(search: Search) -> Words:
    """The words of a search, compared as names are: width, case and invisible signs make no difference."""
    if not search.text and not search.initiator:
        return Words((), ())
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_plain(%s), search_plain(%s)", [search.text, search.initiator])
        text, initiator = cursor.fetchone()
    return Words(
        tuple(dict.fromkeys(text.split(" "))) if text else (),
        tuple(initiator.split(" ")) if initiator else (),
    )


def meant(rows: QuerySet[Envelope], search: Search, found: Words) -> QuerySet[Envelope]:
    """The rows that a search means, whatever their time."""
    for word in found.text:
        rows = rows.filter(searched__contains=word)
    for word in found.initiator:
        rows = rows.filter(searched_initiator__contains=word)
    return rows.filter(_standing(search.state)) if search.state else rows


def page(
    lines: Lines, search: Search, compared: Words, position: Position | None, *, limit: int
) -> list[Position]:
    """Where the first `limit` lines after `position` stand that a search means; `compared` are its words."""
    found: list[Position] = []
    _walk_by_index()
    for stretch in _stretches(lines.within(search), search, compared, position):
        found.extend(stretch[: limit - len(found)])
        if len(found) == limit:
            break
    return found


def _walk_by_index() -> None:
    """For the rest of the transaction, take rows as the index of a list orders them, and stop when there are enough.

    Of a condition that a policy keeps from the statistics the planner knows nothing. Left alone it expects few lines,
    reads all of an organization's at once and sorts them: half a second in place of two milliseconds.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(name, 'off', true) FROM unnest(%s::text[]) AS name "
            "UNION ALL SELECT set_config('max_parallel_workers_per_gather', '0', true)",
            [[f"enable_{one}" for one in _OFF]],
        )


def _stretches(
    lines: Lines, search: Search, compared: Words, position: Position | None
) -> Iterator["Sequence[Position] | QuerySet[Envelope, Position]"]:
    """What is meant, in parts that follow one another in the order of the list."""
    marks = compared.marks + _state_marks(search)
    if not compared.marks and (lines.is_kept or not marks):
        yield lines.positions(meant(lines.after(position), search, compared))
        return
    edge = lines.positions(lines.after(position))[WINDOW - 1 : WINDOW].first()
    newest = lines.after(position)
    if edge:
        newest = newest.filter((f"{lines.at}__gte", edge[0]))
        newest = newest.filter(Q((f"{lines.at}__gt", edge[0])) | Q((f"{lines.identifier}__gte", edge[1])))
    yield lines.positions(meant(newest, search, compared))
    if not edge:
        return
    named = _named(marks, lines.is_kept, search, edge)
    for begin in range(0, len(named), COMPARED):
        ids = [identifier for _, identifier in named[begin : begin + COMPARED]]
        yield sorted(lines.positions(meant(lines.rows.filter(id__in=ids), search, compared)), reverse=True)
    if len(named) == NAMED:
        yield lines.positions(meant(lines.after(named[-1]), search, compared))


def _named(marks: Sequence[str], is_kept: bool, search: Search, edge: Position) -> list[Position]:
    """Envelopes after `edge` that have all the marks, of the list of whom the scope names, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at, id FROM search_found(%s, %s, %s, %s, %s, %s, %s) ORDER BY at DESC, id DESC",
            [is_kept, list(marks), search.since_at, search.until_at, *edge, NAMED],
        )
        return [(at, identifier) for at, identifier in cursor.fetchall()]


def _state_marks(search: Search) -> list[str]:
    """The state as a mark; that one is over time is told by none."""
    return [f"#{search.state}"] if search.state not in (None, EnvelopeState.EXPIRED) else []


def _standing(state: EnvelopeState) -> Q:
    """The condition "it stands like this now", as rules.deadlines decides."""
    is_over = Q(deadline_at__lt=timezone.now())
    if state is EnvelopeState.OPEN:
        return Q(state=state) & (Q(deadline_at=None) | ~is_over)
    if state is EnvelopeState.EXPIRED:
        return Q(state=state) | (Q(state=EnvelopeState.OPEN) & is_over)
    return Q(state=state)


def _grams(found: Sequence[str], *, tag: str = "") -> list[str]:
    """The pairs of neighbours of words, or the one character that a word has, evenly taken where they are many."""
    grams = [word[at : at + 2] for word in found for at in range(max(1, len(word) - 1))]
    step = -(-len(grams) // _MOST_GRAMS) or 1
    return [f"{tag}{gram}" for gram in dict.fromkeys(grams[::step])]


def in_order(rows: Sequence[Envelope], positions: Sequence[Position]) -> list[Envelope]:
    """The rows as their positions stand."""
    by_id: dict[UUID, Envelope] = {row.id: row for row in rows}
    return [by_id[identifier] for _, identifier in positions if identifier in by_id]
