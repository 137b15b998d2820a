"""Where the marks of one act go: into fields of their own, or into empty ones that the document has already."""

from collections.abc import Sequence
from dataclasses import dataclass

from yunqian.engine.empty_fields import EmptyField
from yunqian.engine.field_locks import Lock
from yunqian.engine.permissions import Permissions
from yunqian.engine.widgets import Widget
from yunqian.problems import Problem, Refused


@dataclass(frozen=True, slots=True)
class Filled:
    """An existing field to be signed in, and what it shows from then on; None: what it shows already."""

    field: EmptyField
    widget: Widget | None


@dataclass(frozen=True, slots=True)
class Allotment:
    """The widgets that need a new field each, and the existing fields to fill."""

    fresh: tuple[Widget, ...]
    filled: tuple[Filled, ...]

    def lock(self, wanted: Lock | None) -> Lock | None:
        """What this signature locks: what its signer wants, or else what the field that he signs in says.

        Raises Refused(FIELD_DEMANDS_MORE) where two locks differ: a signature has one (ISO 32000-2 §12.8.2.4).
        """
        asked = {one.field.lock: one.field.name for one in self.filled if one.field.lock is not None}
        for lock, name in asked.items():
            if wanted is not None and lock != wanted:
                raise Refused(Problem.FIELD_DEMANDS_MORE, field=name, demand="Lock")
            wanted = lock
        return wanted


def allot(permitted: Permissions, gathered: Sequence[Widget], *, into: str | None) -> Allotment:
    """Give every widget its place. `into` names an empty field that has to be signed, whatever else is.

    Marks that lie within that field become its appearance. Once the document takes no new visible field, all
    others go into the open fields around them. Raises Refused(DOCUMENT_CERTIFIED, FIELD_NOT_FOUND,
    FIELD_LOCKED, MARK_OUTSIDE_FIELD, DOCUMENT_TAKES_NO_FIELD).
    """
    permitted.require_signing()
    placed: dict[EmptyField, list[Widget]] = {}
    if into is not None:
        wanted = permitted.field(into)
        placed[wanted] = [one for one in gathered if wanted.holds(one.page.number, one.box)]
        if gathered and not placed[wanted]:
            raise Refused(Problem.MARK_OUTSIDE_FIELD, fields=into)
    settled = [one for widgets in placed.values() for one in widgets]
    fresh = [one for one in gathered if one not in settled]
    if not permitted.may_add_visible_fields:
        for one in fresh:
            placed.setdefault(permitted.field_around(one.page.number, one.box), []).append(one)
        fresh = []
    return Allotment(tuple(fresh), tuple(_filled(field, widgets) for field, widgets in placed.items()))


def _filled(field: EmptyField, widgets: Sequence[Widget]) -> Filled:
    """One appearance as large as the field, with all the marks in it."""
    if not widgets or field.box is None:
        return Filled(field, None)
    marks = tuple(mark for one in widgets for mark in one.marks)
    return Filled(field, Widget(widgets[0].page, field.box, marks))
