"""The one rewrite of a document that nobody has signed: the same bytes for the same document, nothing hidden."""

import io

import pikepdf

from yunqian.engine import survey
from yunqian.engine.survey import Survey

_DROPPED = ("/Perms", "/DSS", "/Requirements", "/Legal")


def settle(pdf: pikepdf.Pdf, found: Survey) -> None:
    """Make the form an object of its own, fix the layers as they are shown, drop rights that nobody has."""
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary):
        if not form.is_indirect:
            pdf.Root.AcroForm = form = pdf.make_indirect(form)
        if not isinstance(form.get("/Fields"), pikepdf.Array):
            form.Fields = pikepdf.Array()
    elif form is not None:
        del pdf.Root.AcroForm
    for key in _DROPPED:
        if key in pdf.Root:
            del pdf.Root[key]
    _fix_layers(pdf, found)


def _fix_layers(pdf: pikepdf.Pdf, found: Survey) -> None:
    """One state of the layers for screen and print, which no viewer lets anybody change (ISO 32000-2 §8.11.4)."""
    layers = survey.entries(pdf.Root, "/OCProperties")
    if layers is None:
        return
    if "/Configs" in layers:
        del layers["/Configs"]
    shown = survey.entries(layers, "/D")
    if shown is None:
        return
    if "/AS" in shown:
        del shown["/AS"]
    groups = [thing for thing in found.dictionaries if survey.name(thing, "/Type") == "/OCG"]
    shown.Locked = pikepdf.Array([one for one in groups if one.is_indirect])


def rewritten(pdf: pikepdf.Pdf) -> bytes:
    """The canonical rewrite by qpdf: every object once, no hybrid table, no older revision, no encryption."""
    written = io.BytesIO()
    pdf.save(
        written,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        compress_streams=True,
        linearize=False,
        encryption=False,
        fix_metadata_version=False,  # what the document says of itself is not ours to rewrite
    )
    return written.getvalue()
