"""What a signature forbids to those who come later: DocMDP, FieldMDP, field locks (ISO 32000-2 §12.7.5.5, §12.8.2).

Read from the revision that was signed, never from a later one. The rule that is stricter counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from yunqian.engine.changes.form import text
from yunqian.engine.changes.pair import Change, Difference
from yunqian.engine.changes.states import State
from yunqian.engine.changes.values import Reference, Value


class Level(IntEnum):
    """DocMDP's /P (table 257): what may still be changed."""

    NOTHING = 1
    FILLING = 2
    ANNOTATING = 3


_ALWAYS = {Change.EXTENSION, Change.TIMESTAMP}  # validation data and time stamps keep a signature verifiable
_OF_FIELDS = {Change.FORM, Change.SLOT, Change.SIGNATURE}


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Which fields may not change any more: All, Include the named ones, or all but Exclude (table 258)."""

    action: str
    names: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether a field is locked; naming a field names what is below it."""
        is_named = any(name == one or name.startswith(one + ".") for one in self.names)
        return {"/Include": is_named, "/Exclude": not is_named}.get(self.action, True)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one signature, and the certification it stands under, leave to later revisions."""

    level: Level | None = None
    locks: tuple[FieldLock, ...] = ()

    def violation(self, one: Difference) -> tuple[str, str] | None:
        """Why a difference is forbidden, in Chinese and English; None where it is not."""
        if self.level is Level.NOTHING and one.kind not in _ALWAYS:
            return "文件已被认证为不允许改动，但之后有改动", "certified against any change, and changed since"
        if self.level is Level.FILLING and (one.kind is Change.ANNOTATION or one.is_drawn_field):
            return (
                "文件已被认证为只允许填写和签名，之后却增加了别的内容",
                "certified for filling and signing only, and something else was added since",
            )
        locked = [name for name in one.fields if any(lock.holds(name) for lock in self.locks)]
        if locked and one.kind in _OF_FIELDS:
            names = ", ".join(locked[:8])
            return f"已锁定的表单域之后被改动：{names}", f"locked fields were changed since: {names}"
        return None

    def allows_annotations(self) -> bool:
        """Whether the signer left the document open to annotations."""
        return self.level is Level.ANNOTATING


def read(state: State, value: int, fields: Iterable[int]) -> Permissions:
    """The permissions of one signature: object number of its value (or of its field), and of its fields."""
    levels: list[Level] = []
    locks: list[FieldLock] = []
    signature = state.entries(Reference(value, _generation(state, value)))
    signature = (
        state.entries(signature["/V"]) if "/ByteRange" not in signature and "/V" in signature else signature
    )
    certification = state.entries(state.entries(state.root.get("/Perms")).get("/DocMDP"))
    for one in (signature, certification):
        for reference in state.listed(one.get("/Reference")):
            _read_reference(state, state.entries(reference), levels, locks)
    for number in fields:
        lock = state.entries(state.entries(Reference(number, _generation(state, number))).get("/Lock"))
        if lock:
            locks.append(_lock(state, lock))
            levels += _level(lock.get("/P"))
    return Permissions(min(levels, default=None), tuple(locks))


def _read_reference(
    state: State, reference: dict[str, Value], levels: list[Level], locks: list[FieldLock]
) -> None:
    parameters = state.entries(reference.get("/TransformParams"))
    match state.resolved(reference.get("/TransformMethod")):
        case "/DocMDP":
            levels += _level(state.resolved(parameters.get("/P", 2)))
        case "/FieldMDP":
            locks.append(_lock(state, parameters))


def _lock(state: State, entries: dict[str, Value]) -> FieldLock:
    action = state.resolved(entries.get("/Action"))
    names = (text(state.resolved(name)) for name in state.listed(entries.get("/Fields")))
    return FieldLock(action if isinstance(action, str) else "/All", tuple(names))


def _level(value: Value) -> list[Level]:
    """A level that the standard does not know forbids everything."""
    if value is None:
        return []
    known = isinstance(value, int) and value in {1, 2, 3}
    return [Level(value) if known and isinstance(value, int) else Level.NOTHING]


def _generation(state: State, number: int) -> int:
    place = state.place(number)
    return place.generation if place is not None and place.container is None else 0
