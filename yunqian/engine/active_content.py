"""Content that acts by itself or by a click: refused by name, or taken out before the first signature (rule I5).

What could make a page show something else than what was signed is refused, always. What only leads away from
the document is taken out of an unsigned one and told; a signed one is not rewritten, so there it is kept and told.

| kind | where | why | unsigned | signed |
|---|---|---|---|---|
| JavaScript | action, name tree | can change every field and layer | refused | refused |
| JavaScript of a form field | action of a widget | goes with the field when that is fixed | taken out | refused |
| Launch, ImportData | action | starts programs, fills fields from a file | refused | refused |
| Rendition, Movie, Sound, GoTo3DView | action, annotation | plays what is on no page | refused | refused |
| RichMedia, 3D, Screen | annotation | draws by a program | refused | refused |
| XFA | form | pages are made while they are looked at | refused | refused |
| ExternalStream | stream with /F | content lies in another file | refused | refused |
| ReferenceXObject, OPI | form or image | a proxy that print replaces by another file | refused | refused |
| Portfolio, AlternatePresentation | catalog | another thing is shown than the pages | refused | refused |
| SetOCGState, Hide | action | a click hides what was seen | taken out | refused |
| ResetForm | action | a click changes field values | taken out | refused |
| SubmitForm, GoToR, GoToE, Thread | action | leads away, changes no page | taken out | kept, told |
| Alternates | image | print shows another picture | taken out | refused |
| URI, GoTo, Named, a destination at opening | action | a link, a zoom | kept | kept |
| embedded files | name tree, annotation | on no page | kept, told | kept, told |
| layers | catalog | can hide text | fixed as shown, told | told |

ISO 32000-2 §12.6.4 (actions), §12.5.6 (annotations), §7.3.8 (/F), §8.10.4 (/Ref), §14.11.7 (OPI), §8.9.5.4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pikepdf

from yunqian.engine import survey
from yunqian.engine.survey import Survey
from yunqian.problems import Problem, Refused

# An action's kind, and keys of which it has at least one: a tag of the structure tree has an /S too.
_REFUSED_ACTIONS = {
    "/JavaScript": ("/JS",),
    "/Launch": ("/F", "/Win", "/Mac", "/Unix"),
    "/ImportData": ("/F",),
    "/Rendition": ("/R", "/OP", "/JS"),
    "/Movie": ("/Annotation", "/T", "/Operation"),
    "/Sound": ("/Sound",),
    "/GoTo3DView": ("/TA",),
}
_HIDING_ACTIONS = {
    "/SetOCGState": ("/State",),
    "/Hide": ("/T",),
    "/ResetForm": ("/S",),
}
_LEADING_AWAY = {
    "/SubmitForm": ("/F",),
    "/GoToR": ("/F",),
    "/GoToE": ("/T", "/F"),
    "/Thread": ("/D", "/F"),
}
_REFUSED_ANNOTATIONS = ("/RichMedia", "/3D", "/Screen", "/Movie", "/Sound")
_TRIGGERS = ("/A", "/PA", "/OpenAction", "/Next")


@dataclass(frozen=True, slots=True)
class Kinds:
    """What acts by itself or by a click, by name: refused always, hiding what was seen, or leading away."""

    refused: frozenset[str]
    hiding: frozenset[str]
    away: frozenset[str]

    @property
    def every(self) -> tuple[str, ...]:
        """All of them in order, for a sentence."""
        return tuple(sorted(self.refused | self.hiding | self.away))


def of(pdf: pikepdf.Pdf, found: Survey) -> Kinds:
    """The kinds of active content that a survey found."""
    refused = {*_in_catalog(pdf), *_in_streams(found)}
    hiding: set[str] = {"Alternates"} if any("/Alternates" in image for image in found.images) else set()
    away: set[str] = set()
    for thing in found.dictionaries:
        refused |= {*_acting(thing, _REFUSED_ACTIONS), *_annotating(thing)}
        hiding |= {*_acting(thing, _HIDING_ACTIONS)}
        away |= {*_acting(thing, _LEADING_AWAY)}
    return Kinds(frozenset(refused), frozenset(hiding), frozenset(away))


def refuse(kinds: Kinds, *, is_signed: bool) -> None:
    """Raises Refused(DOCUMENT_ACTIVE_CONTENT) with the kinds that stop an upload."""
    stopping = kinds.refused | kinds.hiding if is_signed else kinds.refused
    if stopping:
        raise Refused(Problem.DOCUMENT_ACTIVE_CONTENT, kinds=", ".join(sorted(stopping)))


def take_out(found: Survey) -> None:
    """Remove the actions that were found as leftovers, wherever one is triggered; only before any signature."""
    for thing in found.dictionaries:
        for key in [key for key in _TRIGGERS if key in thing]:
            if _is_unwanted(thing[key]):
                del thing[key]
        triggers = survey.entries(thing, "/AA")
        for key in list(triggers.keys()) if triggers is not None else []:
            if triggers is not None and _is_unwanted(triggers[key]):
                del triggers[key]
    for image in found.images:
        if "/Alternates" in image:
            del image["/Alternates"]


def _is_unwanted(action: object) -> bool:
    """Whether an action, or one of several, is a leftover; then all that is triggered together goes."""
    if isinstance(action, pikepdf.Array):
        return any(_is_unwanted(one) for one in list(action) if isinstance(one, pikepdf.Dictionary))
    if not isinstance(action, pikepdf.Dictionary):
        return False
    return bool([*_acting(action, _HIDING_ACTIONS), *_acting(action, _LEADING_AWAY)])


def _acting(thing: pikepdf.Object, kinds: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    needed = kinds.get(survey.name(thing, "/S"))
    if needed and any(key in thing for key in needed) and survey.name(thing, "/Type") != "/StructElem":
        yield survey.name(thing, "/S").lstrip("/")


def _annotating(thing: pikepdf.Object) -> Iterator[str]:
    """Annotations that play or draw by a program; the same word without a rectangle is no annotation."""
    kind = survey.name(thing, "/Subtype")
    if kind in _REFUSED_ANNOTATIONS and "/Rect" in thing:
        yield kind.lstrip("/")
    if "/RichMediaContent" in thing:
        yield "RichMedia"


def _in_catalog(pdf: pikepdf.Pdf) -> Iterator[str]:
    form = survey.entries(pdf.Root, "/AcroForm")
    if form is not None and "/XFA" in form:
        yield "XFA"
    if "/Collection" in pdf.Root:
        yield "Portfolio"
    names = survey.entries(pdf.Root, "/Names")
    for key, kind in _NAME_TREES.items():
        if names is not None and key in names:
            yield kind


_NAME_TREES = {
    "/JavaScript": "JavaScript",
    "/AlternatePresentations": "AlternatePresentation",
    "/Renditions": "Rendition",
}


def _in_streams(found: Survey) -> Iterator[str]:
    for stream in found.streams:
        if "/F" in stream:
            yield "ExternalStream"
        if "/Ref" in stream and survey.name(stream, "/Subtype") == "/Form":
            yield "ReferenceXObject"
        if "/OPI" in stream:
            yield "OPI"
