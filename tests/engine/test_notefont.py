"""The font of text notes: what a document gets of it is a sound font of its own, read by others."""

import io
import string

import pytest
from fontTools.ttLib import TTFont

from yunqian.engine import notefont

TEXT = "同意签署，张喆 Approved 2026！"


def read(text: str) -> TTFont:
    font = notefont.subset(frozenset(text))
    return TTFont(io.BytesIO(font.program), checkChecksums=2)


def test_names_letters_and_signs_of_contracts_can_be_written():
    assert not notefont.missing(string.printable.replace("\x0b", "").replace("\x0c", "").strip())
    assert not notefont.missing("喆堃珺瑀翀犇骉，。、；：？！…—“”‘’《》（）【】〔〕·￥℃①②③㈠№％‰×÷±□■√")


@pytest.mark.parametrize("character", ["\x00", "\t", "\u200b", "ꙮ", "😀", "\ufffd", "\uffff"])
def test_what_the_font_cannot_draw_is_named(character: str):
    assert notefont.missing(f"同意{character}") == {character}


def test_a_subset_is_a_sound_font_with_the_outlines_of_the_whole():
    font, whole = read(TEXT), TTFont(io.BytesIO(whole_font()))
    known = whole.getBestCmap()
    described = notefont.subset(frozenset(TEXT))
    assert font["maxp"].numGlyphs == len(set(TEXT)) + 1
    names = font.getGlyphOrder()
    for character, (number, width) in described.glyphs.items():
        original = known[ord(character)]
        assert font["hmtx"][names[number]] == whole["hmtx"][original]
        assert width == whole["hmtx"][original][0]
        assert points(font, names[number]) == points(whole, original)


def whole_font() -> bytes:
    from importlib import resources

    return (resources.files("yunqian.engine") / "fonts" / "note.ttf").read_bytes()


def points(font: TTFont, name: str) -> list[tuple[int, int]]:
    coordinates, _, _ = font["glyf"][name].getCoordinates(font["glyf"])
    return list(coordinates)


def test_every_character_of_the_map_is_found_by_our_own_reading():
    whole = TTFont(io.BytesIO(whole_font()))
    known = whole.getBestCmap()
    assert len(known) > 13_000
    assert not notefont.missing("".join(map(chr, known)))
    everything = {chr(point) for point in range(0x20, 0xFFFF) if not 0xD800 <= point <= 0xDFFF}
    assert notefont.missing("".join(everything)) == everything - set(map(chr, known))


def test_the_same_characters_give_the_same_bytes_and_others_another_name():
    one, again = notefont.subset(frozenset("同意")), notefont.subset(frozenset("意同"))
    other = notefont.subset(frozenset("不同意"))
    assert (one.name, one.program) == (again.name, again.program)
    assert one.name != other.name
    assert one.name.partition(b"+")[2] == b"NotoSansSC-Regular"


def test_a_note_costs_a_document_a_few_kilobytes():
    assert len(notefont.subset(frozenset(TEXT)).outlines) < 4000
