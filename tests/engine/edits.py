"""Edits of a signed document, legal and illegal, each with a name; for tests beside pyHanko."""

import random
from collections.abc import Callable

from tests.engine.drafts import Draft
from yunqian.engine.changes.values import Reference, Stream, Value, Word

Edit = Callable[[Draft, random.Random], None]
EDITS: dict[str, Edit] = {}
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta><?xpacket end="w"?>'
)
SIGNATURE: dict[str, Value] = {
    "/Type": "/Sig",
    "/Filter": "/Adobe.PPKLite",
    "/SubFilter": "/ETSI.CAdES.detached",
    "/ByteRange": [0, 10, 20, 30],
    "/Contents": b"\x30\x00",
}


def edit(made: Edit) -> Edit:
    """Enter an edit by its name."""
    EDITS[made.__name__] = made
    return made


def _form(draft: Draft) -> dict[str, Value]:
    return draft.entries(draft.entries(draft.root)["/AcroForm"])


def _drawing(draft: Draft, drawn: bytes = b"0 0 5 5 re f") -> Reference:
    return draft.add(Stream({"/Type": "/XObject", "/Subtype": "/Form", "/BBox": [0, 0, 100, 20]}, drawn))


def _put_on(draft: Draft, page: int, annotation: Reference) -> None:
    entries = draft.entries(draft.page(page))
    array = entries["/Annots"]
    listed = draft.value(array.number) if isinstance(array, Reference) else array
    listed.append(annotation)


def new_field(
    draft: Draft, chance: random.Random, *, is_seen: bool, value: Value, page: int | None = 0
) -> Reference:
    """A signature field of its own, in the form and on a page."""
    box: list[Value] = [200, 200, 300, 260] if is_seen else [0, 0, 0, 0]
    entries = {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": "/Sig", "/Rect": box, "/F": 132}
    entries["/T"] = b"new%d" % chance.randrange(10**9)
    if value is not None:
        entries["/V"] = value
    if is_seen and value is not None:
        entries["/AP"] = {"/N": _drawing(draft)}
    field = draft.add(entries)
    _form(draft)["/Fields"].append(field)
    if page is not None:
        entries["/P"] = draft.page(page)
        _put_on(draft, page, field)
    return field


@edit
def sign_in_a_new_field(draft: Draft, chance: random.Random) -> None:
    new_field(draft, chance, is_seen=True, value=draft.add(dict(SIGNATURE)), page=chance.randrange(2))


@edit
def sign_unseen(draft: Draft, chance: random.Random) -> None:
    new_field(
        draft, chance, is_seen=False, value=draft.add(dict(SIGNATURE)), page=chance.choice([None, 0, 1])
    )


@edit
def sign_in_two_fields(draft: Draft, chance: random.Random) -> None:
    value = draft.add(dict(SIGNATURE))
    for page in (0, 1):
        new_field(draft, chance, is_seen=True, value=value, page=page)


@edit
def stamp_the_time(draft: Draft, chance: random.Random) -> None:
    stamp = {**SIGNATURE, "/Type": "/DocTimeStamp", "/SubFilter": "/ETSI.RFC3161"}
    new_field(draft, chance, is_seen=False, value=draft.add(stamp), page=chance.choice([None, 0]))


@edit
def add_an_empty_field(draft: Draft, chance: random.Random) -> None:
    new_field(draft, chance, is_seen=True, value=None)


@edit
def add_an_empty_field_with_a_picture(draft: Draft, chance: random.Random) -> None:
    field = new_field(draft, chance, is_seen=True, value=None)
    draft.entries(field)["/AP"] = {"/N": _drawing(draft)}


@edit
def sign_the_waiting_field(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("waiting"))
    entries["/V"] = draft.add(dict(SIGNATURE))
    if chance.random() < 0.7:
        entries["/AP"] = {"/N": _drawing(draft)}


@edit
def fill_the_text(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("text"))
    entries["/V"] = chance.randbytes(4)
    if chance.random() < 0.7:
        entries["/AP"] = {"/N": _drawing(draft)}


@edit
def fill_the_text_in_place(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("text"))
    entries["/V"] = chance.randbytes(4)
    shown = entries["/AP"]["/N"]
    draft.objects[shown.number] = Stream(
        draft.entries(shown), b"1 0 0 rg %d 0 5 5 re f" % chance.randrange(99)
    )


@edit
def tick_the_box(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("tick"))
    entries["/V"] = entries["/AS"] = "/Yes"
    entries["/AP"] = {"/N": {"/Yes": _drawing(draft)}}


@edit
def choose(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.field("choice"))["/V"] = chance.choice([b"a", b"b"])


@edit
def fill_the_slots(draft: Draft, chance: random.Random) -> None:
    shown = _drawing(draft)
    for page in ("p1", "p2") if chance.random() < 0.7 else ("p1",):
        draft.entries(draft.field(f"seam_right_1.{page}"))["/AP"] = {"/N": shown}


@edit
def fill_a_slot_and_its_looks(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("seam_right_1.p1"))
    entries["/AP"], entries["/MK"], entries["/M"] = {"/N": _drawing(draft)}, {"/R": 90}, b"D:20261122"


@edit
def paint_a_filled_slot_again(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.field("painted"))["/AP"] = {"/N": _drawing(draft)}


@edit
def move_a_slot(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("seam_right_1.p1"))
    entries["/AP"], entries["/Rect"] = {"/N": _drawing(draft)}, [0, 0, 500, 500]


@edit
def renew_the_store(draft: Draft, chance: random.Random) -> None:
    store = draft.entries(draft.entries(draft.root)["/DSS"])
    store["/CRLs"] = draft.add([draft.add(Stream({}, b"a list"))])
    draft.value(store["/Certs"].number).append(draft.add(Stream({}, chance.randbytes(9))))


@edit
def tell_data_per_signature(draft: Draft, chance: random.Random) -> None:
    store = draft.entries(draft.entries(draft.root)["/DSS"])
    about = {"/Cert": [draft.add(Stream({}, b"a certificate"))], "/TU": b"D:20261122"}
    store["/VRI"] = {"/" + chance.randbytes(20).hex().upper(): draft.add(about)}


@edit
def put_something_else_in_the_store(draft: Draft, chance: random.Random) -> None:
    store = draft.entries(draft.entries(draft.root)["/DSS"])
    store["/CRLs"] = [draft.add({"/Not": "/AStream"})]


@edit
def describe_anew(draft: Draft, chance: random.Random) -> None:
    metadata = draft.entries(draft.root)["/Metadata"]
    fresh = Stream(draft.entries(metadata), XMP.replace(b'begin=""', b'begin="\xef\xbb\xbf"'))
    if chance.random() < 0.5:
        draft.objects[metadata.number] = fresh
    else:
        draft.entries(draft.root)["/Metadata"] = draft.add(fresh)


@edit
def describe_with_something_else(draft: Draft, chance: random.Random) -> None:
    metadata = draft.entries(draft.root)["/Metadata"]
    draft.objects[metadata.number] = Stream(draft.entries(metadata), b"BT /F1 9 Tf (paid) Tj ET")


@edit
def change_the_title(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.state.trailer["/Info"])["/Title"] = chance.randbytes(3)


@edit
def bring_new_information(draft: Draft, chance: random.Random) -> None:
    draft.trailer["/Info"] = draft.add({"/Title": b"new"})


@edit
def point_the_information_at_a_page(draft: Draft, chance: random.Random) -> None:
    draft.trailer["/Info"] = draft.page(0)


@edit
def name_extensions(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.root)["/Extensions"] = {"/ESIC": {"/BaseVersion": "/1.7", "/ExtensionLevel": 5}}


@edit
def raise_the_version(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.root)["/Version"] = "/2.0"


@edit
def add_a_font_to_the_form(draft: Draft, chance: random.Random) -> None:
    _form(draft)["/DR"]["/Font"]["/ZaDb"] = draft.add(
        {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/ZapfDingbats"}
    )


@edit
def redefine_a_font_of_the_form(draft: Draft, chance: random.Random) -> None:
    _form(draft)["/DR"]["/Font"]["/Helv"] = draft.add(
        {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Symbol"}
    )


@edit
def change_the_default_look(draft: Draft, chance: random.Random) -> None:
    _form(draft)["/DA"] = b"/Helv 9 Tf 0 g"


@edit
def ask_for_appearances(draft: Draft, chance: random.Random) -> None:
    _form(draft)["/NeedAppearances"] = Word.TRUE


@edit
def write_objects_again(draft: Draft, chance: random.Random) -> None:
    for number in chance.sample(_live(draft), 3):
        draft.value(number)


@edit
def leave_an_orphan(draft: Draft, chance: random.Random) -> None:
    draft.add({"/Nobody": "/Needs", "/Me": chance.randrange(99)})


@edit
def extend_the_structure(draft: Draft, chance: random.Random) -> None:
    root = draft.entries(draft.entries(draft.root)["/StructTreeRoot"])
    top = root["/K"][0]
    element = draft.add({"/Type": "/StructElem", "/S": "/Form", "/P": top})
    draft.entries(top)["/K"].append(element)
    if chance.random() < 0.5:
        draft.entries(root["/ParentTree"])["/Nums"] += [1, element]
        root["/ParentTreeNextKey"] = 2


@edit
def rewrite_the_structure(draft: Draft, chance: random.Random) -> None:
    root = draft.entries(draft.entries(draft.root)["/StructTreeRoot"])
    top = draft.entries(root["/K"][0])
    draft.entries(top["/K"][0])["/ActualText"] = b"something else"


@edit
def replace_a_page_content(draft: Draft, chance: random.Random) -> None:
    contents = draft.entries(draft.page(0))["/Contents"]
    draft.objects[contents.number] = Stream({}, b"BT /F1 24 Tf 72 700 Td (Paid) Tj ET")


@edit
def point_a_page_at_other_content(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.page(0))["/Contents"] = draft.add(Stream({}, b"0 0 500 500 re f"))


@edit
def change_a_page_entry(draft: Draft, chance: random.Random) -> None:
    key, value = chance.choice(
        [("/MediaBox", [0, 0, 99, 99]), ("/Rotate", 90), ("/CropBox", [0, 0, 9, 9]), ("/AA", {})]
    )
    draft.entries(draft.page(chance.randrange(2)))[key] = value


@edit
def add_a_page(draft: Draft, chance: random.Random) -> None:
    tree = draft.entries(draft.root)["/Pages"]
    fresh = draft.add({"/Type": "/Page", "/Parent": tree, "/MediaBox": [0, 0, 9, 9]})
    entries = draft.entries(tree)
    entries["/Kids"].append(fresh)
    entries["/Count"] = 3


@edit
def remove_a_page(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.entries(draft.root)["/Pages"])
    entries["/Kids"], entries["/Count"] = entries["/Kids"][:1], 1


@edit
def swap_the_pages(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.entries(draft.root)["/Pages"])["/Kids"].reverse()


@edit
def put_an_annotation(draft: Draft, chance: random.Random) -> None:
    kind = chance.choice(["/Square", "/FreeText", "/Stamp", "/Link", "/Widget"])
    square = draft.add(
        {"/Type": "/Annot", "/Subtype": kind, "/Rect": [0, 0, 500, 500], "/AP": {"/N": _drawing(draft)}}
    )
    _put_on(draft, chance.randrange(2), square)


@edit
def remove_an_annotation(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.page(0))["/Annots"].pop(chance.randrange(3))


@edit
def change_an_annotation(draft: Draft, chance: random.Random) -> None:
    for one in draft.entries(draft.page(0))["/Annots"]:
        if draft.state.entries(one)["/Subtype"] == "/Link":
            draft.entries(one)["/A"] = {"/S": "/URI", "/URI": b"https://example.org"}


@edit
def redefine_a_page_font(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.entries(draft.page(0))["/Resources"]["/Font"]["/F1"])["/BaseFont"] = "/Symbol"


@edit
def swap_a_picture(draft: Draft, chance: random.Random) -> None:
    picture = draft.entries(draft.page(0))["/Resources"]["/XObject"]["/Im"]
    draft.objects[picture.number] = Stream(draft.entries(picture), b"\x00")


@edit
def repaint_a_seal(draft: Draft, chance: random.Random) -> None:
    entries = draft.entries(draft.field("first"))
    if chance.random() < 0.5:
        entries["/AP"] = {"/N": _drawing(draft)}
    else:
        shown = entries["/AP"]["/N"]
        draft.objects[shown.number] = Stream(draft.entries(shown), b"")


@edit
def move_a_seal(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.field("first"))["/Rect"] = [0, 0, 20, 20]


@edit
def change_a_signature(draft: Draft, chance: random.Random) -> None:
    draft.entries(draft.state.entries(draft.field("first"))["/V"])["/Reason"] = b"another"


@edit
def empty_a_signed_field(draft: Draft, chance: random.Random) -> None:
    del draft.entries(draft.field("first"))["/V"]


@edit
def borrow_a_signature(draft: Draft, chance: random.Random) -> None:
    new_field(draft, chance, is_seen=True, value=draft.state.entries(draft.field("first"))["/V"])


@edit
def remove_a_field(draft: Draft, chance: random.Random) -> None:
    fields = _form(draft)["/Fields"]
    fields.pop(chance.randrange(len(fields)))


@edit
def add_a_text_field(draft: Draft, chance: random.Random) -> None:
    field = draft.add(
        {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": "/Tx", "/T": b"more", "/Rect": [9, 9, 99, 99]}
    )
    _form(draft)["/Fields"].append(field)
    _put_on(draft, 0, field)


@edit
def add_a_field_of_a_taken_name(draft: Draft, chance: random.Random) -> None:
    field = new_field(draft, chance, is_seen=False, value=draft.add(dict(SIGNATURE)))
    draft.entries(field)["/T"] = b"first"


@edit
def change_what_a_field_is(draft: Draft, chance: random.Random) -> None:
    name = chance.choice(["text", "tick", "choice", "waiting", "painted"])
    key, value = chance.choice(
        [
            ("/T", b"other"),
            ("/Rect", [0, 0, 500, 500]),
            ("/AA", {}),
            ("/FT", "/Ch"),
            ("/P", None),
            ("/Opt", [b"c"]),
        ]
    )
    draft.entries(draft.field(name))[key] = value


@edit
def add_an_action(draft: Draft, chance: random.Random) -> None:
    key = chance.choice(
        ["/OpenAction", "/AA", "/Names", "/Outlines", "/Perms", "/ViewerPreferences", "/OCProperties"]
    )
    draft.entries(draft.root)[key] = {"/S": "/JavaScript", "/JS": b"app.alert(1)"}


@edit
def bring_another_catalog(draft: Draft, chance: random.Random) -> None:
    draft.trailer["/Root"] = draft.add(dict(draft.state.root))


@edit
def free_an_object(draft: Draft, chance: random.Random) -> None:
    draft.freed.add(chance.choice(_live(draft)))


@edit
def withdraw_the_flags(draft: Draft, chance: random.Random) -> None:
    _form(draft)["/SigFlags"] = chance.choice([0, 1, 2])


@edit
def change_anything(draft: Draft, chance: random.Random) -> None:
    """One entry of one object, chosen blindly."""
    value = draft.value(chance.choice(_live(draft)))
    entries = value.entries if isinstance(value, Stream) else value
    if isinstance(entries, dict) and entries:
        key = chance.choice(sorted(entries))
        entries[key] = chance.choice([1, b"x", "/X", [1], {"/X": 1}, draft.add({"/X": 1}), draft.page(0)])
    elif isinstance(entries, list):
        entries.append(chance.choice([1, draft.page(0), draft.add({"/X": 1})]))


@edit
def remove_anything(draft: Draft, chance: random.Random) -> None:
    """One entry or element of one object, chosen blindly."""
    value = draft.value(chance.choice(_live(draft)))
    entries = value.entries if isinstance(value, Stream) else value
    if isinstance(entries, dict) and entries:
        del entries[chance.choice(sorted(entries))]
    elif isinstance(entries, list) and entries:
        entries.pop()


@edit
def change_any_stream(draft: Draft, chance: random.Random) -> None:
    """One stream's bytes, chosen blindly."""
    streams = [number for number in _live(draft) if isinstance(draft.state.value(number), Stream)]
    number = chance.choice(streams)
    old = draft.state.value(number)
    draft.objects[number] = Stream(dict(old.entries), old.raw + b" ")


@edit
def exchange_two_objects(draft: Draft, chance: random.Random) -> None:
    """Each gets the other's value, chosen blindly."""
    one, two = chance.sample(_live(draft), 2)
    values = draft.value(one), draft.value(two)
    draft.objects[two], draft.objects[one] = values


def _live(draft: Draft) -> list[int]:
    numbers = {number for layer in draft.store.layers for number in layer.places}
    return sorted(number for number in numbers if number and draft.state.place(number))
