"""What a signature's appearances show: which pictures, whether anything else is painted, and a picture's pixels.

A seal's own picture proves nothing while another one is on the page. So pictures are compared by their decoded
pixels, and an appearance that paints by other means than pictures and text is never taken for a seal's.
"""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf
from PIL import Image

_MAX_PIXELS = 4_000_000
_MAX_DEPTH = 4
_UNSEEN = 2 | 32  # Hidden, NoView (ISO 32000-2 table 167)
_APART = frozenset({"/Group", "/OC"})  # transparency of its own; shown in some layers only
_MAX_CONTENT_BYTES = 1_000_000
_FORMATS = ("PNG", "GIF", "JPEG", "BMP")
# Everything that puts ink on the page by itself, or changes how ink is put: paths, shadings, inline pictures,
# graphics states (transparency, soft masks) and patterns (ISO 32000-2 annex A).
_PAINTING = frozenset(
    (
        "f",
        "F",
        "f*",
        "B",
        "B*",
        "b",
        "b*",
        "S",
        "s",
        "sh",
        "BI",
        "INLINE IMAGE",
        "gs",
        "scn",
        "SCN",
        "d0",
        "d1",
    )
)
_PICTURE_KEYS = frozenset(
    (
        "/Type",
        "/Subtype",
        "/Width",
        "/Height",
        "/BitsPerComponent",
        "/ColorSpace",
        "/Filter",
        "/Length",
        "/SMask",
        "/Name",
    )
)
_CHANNELS = {"/DeviceRGB": 3, "/DeviceGray": 1}


class NotComparable(ValueError):
    """A picture in a form that is not decoded here; never leaves the engine."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture as it is seen: RGB where anything is seen, white where nothing is, and its transparency."""

    width: int
    height: int
    colours: bytes
    alpha: bytes


def pixels_of_file(content: bytes) -> Pixels:
    """The pixels of a PNG, GIF, JPEG or BMP, of its first frame. Raises NotComparable."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                raise NotComparable("too many pixels")
            shown = opened.convert("RGBA")
    except (OSError, SyntaxError, Image.DecompressionBombError, ValueError) as error:
        raise NotComparable("not a picture that is read here") from error
    return _seen(shown.size, shown.convert("RGB").tobytes(), shown.getchannel("A").tobytes())


def pixels_of_object(picture: pikepdf.Object) -> Pixels:
    """The pixels of an image XObject in the plain form that we write; any other form raises NotComparable."""
    size = int(picture.get("/Width", 0)), int(picture.get("/Height", 0))
    if not 0 < size[0] * size[1] <= _MAX_PIXELS or min(size) < 1:
        raise NotComparable("too many pixels")
    mask = picture.get("/SMask")
    colours = _samples(picture, size, "/DeviceRGB")
    alpha = b"\xff" * (size[0] * size[1]) if mask is None else _samples(mask, size, "/DeviceGray")
    return _seen(size, colours, alpha)


def _samples(picture: pikepdf.Object, size: tuple[int, int], colour_space: str) -> bytes:
    is_plain = (
        isinstance(picture, pikepdf.Stream)
        and set(picture.keys()) <= _PICTURE_KEYS
        and [picture.get(key) for key in ("/Width", "/Height", "/BitsPerComponent")] == [*size, 8]
        and picture.get("/ColorSpace") == pikepdf.Name(colour_space)
        and picture.get("/Filter") == pikepdf.Name.FlateDecode
    )
    if not is_plain:
        raise NotComparable("a picture in another form")
    wanted = size[0] * size[1] * _CHANNELS[colour_space]
    try:
        samples = zlib.decompressobj().decompress(picture.read_raw_bytes(), wanted + 1)
    except zlib.error as error:
        raise NotComparable("a picture that does not unpack") from error
    if len(samples) != wanted:
        raise NotComparable("a picture of another size than it says")
    return samples


def _seen(size: tuple[int, int], colours: bytes, alpha: bytes) -> Pixels:
    """White wherever nothing is seen: what hides under full transparency is no part of the picture."""
    channel = Image.frombytes("L", size, alpha)
    visible = channel.point([0] + [255] * 255)
    shown = Image.composite(Image.frombytes("RGB", size, colours), Image.new("RGB", size, "white"), visible)
    return Pixels(size[0], size[1], shown.tobytes(), alpha)


class Shown:
    """The pictures in some appearances, by their object numbers, and whether anything else is painted there."""

    def __init__(self) -> None:
        self.pictures: set[tuple[int, int]] = set()
        self.is_plain = True
        self._looked_at: set[tuple[int, int]] = set()

    def look_at(self, widget: pikepdf.Object) -> None:
        """Take in the normal appearance of a widget; one with states or in a layer shows no seal plainly."""
        flags = widget.get("/F", 0)
        if not isinstance(flags, int) or "/OC" in widget:
            self.is_plain = False
        elif flags & _UNSEEN:
            return
        appearances = widget.get("/AP")
        normal = appearances.get("/N") if isinstance(appearances, pikepdf.Dictionary) else None
        if isinstance(normal, pikepdf.Stream):
            self._form(normal, 0)
        elif normal is not None:
            self.is_plain = False

    def _form(self, form: pikepdf.Object, depth: int) -> None:
        if form.is_indirect and form.objgen in self._looked_at:
            return
        self._looked_at.add(form.objgen)
        resources = form.get("/Resources")
        if depth > _MAX_DEPTH or not isinstance(resources, pikepdf.Dictionary) or _APART & set(form.keys()):
            self.is_plain = False
            return
        if not _is_short(form) or _has_drawn_glyphs(resources):
            self.is_plain = False
            return
        for instruction in pikepdf.parse_content_stream(form):
            operator = str(instruction.operator)
            if operator in _PAINTING:
                self.is_plain = False
            elif operator == "Do":
                self._drawn(resources, list(instruction.operands), depth)

    def _drawn(self, resources: pikepdf.Object, operands: Sequence[object], depth: int) -> None:
        listed = resources.get("/XObject")
        name = str(operands[0]) if operands else ""
        drawn = listed.get(name) if isinstance(listed, pikepdf.Dictionary) and name[:1] == "/" else None
        if not isinstance(drawn, pikepdf.Stream):
            self.is_plain = False
        elif drawn.get("/Subtype") == pikepdf.Name.Form:
            self._form(drawn, depth + 1)
        elif drawn.get("/Subtype") == pikepdf.Name.Image:
            self.pictures.add(drawn.objgen)
        else:
            self.is_plain = False


def _is_short(form: pikepdf.Object) -> bool:
    """Whether the content has a size that is looked at, without ever unfolding more; other filters nobody uses."""
    packed = form.read_raw_bytes()
    match form.get("/Filter"):
        case None:
            return len(packed) <= _MAX_CONTENT_BYTES
        case pikepdf.Name.FlateDecode if "/DecodeParms" not in form:
            try:
                unfolded = zlib.decompressobj().decompress(packed, _MAX_CONTENT_BYTES + 1)
            except zlib.error:
                return False
            return len(unfolded) <= _MAX_CONTENT_BYTES
    return False


def _has_drawn_glyphs(resources: pikepdf.Object) -> bool:
    """Type 3 fonts draw their letters by content streams, which may be pictures."""
    fonts = resources.get("/Font")
    if not isinstance(fonts, pikepdf.Dictionary):
        return False
    return any(
        not isinstance(font, pikepdf.Dictionary) or font.get("/Subtype") == pikepdf.Name.Type3
        for font in fonts.values()
    )
