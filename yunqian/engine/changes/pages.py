"""What an update did to pages and to what is put on them (ISO 32000-2 §7.7.3, §12.5)."""

from yunqian.engine.changes.pair import Change, Known, Pair, changed, has_grown
from yunqian.engine.changes.states import State
from yunqian.engine.changes.values import Reference, Unsound, Value

_MAX_NODES = 200_000
_STRUCTURE_KEYS = {"/Tabs", "/StructParents"}
_UNSEEN_KEYS = {"/PieceInfo", "/LastModified", "/Metadata", "/AA"}

Rectangle = tuple[float, float, float, float]


def learn(known: Known, state: State) -> None:
    """Read the page tree: which object is which page, which array holds annotations. Raises Unsound."""
    waiting = [state.root.get("/Pages")]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Reference) or node.number in known.nodes or node.number in known.pages:
            raise Unsound("a page tree with a loop or a direct node")
        entries = state.entries(node)
        if "/Kids" in entries:
            known.nodes.add(node.number)
            waiting += reversed(state.listed(entries["/Kids"]))
        else:
            known.pages[node.number] = len(known.pages) + 1
            _learn_annotations(known, node.number, entries)
        if len(known.nodes) + len(known.pages) > _MAX_NODES:
            raise Unsound("a page tree without end")


def _learn_annotations(known: Known, page: int, entries: dict[str, Value]) -> None:
    array = entries.get("/Annots")
    if isinstance(array, Reference):
        pages = known.annotation_arrays.setdefault(array.number, [])
        if page not in pages:
            pages.append(page)


def judge(pair: Pair) -> None:
    """Pages and annotation arrays that were touched."""
    known = pair.known
    tree = pair.touched.keys() & known.nodes
    if tree or pair.old.root.get("/Pages") != pair.new.root.get("/Pages"):
        pair.say(Change.PAGE, zh="增加、删除或移动了页面", en="pages were added, removed or moved")
        pair.is_regular = False
        for number in tree:
            del pair.touched[number]
    concerned = set(pair.touched.keys() & known.pages.keys())
    for array in pair.touched.keys() & known.annotation_arrays.keys():
        concerned.update(known.annotation_arrays[array])
    for page in sorted(concerned, key=known.pages.__getitem__):
        _judge_page(pair, page)


def _judge_page(pair: Pair, page: int) -> None:
    number = (pair.known.pages[page],)
    old, new = pair.old.value(page), pair.new.value(page)
    pair.touched.pop(page, None)
    if not isinstance(old, dict) or not isinstance(new, dict):
        pair.say(Change.PAGE, pages=number)
        return
    keys = changed(old, new) - {"/Annots"}
    if keys & _STRUCTURE_KEYS and not keys & _STRUCTURE_KEYS & old.keys():
        pair.say(Change.STRUCTURE)
        keys -= _STRUCTURE_KEYS
    if keys and keys <= _UNSEEN_KEYS:
        pair.undefined("改动了页面的附加资料", "a page's own data was changed")
    elif keys:
        pair.say(Change.PAGE, pages=number)
    _judge_annotations(pair, page, old.get("/Annots"), new.get("/Annots"))
    _learn_annotations(pair.known, page, new)


def _judge_annotations(pair: Pair, page: int, old: Value, new: Value) -> None:
    """Old ones stay, in order; new ones are widgets of new signature fields, or something put on the page."""
    before, after = pair.old.listed(old), pair.new.listed(new)
    pair.explain(old)
    pair.explain(new)
    number = (pair.known.pages[page],)
    gone = [one for one in before if one not in after]
    if any(isinstance(one, Reference) and one.number in pair.known.fields for one in gone):
        pair.undefined("页面上的表单域被移除", "a field was taken off its page")
    elif gone or not has_grown(before, after):
        pair.say(
            Change.ANNOTATION, pages=number, zh="移除或调换了批注", en="annotations were removed or reordered"
        )
    seals = _seals(pair, before)
    for one in (
        after[len(before) :] if has_grown(before, after) else [one for one in after if one not in before]
    ):
        _judge_added(pair, one, page=number, seals=seals)


def _judge_added(pair: Pair, one: Value, *, page: tuple[int, ...], seals: list[Rectangle]) -> None:
    covers = any(overlap(rectangle(pair.new.entries(one), pair.new), seal) for seal in seals)
    if isinstance(one, Reference) and one.number in pair.new_widgets:
        pair.widget_pages.setdefault(pair.new_widgets[one.number], set()).update(page)
        if covers:
            pair.covering.add(pair.new_widgets[one.number])
    elif isinstance(one, Reference) and one.number in pair.known.fields:
        pair.undefined("已有的表单域被放到别的页面", "an existing field was put on another page")
    else:
        pair.say(Change.ANNOTATION, pages=page, covers_seal=covers)


def judge_annotations(pair: Pair) -> None:
    """Annotations that were overwritten and are no form field."""
    for number, (old, new) in list(pair.touched.items()):
        if isinstance(old, dict) and isinstance(new, dict) and {"/Subtype", "/Rect"} <= old.keys():
            del pair.touched[number]
            pages = sorted(pair.known.pages[one] for one in pages_of(pair, number))
            pair.say(Change.ANNOTATION, pages=tuple(pages), zh="改动了批注", en="annotations were changed")


def pages_of(pair: Pair, annotation: int) -> set[int]:
    """The objects of the pages that list an annotation."""
    owners = pair.mentions.owners(annotation, pair.old)
    arrays = owners & pair.known.annotation_arrays.keys()
    return owners & pair.known.pages.keys() | {
        page for one in arrays for page in pair.known.annotation_arrays[one]
    }


def _seals(pair: Pair, annotations: list[Value]) -> list[Rectangle]:
    """Where earlier signatures show themselves on a page."""
    found = []
    for one in annotations:
        known = pair.known.fields.get(one.number) if isinstance(one, Reference) else None
        if known is not None and known.kind == "/Sig":
            found.append(rectangle(pair.old.entries(one), pair.old))
    return found


def rectangle(entries: dict[str, Value], state: State) -> Rectangle:
    """An annotation's rectangle with its corners in order, also one that stands apart; of none, an empty one."""
    listed = [state.resolved(one) for one in state.listed(entries.get("/Rect"))[:5]]
    edges = [one for one in listed if isinstance(one, int | float)]
    if len(edges) != 4:
        return 0, 0, 0, 0
    left, right = sorted(edges[::2])
    bottom, top = sorted(edges[1::2])
    return left, bottom, right, top


def overlap(one: Rectangle, two: Rectangle) -> bool:
    """Whether two rectangles have an area in common."""
    return min(one[2], two[2]) > max(one[0], two[0]) and min(one[3], two[3]) > max(one[1], two[1])


def has_area(box: Rectangle) -> bool:
    """Whether anything can be seen in a rectangle."""
    return box[2] > box[0] and box[3] > box[1]
