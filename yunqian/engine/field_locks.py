"""What a signer asks of later revisions, read and written: a lock over fields, a level (ISO 32000-2 §12.8.2).

The same words stand in a field's /Lock, for whoever signs there, and in the signature's own /Reference.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import pikepdf

from yunqian.engine import signature_dictionary
from yunqian.engine.append import text_string

_MAX_NAMES = 10_000


class Level(IntEnum):
    """Which changes a certification or a lock still permits (table 257, /P)."""

    NOTHING = 1
    SIGNING = 2  # fill forms and sign
    ANNOTATIONS = 3  # that, and annotations


class Scope(StrEnum):
    """Which fields a lock is about (table 236, /Action)."""

    ALL = "All"
    INCLUDE = "Include"
    EXCLUDE = "Exclude"


@dataclass(frozen=True, slots=True)
class Lock:
    """Fields that nobody may change after a signature; `level` also limits the whole document from then on."""

    scope: Scope
    fields: tuple[str, ...] = ()
    level: Level | None = None

    def covers(self, field: str) -> bool:
        """Whether a field of this full name is locked; a name stands for all fields below it too."""
        is_named = any(field == name or field.startswith(f"{name}.") for name in self.fields)
        return self.scope is Scope.ALL or is_named == (self.scope is Scope.INCLUDE)

    @property
    def entries(self) -> bytes:
        """/Action and /Fields as written in both places."""
        action = b"/Action/%s" % self.scope.encode("ascii")
        if self.scope is Scope.ALL:
            return action
        return b"%s/Fields[%s]" % (action, b" ".join(map(text_string, self.fields)))

    @property
    def written(self) -> bytes:
        """The dictionary /Lock of a field (table 236)."""
        level = b"" if self.level is None else b"/P %d" % self.level
        return b"<</Type/SigFieldLock%s%s>>" % (self.entries, level)


def transforms(
    lock: Lock | None, certify: Level | None, *, held: Level | None, catalog: bytes, digest: str
) -> list[bytes]:
    """The signature's references: the level that it certifies or its lock sets, and the locked fields.

    A lock may only tighten what is `held` already (table 236, /P).
    """
    levels = [level for level in (certify, lock.level if lock else None) if level is not None]
    if levels and held is not None:
        levels.append(held)
    found = [signature_dictionary.doc_mdp(min(levels))] if levels else []
    if lock is not None:
        found.append(signature_dictionary.field_mdp(lock.entries, catalog, digest))
    return found


def read(thing: object) -> Lock | None:
    """A lock out of /Lock or of FieldMDP's parameters; what is there and not understood locks everything."""
    if thing is None:
        return None
    if not isinstance(thing, pikepdf.Dictionary):
        return Lock(Scope.ALL)
    level = _level(thing.get("/P")) if "/P" in thing else None
    try:
        scope = Scope(str(thing.get("/Action")).lstrip("/"))
    except ValueError:
        return Lock(Scope.ALL, level=level)
    listed = thing.get("/Fields")
    if scope is Scope.ALL or not isinstance(listed, pikepdf.Array) or len(listed) > _MAX_NAMES:
        return Lock(Scope.ALL, level=level)
    return Lock(scope, tuple(str(name) for name in listed), level)


def of_signature(value: pikepdf.Object) -> tuple[Level | None, list[Lock]]:
    """What a signature dictionary's /Reference asks: the level of DocMDP, and the locks of FieldMDP."""
    levels: list[Level] = []
    found: list[Lock] = []
    references = value.get("/Reference")
    for part in list(references) if isinstance(references, pikepdf.Array) else []:
        if not isinstance(part, pikepdf.Dictionary):
            continue
        parameters = part.get("/TransformParams")
        method = str(part.get("/TransformMethod", ""))
        if method == "/DocMDP":
            said = parameters.get("/P", 2) if isinstance(parameters, pikepdf.Dictionary) else 2
            levels.append(_level(said))
        elif method == "/FieldMDP":
            found.append(read(parameters) or Lock(Scope.ALL))
    return min(levels, default=None), found


def _level(said: object) -> Level:
    """The level of /P; a number that is none is taken for the strictest."""
    return Level(said) if isinstance(said, int) and said in {1, 2, 3} else Level.NOTHING
