"""What one revision changed in the one before it, in time proportional to the update.

Whitelist: every overwritten object has to be explained by one of the rooms beside this one; what is left is
climbed up to where it is used, to say at least what it is part of.
"""

from yunqian.engine.changes import form, pages, structure, validation
from yunqian.engine.changes.pair import Change, Difference, Known, Pair
from yunqian.engine.changes.states import Mentions, State, Store
from yunqian.engine.changes.values import Stream, Unsound, Value

_MOST_CLIMBED = 2_000
_UNREADABLE = Difference(Change.UNDEFINED, zh="改动无法可靠地读取", en="the change cannot be read reliably")


class Comparisons:
    """The differences of one document's revisions, each worked out once, in order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[int, tuple[Difference, ...]] = {}
        self._known: tuple[int, Known] | None = None
        self._mentions: tuple[int, Mentions] | None = None

    def made_by(self, revision: int) -> tuple[Difference, ...]:
        """What revision `revision` (from 2) changed. Never raises: what cannot be compared is UNDEFINED."""
        if revision not in self._made:
            try:
                self._made[revision] = tuple(self._compared(revision))
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
                self._known = None
                self._made[revision] = (_UNREADABLE,)
        return self._made[revision]

    def known_at(self, revision: int) -> Known:
        """What is where in a revision. Raises Unsound."""
        if self._known is None or self._known[0] != revision:
            self._known = revision, learned(self._store.state(revision))
        return self._known[1]

    def _compared(self, revision: int) -> list[Difference]:
        known, mentions = self.known_at(revision - 1), self._mentioned(revision - 1)
        pair = Pair(self._store, mentions, known, revision)
        judge(pair)
        mentions.extend(revision)
        self._mentions = revision, mentions
        self._known = (revision, known) if pair.is_regular else None
        return pair.found

    def _mentioned(self, revision: int) -> Mentions:
        """Bringing along what was said costs little; only going back starts again."""
        if self._mentions is None or self._mentions[0] > revision:
            self._mentions = revision, Mentions(self._store, revision)
        at, mentions = self._mentions
        for number in range(at + 1, revision + 1):
            mentions.extend(number)
        self._mentions = revision, mentions
        return mentions


def learned(state: State) -> Known:
    """What is where in a state. Raises Unsound."""
    known = Known()
    pages.learn(known, state)
    form.learn(known, state)
    structure.learn(known, state)
    return known


def judge(pair: Pair) -> None:
    """Let every room explain its part, then say what is left. Raises Unsound."""
    pair.sort()
    validation.judge(pair)
    form.judge(pair)
    pages.judge(pair)
    form.tell_acts(pair)
    structure.judge(pair)
    pages.judge_annotations(pair)
    _judge_rest(pair)
    if any(one.kind in {Change.UNDEFINED, Change.PAGE} for one in pair.found):
        pair.is_regular = False


def _judge_rest(pair: Pair) -> None:
    """What no room explained: part of a page, of a field, of an annotation, or of nothing known."""
    filled: list[int] = []
    for number, (old, new) in pair.touched.items():
        uses = _uses(pair, number)
        if uses.pages:
            zh, en = "页面的内容或资源被替换", "what a page shows was replaced"
            pair.say(Change.PAGE, pages=tuple(sorted(uses.pages)), zh=zh, en=en)
        elif uses.is_elsewhere or not (uses.fields or uses.annotations):
            pair.undefined("有用途不明的改动", "an object of unknown use was changed")
        elif uses.annotations:
            pair.say(Change.ANNOTATION, zh="改动了批注", en="annotations were changed")
        elif _is_repainted(pair, old, new, uses.fields):
            filled += uses.fields
        else:
            zh = "替换了已有签名或印章的外观"
            pair.undefined(zh, "the appearance of an earlier signature or seal was replaced")
    if filled:
        names = dict.fromkeys(pair.known.fields[one].name for one in filled)
        covers = any(form.lies_over_seal(pair, one) for one in filled)
        pair.say(Change.FORM, fields=tuple(names), covers_seal=covers)


def _is_repainted(pair: Pair, old: Value, new: Value, fields: set[int]) -> bool:
    """Whether only fields that are filled just now show what was overwritten."""
    is_alike = isinstance(old, Stream | dict) and type(old) is type(new)
    return is_alike and all(form.can_be_repainted(pair, one) for one in fields)


class _Uses:
    """In what an object is used, however indirectly."""

    def __init__(self) -> None:
        self.pages: set[int] = set()
        self.fields: set[int] = set()
        self.annotations: set[int] = set()
        self.is_elsewhere = False


def _uses(pair: Pair, number: int) -> _Uses:
    found, seen, waiting = _Uses(), {number}, [number]
    while waiting:
        for owner in pair.mentions.owners(waiting.pop(), pair.old) - seen:
            seen.add(owner)
            entries = pair.old.value(owner)
            if owner in pair.known.pages:
                found.pages.add(pair.known.pages[owner])
            elif owner in pair.known.nodes:
                found.pages.update(pair.known.pages.values())
            elif owner in pair.known.fields:
                found.fields.add(owner)
            elif isinstance(entries, dict) and {"/Subtype", "/Rect"} <= entries.keys():
                found.annotations.add(owner)
            elif owner == _root(pair) or len(seen) > _MOST_CLIMBED:
                found.is_elsewhere = True
            else:
                waiting.append(owner)
    return found


def _root(pair: Pair) -> int:
    root = pair.old.trailer.get("/Root")
    if not isinstance(root, tuple):
        raise Unsound("a document without catalog")
    return root.number
