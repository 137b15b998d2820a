"""What attackers bring along: a picture over everything, fields laid out before anybody signs."""

from tests.engine import edits
from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, act, judged
from tests.engine.rich_papers import unsigned
from yunqian.engine.changes.values import Reference, Stream, Value
from yunqian.engine.report import Finding, Verdict

EVERYTHING: list[Value] = [0, 0, 595, 842]
COVER = Stream(
    {"/Type": "/XObject", "/Subtype": "/Form", "/BBox": [0, 0, 595, 842]},
    b"1 1 1 rg 0 0 595 842 re f 0 g 99 99 9 9 re f",
)
PUSH_BUTTON, READ_ONLY = 1 << 16, 1


def laid_out(name: str, kind: str, *, page: int = 0, shown: bytes = b"", **entries: Value) -> bytes:
    """A document with a field over its whole first page, signed in `first` with a seal under that field.

    `page` is the page that the field says it is on; it stands on the first.
    """
    draft = Draft(unsigned())
    empty = draft.add(Stream(dict(COVER.entries), shown))
    field = {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": kind, "/T": name.encode(), "/F": 4}
    field |= {"/Rect": list(EVERYTHING), "/AP": {"/N": empty}, "/P": draft.page(page)}
    made = draft.add(field | {"/" + key: value for key, value in entries.items()})
    draft.entries(draft.entries(draft.root)["/AcroForm"])["/Fields"].append(made)
    draft.entries(draft.page(0))["/Annots"].append(made)
    return act(draft.document_after(), marks=[SEAL], field="first")


def covering_field(draft: Draft, value: Value, **entries: Value) -> Reference:
    """A new signature field whose picture covers the first page."""
    field: dict[str, Value] = {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": "/Sig", "/F": 4}
    field |= {"/T": b"over", "/Rect": list(EVERYTHING), "/AP": {"/N": draft.add(COVER)}, "/V": value}
    made = draft.add(field | {"/" + key: one for key, one in entries.items()})
    draft.entries(draft.entries(draft.root)["/AcroForm"])["/Fields"].append(made)
    draft.entries(draft.page(0))["/Annots"].append(made)
    return made


def signature_of(draft: Draft, field: str = "first") -> dict[str, Value]:
    """A copy of the entries of a signature."""
    return dict(draft.state.entries(draft.state.entries(draft.field(field))["/V"]))


def total(document: bytes) -> Verdict:
    """The bottom line of the report."""
    return judged(document).verdict


def coverage(document: bytes, field: str = "first") -> Finding:
    """What is said of one signature's coverage."""
    one = next(one for one in judged(document).signatures if field in one.fields)
    return next(finding for finding in one.findings if finding.check == "coverage")


BOGUS = dict(edits.SIGNATURE)
