"""Two adjacent revisions side by side: what the later one touched, and what of it is understood."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from yunqian.engine.changes.states import Mentions, Store
from yunqian.engine.changes.values import Reference, Stream, Unsound, Value


class Change(StrEnum):
    """Kinds of later change, from harmless to grave."""

    EXTENSION = "extension"  # validation data, metadata
    STRUCTURE = "structure"  # the structure tree knows of new fields
    TIMESTAMP = "timestamp"  # a document time stamp
    SIGNATURE = "signature"  # a further signature with its widgets
    SLOT = "slot"  # an empty slot of a paging seal was filled
    FORM = "form"  # a form field was filled
    ANNOTATION = "annotation"  # something was put on a page
    UNDEFINED = "undefined"  # not understood: cannot be confirmed
    PAGE = "page"  # a page was changed, added or removed


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a revision changed, with the fields and pages (from 1) it concerns.

    `is_drawn_field` marks a new signature field that is seen, which a certified document does not take.
    `covers_seal` marks something that lies over the widget of an earlier signature. `zh` and `en` say what
    exactly, where the kind alone says too little.
    """

    kind: Change
    fields: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    is_drawn_field: bool = False
    covers_seal: bool = False
    zh: str = ""
    en: str = ""


@dataclass(slots=True)
class Field:
    """A form field or one of its widgets, as the form's tree shows it."""

    name: str
    kind: str
    flags: int
    parent: int | None  # the field whose value it shows, for a widget without a name of its own


@dataclass(frozen=True, slots=True)
class NewField:
    """A signature field that an update brought; `value` is its signature, `is_seen` whether it has an area."""

    name: str
    value: Reference | None
    kind: Change
    is_seen: bool


@dataclass(slots=True)
class Known:
    """What is where in the earlier revision; brought along from revision to revision."""

    pages: dict[int, int] = field(default_factory=dict)  # object number of a page → its number from 1
    nodes: set[int] = field(default_factory=set)  # the page tree above the pages
    annotation_arrays: dict[int, list[int]] = field(default_factory=dict)  # array → pages that use it
    fields: dict[int, Field] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    tree_nodes: set[int] = field(default_factory=set)  # the structure's parent tree: its own objects,
    tree_lists: set[int] = field(default_factory=set)  # the lists it holds,
    tree_leaves: dict[str, Value] = field(default_factory=dict)  # and what stands under each key


class Pair:
    """Two adjacent revisions, and what the later one touched."""

    def __init__(self, store: Store, mentions: Mentions, known: Known, revision: int) -> None:
        self.old, self.new = store.state(revision - 1), store.state(revision)
        self.mentions, self.known = mentions, known
        self.found: list[Difference] = []
        self.touched: dict[int, tuple[Value, Value]] = {}
        self.fresh: set[int] = set()
        self.new_widgets: dict[int, str] = {}
        self.widget_pages: dict[str, set[int]] = {}
        self.acts: list[list[NewField]] = []  # new signature fields, those with one value together
        self.covering: set[str] = set()  # new fields that lie over an earlier seal
        self.standing: list[tuple[int, tuple[float, float, float, float]]] | None = None  # seals, see `form`
        self.is_regular = True  # whether `known` can be brought along instead of read again
        self._store, self._places = store, store.layers[revision - 1].places

    def sort(self) -> None:
        """Tell what is new from what was overwritten; report what no honest update does."""
        if not self._is_whole():
            self.undefined(
                "有未登记或无法读取的对象", "an object that no section names, or that cannot be read"
            )
        size = self.new.trailer.get("/Size")
        if not isinstance(size, int) or max(self._places, default=0) >= size:
            self.undefined("对象编号超出文件声明的范围", "objects beyond the declared size")
        for number, place in self._places.items():
            before = self.old.place(number)
            if place.offset is None:
                if before is not None:
                    self.undefined("删除了原有对象", "objects were removed")
            elif number == 0:
                self.undefined("使用了保留的对象编号", "the reserved object number was used")
            elif before is None:
                self.fresh.add(number)
            elif place != before:
                self._sort_overwritten(number)
        if any(self.mentions.owners(number, self.old) for number in self.fresh):
            self.undefined("补上了原来缺失的对象", "objects that were referred to before they existed")

    def _is_whole(self) -> bool:
        """Whether all that the revision adds is named and can be read.

        What is not is shown nowhere, and still makes readers repair the document, each in its own way.
        """
        try:
            self._store.require_named(self.new.revision)
            for number, place in self._places.items():
                if place.offset is not None:
                    self.new.value(number)
        except Unsound:
            return False
        return True

    def _sort_overwritten(self, number: int) -> None:
        old, new = self.old.place(number), self.new.place(number)
        generations = [
            0 if place is None or place.container is not None else place.generation for place in (old, new)
        ]
        was, now = self.old.value(number), self.new.value(number)
        if generations[0] != generations[1] or _is_structural(was):
            self.undefined("改写了文件结构", "the document's own structure was rewritten")
        elif was != now:
            self.touched[number] = was, now

    def say(self, kind: Change, **details: object) -> None:
        """Report one difference."""
        self.found.append(Difference(kind, **details))  # type: ignore[arg-type]

    def undefined(self, zh: str, en: str) -> None:
        """Report what cannot be confirmed, with the reason."""
        self.say(Change.UNDEFINED, zh=zh, en=en)

    def explain(self, value: Value, *, only_by: Iterable[int] | None = None) -> bool:
        """Take a reference's target as understood; False where it is used elsewhere than `only_by` too."""
        if isinstance(value, Reference) and value.number in self.touched:
            if only_by is not None and not self.mentions.owners(value.number, self.old) <= set(only_by):
                return False
            del self.touched[value.number]
        return True

    def is_new(self, value: Value) -> bool:
        """Whether a value is direct, or refers to an object of this revision."""
        return not isinstance(value, Reference) or value.number in self.fresh

    def follows(self, old: Value, new: Value, *, only_by: Iterable[int] | None = None) -> bool:
        """Whether an entry may go from `old` to `new`: overwritten in place, or moved to a new object.

        A stream may not be overwritten: readers that repair might show the other one.
        """
        if isinstance(new, Reference) and new == old:
            touched = self.touched.get(new.number)
            if touched is not None and any(isinstance(one, Stream) for one in touched):
                return False
            return self.explain(new, only_by=only_by)
        return self.is_new(new)


def changed(old: dict[str, Value], new: dict[str, Value]) -> set[str]:
    """The keys whose entries differ as written."""
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def has_grown(old: list[Value], new: list[Value]) -> bool:
    """Whether a list only got more at its end."""
    return new[: len(old)] == old


def number_of(value: Value) -> int:
    """The object number of a reference. Raises Unsound for anything else."""
    if not isinstance(value, Reference):
        raise Unsound("a reference was expected")
    return value.number


def _is_structural(value: Value) -> bool:
    return isinstance(value, Stream) and value.entries.get("/Type") in {"/ObjStm", "/XRef"}
