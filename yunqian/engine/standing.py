"""What a document's own signatures leave to the next signer, told at intake so that nobody is surprised later."""

from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf

from yunqian.engine import pages, permissions, shaken_fields, slots
from yunqian.engine.marks import Edge
from yunqian.problems import Refused

_ANY_NEW_FIELD = "a field that nobody has named yet"


@dataclass(frozen=True, slots=True)
class Standing:
    """`level` is the strictest DocMDP that any signature set (2 or 3), None where none did.

    `open_fields` are the empty signature fields that may be signed; where `takes_fields` is false a mark may stand
    only in one of them. `paging_slots` are the places left for paging seals along the right edge. `locked_field` is a
    locked field on account of which nobody may sign at all (engine.shaken_fields), empty where there is none.
    """

    signatures: int = 0
    level: int | None = None
    takes_fields: bool = True
    open_fields: tuple[str, ...] = ()
    paging_slots: int = 0
    locked_field: str = ""


def of(pdf: pikepdf.Pdf, document: bytes, *, signatures: int) -> Standing:
    """Ask a document as it will be signed; `document` are its bytes, read only where it is signed.

    Raises Refused(DOCUMENT_BROKEN) for a page tree that cannot be walked.
    """
    shown = pages.walk(pdf)
    permitted = permissions.of(pdf, shown)
    return Standing(
        signatures=signatures,
        level=permitted.level,
        takes_fields=permitted.may_add_visible_fields and not permitted.is_locked(_ANY_NEW_FIELD),
        open_fields=tuple(one.name for one in permitted.open_fields),
        paging_slots=_slots(pdf, shown, permitted),
        locked_field=_locked_field(pdf, document) if signatures else "",
    )


def _slots(pdf: pikepdf.Pdf, shown: Sequence[pikepdf.Object], permitted: permissions.Permissions) -> int:
    seen = pages.shapes(shown)
    return sum(
        not any(permitted.is_locked(f"{slot.name}.p{page.number}") for page in seen)
        for slot in slots.empty_slots(pdf, shown, seen, Edge.RIGHT)
    )


def _locked_field(pdf: pikepdf.Pdf, document: bytes) -> str:
    try:
        shaken_fields.require_none(pdf, document)
    except Refused as refusal:
        return str(refusal.facts.get("field", ""))
    return ""
