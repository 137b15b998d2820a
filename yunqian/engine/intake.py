"""Is this PDF acceptable, and what becomes of it before the first signature.

A document without signatures is rewritten once by qpdf in canonical form, so that everybody signs the same
plain bytes; a document that carries a signature is never rewritten. Run as `python -m yunqian.engine.intake`
it reads a stranger's document on stdin in a process of its own, which limits itself before it parses.
"""

import io
import json
import re
import resource
import struct
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import pikepdf

from yunqian.engine import pages, reading
from yunqian.engine.geometry import PageGeometry
from yunqian.problems import Problem, Refused

_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_SECONDS = 60
_ACTIVE = {
    "/JavaScript": "JavaScript",
    "/Launch": "Launch",
    "/ImportData": "ImportData",
    "/Rendition": "Rendition",
    "/RichMedia": "RichMedia",
}
_HARMLESS = ("reported number of objects", "duplicated key")  # nothing is lost or guessed
_SIGNED = re.compile(rb"/ByteRange\s*\[")
_STANDARD_FONTS = ("/Courier", "/Helvetica", "/Times", "/Symbol", "/ZapfDingbats")
_ERRORS = (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost us."""

    max_bytes: int = 50 * 1024 * 1024
    max_pages: int = 2000


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the person should know; it does not stop the upload."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document as it will be signed: normalised once when it carried no signature, else byte for byte."""

    document: bytes = field(repr=False)
    pages: tuple[PageGeometry, ...]
    remarks: tuple[Remark, ...]
    signature_count: int


REPAIRED = Remark(
    "DOCUMENT_REPAIRED",
    "文件结构有缺陷，已在签署前修复，请确认内容完整。",
    "The file's structure was damaged and was repaired before any signature; check that nothing is missing.",
)
HAS_ATTACHMENTS = Remark(
    "DOCUMENT_HAS_ATTACHMENTS",
    "文件带有附件，附件会随文件一起被签署，但不显示在页面上。",
    "The file carries attachments; they are signed with it but are not shown on its pages.",
)
HAS_FORM = Remark(
    "DOCUMENT_HAS_FORM",
    "文件含有可填写的表单域，已原样保留。",
    "The file has form fields; they were kept as they are.",
)
FONT_NOT_EMBEDDED = Remark(
    "DOCUMENT_FONT_NOT_EMBEDDED",
    "文件使用了未嵌入的字体，在不同电脑上显示可能不同。",
    "The file uses fonts that are not embedded; it may look different on another computer.",
)


def accept(document: bytes, *, limits: Limits) -> Accepted:
    """Check a document and make it ready to be signed.

    Raises Refused(DOCUMENT_EMPTY, _TOO_LARGE, _NOT_PDF, _ENCRYPTED, _BROKEN, _ACTIVE_CONTENT, _CERTIFIED,
    _TOO_MANY_PAGES); nothing else ever comes out of a stranger's bytes.
    """
    _require_plausible(document, limits)
    try:
        return _accepted(document, limits)
    except pikepdf.PasswordError as error:
        raise Refused(Problem.DOCUMENT_ENCRYPTED) from error
    except (*_ERRORS, RecursionError, OverflowError) as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error


def _require_plausible(document: bytes, limits: Limits) -> None:
    """What can be said before anything is parsed."""
    if not document:
        raise Refused(Problem.DOCUMENT_EMPTY)
    if len(document) > limits.max_bytes:
        megabytes = [round(size / 1024 / 1024, 1) for size in (len(document), limits.max_bytes)]
        raise Refused(Problem.DOCUMENT_TOO_LARGE, size_mb=megabytes[0], limit_mb=megabytes[1])
    if not document.startswith(b"%PDF-"):
        raise Refused(Problem.DOCUMENT_NOT_PDF)


def _accepted(document: bytes, limits: Limits) -> Accepted:
    pdf, is_repaired = _opened(document)
    with pdf:
        if pdf.is_encrypted:
            raise Refused(Problem.DOCUMENT_ENCRYPTED)
        _require_pages(pdf, limits)
        count = len(_signature_fields(pdf))
        is_signed = count > 0 or _shows_traces(document, pdf)
        _refuse_active(pdf)
        _refuse_certified(pdf)
        shown = pages.geometries(pdf)
        remarks = list(_remarks(pdf))
        if is_repaired or not _reads_clean(pdf):  # every object has been read by now
            if is_signed:
                raise Refused(Problem.DOCUMENT_BROKEN)
            remarks.insert(0, REPAIRED)
        return Accepted(document if is_signed else _normalised(pdf), shown, tuple(remarks), count)


def _reads_clean(pdf: pikepdf.Pdf) -> bool:
    """Whether qpdf had nothing to guess or to leave out so far."""
    return all(any(known in str(told) for known in _HARMLESS) for told in pdf.get_warnings())


def _shows_traces(document: bytes, pdf: pikepdf.Pdf) -> bool:
    """Whether a byte range stands in a document without signed fields: better not rewritten.

    Usage rights of a reader program (/UR3) are nobody's signature.
    """
    permissions = pdf.Root.get("/Perms")
    has_usage_rights = isinstance(permissions, pikepdf.Dictionary) and "/UR3" in permissions
    return not has_usage_rights and _SIGNED.search(document) is not None


def _opened(document: bytes) -> tuple[pikepdf.Pdf, bool]:
    """The document, and whether qpdf had to repair it; opened strictly first."""
    try:
        pdf = reading.strictly(document)
        pages.walk(pdf)  # reads the page tree, which opening alone does not
        return pdf, False
    except pikepdf.PasswordError:
        raise
    except (*_ERRORS, Refused):
        pass
    return reading.leniently(document), True


def _require_pages(pdf: pikepdf.Pdf, limits: Limits) -> None:
    count = len(pages.walk(pdf))
    if count == 0:
        raise Refused(Problem.DOCUMENT_BROKEN)
    if count > limits.max_pages:
        raise Refused(Problem.DOCUMENT_TOO_MANY_PAGES, pages=count, limit=limits.max_pages)


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every indirect dictionary or stream dictionary of the document."""
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            yield thing.stream_dict
        elif isinstance(thing, pikepdf.Dictionary):
            yield thing


def _nested(thing: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Object]:
    """A dictionary and the direct dictionaries inside it, where actions also hide."""
    yield thing
    if depth >= 8:
        return
    for value in thing.values() if isinstance(thing, pikepdf.Dictionary) else thing:
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
            yield from _nested(value, depth + 1)


def _name(thing: pikepdf.Object, key: str) -> str:
    """A name as text; a stranger's names are bytes in any encoding (GBK, say)."""
    value = thing.get(key)
    return value.unparse().decode("latin-1") if isinstance(value, pikepdf.Name) else ""


def _refuse_active(pdf: pikepdf.Pdf) -> None:
    """Scripts, launches and dynamic forms: what was seen need not be what is signed."""
    kinds = set()
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
        kinds.add("XFA")
    names = pdf.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/JavaScript" in names:
        kinds.add("JavaScript")
    for outer in _dictionaries(pdf):
        for thing in _nested(outer):
            if not isinstance(thing, pikepdf.Dictionary):
                continue
            action = _ACTIVE.get(_name(thing, "/S"))
            if action and (action != "JavaScript" or "/JS" in thing):
                kinds.add(action)
            if thing.get("/Subtype") == pikepdf.Name.RichMedia:
                kinds.add("RichMedia")
    if kinds:
        raise Refused(Problem.DOCUMENT_ACTIVE_CONTENT, kinds=", ".join(sorted(kinds)))


def _refuse_certified(pdf: pikepdf.Pdf) -> None:
    """A certification that permits no change at all (DocMDP P=1, ISO 32000-2 §12.8.2.2)."""
    permissions = pdf.Root.get("/Perms")
    if not isinstance(permissions, pikepdf.Dictionary) or "/DocMDP" not in permissions:
        return
    level = 2
    for part in list(permissions.DocMDP.get("/Reference") or []):
        if part.get("/TransformMethod") == pikepdf.Name.DocMDP and "/TransformParams" in part:
            level = int(part.TransformParams.get("/P", 2))
    if level == 1:
        raise Refused(Problem.DOCUMENT_CERTIFIED)


def _signature_fields(pdf: pikepdf.Pdf) -> set[tuple[int, int]]:
    """The distinct signature dictionaries in the form."""
    found: set[tuple[int, int]] = set()
    for thing in _dictionaries(pdf):
        value = thing.get("/V") if thing.get("/FT") == pikepdf.Name.Sig else None
        if isinstance(value, pikepdf.Dictionary):
            found.add(value.objgen if value.is_indirect else thing.objgen)
    return found


def _remarks(pdf: pikepdf.Pdf) -> Iterator[Remark]:
    names = pdf.Root.get("/Names")
    has_names = isinstance(names, pikepdf.Dictionary) and "/EmbeddedFiles" in names
    dictionaries = list(_dictionaries(pdf))
    if has_names or any(thing.get("/Subtype") == pikepdf.Name.FileAttachment for thing in dictionaries):
        yield HAS_ATTACHMENTS
    if any(thing.get("/FT") in _FILLABLE for thing in dictionaries):
        yield HAS_FORM
    if any(_is_missing_font(inner) for thing in dictionaries for inner in _nested(thing)):
        yield FONT_NOT_EMBEDDED


_FILLABLE = (pikepdf.Name.Tx, pikepdf.Name.Ch, pikepdf.Name.Btn)


def _is_missing_font(thing: pikepdf.Object) -> bool:
    """A font program that the document relies on but does not carry; the standard 14 are everywhere."""
    if not isinstance(thing, pikepdf.Dictionary) or thing.get("/Type") != pikepdf.Name.Font:
        return False
    if thing.get("/Subtype") in _WITHOUT_PROGRAM:
        return False
    if _name(thing, "/BaseFont").startswith(_STANDARD_FONTS):
        return False
    descriptor = thing.get("/FontDescriptor")
    if not isinstance(descriptor, pikepdf.Dictionary):
        return True
    return not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))


_WITHOUT_PROGRAM = (pikepdf.Name.Type0, pikepdf.Name.Type3)


def _normalised(pdf: pikepdf.Pdf) -> bytes:
    """The canonical rewrite: same bytes for the same document, form indirect, nothing hybrid or encrypted."""
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary):
        if not form.is_indirect:
            pdf.Root.AcroForm = form = pdf.make_indirect(form)
        if not isinstance(form.get("/Fields"), pikepdf.Array):
            form.Fields = pikepdf.Array()
    elif form is not None:
        del pdf.Root.AcroForm
    for key in ("/Perms", "/DSS"):
        if key in pdf.Root:
            del pdf.Root[key]
    rewritten = io.BytesIO()
    pdf.save(
        rewritten,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        compress_streams=True,
        linearize=False,
        encryption=False,
    )
    return rewritten.getvalue()


def main() -> int:
    """Child process: limits JSON and document on stdin, JSON header and normalised bytes on stdout.

    Both directions are framed by a big-endian 4-byte length of the JSON. A refusal is a header with its code
    and facts, and exit code 0: any other exit code means that a limit was hit.
    """
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    limits = Limits(**json.loads(sys.stdin.buffer.read(size)))
    try:
        accepted = accept(sys.stdin.buffer.read(), limits=limits)
        header = {
            "pages": [asdict(page) for page in accepted.pages],
            "remarks": [asdict(remark) for remark in accepted.remarks],
            "signature_count": accepted.signature_count,
        }
        document = accepted.document
    except Refused as refusal:
        header = {"refused": refusal.problem.code, "facts": refusal.facts}
        document = b""
    encoded = json.dumps(header).encode("utf-8")
    sys.stdout.buffer.write(struct.pack(">I", len(encoded)) + encoded + document)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
