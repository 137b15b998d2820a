"""The geometry of seals: where the parts of a seal may lie, and how names are parted into columns."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.eseal import layout
from yunqian.eseal.kinds import KINDS, SealKind, Shape
from yunqian.eseal.layout import Frame, Glyph, Layout, Ring, Star
from yunqian.problems import Problem, Refused

COMPANY = "广东示例科技有限公司"
CODE = "4401060012345"
FORTY = "广东省示例市高新技术产业开发区示例云计算与大数据技术服务股份有限公司第一分公司筹备"[:40]


def glyphs(seal: Layout) -> list[Glyph]:
    return [mark for mark in seal.marks if isinstance(mark, Glyph)]


def corners(glyph: Glyph) -> list[tuple[float, float]]:
    """The corners of the cell on the sheet, turned clockwise by its turn."""
    sine, cosine = math.sin(glyph.turn), math.cos(glyph.turn)
    half = [(x * glyph.width_mm / 2, y * glyph.height_mm / 2) for x in (-1, 1) for y in (-1, 1)]
    return [(glyph.x_mm + x * cosine + y * sine, glyph.y_mm - x * sine + y * cosine) for x, y in half]


def reach(glyph: Glyph) -> tuple[float, float]:
    """How near to the centre and how far from it a cell reaches."""
    ways = [math.hypot(x, y) for x, y in corners(glyph)]
    middle = math.hypot(glyph.x_mm, glyph.y_mm) - glyph.height_mm / 2
    return min(*ways, middle), max(ways)


def columns(text: str) -> list[str]:
    """The characters by their columns, from the right, each from the top."""
    found: dict[float, list[Glyph]] = {}
    for each in glyphs(layout.name_layout(text)):
        found.setdefault(each.x_mm, []).append(each)
    ordered = [sorted(found[x], key=lambda each: -each.y_mm) for x in sorted(found, reverse=True)]
    return ["".join(each.character for each in column) for column in ordered]


@pytest.mark.parametrize("name", ["示例", COMPANY, FORTY])
@pytest.mark.parametrize("line", ["", "合同专用章", "国际业务合同专用章(2)"])
@pytest.mark.parametrize("diameter_mm", [38.0, 40.0, 45.0])
def test_no_part_of_a_round_seal_touches_another(name: str, line: str, diameter_mm: float):
    seal = layout.round_layout(name, line=line, code=CODE, diameter_mm=diameter_mm)
    radius = diameter_mm / 2
    (ring,) = [mark for mark in seal.marks if isinstance(mark, Ring)]
    (star,) = [mark for mark in seal.marks if isinstance(mark, Star)]
    letters = glyphs(seal)
    name_part, line_part, code_part = (
        letters[: len(name)],
        letters[len(name) : len(name + line)],
        letters[len(name + line) :],
    )
    assert "".join(each.character for each in code_part) == CODE
    assert max(reach(each)[1] for each in letters) < radius - ring.thickness_mm
    assert min(reach(each)[0] for each in name_part) > star.radius_mm + star.y_mm
    assert (
        max(reach(each)[1] for each in line_part) < min(reach(each)[0] for each in code_part)
        if line
        else True
    )
    assert star.y_mm - star.radius_mm * math.cos(math.pi / 5) > max(
        [each.y_mm + each.height_mm / 2 for each in line_part], default=-radius
    )


@pytest.mark.parametrize("name", ["示例", COMPANY, FORTY])
def test_the_name_ends_before_the_number_begins(name: str):
    seal = layout.round_layout(name, code=CODE)
    letters = glyphs(seal)
    last = letters[len(name) - 1]
    first = letters[-1]
    name_ends = last.turn + last.width_mm / 2 / math.hypot(last.x_mm, last.y_mm)
    code_begins = math.pi + first.turn - first.width_mm / math.hypot(first.x_mm, first.y_mm)
    assert name_ends < code_begins


def test_the_number_reads_from_left_to_right_with_the_heads_to_the_centre():
    digits = glyphs(layout.round_layout(COMPANY, code=CODE))[len(COMPANY) :]
    assert "".join(each.character for each in digits) == CODE
    assert all(left.x_mm < right.x_mm for left, right in itertools.pairwise(digits))
    assert all(each.y_mm < 0 for each in digits)
    for each in digits:
        head = (each.x_mm + math.sin(each.turn), each.y_mm + math.cos(each.turn))
        assert math.hypot(*head) < math.hypot(each.x_mm, each.y_mm)


@pytest.mark.parametrize(
    "code", ["440106001234", "44010600123456", "440106001234x", "４４０１０６００１２３４５", " " * 13]
)
def test_a_number_that_is_not_thirteen_digits_is_refused(code: str):
    with pytest.raises(Refused) as caught:
        layout.round_layout(COMPANY, code=code)
    assert caught.value.problem is Problem.REQUEST_INVALID


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明", ["明"]),
        ("李明", ["李", "明"]),
        ("李明之印", ["李明", "之印"]),
        ("王小明", ["王", "小明"]),
        ("王小明印", ["王小", "明印"]),
        ("欧阳修", ["欧阳", "修"]),
        ("欧阳修印", ["欧阳", "修印"]),
        ("诸葛孔明", ["诸葛", "孔明"]),
        ("欧阳明日月", ["欧阳", "明日月"]),
        ("示例公司章", ["示例公", "司章"]),
        ("阿卜杜拉·买买提", ["阿卜杜", "拉·买", "买提"]),
    ],
)
def test_a_name_is_parted_as_engravers_do(text: str, expected: list[str]):
    assert columns(text) == expected


@given(st.text(alphabet="李明欧阳·修印", min_size=1, max_size=layout.NAME_SEAL_LIMIT))
def test_every_character_of_a_name_stands_inside_the_frame_and_none_on_another(text: str):
    seal = layout.name_layout(text)
    (frame,) = [mark for mark in seal.marks if isinstance(mark, Frame)]
    inside = seal.side_mm / 2 - frame.thickness_mm
    cells = glyphs(seal)
    assert seal.wording == text
    assert all(abs(value) < inside for each in cells for corner in corners(each) for value in corner)
    for one, other in itertools.combinations(cells, 2):
        apart_x = abs(one.x_mm - other.x_mm) >= (one.width_mm + other.width_mm) / 2
        apart_y = abs(one.y_mm - other.y_mm) >= (one.height_mm + other.height_mm) / 2
        assert apart_x or apart_y


@pytest.mark.parametrize("kind", [kind for kind in SealKind if kind is not SealKind.SIGNATURE])
def test_a_kind_is_laid_out_in_its_default_size_with_its_own_line(kind: SealKind):
    seal = layout.layout_of(kind, "李明之印")
    row = KINDS[kind]
    assert seal.side_mm == row.default_mm[0]
    assert seal.wording == "李明之印" + row.line
    assert any(isinstance(mark, Ring) for mark in seal.marks) == (row.shape is Shape.ROUND)
    assert any(isinstance(mark, Star) for mark in seal.marks) >= row.must_show_star


def test_a_number_goes_onto_a_round_seal_of_a_kind():
    assert layout.layout_of(SealKind.OFFICIAL, COMPANY, size_mm=42, code=CODE) == layout.round_layout(
        COMPANY, code=CODE, diameter_mm=42
    )


@pytest.mark.parametrize(
    ("lay_out", "problem"),
    [
        (lambda: layout.layout_of(SealKind.OFFICIAL, COMPANY, size_mm=38), Problem.SEAL_SIZE_WRONG_FOR_KIND),
        (lambda: layout.layout_of(SealKind.NAME, "李明之印", size_mm=40), Problem.SEAL_SIZE_WRONG_FOR_KIND),
        (
            lambda: layout.layout_of(SealKind.OFFICIAL, COMPANY, size_mm=math.nan),
            Problem.SEAL_SIZE_WRONG_FOR_KIND,
        ),
        (lambda: layout.layout_of(SealKind.SIGNATURE, "李明"), Problem.REQUEST_INVALID),
        (lambda: layout.layout_of(SealKind.NAME, "李明之印", code=CODE), Problem.REQUEST_INVALID),
        (lambda: layout.layout_of(SealKind.OFFICIAL, "示" * 41), Problem.REQUEST_INVALID),
    ],
)
def test_what_a_kind_cannot_be_is_refused(lay_out, problem: Problem):
    with pytest.raises(Refused) as caught:
        lay_out()
    assert caught.value.problem is problem
