"""Seals as SVG: true size, numbers and nothing else, and the same ink as the painted picture."""

import io
import itertools
import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from yunqian.eseal import drawing, layout, lettering, vector
from yunqian.eseal.drawing import RED
from yunqian.eseal.kinds import SealKind
from yunqian.eseal.layout import Layout
from yunqian.problems import Problem, Refused

COMPANY = "广东示例科技有限公司"
CODE = "4401060012345"
SVG = "{http://www.w3.org/2000/svg}"
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "A": 7, "Z": 0}
SIDE_PX = 600
FINE_PX = 3 * SIDE_PX

Point = tuple[float, float]


def read(svg: str) -> list[list[list[Point]]]:
    """The closed curves of every path, flattened: the few commands that we write, and none beside them."""
    return [flattened(path.attrib["d"]) for path in ElementTree.fromstring(svg).iter(f"{SVG}path")]


def flattened(path: str) -> list[list[Point]]:
    curves: list[list[Point]] = []
    for command, arguments in steps(path):
        if command == "M":
            curves.append([(arguments[0], arguments[1])])
        elif command != "Z":
            curves[-1] += stretch(curves[-1][-1], command, arguments)
    return curves


def steps(path: str) -> list[tuple[str, list[float]]]:
    """Each command with its numbers; one letter may be followed by several sets of them."""
    found: list[tuple[str, list[float]]] = []
    for command, text in re.findall(r"([A-Z])([^A-Z]*)", path):
        numbers = [float(each) for each in re.findall(r"-?\d*\.?\d+", text)]
        size = ARGUMENTS[command]
        sets = [numbers[start : start + size] for start in range(0, len(numbers), size)] if size else [[]]
        assert all(len(each) == size for each in sets)
        found += [("L" if command == "M" and index else command, each) for index, each in enumerate(sets)]
    return found


def stretch(start: Point, command: str, numbers: list[float]) -> list[Point]:
    if command == "H":
        return [(numbers[0], start[1])]
    if command == "V":
        return [(start[0], numbers[0])]
    if command == "Q":
        parts = [step / 8 for step in range(1, 9)]
        return [
            tuple(
                (1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * numbers[axis] + t * t * numbers[axis + 2]
                for axis in (0, 1)
            )
            for t in parts
        ]
    return arc(start, numbers) if command == "A" else [(numbers[0], numbers[1])]


def arc(start: Point, numbers: list[float]) -> list[Point]:
    """Arcs of at most half a turn around the middle that the sweep says."""
    radius, _, _, _, sweep, *end = numbers
    across = (end[0] - start[0], end[1] - start[1])
    length = math.hypot(*across)
    off = math.sqrt(max(0.0, radius**2 - length**2 / 4)) * (1 if sweep else -1)
    middle = (
        (start[0] + end[0]) / 2 - off * across[1] / length,
        (start[1] + end[1]) / 2 + off * across[0] / length,
    )
    first = math.atan2(start[1] - middle[1], start[0] - middle[0])
    turn = 2 * math.asin(min(1.0, length / 2 / radius)) * (1 if sweep else -1)
    return [
        (
            middle[0] + radius * math.cos(first + turn * step / 90),
            middle[1] + radius * math.sin(first + turn * step / 90),
        )
        for step in range(1, 91)
    ]


def rendered(svg: str, side_mm: float) -> Image.Image:
    """The ink of an SVG of ours by the non-zero rule: strokes may overlap, holes turn the other way."""
    sheet = Image.new("L", (FINE_PX, FINE_PX))
    for curves in read(svg):
        winding = Image.new("L", sheet.size, 128)
        for curve in curves:
            mask = Image.new("L", sheet.size)
            ImageDraw.Draw(mask).polygon([pixel(point, side_mm) for point in curve], fill=1)
            turn = ImageChops.add if area(curve) > 0 else ImageChops.subtract
            winding = turn(winding, mask)
        sheet = ImageChops.lighter(sheet, winding.point([255 * (count != 128) for count in range(256)]))
    return sheet.reduce(FINE_PX // SIDE_PX)


def pixel(point: Point, side_mm: float) -> Point:
    return (point[0] / side_mm + 0.5) * FINE_PX - 0.5, (point[1] / side_mm + 0.5) * FINE_PX - 0.5


def area(curve: list[Point]) -> float:
    """Twice the area inside; positive where the curve runs clockwise on the screen."""
    pairs = itertools.pairwise([*curve, curve[0]])
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in pairs)


def ink(picture: drawing.Picture) -> Image.Image:
    coverage = Image.open(io.BytesIO(picture.png)).getchannel("A")
    return coverage.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)


def inked_pixels(coverage: Image.Image) -> int:
    return sum(coverage.histogram()[128:])


SEALS = {
    "official": layout.round_layout(COMPANY, code=CODE),
    "contract": layout.layout_of(SealKind.CONTRACT, COMPANY, size_mm=42, code=CODE),
    "long": layout.round_layout("示例" * 20, line="财务专用章"),
    "name": layout.name_layout("欧阳修印"),
    "dot": layout.name_layout("阿卜杜拉·买买提"),
    "latin": layout.round_layout("A1示例(中国)Qg", diameter_mm=45),
}


@pytest.mark.parametrize("seal", SEALS.values(), ids=SEALS)
def test_the_outlines_are_the_ink_of_the_painted_seal(seal: Layout):
    outlined = rendered(vector.outlined(seal).svg, seal.side_mm)
    painted = ink(drawing.painted(seal))
    both = inked_pixels(ImageChops.darker(outlined, painted))
    either = inked_pixels(ImageChops.lighter(outlined, painted))
    assert both / either > 0.93
    # What differs is the rim of strokes: never a spot of three pixels across.
    difference = ImageChops.difference(outlined, painted).point([0] * 200 + [255] * 56)
    spots = difference.filter(ImageFilter.MinFilter(3))
    assert spots.getbbox() is None


@pytest.mark.parametrize("size_mm", [40.0, 42.0, 45.0])
def test_the_svg_says_its_true_size_in_millimetres(size_mm: float):
    picture = vector.round_seal(COMPANY, diameter_mm=size_mm)
    root = ElementTree.fromstring(picture.svg)
    assert (root.attrib["width"], root.attrib["height"]) == (f"{size_mm:g}mm", f"{size_mm:g}mm")
    half = size_mm / 2
    assert root.attrib["viewBox"] == f"{-half:g} {-half:g} {size_mm:g} {size_mm:g}"
    assert (picture.width_mm, picture.height_mm) == (size_mm, size_mm)


def test_there_is_one_path_for_each_mark_in_the_one_red():
    seal = SEALS["contract"]
    root = ElementTree.fromstring(vector.outlined(seal).svg)
    (group,) = root
    assert group.attrib == {"fill": f"#{bytes(RED).hex()}"}
    assert [path.tag for path in group] == [f"{SVG}path"] * len(seal.marks)
    assert all(set(path.attrib) == {"d"} for path in group)


def test_no_word_of_the_seal_stands_in_the_text():
    """So nothing that somebody typed can become markup."""
    svg = vector.round_seal('<script>&"示例', line="</svg>").svg
    assert svg.isascii()
    assert "script" not in svg
    assert svg.count("</svg>") == 1
    assert re.fullmatch(r"[MLHVQAZ0-9 .,-]+", "".join(re.findall(r' d="([^"]*)"', svg)))


def test_the_same_words_give_the_same_text():
    assert vector.name_seal("李明之印") == vector.name_seal("李明之印")
    assert vector.name_seal("李明之印").svg != vector.name_seal("王明之印").svg


def test_numbers_have_at_most_four_decimals():
    numbers = re.findall(r"\.(\d+)", vector.round_seal(COMPANY).svg)
    assert max(map(len, numbers)) == 4


@pytest.mark.parametrize(
    ("word", "missing"), [("𠮷", "𠮷"), ("㐂", "㐂"), ("示例😀", "😀"), ("示\n例", "\n")]
)
def test_a_character_that_the_font_lacks_is_refused_by_name_in_both_painters(word: str, missing: str):
    for draw in (drawing.round_seal, vector.round_seal, drawing.name_seal, vector.name_seal):
        with pytest.raises(Refused) as caught:
            draw(word)
        assert caught.value.problem is Problem.GLYPH_MISSING
        assert caught.value.facts["characters"] == missing


@pytest.mark.parametrize("character", "(g,QjÅ；")
def test_what_hangs_out_of_the_em_square_is_not_cut_off(character: str):
    """The ink of the square touches none of its edges, or only where the whole character ends there."""
    body = lettering.body(character)
    ink = lettering._font().getbbox(character, anchor="ls")
    hair = lettering._HAIR
    assert body.left - hair <= ink[0] / lettering.EM_PX
    assert ink[2] / lettering.EM_PX <= body.right + hair
    assert body.bottom - hair <= -ink[3] / lettering.EM_PX
    assert -ink[1] / lettering.EM_PX <= body.top + hair


def test_names_with_rare_characters_and_dots_have_outlines():
    for word in ("喆堃珺", "阿卜杜拉·买买提", "犇骉淼垚"):
        assert lettering.require_glyphs(word) is None
        assert vector.name_seal(word).svg.count("<path") == len(word) + 1


def test_what_no_seal_can_carry_is_refused_as_by_the_painter():
    with pytest.raises(Refused) as caught:
        vector.round_seal("示" * 41)
    assert caught.value.problem is Problem.REQUEST_INVALID


@settings(max_examples=200, deadline=None)
@given(st.characters() | st.characters(max_codepoint=0x2FFF) | st.characters(categories=["Mn", "Cf", "Zs"]))
def test_every_character_is_drawn_by_both_painters_or_refused_by_both(character: str):
    answers = []
    for draw in (drawing.name_seal, vector.name_seal):
        try:
            draw(character)
        except Refused as refusal:
            answers.append(refusal.problem)
        else:
            answers.append(None)
    assert answers[0] is answers[1]
    assert answers[0] in (None, Problem.GLYPH_MISSING, Problem.REQUEST_INVALID)
