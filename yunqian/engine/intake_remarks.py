"""What a person should know about a document that is taken: said with it, kept with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pikepdf

from yunqian.engine import survey
from yunqian.engine.survey import Survey

_STANDARD_FONTS = ("/Courier", "/Helvetica", "/Times", "/Symbol", "/ZapfDingbats")
_WITHOUT_PROGRAM = ("/Type0", "/Type3")
FILLABLE = ("/Tx", "/Ch", "/Btn")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the person should know; it does not stop the upload."""

    code: str
    zh: str
    en: str


REPAIRED = Remark(
    "DOCUMENT_REPAIRED",
    "文件结构有缺陷，已在签署前修复，请确认内容完整。",
    "The file's structure was damaged and was repaired before any signature; check that nothing is missing.",
)
PROTECTION_REMOVED = Remark(
    "DOCUMENT_PROTECTION_REMOVED",
    "文件原有的保护（限制修改、打印等）已按上传者的确认去除。",
    "The file was protected against changes or printing; its uploader confirmed that this was removed.",
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
FORM_FLATTENED = Remark(
    "DOCUMENT_FORM_FLATTENED",
    "文件中的表单域已按所见内容固定，不能再填写。",
    "The file's form fields were fixed as they are shown and can no longer be filled.",
)
FONT_NOT_EMBEDDED = Remark(
    "DOCUMENT_FONT_NOT_EMBEDDED",
    "文件使用了未嵌入的字体，在不同电脑上显示可能不同。",
    "The file uses fonts that are not embedded; it may look different on another computer.",
)
HAS_LAYERS = Remark(
    "DOCUMENT_HAS_LAYERS",
    "文件含有图层，隐藏图层中的内容不显示在页面上，请确认所见内容完整。",
    "The file has layers; what is on a hidden layer is not shown on its pages. Check what you see.",
)
SIGNATURE_UNCONFIRMED = Remark(
    "DOCUMENT_SIGNATURE_UNCONFIRMED",
    "文件中已有的签名不能完全确认，请先查看验签结果。",
    "A signature that the file already carries cannot be fully confirmed; look at its verification first.",
)
NOT_COMPARED = Remark(
    "DOCUMENT_NOT_COMPARED",
    "本机没有第二种页面引擎，或它无法显示此文件，页面显示只用一种引擎检查过。",
    "No second engine could draw the pages here; how they look was checked with one engine only.",
)

CONVERTED = Remark(
    "DOCUMENT_CONVERTED",
    "文件由 Word 转换为 PDF，字体和分页可能与原稿不同；签署的是转换后的 PDF，请逐页查看后再发起。",
    "The file was converted from Word to PDF; fonts and page breaks may differ from the original. What is signed is "
    "the PDF: look at every page before you send it.",
)
LINKS_LEFT_OUT = Remark(
    "DOCUMENT_LINKS_LEFT_OUT",
    "Word 文件中有放在别处的图片或内容，转换时没有取回，请确认没有缺失。",
    "The Word file shows pictures or content that lie elsewhere; they were not fetched. Check that nothing is missing.",
)
OBJECTS_AS_PICTURES = Remark(
    "DOCUMENT_OBJECTS_AS_PICTURES",
    "Word 文件中嵌入的对象（表格、附件等）只保留了显示的画面。",
    "Objects embedded in the Word file, such as sheets or attachments, were kept only as they are shown.",
)


def compared_in_part(compared: int, count: int) -> Remark:
    """A long document, of which some pages were drawn by two engines."""
    return Remark(
        "DOCUMENT_COMPARED_IN_PART",
        f"文件共 {count} 页，其中 {compared} 页用两种引擎核对过显示是否一致。",
        f"{compared} of the {count} pages were drawn by two engines and compared.",
    )


def shown_differently(numbers: str) -> Remark:
    """Pages that two engines draw differently, where fonts that are not embedded may be the reason."""
    return Remark(
        "DOCUMENT_SHOWN_DIFFERENTLY",
        f"第 {numbers} 页因字体未嵌入，在不同阅读器中显示不一样，请嵌入字体后再上传，或逐页核对。",
        f"Page {numbers} looks different from one reader program to another, as fonts are not embedded; embed "
        "them and upload again, or check every page.",
    )


def actions_removed(kinds: Iterable[str]) -> Remark:
    """Actions that were taken out before the first signature."""
    listed = ", ".join(kinds)
    return Remark(
        "DOCUMENT_ACTIONS_REMOVED",
        f"文件中的交互动作（{listed}）已在签署前去除，页面内容没有改变。",
        f"Interactive actions of the file ({listed}) were removed before any signature; no page was changed.",
    )


def actions_kept(kinds: Iterable[str]) -> Remark:
    """Actions in a signed document, which nobody may change; none of them changes a page."""
    listed = ", ".join(kinds)
    return Remark(
        "DOCUMENT_ACTIONS_KEPT",
        f"文件已有签名，其中指向文件以外的动作（{listed}）原样保留，请谨慎点击。",
        f"The file is signed, so its actions that lead away from it ({listed}) were kept; click with care.",
    )


def of(pdf: pikepdf.Pdf, found: Survey) -> Iterator[Remark]:
    """What the document holds that is worth a word, whether it is signed or not."""
    names = survey.entries(pdf.Root, "/Names")
    has_files = names is not None and "/EmbeddedFiles" in names
    if has_files or "/AF" in pdf.Root or any(_is_attached(thing) for thing in found.dictionaries):
        yield HAS_ATTACHMENTS
    if any(survey.name(thing, "/FT") in FILLABLE for thing in found.dictionaries):
        yield HAS_FORM
    if any(_is_missing_font(thing) for thing in found.dictionaries):
        yield FONT_NOT_EMBEDDED
    if any(survey.name(thing, "/Type") == "/OCG" for thing in found.dictionaries):
        yield HAS_LAYERS


def _is_attached(thing: pikepdf.Object) -> bool:
    return survey.name(thing, "/Subtype") == "/FileAttachment"


def _is_missing_font(thing: pikepdf.Object) -> bool:
    """A font program that the document relies on but does not carry; the standard 14 are everywhere."""
    if survey.name(thing, "/Type") != "/Font" or survey.name(thing, "/Subtype") in _WITHOUT_PROGRAM:
        return False
    if survey.name(thing, "/BaseFont").startswith(_STANDARD_FONTS):
        return False
    descriptor = survey.entries(thing, "/FontDescriptor")
    if descriptor is None:
        return True
    return not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
