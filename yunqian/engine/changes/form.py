"""What an update did to the form: fields filled, slots painted, signatures added (ISO 32000-2 §12.7)."""

from collections.abc import Iterator

from yunqian.engine.changes.pages import Rectangle, has_area, overlap, pages_of, rectangle
from yunqian.engine.changes.pair import Change, Field, Known, NewField, Pair, changed, number_of
from yunqian.engine.changes.sections import decoded
from yunqian.engine.changes.states import State
from yunqian.engine.changes.values import Reference, Stream, Unsound, Value
from yunqian.engine.form_fields import MAX_DEPTH, MAX_FIELDS

_READ_ONLY, _PUSH_BUTTON = 1, 1 << 16
_ALWAYS = {"/Type", "/Ff"}  # some writers set them wherever they pass by
_SLOT_KEYS = {"/AP", "/AS", "/MK", "/M"}
_FILLED_KEYS = _ALWAYS | _SLOT_KEYS | {"/V", "/RV", "/I", "/TI", "/F", "/DA", "/Q"}
_SIGNED_KEYS = _FILLED_KEYS | {"/Lock"}
_FORM_KEYS = {"/Fields", "/SigFlags", "/DR", "/DA", "/Q", "/NeedAppearances"}
_ACTIONS = {"/A", "/AA"}
_UNSEEN, _PRINTED = 1 | 2 | 32, 4  # Invisible, Hidden, NoView; Print (ISO 32000-2 table 167)


def learn(known: Known, state: State) -> None:
    """Read the form's tree of fields. Raises Unsound."""
    for reference in state.listed(state.entries(state.root.get("/AcroForm")).get("/Fields")):
        learn_field(known, state, reference)


def learn_field(known: Known, state: State, top: Value) -> None:
    """Take in one field with everything below it."""
    waiting: list[tuple[Value, int | None, int]] = [(top, None, 0)]
    while waiting:
        reference, above, depth = waiting.pop()
        if not isinstance(reference, Reference) or depth > MAX_DEPTH or len(known.fields) > MAX_FIELDS:
            raise Unsound("a form with a direct field, or without end")
        entries = state.entries(reference)
        own = _field(state, entries, known.fields.get(above or 0), _holder(known, entries, above))
        if reference.number in known.fields:
            raise Unsound("a field that stands twice in the form")
        known.fields[reference.number] = own
        known.names.add(own.name)
        kids = reversed(state.listed(entries.get("/Kids")))
        waiting += [(kid, reference.number, depth + 1) for kid in kids]


def _holder(known: Known, entries: dict[str, Value], above: int | None) -> int | None:
    """The field whose value a widget without a name of its own shows: the one it hangs from in the form's tree.

    Raises Unsound where it names another one, because readers go up as well as down.
    """
    parent = entries.get("/Parent")
    if above is not None and isinstance(parent, Reference) and parent.number != above:
        raise Unsound("a field that names another parent than its own")
    if above is None or "/T" in entries:
        return None
    held_above = known.fields[above].parent
    return above if held_above is None else held_above


def _field(state: State, entries: dict[str, Value], above: Field | None, parent: int | None) -> Field:
    own = text(state.resolved(entries.get("/T")))
    name = ".".join(part for part in (above.name if above else "", own) if part)
    kind, flags = state.resolved(entries.get("/FT")), state.resolved(entries.get("/Ff"))
    return Field(
        name,
        kind if isinstance(kind, str) else above.kind if above else "",
        flags if isinstance(flags, int) else above.flags if above else 0,
        parent,
    )


def text(value: Value) -> str:
    """A text string as text (§7.9.2.2); anything else is empty."""
    if not isinstance(value, bytes):
        return ""
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if value.startswith(mark):
            return value[len(mark) :].decode(encoding, "replace")
    return value.decode("latin-1")


def judge(pair: Pair) -> None:
    """The form's own entries, its list of fields, and every field that was touched."""
    old, new = pair.old.root.get("/AcroForm"), pair.new.root.get("/AcroForm")
    before, after = pair.old.entries(old), pair.new.entries(new)
    if (old is not None and new is None) or not pair.follows(old, new):
        pair.undefined("移除或替换了表单", "the form was removed or replaced")
        return
    if changed(before, after) - _FORM_KEYS:
        pair.undefined("改动了表单的设置", "the form's settings were changed")
    flags = [one.get("/SigFlags", 0) for one in (before, after)]
    if not all(isinstance(one, int) for one in flags) or int(flags[0]) & ~int(flags[1]):  # type: ignore[arg-type]
        pair.undefined("取消了“已签名”标记", "the flag that says “signed” was withdrawn")
    if any(before.get(key) != after.get(key) for key in ("/DA", "/Q", "/NeedAppearances")):
        drawn = dict.fromkeys(one.name for one in pair.known.fields.values() if one.kind in {"/Tx", "/Ch"})
        zh, en = "改动了表单的默认显示", "the form's default look was changed"
        pair.say(Change.FORM, fields=tuple(drawn), zh=zh, en=en)
    _judge_resources(pair, before.get("/DR"), after.get("/DR"))
    _judge_list(pair, before.get("/Fields"), after.get("/Fields"))
    _judge_touched(pair)


def _judge_resources(pair: Pair, old: Value, new: Value) -> None:
    """Default resources may get more names, never another meaning for one; pages may not share them then."""
    form = pair.old.root.get("/AcroForm")
    owners = {form.number if isinstance(form, Reference) else number_of(pair.old.trailer.get("/Root"))}
    if old == new and not isinstance(old, Reference | dict):
        return
    touched = len(pair.touched)
    before, after = pair.old.entries(old), pair.new.entries(new)
    fine = pair.follows(old, new, only_by=owners) or old is None
    if isinstance(old, Reference):
        owners = {old.number}
    for key, was in before.items():
        now = after.get(key)
        if not isinstance(was, Reference | dict):
            fine = fine and was == now
            continue
        inner, outer = pair.old.entries(was), pair.new.entries(now)
        fine = fine and inner.items() <= outer.items() and pair.follows(was, now, only_by=owners)
    if not fine:
        pair.undefined("改动了表单的字体等资源", "resources of the form got another meaning")
    elif before != after or touched != len(pair.touched):
        pair.say(Change.FORM, zh="增加了表单的字体等资源", en="resources of the form were added")


def _judge_list(pair: Pair, old: Value, new: Value) -> None:
    before, after = pair.old.listed(old), pair.new.listed(new)
    pair.explain(old)
    if len(set(map(repr, after))) != len(after):
        pair.undefined("同一表单域出现两次", "a field stands twice in the form")
        pair.is_regular = False
    known = set(map(repr, before))
    if known - set(map(repr, after)):
        pair.undefined("删除了表单域", "fields were removed")
        pair.is_regular = False
    added = [one for one in after if repr(one) not in known]
    acts: dict[Value, list[NewField]] = {}
    for one in added:
        fresh = _new_field(pair, one)
        if fresh is None:
            pair.is_regular = False
            continue
        acts.setdefault(fresh.value, []).append(fresh)
    pair.acts += list(acts.values())


def _new_field(pair: Pair, one: Value) -> NewField | None:
    """A new field in the form: only a signature field of its own, nothing borrowed, nothing that acts."""
    entries = pair.new.entries(one)
    name = text(pair.new.resolved(entries.get("/T")))
    if not isinstance(one, Reference) or one.number not in pair.fresh or entries.get("/FT") != "/Sig":
        pair.undefined("增加了签名以外的表单域", "a field other than a signature was added")
        return None
    if (
        not name
        or "." in name
        or name in pair.known.names
        or "/Parent" in entries
        or _ACTIONS & entries.keys()
    ):
        pair.undefined("增加的签名域不合规范", "an added signature field is not as it should be")
        return None
    kids = pair.new.listed(entries.get("/Kids"))
    shown = [pair.new.entries(kid) for kid in kids] or [entries]
    if any(not isinstance(kid, Reference) or kid.number not in pair.fresh for kid in kids) or any(
        "/T" in kid or _ACTIONS & kid.keys() for kid in shown if kid is not entries
    ):
        pair.undefined("增加的签名域不合规范", "an added signature field is not as it should be")
        return None
    value = entries.get("/V")
    if value is None and any("/AP" in one for one in shown):
        pair.undefined("增加的空白签名域带有图像", "an added field shows something and holds no signature")
        return None
    if value is not None and not _is_new_signature(pair, value):
        pair.undefined("增加的签名域借用了已有的签名", "an added field borrows an earlier signature")
        return None
    learn_field(pair.known, pair.new, one)
    pair.new_widgets.update({kid.number: name for kid in kids or [one] if isinstance(kid, Reference)})
    boxes = [rectangle(kid, pair.new) for kid in shown]
    is_seen = any(has_area(box) for box in boxes)
    return NewField(
        name, value if isinstance(value, Reference) else None, _kind_of(pair, value, boxes), is_seen
    )


def _is_new_signature(pair: Pair, value: Value) -> bool:
    is_fresh = isinstance(value, Reference) and value.number in pair.fresh
    return is_fresh and isinstance(pair.new.resolved(value), dict)


def _kind_of(pair: Pair, value: Value, boxes: list[Rectangle]) -> Change:
    if value is None:
        return Change.FORM
    entries = pair.new.entries(value)
    is_stamp = entries.get("/SubFilter") == "/ETSI.RFC3161"
    is_seen = any(has_area(box) for box in boxes)
    return Change.TIMESTAMP if is_stamp and not is_seen else Change.SIGNATURE


def tell_acts(pair: Pair) -> None:
    """Report new signatures, the fields of one act together, once their pages are known."""
    for act in pair.acts:
        names = tuple(one.name for one in act)
        pages = set().union(*(pair.widget_pages.get(name, set()) for name in names))
        is_empty = act[0].kind is Change.FORM
        pair.say(
            act[0].kind,
            fields=names,
            pages=tuple(sorted(pages)),
            is_drawn_field=any(one.is_seen for one in act) and bool(pages),
            covers_seal=bool(pair.covering & set(names)),
            zh="增加了空白签名域" if is_empty else "",
            en="empty signature fields were added" if is_empty else "",
        )


def _judge_touched(pair: Pair) -> None:
    filled: dict[tuple[Change, bool], tuple[list[str], set[int]]] = {}
    for number in sorted(pair.touched.keys() & pair.known.fields.keys()):
        if number not in pair.touched:
            continue
        field = pair.known.fields[number]
        old, new = pair.touched.pop(number)
        if not isinstance(old, dict) or not isinstance(new, dict):
            pair.undefined("表单域被替换", "a field was replaced")
            continue
        kind = _judge_field(pair, field, old, new)
        if kind is not None:
            is_drawn = kind is Change.FORM and bool(changed(old, new) - _ALWAYS - {"/M"})
            covers = is_drawn and lies_over_seal(pair, number)
            names, pages = filled.setdefault((kind, covers), ([], set()))
            names.append(field.name)
            page = old.get("/P")
            if isinstance(page, Reference) and page.number in pair.known.pages:
                pages.add(pair.known.pages[page.number])
    for (kind, covers), (names, pages) in filled.items():
        seen = tuple(sorted(pages))
        pair.say(kind, fields=tuple(dict.fromkeys(names)), pages=seen, covers_seal=covers)


def lies_over_seal(pair: Pair, number: int) -> bool:
    """Whether a field's rectangle has an area in common with the widget of a signature that stands already.

    Filling it could hide or replace what was signed (the "replace" shadow attack).
    """
    box = rectangle(pair.old.entries(Reference(number, 0)), pair.old)
    over = [seal for seal, shown in _standing(pair) if seal != number and overlap(box, shown)]
    pages = pages_of(pair, number) if over else set()  # where it is listed, whatever page it names
    return any(not pages or pages & pages_of(pair, seal) for seal in over)


def _standing(pair: Pair) -> list[tuple[int, Rectangle]]:
    """The widgets of signatures that stand already, and where; worked out once."""
    if pair.standing is None:
        pair.standing = []
        for number, known in pair.known.fields.items():
            entries = pair.old.entries(Reference(number, 0)) if known.kind == "/Sig" else {}
            holder = {} if known.parent is None else pair.old.entries(Reference(known.parent, 0))
            if known.kind == "/Sig" and ("/V" in entries or "/V" in holder):
                pair.standing.append((number, rectangle(entries, pair.old)))
    return pair.standing


def _judge_field(pair: Pair, field: Field, old: dict[str, Value], new: dict[str, Value]) -> Change | None:
    """What a field's change means, or None after reporting that it means nothing good."""
    keys = changed(old, new)
    if "/AP" in old and "/AP" not in new:  # what was seen would be gone
        return _refuse(pair, field)
    if "/Type" in keys and (old.get("/Type"), new.get("/Type")) != (None, "/Annot"):
        return _refuse(pair, field)
    if field.kind == "/Sig":
        return _judge_signature_field(pair, field, old, new)
    if field.kind == "/Btn" and field.flags & _PUSH_BUTTON:
        if keys - _SLOT_KEYS - _ALWAYS:
            return _refuse(pair, field)
        if not field.flags & _READ_ONLY:
            zh, en = f"换了按钮 {field.name} 的图样", f"the button {field.name} was painted otherwise"
            pair.undefined(zh, en)  # a push button has no value (§12.7.5.2.2): there is nothing to fill
            return None
        if not is_blank(pair.old, old):
            pair.undefined(
                f"骑缝章位 {field.name} 已有印迹，又被改动", f"the filled slot {field.name} was painted again"
            )
            return None
        return Change.SLOT
    if field.kind not in {"/Tx", "/Btn", "/Ch"} or keys - _FILLED_KEYS or _is_shown_otherwise(old, new):
        return _refuse(pair, field)
    return Change.FORM


def _is_shown_otherwise(old: dict[str, Value], new: dict[str, Value]) -> bool:
    """Whether a field was hidden or brought to light, on the screen or on paper: no way of filling it."""
    before, after = (one.get("/F", 0) for one in (old, new))
    if not isinstance(before, int) or not isinstance(after, int):
        return before != after
    return bool((before ^ after) & _UNSEEN or before & ~after & _PRINTED)


def _judge_signature_field(
    pair: Pair, field: Field, old: dict[str, Value], new: dict[str, Value]
) -> Change | None:
    keys = changed(old, new)
    if keys <= _ALWAYS:
        return Change.FORM
    holder = field.parent
    was = pair.old.entries(Reference(holder, 0)) if holder is not None else old
    now = pair.new.entries(Reference(holder, 0)) if holder is not None else new
    if "/V" in was:
        pair.undefined(f"改动了已签名的签名域 {field.name}", f"the signed field {field.name} was changed")
        return None
    if "/V" not in now or keys - _SIGNED_KEYS or not _is_new_signature(pair, now["/V"]):
        return _refuse(pair, field)
    return _kind_of(pair, now["/V"], [rectangle(new, pair.new)])


def _refuse(pair: Pair, field: Field) -> Change | None:
    zh = f"表单域 {field.name} 被改动，超出填写的范围"
    pair.undefined(zh, f"the field {field.name} was changed beyond filling it")
    return None


def is_blank(state: State, entries: dict[str, Value]) -> bool:
    """Whether a widget's normal appearance paints nothing."""
    appearance = state.resolved(state.entries(entries.get("/AP")).get("/N"))
    if appearance is None:
        return True
    return isinstance(appearance, Stream) and not decoded(appearance).strip(b"\x00\t\n\f\r ")


def can_be_repainted(pair: Pair, number: int) -> bool:
    """Whether a field's appearance may be overwritten in place: one that is filled or signed just now."""
    field = pair.known.fields[number]
    if field.kind in {"/Tx", "/Ch"}:
        return True
    if field.kind == "/Btn":
        return not (field.flags & _PUSH_BUTTON and field.flags & _READ_ONLY) or is_blank(
            pair.old, pair.old.entries(Reference(number, 0))
        )
    holder = Reference(number if field.parent is None else field.parent, 0)
    return "/V" not in pair.old.entries(holder) and "/V" in pair.new.entries(holder)


def signed_fields(known: Known, state: State) -> Iterator[tuple[str, dict[str, Value], dict[str, Value]]]:
    """Every signed field: its name, its own entries, its signature's entries."""
    for number, field in known.fields.items():
        if field.kind == "/Sig" and field.parent is None:
            entries = state.entries(Reference(number, 0))
            value = state.entries(entries.get("/V"))
            if value:
                yield field.name, entries, value
