"""What a later revision changed, object by object: the answer to "what happened after this signature".

Conservative: only what is understood gets a harmless name, everything else is UNDEFINED. Where the update's own
cross-reference section provably continues the previous one, only the objects it names are looked at.
"""

import re
from collections.abc import Mapping, Set
from enum import StrEnum

import pikepdf

from yunqian.engine import pages, reading
from yunqian.engine.revisions import Section, last_section
from yunqian.problems import Refused

_REFERENCE = re.compile(rb"(?<!\d)(\d{1,10}) \d{1,5} R\b")
_FORM_KEYS = frozenset({"/V", "/AP", "/AS", "/MK", "/M", "/DV", "/Ff", "/F"})
_ERRORS = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RuntimeError,
    Refused,
)


class Change(StrEnum):
    """Kinds of later change, from harmless to grave."""

    EXTENSION = "extension"  # validation data, metadata
    SIGNATURE = "signature"  # a further signature with its widget
    FORM = "form"  # a form field was filled
    ANNOTATION = "annotation"  # something was put on a page
    UNDEFINED = "undefined"  # not understood: cannot be confirmed
    PAGE = "page"  # a page was changed, added or removed


def between(document: bytes, earlier: int, later: int) -> frozenset[Change]:
    """What the revision that ends at `later` changed in the one that ends at `earlier`.

    Never raises: what cannot be compared is UNDEFINED.
    """
    try:
        with reading.strictly(document[:earlier]) as old, reading.strictly(document[:later]) as new:
            sections = (
                last_section(document, earlier, old.trailer),
                last_section(document, later, new.trailer),
            )
            return frozenset(_Comparison(old, new).changes(_listed(*sections, earlier=earlier)))
    except _ERRORS:
        return frozenset({Change.UNDEFINED})


def _listed(before: Section | None, after: Section | None, *, earlier: int) -> set[int] | None:
    """Object numbers that the update names, or None when it does not plainly continue the earlier section."""
    if before is None or after is None or after.start < earlier or after.previous != before.start:
        return None
    return set(after.numbers)


def _numbered(pdf: pikepdf.Pdf) -> dict[int, int]:
    """Object numbers and their generations; a freed or missing object (null) has none."""
    found: list[object] = list(pdf.objects)
    return dict(thing.objgen for thing in found if isinstance(thing, pikepdf.Object))


def _shown(thing: object) -> bytes:
    """An object as written, a stream by its dictionary."""
    if isinstance(thing, pikepdf.Stream):
        return thing.stream_dict.unparse(resolved=True)
    return thing.unparse(resolved=True) if isinstance(thing, pikepdf.Object) else repr(thing).encode()


def _same(old: object, new: object) -> bool:
    """Equal as written: references by number, streams by their raw bytes too."""
    if isinstance(old, pikepdf.Stream) and isinstance(new, pikepdf.Stream):
        alike = old.stream_dict.unparse() == new.stream_dict.unparse()
        return alike and old.read_raw_bytes() == new.read_raw_bytes()
    if isinstance(old, pikepdf.Object) and isinstance(new, pikepdf.Object):
        return old.unparse(resolved=True) == new.unparse(resolved=True)
    return old == new


def _entry(dictionary: pikepdf.Object, key: str) -> bytes | None:
    """A dictionary's entry as written, references unresolved; None where it is absent."""
    if key not in dictionary:
        return None
    value: object = dictionary[key]
    return value.unparse() if isinstance(value, pikepdf.Object) else repr(value).encode()


def _changed_keys(old: pikepdf.Object, new: pikepdf.Object) -> set[str]:
    keys = set(old.keys()) | set(new.keys())
    return {key for key in keys if _entry(old, key) != _entry(new, key)}


class _Comparison:
    """Two adjacent revisions, and what is where in the earlier one."""

    def __init__(self, old: pikepdf.Pdf, new: pikepdf.Pdf) -> None:
        self._old, self._new = old, new
        self._found: set[Change] = set()
        self._annotation_arrays: set[int] = set()
        self._contents: set[int] = set()
        self._old_pages, self._new_pages = pages.walk(old), pages.walk(new)
        for page in self._old_pages:
            annotations, contents = page.get("/Annots"), page.get("/Contents")
            if isinstance(annotations, pikepdf.Array) and annotations.is_indirect:
                self._annotation_arrays.add(annotations.objgen[0])
            parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
            self._contents |= {part.objgen[0] for part in parts if isinstance(part, pikepdf.Stream)}
        self._old_fields, self._new_fields = _fields(old), _fields(new)
        self._validation = _validation_objects(old)

    def changes(self, listed: set[int] | None) -> set[Change]:
        """Every kind of change found."""
        old, new = self._old, self._new
        if old.trailer.Root.objgen != new.trailer.Root.objgen or "/Encrypt" in new.trailer:
            self._found.add(Change.UNDEFINED)
        if [page.objgen for page in self._old_pages] != [page.objgen for page in self._new_pages]:
            self._found.add(Change.PAGE)
        known = _numbered(old)
        if listed is None:
            listed = known.keys() | _numbered(new).keys()
        # A number past /Size: one reader ignores the object, another shows it.
        if max(listed, default=0) >= int(new.trailer.Size) or self._fills_a_hole(known, listed):
            self._found.add(Change.UNDEFINED)
        for number in sorted(listed & known.keys()):
            self._judge(number, known[number])
        self._judge_new_fields()
        return self._found

    def _fills_a_hole(self, known: Mapping[int, int], listed: Set[int]) -> bool:
        """Whether the earlier revision refers to objects it does not have, which the later one brings.

        qpdf reads such a reference as null until the object is there, so an object that was not updated
        reads otherwise than before; or it keeps the reference, and then its number is among those named.
        """
        named: set[int] = set()
        for number, generation in known.items():
            old, new = (pdf.get_object(number, generation) for pdf in (self._old, self._new))
            shown = _shown(old)
            named.update(map(int, _REFERENCE.findall(shown)))
            if number not in listed and shown != _shown(new):
                return True
        return not listed.isdisjoint(named - known.keys())

    def _judge(self, number: int, generation: int) -> None:
        old, new = (pdf.get_object(number, generation) for pdf in (self._old, self._new))
        if number in self._annotation_arrays:
            self._judge_annotations(list(old), list(new))
        elif _same(old, new):
            return
        elif number in self._contents:
            self._found.add(Change.PAGE)
        elif number == self._old.trailer.Root.objgen[0]:
            self._judge_catalog(old, new)
        elif number in self._validation or self._is_information(number):
            self._found.add(Change.EXTENSION)
        elif isinstance(old, pikepdf.Dictionary) and isinstance(new, pikepdf.Dictionary):
            self._judge_dictionary(number, old, new)
        elif not self._is_field_list(number):
            self._found.add(Change.UNDEFINED)

    def _judge_catalog(self, old: pikepdf.Object, new: pikepdf.Object) -> None:
        changed = _changed_keys(old, new)
        if changed & {"/DSS", "/Extensions", "/Metadata"}:
            self._found.add(Change.EXTENSION)
        if changed - {"/AcroForm", "/DSS", "/Extensions", "/Metadata"}:
            self._found.add(Change.UNDEFINED)
        if "/AcroForm" in changed and "/AcroForm" in old and "/AcroForm" in new:
            self._judge_form(old.AcroForm, new.AcroForm)

    def _judge_form(self, old: pikepdf.Object, new: pikepdf.Object) -> None:
        if _changed_keys(old, new) - {"/Fields", "/SigFlags"}:
            self._found.add(Change.UNDEFINED)

    def _judge_dictionary(self, number: int, old: pikepdf.Object, new: pikepdf.Object) -> None:
        changed = _changed_keys(old, new)
        form = self._old.Root.get("/AcroForm")
        if old.get("/Type") == pikepdf.Name.Page:
            self._judge_page(old, new, changed)
        elif old.get("/Type") == pikepdf.Name.Pages:
            self._found.add(Change.PAGE)
        elif isinstance(form, pikepdf.Dictionary) and form.is_indirect and form.objgen[0] == number:
            self._judge_form(old, new)
        elif _kind(old) == "/Sig":
            is_filled = "/V" not in old and "/V" in new and not changed - _FORM_KEYS
            self._found.add(Change.SIGNATURE if is_filled else Change.UNDEFINED)
        elif _kind(old) in {"/Tx", "/Btn", "/Ch"} and not changed - _FORM_KEYS:
            self._found.add(Change.FORM)
        elif old.get("/Subtype") is not None and "/Rect" in old:
            self._found.add(Change.ANNOTATION)
        else:
            self._found.add(Change.UNDEFINED)

    def _judge_page(self, old: pikepdf.Object, new: pikepdf.Object, changed: set[str]) -> None:
        if changed - {"/Annots"}:
            self._found.add(Change.PAGE)
        if "/Annots" in changed:
            self._judge_annotations(list(old.get("/Annots") or []), list(new.get("/Annots") or []))

    def _judge_annotations(self, old: list[pikepdf.Object], new: list[pikepdf.Object]) -> None:
        """Old ones stay, in order; new ones are widgets of new signature fields, or something put on the page."""
        before, after = [one.objgen for one in old], [one.objgen for one in new]
        if after[: len(before)] != before:
            self._found.add(Change.ANNOTATION)
        added = set(after) - set(before)
        signatures = {name for name, field in self._new_fields.items() if _kind(field) == "/Sig"}
        if added - signatures:
            self._found.add(Change.ANNOTATION)

    def _judge_new_fields(self) -> None:
        """Every earlier field is still there; a new one is a signature field that holds a signature."""
        if self._old_fields.keys() - self._new_fields.keys():
            self._found.add(Change.UNDEFINED)
        for name in self._new_fields.keys() - self._old_fields.keys():
            field = self._new_fields[name]
            is_signature = _kind(field) == "/Sig" and "/V" in field and "/Kids" not in field
            self._found.add(Change.SIGNATURE if is_signature else Change.UNDEFINED)

    def _is_field_list(self, number: int) -> bool:
        form = self._old.Root.get("/AcroForm")
        fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
        return isinstance(fields, pikepdf.Array) and fields.is_indirect and fields.objgen[0] == number

    def _is_information(self, number: int) -> bool:
        information = self._old.trailer.get("/Info")
        return isinstance(information, pikepdf.Object) and information.objgen[0] == number


def _kind(field: pikepdf.Object) -> str:
    """A field's type, inherited from its parents where it has none of its own."""
    node: pikepdf.Object | None = field
    for _ in range(16):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if "/FT" in node:
            return str(node.FT)
        node = node.get("/Parent")
    return ""


def _fields(pdf: pikepdf.Pdf) -> dict[tuple[int, int], pikepdf.Object]:
    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    listed = list(fields) if isinstance(fields, pikepdf.Array) else []
    return {field.objgen: field for field in listed if isinstance(field, pikepdf.Dictionary)}


def _validation_objects(pdf: pikepdf.Pdf) -> set[int]:
    """Object numbers of the document security store and its arrays (ETSI EN 319 142-1 §5.4.2)."""
    store = pdf.Root.get("/DSS")
    if not isinstance(store, pikepdf.Dictionary):
        return set()
    parts = [store, *(store.get(key) for key in ("/Certs", "/CRLs", "/OCSPs", "/VRI"))]
    return {part.objgen[0] for part in parts if isinstance(part, pikepdf.Object) and part.is_indirect}
