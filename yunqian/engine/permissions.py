"""What an existing certification or lock lets the next signer do (ISO 32000-2 §12.8.2), asked in plain questions.

Where the standard leaves room, the stricter reading counts, so that every earlier signature stays valid for
every reader: once anybody has limited the changes (DocMDP), a new signature field may no longer be visible.
Empty fields that were there before may be filled, and so may the reserved slots of a paging seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf

from yunqian.engine import empty_fields, field_locks, pages
from yunqian.engine.empty_fields import EmptyField
from yunqian.engine.field_locks import Level, Lock, Scope
from yunqian.engine.marks import Box
from yunqian.problems import Problem, Refused

__all__ = ["EmptyField", "Level", "Lock", "Permissions", "Scope", "of"]


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the signatures of a document permit now.

    `level` is the strictest that any of them set, None where none did; `locks` are those of every signature.
    """

    level: Level | None
    locks: tuple[Lock, ...]
    is_signed: bool
    empty_fields: tuple[EmptyField, ...]
    signed_fields: tuple[str, ...] = ()

    def closing(self, *also: str) -> Lock:
        """The lock of a last signer: nothing may change any more, validation data and time stamps apart.

        It names the signature fields, and `also` the new one: a lock over reserved slots would make pyHanko
        refuse every later revision, validation data included (decision 24).
        """
        names = (*self.signed_fields, *(one.name for one in self.empty_fields), *also)
        return Lock(Scope.INCLUDE, tuple(dict.fromkeys(names)), Level.NOTHING)

    @property
    def may_sign(self) -> bool:
        """Whether any further signature is permitted at all."""
        return self.level is not Level.NOTHING

    @property
    def may_add_visible_fields(self) -> bool:
        """Whether a mark may stand anywhere, or only in `open_fields`."""
        return self.level is None

    @property
    def open_fields(self) -> tuple[EmptyField, ...]:
        """Empty signature fields that may be signed, as the panel offers them."""
        if not self.may_sign:
            return ()
        return tuple(one for one in self.empty_fields if not self.is_locked(one.name))

    def is_locked(self, field: str) -> bool:
        """Whether an earlier signature locked the field of this full name; a new field may be locked too."""
        return any(lock.covers(field) for lock in self.locks)

    def require_signing(self) -> None:
        """Raises Refused(DOCUMENT_CERTIFIED) where no change at all is permitted."""
        if not self.may_sign:
            raise Refused(Problem.DOCUMENT_CERTIFIED)

    def require_certifying(self) -> None:
        """Raises Refused(DOCUMENT_ALREADY_SIGNED): only the first signature may certify (§12.8.2.2)."""
        if self.is_signed:
            raise Refused(Problem.DOCUMENT_ALREADY_SIGNED)

    def field(self, name: str) -> EmptyField:
        """The empty signature field of this full name.

        Raises Refused(FIELD_LOCKED), or Refused(FIELD_NOT_FOUND) where there is none or somebody signed in it.
        """
        found = next((one for one in self.empty_fields if one.name == name), None)
        if found is None:
            raise Refused(Problem.FIELD_NOT_FOUND, field=name)
        if self.is_locked(name):
            raise Refused(Problem.FIELD_LOCKED, field=name)
        return found

    def field_around(self, page: int, box: Box) -> EmptyField:
        """The smallest open field that holds a box, for a document that takes no new visible field.

        Raises Refused(DOCUMENT_TAKES_NO_FIELD) where no field is left, or Refused(MARK_OUTSIDE_FIELD) naming
        those that are.
        """
        left = [one for one in self.open_fields if one.box is not None]
        if not left:
            raise Refused(Problem.DOCUMENT_TAKES_NO_FIELD)
        around = [one for one in left if one.holds(page, box)]
        if not around:
            raise Refused(Problem.MARK_OUTSIDE_FIELD, fields=", ".join(one.name for one in left))
        return min(around, key=lambda one: one.area_pt2)


def of(pdf: pikepdf.Pdf, shown: Sequence[pikepdf.Object] | None = None) -> Permissions:
    """Ask a document. `shown` are its pages where the caller has walked them already.

    Raises Refused(DOCUMENT_BROKEN) for a page tree that cannot be walked.
    """
    levels: list[Level] = []
    held: list[Lock] = []
    signed: list[str] = []
    for found in empty_fields.signature_fields(pdf):
        if found.value is None or found.value.get("/Type") == pikepdf.Name.DocTimeStamp:
            continue
        signed.append(found.name)
        level, asked = field_locks.of_signature(found.value)
        of_field = field_locks.read(found.field.get("/Lock"))
        levels += [one for one in (level, of_field.level if of_field else None) if one is not None]
        held += [one for one in asked if one not in held]
    certified = _certified(pdf)
    levels += [certified] if certified is not None else []
    waiting = empty_fields.of(pdf, pages.walk(pdf) if shown is None else shown)
    return Permissions(min(levels, default=None), tuple(held), bool(signed), waiting, tuple(signed))


def _certified(pdf: pikepdf.Pdf) -> Level | None:
    """The level of the certifying signature that /Perms names, wherever its field is; none said is 2."""
    permissions = pdf.Root.get("/Perms")
    if not isinstance(permissions, pikepdf.Dictionary) or "/DocMDP" not in permissions:
        return None
    value = permissions.DocMDP
    level = field_locks.of_signature(value)[0] if isinstance(value, pikepdf.Dictionary) else Level.NOTHING
    return Level.SIGNING if level is None else level
