"""Text notes: broken into lines as people write, wholly inside the box, searchable, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import needs
from tests.engine import judges
from tests.engine.papers import SEAL, WORLD, act, paper
from tests.engine.sheets import Sheet, document, geometries, part, pictures
from yunqian.engine import geometry, notefont, textnote
from yunqian.engine.geometry import PageGeometry, VisibleBox
from yunqian.engine.marks import Box, TextMark
from yunqian.problems import Problem, Refused

PAGE = PageGeometry(1, 0, 0, 600, 800, 0)


def lines(text: str, width: float = 100, height: float = 400, size: float = 10) -> list[str]:
    return list(textnote.fitted(PAGE, TextMark(1, Box(0, 0, width, height), text, size)).lines)


def refusal(text: str, width: float = 100, height: float = 50, size: float | None = 10) -> Refused:
    with pytest.raises(Refused) as refused:
        textnote.fitted(PAGE, TextMark(1, Box(0, 0, width, height), text, size))
    return refused.value


def test_chinese_breaks_anywhere_but_around_punctuation():
    assert lines("一二三四五六七八九十甲乙") == ["一二三四五六七八九十", "甲乙"]
    assert lines("一二三四五六七八九十，甲") == ["一二三四五六七八九", "十，甲"]
    assert lines("一二三四五六七八九（十）") == ["一二三四五六七八九", "（十）"]


def test_words_of_letters_stay_whole_and_a_longer_one_than_a_line_is_broken():
    assert lines("Approved by the board") == ["Approved by the", "board"]
    broken = lines("A" * 40)
    assert "".join(broken) == "A" * 40
    assert len(broken) > 1


def test_lines_that_were_broken_by_the_writer_stay_so():
    assert lines("甲方：\r\n  张三\n\n乙方") == ["甲方：", "张三", "", "乙方"]


def test_without_a_size_the_largest_that_fits_is_taken():
    sizes = [
        textnote.fitted(PAGE, TextMark(1, Box(0, 0, width, 40), "同意以上全部条款")).size_pt
        for width in (200, 90, 30)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 14
    assert sizes[-1] < 12


def test_a_text_that_does_not_fit_is_refused_never_cut():
    assert refusal("同意" * 40).problem is Problem.TEXT_DOES_NOT_FIT
    assert refusal("同意" * 100, size=None).problem is Problem.TEXT_DOES_NOT_FIT
    assert refusal("同", width=5).problem is Problem.TEXT_DOES_NOT_FIT
    assert refusal("同", height=9).problem is Problem.TEXT_DOES_NOT_FIT


def test_missing_characters_are_all_named():
    refused = refusal("同意😀\tꙮ")
    assert (refused.problem, refused.facts) == (Problem.GLYPH_MISSING, {"characters": "\tꙮ😀"})


@pytest.mark.parametrize("text", ["", "  ", "\n\n"])
def test_a_note_that_nobody_would_see_is_refused(text: str):
    assert refusal(text).problem is Problem.GLYPH_MISSING


@pytest.mark.parametrize("size", [4.9, 36.1, float("nan"), -1])
def test_a_size_that_is_no_notes_is_refused(size: float):
    assert refusal("同意", size=size).problem is Problem.MARK_SIZE_WRONG


def fitted(mark: TextMark) -> textnote.Fitted | None:
    try:
        return textnote.fitted(PAGE, mark)
    except Refused as refused:
        if refused.problem in {Problem.TEXT_DOES_NOT_FIT, Problem.GLYPH_MISSING}:
            return None
        raise


@given(
    st.text(st.sampled_from("同意签署甲乙，。（）“” abcXYZ-09.%\n"), min_size=1, max_size=80),
    st.floats(30, 300),
    st.floats(10, 300),
    st.none() | st.floats(5, 36),
)
def test_nothing_is_lost_and_every_line_is_inside_the_box(text, width, height, size):
    mark = TextMark(1, Box(0, 0, width, height), text, size)
    note = fitted(mark)
    if note is None:
        return
    assert "".join("".join(note.lines).split()) == "".join(text.split())
    assert all(notefont.width_em(line) * note.size_pt <= width + 1e-3 for line in note.lines)
    assert note.size_pt * (1.12 + 1.35 * (len(note.lines) - 1)) <= height + 1e-3


@needs.program("pdftotext")
def test_a_note_can_be_searched_and_copied():
    mark = TextMark(1, Box(80, 200, 240, 80), "同意以上条款，付款期限改为 30 天。\n张喆 2026/11/22 “急”")
    read = judges.text(act(paper(), marks=[SEAL, mark]))
    assert "同意以上条款，付款期限改为 30 天。" in read
    assert "张喆 2026/11/22 “急”" in read


@needs.program("pdftoppm")
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("user_unit", [1.0, 2.0])
def test_a_note_is_upright_in_its_box_and_nowhere_else(rotation: int, user_unit: float):
    base = document((Sheet(rotation=rotation, user_unit=user_unit, crop=(17, 29, 597, 779)),))
    (page,) = geometries(base)
    seen = VisibleBox(120 * user_unit, 150 * user_unit, 160 * user_unit, 60 * user_unit)
    mark = TextMark(1, geometry.box_to_page(page, seen, 1), "一一一一一一一一\n丨", 12 * user_unit)
    signed = act(base, marks=[mark])
    drawn = VisibleBox(120, 150, 160, 60)
    for shown in (pictures(signed)[0], judges.picture(signed, 1, dpi=144)):
        outside = shown.copy()
        outside.paste((255, 255, 255), (238, 298, 562, 422))
        assert outside.getcolors() == [(outside.width * outside.height, (255, 255, 255))]
        ink = part(shown, drawn).convert("L").point([255] * 128 + [0] * 128)
        left, _, right, _ = ink.crop((0, 0, 320, 28)).getbbox() or (0, 0, 0, 0)
        assert left < 8  # the first line begins at the left
        assert 180 <= right - left <= 192  # eight wide strokes of 12 points
        assert ink.crop((0, 34, 320, 120)).getbbox()  # there is a second line
        assert not ink.crop((40, 34, 320, 120)).getbbox()  # and it is short


@needs.program("pdfsig")
def test_notes_of_two_signers_leave_every_signature_standing():
    first = act(paper(), WORLD.person, [SEAL, TextMark(2, Box(80, 200, 240, 80), "同意")])
    second = act(first, WORLD.company, [TextMark(1, Box(80, 100, 240, 80), "不同意")], field="company")
    assert all(answer.is_good for answer in judges.pyhanko(second))
    assert judges.pdfsig(second) == [True] * 3
    assert judges.qpdf(second) == ""


def test_the_same_note_again_uses_the_font_that_stands_there():
    mark = TextMark(1, Box(80, 200, 240, 80), "同意")
    once = act(paper(), marks=[mark])
    twice = act(once, marks=[TextMark(2, Box(80, 200, 240, 80), "意同")])
    assert (once.count(b"/FontFile2"), twice.count(b"/FontFile2")) == (1, 1)
