"""Finding the signatures of a document: form fields, their values, and where they are seen."""

from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from yunqian.engine import form_fields, pages


@dataclass(frozen=True, slots=True)
class FoundSignature:
    """One signature dictionary, with every field that shows it; values as the document has them, unchecked."""

    fields: tuple[str, ...]
    pages: tuple[int, ...]
    byte_range: tuple[int, ...]
    contents: bytes
    sub_filter: str
    claimed: str
    number: (
        int  # object number of the signature dictionary, or of the field it stands in; 0 for a direct field
    )
    holders: tuple[int, ...]  # object numbers of its fields


def signatures(pdf: pikepdf.Pdf) -> list[FoundSignature]:
    """Every signature in the form, in the order of the fields; fields with the same value are one signature.

    The same value is the same object: a copy of a signature is another one, and covers nothing. Raises
    Refused(DOCUMENT_BROKEN) for more fields than anybody looks through, so that none can hide behind the others.
    """
    grouped: dict[tuple[object, ...], list[tuple[str, pikepdf.Object, pikepdf.Object]]] = {}
    for count, (name, field, value) in enumerate(_signed_fields(pdf)):
        key = value.objgen if value.is_indirect else (name, count)
        grouped.setdefault(key, []).append((name, field, value))
    places = _places(pdf)
    return [_found(group, places) for group in grouped.values()]


def _found(
    group: list[tuple[str, pikepdf.Object, pikepdf.Object]], places: dict[tuple[int, int], int]
) -> FoundSignature:
    value = group[0][2]
    seen = {places[widget] for _, field, _ in group for widget in _widgets(field) if widget in places}
    return FoundSignature(
        fields=tuple(name for name, _, _ in group),
        pages=tuple(sorted(seen)),
        byte_range=_byte_range(value),
        contents=_contents(value),
        sub_filter=_name(value, "/SubFilter"),
        claimed=str(value.M) if isinstance(value.get("/M"), pikepdf.String) else "",
        number=value.objgen[0] or group[0][1].objgen[0],
        holders=tuple(field.objgen[0] for _, field, _ in group if field.is_indirect),
    )


def _signed_fields(pdf: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Object, pikepdf.Object]]:
    """Name, field and value of every node with a signature of its own, wherever it stands in the tree."""
    for one in form_fields.walk(pdf):
        value = one.node.get("/V")
        if one.kind == "/Sig" and isinstance(value, pikepdf.Dictionary):
            yield one.name, one.node, value


def _widgets(field: pikepdf.Object) -> list[tuple[int, int]]:
    kids = field.get("/Kids")
    return [field.objgen, *(kid.objgen for kid in (list(kids) if isinstance(kids, pikepdf.Array) else []))]


def _places(pdf: pikepdf.Pdf) -> dict[tuple[int, int], int]:
    """On which page each annotation stands."""
    places: dict[tuple[int, int], int] = {}
    for number, page in enumerate(pages.walk(pdf), start=1):
        annotations = page.get("/Annots")
        for one in list(annotations) if isinstance(annotations, pikepdf.Array) else []:
            if isinstance(one, pikepdf.Dictionary) and one.is_indirect:
                places.setdefault(one.objgen, number)
    return places


def _name(thing: pikepdf.Object, key: str) -> str:
    value = thing.get(key)
    return value.unparse().decode("latin-1") if isinstance(value, pikepdf.Name) else ""


def _byte_range(value: pikepdf.Object) -> tuple[int, ...]:
    """The numbers of /ByteRange; anything that is not a list of whole numbers gives none."""
    listed = value.get("/ByteRange")
    numbers: list[object] = list(listed) if isinstance(listed, pikepdf.Array) and len(listed) <= 64 else []
    whole = tuple(one for one in numbers if isinstance(one, int) and not isinstance(one, bool))
    return whole if len(whole) == len(numbers) else ()


def _contents(value: pikepdf.Object) -> bytes:
    contents = value.get("/Contents")
    return bytes(contents) if isinstance(contents, pikepdf.String) else b""
