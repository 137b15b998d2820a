"""What an update did to the structure tree: it may learn of new fields, never forget or say otherwise (§14.7).

Nothing here draws: lists that grow get no streams, so that an array shared with something that does draw, such
as a page's /Contents, is not a way in.
"""

from yunqian.engine.changes.pair import Change, Known, Pair, changed, has_grown
from yunqian.engine.changes.states import State
from yunqian.engine.changes.values import Reference, Stream, Unsound, Value

_ROOT_KEYS = {"/K", "/ParentTree", "/ParentTreeNextKey", "/RoleMap", "/ClassMap", "/IDTree"}
_MAX_NODES = 500_000


def learn(known: Known, state: State) -> None:
    """Read the parent tree, a number tree (§7.9.7): its own objects, and what each key holds."""
    known.tree_nodes, known.tree_lists, known.tree_leaves = set(), set(), {}
    tree = state.entries(state.root.get("/StructTreeRoot")).get("/ParentTree")
    waiting: list[Value] = [tree]
    while waiting:
        node = waiting.pop()
        entries = state.entries(node)
        listed, kids = entries.get("/Nums"), entries.get("/Kids")
        parts = {one.number for one in (node, listed, kids) if isinstance(one, Reference)}
        if parts & known.tree_nodes or len(known.tree_nodes) > _MAX_NODES:
            raise Unsound("a parent tree with a loop")
        known.tree_nodes |= parts
        pairs = state.listed(listed)
        known.tree_leaves.update(zip(map(repr, pairs[::2]), pairs[1::2], strict=False))
        waiting += state.listed(kids)
    held = (one for one in known.tree_leaves.values() if isinstance(one, Reference))
    known.tree_lists = {one.number for one in held if isinstance(state.resolved(one), list)}


def judge(pair: Pair) -> None:
    """The structure tree's root, its elements, and its parent tree."""
    root = pair.old.root.get("/StructTreeRoot")
    if pair.new.root.get("/StructTreeRoot") != root:
        pair.undefined("换了另一个结构树", "another structure tree")
        return
    if not isinstance(root, Reference):
        return
    before = len(pair.touched)
    checks = [_root_has_grown(pair, root), _parents_have_grown(pair, root), _elements_have_grown(pair)]
    if not all(checks):
        pair.undefined("改动了结构树原有的内容", "the structure tree was changed, not only extended")
    elif len(pair.touched) != before:
        pair.say(Change.STRUCTURE)


def _root_has_grown(pair: Pair, root: Reference) -> bool:
    if root.number not in pair.touched:
        return True
    old, new = pair.touched.pop(root.number)
    if not isinstance(old, dict) or not isinstance(new, dict) or changed(old, new) - _ROOT_KEYS:
        return False
    before, after = old.get("/ParentTreeNextKey", 0), new.get("/ParentTreeNextKey", 0)
    if not isinstance(before, int) or not isinstance(after, int) or before > after:
        return False
    if old.get("/IDTree") not in (None, new.get("/IDTree")):
        return False
    maps = all(_map_has_grown(pair, old.get(key), new.get(key)) for key in ("/RoleMap", "/ClassMap"))
    return maps and _kids_have_grown(pair, old.get("/K"), new.get("/K"))


def _map_has_grown(pair: Pair, old: Value, new: Value) -> bool:
    return old == new or (
        pair.old.entries(old).items() <= pair.new.entries(new).items() and pair.follows(old, new)
    )


def _parents_have_grown(pair: Pair, root: Reference) -> bool:
    """Every earlier key of the parent tree holds what it held; lists of a page's parents may get longer."""
    known = pair.known
    own = (known.tree_nodes | known.tree_lists) & pair.touched.keys()
    trees = [state.entries(root).get("/ParentTree") for state in (pair.old, pair.new)]
    if trees[0] == trees[1] and not own:
        return True
    leaves = known.tree_leaves
    if any(isinstance(pair.touched[number][1], Stream) for number in own):
        return False
    for number in own:
        del pair.touched[number]
    learn(known, pair.new)
    return all(_has_grown(pair, value, known.tree_leaves.get(key)) for key, value in leaves.items())


def _has_grown(pair: Pair, old: Value, new: Value) -> bool:
    before, after = pair.old.resolved(old), pair.new.resolved(new)
    if isinstance(before, list) and isinstance(after, list):
        return has_grown(before, after) and not _draw(pair, after[len(before) :])
    return old == new


def _elements_have_grown(pair: Pair) -> bool:
    """Elements may get more kids, in their own list or in one that stands apart."""
    fine = True
    for number, (old, new) in list(pair.touched.items()):
        if isinstance(old, dict) and _is_element(old):
            pair.touched.pop(number, None)
            fine = fine and isinstance(new, dict) and changed(old, new) <= {"/K"}
            fine = fine and _kids_have_grown(
                pair, old.get("/K"), pair.new.entries(Reference(number, 0)).get("/K")
            )
        elif (
            isinstance(old, list)
            and isinstance(new, list)
            and number in pair.touched
            and _is_of_elements(pair, number)
        ):
            del pair.touched[number]
            fine = fine and has_grown(old, new) and not _draw(pair, new[len(old) :])
    return fine


def _is_element(entries: dict[str, Value]) -> bool:
    is_named = entries.get("/Type", "/StructElem") == "/StructElem" and isinstance(entries.get("/S"), str)
    return is_named and "/P" in entries and "/Subtype" not in entries


def _is_of_elements(pair: Pair, number: int) -> bool:
    owners = pair.mentions.owners(number, pair.old)
    return bool(owners) and all(_is_element(pair.old.entries(Reference(one, 0))) for one in owners)


def _kids_have_grown(pair: Pair, old: Value, new: Value) -> bool:
    before, after = _kids(pair.old, old), _kids(pair.new, new)
    if isinstance(new, Reference) and new == old and isinstance(pair.old.resolved(old), list):
        pair.touched.pop(new.number, None)
    more = after[len(before) :]
    return has_grown(before, after) and not _draw(pair, more) and all(map(_is_kid, more))


def _is_kid(value: Value) -> bool:
    """An element, a content item or its number (table 355); a flag would be the /K of a transparency group."""
    return isinstance(value, Reference | dict | int)


def _kids(state: State, value: Value) -> list[Value]:
    """An element's kids: one, or a list of them."""
    listed = state.resolved(value)
    if isinstance(listed, list):
        return listed
    return [] if value is None else [value]


def _draw(pair: Pair, values: list[Value]) -> bool:
    return any(isinstance(pair.new.resolved(one), Stream) for one in values)
