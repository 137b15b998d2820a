"""Scans: what is refused before it is opened, and that only ink comes out, at its true size."""

import io
import struct
import subprocess
import sys
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, PngImagePlugin

from tests.eseal import photographs
from tests.eseal.photographs import (
    BLUE_INK,
    DARK_INK,
    RED_INK,
    coverage_of,
    jpeg,
    paper,
    png,
    signed,
    stamped,
)
from yunqian.eseal import drawing, scans
from yunqian.eseal.drawing import DOTS_PER_INCH, MM_PER_INCH, RED, Picture
from yunqian.eseal.kinds import SealKind
from yunqian.problems import Problem, Refused

COMPANY = "广东示例科技有限公司"
SIDE = 520


@pytest.fixture(scope="module")
def contract() -> Picture:
    return drawing.round_seal(COMPANY, line="合同专用章", code="4401060012345")


@pytest.fixture(scope="module")
def photograph(contract: Picture) -> Image.Image:
    """A contract seal stamped over print, on grainy paper in uneven light."""
    sheet = paper(1200, 900)
    for row in range(6):
        photographs.written(sheet, "甲方（盖章）：示例科技有限公司　二〇二六年", (40, 60 + row * 140))
    return stamped(sheet, coverage_of(contract, SIDE), RED_INK, (420, 200))


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.png))
    image.load()
    return image


def ink_of(picture: Picture) -> Image.Image:
    return opened(picture).getchannel("A")


def amount(coverage: Image.Image) -> float:
    return sum(value * count for value, count in enumerate(coverage.histogram())) / 255


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Common ink over all ink of two coverages of the same size."""
    return amount(ImageChops.darker(one, other)) / amount(ImageChops.lighter(one, other))


def refusal(scan: bytes, kind: SealKind = SealKind.OFFICIAL, width_mm: float = 40) -> Problem:
    with pytest.raises(Refused) as caught:
        scans.scanned_seal(scan, kind, width_mm)
    return caught.value.problem


def within_margin(ink: Image.Image, side: int) -> Image.Image:
    """Ink as it lies inside the margin that a scan has."""
    margin = round(scans.MARGIN_MM / MM_PER_INCH * DOTS_PER_INCH)
    sheet = Image.new("L", (side, side))
    sheet.paste(ink.resize((side - 2 * margin, side - 2 * margin)), (margin, margin))
    return sheet


def expected(drawn: Picture) -> Image.Image:
    ink = ink_of(drawn)
    return within_margin(ink, ink.width)


# ---------------------------------------------------------------- what comes out


@pytest.mark.parametrize("written_as", [jpeg, png])
def test_a_seal_on_photographed_paper_comes_back_as_ink_alone(photograph, contract, written_as):
    seal = scans.scanned_seal(written_as(photograph), SealKind.CONTRACT, 40)
    coverage = ink_of(seal)
    side = round(40 / MM_PER_INCH * DOTS_PER_INCH)
    assert (seal.width_mm, seal.height_mm) == (40, 40)
    assert coverage.size == (side, side)
    assert likeness(coverage, expected(contract)) > 0.75
    corner = coverage.crop((0, 0, side // 8, side // 8))
    beside_the_star = coverage.crop((side * 30 // 100, side * 28 // 100, side * 38 // 100, side * 36 // 100))
    assert corner.getextrema() == (0, 0)
    assert amount(beside_the_star) < 0.02 * beside_the_star.width * beside_the_star.height
    in_the_star = coverage.crop((side * 47 // 100, side * 47 // 100, side * 53 // 100, side * 53 // 100))
    assert in_the_star.getextrema() == (255, 255)


def test_the_ink_of_a_seal_has_the_one_red_and_smooth_rims(photograph):
    image = opened(scans.scanned_seal(jpeg(photograph), SealKind.CONTRACT, 40))
    assert image.mode == "RGBA"
    assert [image.getchannel(name).getextrema() for name in "RGB"] == [(value, value) for value in RED]
    levels = sum(1 for count in image.getchannel("A").histogram() if count)
    assert levels > 100


def test_the_picture_says_its_resolution_and_nothing_of_where_it_was_taken(photograph):
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif[0x9003] = "2026:11:23 07:00:00"
    scan = jpeg(photograph, exif=exif, comment=b"secret comment", icc_profile=b"secret profile")
    picture = scans.scanned_seal(scan, SealKind.CONTRACT, 40)
    assert b"ecret" in scan
    assert b"ecret" not in picture.png
    assert set(opened(picture).info) == {"dpi"}
    assert opened(picture).info["dpi"] == pytest.approx((DOTS_PER_INCH, DOTS_PER_INCH), rel=0.001)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_seal_stands_upright_however_the_camera_was_held(photograph, contract, orientation: int):
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    as_stored = photograph.transpose(back[orientation]) if orientation in back else photograph
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = scans.scanned_seal(jpeg(as_stored, exif=exif), SealKind.CONTRACT, 40)
    assert likeness(ink_of(picture), expected(contract)) > 0.75


def test_an_orientation_that_makes_no_sense_turns_nothing(photograph, contract):
    exif = Image.Exif()
    exif[0x0112] = 77
    picture = scans.scanned_seal(jpeg(photograph, exif=exif), SealKind.CONTRACT, 40)
    assert likeness(ink_of(picture), expected(contract)) > 0.75


@pytest.mark.parametrize(("ink", "strongest"), [(BLUE_INK, 2), (DARK_INK, None), (RED_INK, 0)])
def test_a_signature_keeps_the_colour_of_its_ink_and_its_ratio(ink, strongest):
    picture = scans.scanned_seal(jpeg(signed(paper(1100, 800), ink)), SealKind.SIGNATURE, 40)
    image = opened(picture)
    colour = [image.getchannel(name).getextrema() for name in "RGB"]
    assert all(low == high < 175 for low, high in colour)
    if strongest is None:
        assert max(colour)[0] - min(colour)[0] < 25
    else:
        assert colour[strongest][0] > 35 + max(value for i, (value, _) in enumerate(colour) if i != strongest)
    assert picture.width_mm == 40
    assert picture.height_mm == pytest.approx(40 * 247 / 607, abs=0.4)
    assert image.size == (945, round(picture.height_mm / MM_PER_INCH * DOTS_PER_INCH))
    assert image.getchannel("A").getpixel((0, 0)) == 0


def test_the_dot_of_a_signature_stays_and_dust_far_away_goes():
    sheet = signed(paper(1100, 800), DARK_INK)
    clean = scans.scanned_seal(png(sheet), SealKind.SIGNATURE, 40)
    sheet.paste((30, 30, 30), (1060, 30, 1066, 36))
    dusty = scans.scanned_seal(png(sheet), SealKind.SIGNATURE, 40)
    assert (dusty.width_mm, dusty.height_mm) == (clean.width_mm, clean.height_mm)
    assert likeness(ink_of(dusty), ink_of(clean)) > 0.97
    width, height = ink_of(clean).size
    dot = ink_of(clean).crop((int(width * 0.935), int(height * 0.6), int(width * 0.98), int(height * 0.69)))
    assert amount(dot) > 0.25 * dot.width * dot.height


def test_a_seal_cut_white_into_red_keeps_its_white_characters():
    coverage = ImageChops.invert(coverage_of(drawing.name_seal("李明之印"), 420)).crop((30, 30, 390, 390))
    picture = scans.scanned_seal(
        jpeg(stamped(paper(700, 600), coverage, RED_INK, (150, 120))), SealKind.NAME, 18
    )
    assert likeness(ink_of(picture), within_margin(coverage, ink_of(picture).width)) > 0.9


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_every_mode_that_scanners_write_is_read(mode: str):
    sheet = Image.new("L", (900, 500), 255)
    sheet.paste(20, (150, 200, 750, 220))
    sheet.paste(20, (440, 100, 460, 400))
    if mode == "I;16":
        scan = png(Image.frombytes("I;16", sheet.size, b"".join(bytes((v, v)) for v in sheet.tobytes())))
    else:
        scan = png(sheet.quantize(8) if mode == "P" else sheet.convert("RGB").convert(mode))
    picture = scans.scanned_seal(scan, SealKind.SIGNATURE, 40)
    assert picture.height_mm == pytest.approx(20, abs=0.3)
    coverage = ink_of(picture)
    assert coverage.getpixel((coverage.width // 2, coverage.height // 2)) == 255
    assert coverage.getpixel((coverage.width // 4, coverage.height // 4)) == 0


@pytest.mark.parametrize("wood", [(120, 80, 50), (35, 30, 30)], ids=["brown", "dark"])
def test_the_desk_around_the_sheet_is_not_ink(contract, wood: tuple[int, int, int]):
    sheet = stamped(paper(1200, 900), coverage_of(contract, SIDE), RED_INK, (340, 190))
    desk = Image.new("RGB", (1600, 1200), wood)
    desk.paste(sheet.rotate(5, expand=True, fillcolor=wood), (150, 80))
    seal = scans.scanned_seal(jpeg(desk), SealKind.CONTRACT, 40)
    assert likeness(ink_of(seal).rotate(-5), expected(contract)) > 0.7
    desk.paste(signed(paper(1200, 900), BLUE_INK), (200, 150))
    signature = scans.scanned_seal(jpeg(desk), SealKind.SIGNATURE, 40)
    assert signature.height_mm == pytest.approx(40 * 247 / 607, abs=0.4)


def test_a_faint_stamp_is_still_a_seal(contract):
    """Too little ink on the pad: a third of the colour is there."""
    faint = stamped(paper(1000, 800), coverage_of(contract, SIDE), (232, 150, 150), (200, 140))
    seal = scans.scanned_seal(jpeg(faint), SealKind.CONTRACT, 40)
    assert likeness(ink_of(seal), expected(contract)) > 0.65
    assert ink_of(seal).getextrema() == (0, 255)


def test_ink_on_a_transparent_ground_is_ink_on_white(contract):
    picture = scans.scanned_seal(contract.png, SealKind.CONTRACT, 40)
    assert likeness(ink_of(picture), expected(contract)) > 0.9


def test_a_scan_in_the_colours_of_printing_is_read(photograph, contract):
    picture = scans.scanned_seal(jpeg(photograph.convert("CMYK")), SealKind.CONTRACT, 40)
    assert likeness(ink_of(picture), expected(contract)) > 0.7


def test_the_same_scan_gives_the_same_bytes(photograph):
    scan = jpeg(photograph)
    once, again = (scans.scanned_seal(scan, SealKind.CONTRACT, 40) for _ in range(2))
    assert once == again


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "scan",
    [
        b"",
        b"\x89PN",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><html></html>",
        b"GIF89a" + bytes(100),
        b"BM" + bytes(100),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"II*\x00" + bytes(100),
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40),
        b"\x00\x00\x00\x18ftypheic" + bytes(40),
        b" \x89PNG\r\n\x1a\n",
    ],
)
def test_only_png_and_jpeg_are_opened_whatever_their_name(scan: bytes):
    assert refusal(scan) is Problem.SCAN_NOT_A_PICTURE


def test_an_animation_is_not_a_scan():
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "white", "red")]
    scan = png(frames[0], save_all=True, append_images=frames[1:])
    assert refusal(scan) is Problem.SCAN_NOT_A_PICTURE


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_size(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG that says its size and holds what it likes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def jpeg_of_size(width: int, height: int) -> bytes:
    scan = jpeg(Image.new("RGB", (16, 16)))
    at = scan.index(b"\xff\xc0") + 5
    return scan[:at] + struct.pack(">HH", height, width) + scan[at + 4 :]


@pytest.mark.parametrize(
    "scan",
    [
        png_of_size(6400, 6251),
        png_of_size(40_000_001, 1),
        png_of_size(2**31 - 1, 2**31 - 1),
        png_of_size(30_000, 30_000, bytes(10_000_000)),
        jpeg_of_size(65_500, 65_500),
        jpeg_of_size(6400, 6251),
    ],
    ids=["just over", "a line", "the largest there is", "bomb", "largest JPEG", "JPEG just over"],
)
def test_too_many_pixels_are_refused_by_the_header_alone(scan: bytes, monkeypatch):
    def no_decoding(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(scans.ImageFile.ImageFile, "load", no_decoding)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(Refused) as caught:
        scans.scanned_seal(scan, SealKind.OFFICIAL, 40)
    assert caught.value.problem is Problem.SCAN_TOO_LARGE
    assert caught.value.facts == {"limit_mb": 10, "limit_megapixels": 40}


def test_more_than_ten_megabytes_are_refused_unopened():
    assert refusal(b"\xff\xd8\xff" + bytes(scans.LIMIT_BYTES)) is Problem.SCAN_TOO_LARGE


def test_metadata_that_swell_when_unpacked_are_refused():
    bomb = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(200_000_000), 9))
    scan = png(Image.new("RGB", (50, 50)))
    assert refusal(scan[:33] + bomb + scan[33:]) is Problem.SCAN_UNREADABLE


@pytest.mark.parametrize("written_as", [jpeg, png])
@pytest.mark.parametrize("share", [0.002, 0.1, 0.5, 0.9, 0.99])
def test_a_scan_that_breaks_off_is_refused(photograph, written_as, share: float):
    scan = written_as(photograph)
    assert refusal(scan[: int(len(scan) * share)]) is Problem.SCAN_UNREADABLE


def test_a_damaged_png_is_refused(photograph):
    scan = bytearray(png(photograph))
    scan[len(scan) // 2] ^= 0xFF
    assert refusal(bytes(scan)) is Problem.SCAN_UNREADABLE


def test_a_picture_of_no_pixels_is_refused():
    assert refusal(png_of_size(0, 100)) is Problem.SCAN_UNREADABLE


@pytest.mark.parametrize(
    ("sheet", "kind"),
    [
        (lambda: Image.new("RGB", (600, 600), "white"), SealKind.OFFICIAL),
        (lambda: Image.new("RGB", (600, 600), "red"), SealKind.OFFICIAL),
        (lambda: Image.new("RGBA", (600, 600)), SealKind.SIGNATURE),
        (lambda: Image.new("RGB", (1, 1), "red"), SealKind.NAME),
        (lambda: paper(800, 600), SealKind.OFFICIAL),
        (lambda: paper(800, 600), SealKind.SIGNATURE),
        (lambda: signed(paper(1000, 700), DARK_INK), SealKind.OFFICIAL),
        (lambda: signed(paper(1000, 700), BLUE_INK), SealKind.LEGAL_REPRESENTATIVE),
    ],
    ids=["white", "red all over", "nothing", "a pixel", "paper", "empty paper", "black ink", "blue ink"],
)
def test_a_scan_without_the_ink_of_its_kind_is_refused(sheet, kind: SealKind):
    width = {SealKind.OFFICIAL: 40, SealKind.SIGNATURE: 40}.get(kind, 20)
    assert refusal(png(sheet()), kind, width) is Problem.SCAN_WITHOUT_INK


def test_red_ink_that_is_not_one_round_seal_is_refused():
    scan = jpeg(signed(paper(1100, 800), RED_INK))
    assert refusal(scan) is Problem.SCAN_NOT_ONE_SEAL


def test_two_seals_in_one_scan_are_refused(contract):
    sheet = paper(1200, 700)
    for left in (40, 620):
        sheet = stamped(sheet, coverage_of(contract, SIDE), RED_INK, (left, 100))
    assert refusal(jpeg(sheet)) is Problem.SCAN_NOT_ONE_SEAL


@pytest.mark.parametrize(
    ("kind", "width_mm"),
    [
        (SealKind.OFFICIAL, 38),
        (SealKind.NAME, 40),
        (SealKind.SIGNATURE, 61),
        (SealKind.SIGNATURE, float("nan")),
    ],
)
def test_a_width_wrong_for_the_kind_is_refused_before_the_scan_is_read(kind: SealKind, width_mm: float):
    assert refusal(b"not even a picture", kind, width_mm) is Problem.SEAL_SIZE_WRONG_FOR_KIND


@pytest.mark.parametrize("box", [(400, 100, 430, 700), (100, 400, 900, 420)])
def test_a_signature_too_high_or_too_flat_for_its_width_is_refused(box):
    sheet = Image.new("RGB", (1000, 800), "white")
    sheet.paste((20, 20, 60), box)
    assert refusal(png(sheet), SealKind.SIGNATURE, 40) is Problem.SEAL_SIZE_WRONG_FOR_KIND


# ---------------------------------------------------------------- whatever comes


def only_refused(scan: bytes, kind: SealKind) -> None:
    try:
        picture = scans.scanned_seal(scan, kind, 40 if kind is not SealKind.NAME else 18)
    except Refused:
        return
    assert opened(picture).mode == "RGBA"


kinds = st.sampled_from([SealKind.OFFICIAL, SealKind.SIGNATURE, SealKind.NAME])
heads = st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1", png_of_size(9, 9)[:33]]
)


@settings(max_examples=300, deadline=None)
@given(heads, st.binary(max_size=600), kinds)
def test_random_bytes_are_refused_and_nothing_else(head: bytes, body: bytes, kind: SealKind):
    assert only_refused(head + body, kind) is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), kinds)
def test_good_scans_with_bytes_changed_are_read_or_refused_and_nothing_else(data, kind: SealKind):
    scan = bytearray(data.draw(st.sampled_from(SMALL)))
    places = st.tuples(st.integers(0, len(scan) - 1), st.integers(0, 255))
    for at, value in data.draw(st.lists(places, min_size=1, max_size=6)):
        scan[at] = value
    assert only_refused(bytes(scan), kind) is None


def small_scans() -> list[bytes]:
    sheet = Image.new("RGB", (64, 64), "white")
    sheet.paste(RED_INK, (12, 12, 52, 52))
    exif = Image.Exif()
    exif[0x0112] = 6
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "words", zip=True)
    return [
        jpeg(sheet),
        jpeg(sheet, exif=exif, progressive=True),
        png(sheet),
        png(sheet.convert("P"), pnginfo=told),
    ]


SMALL = small_scans()


def test_the_reader_of_scans_needs_neither_django_nor_the_server():
    program = (
        "import sys, yunqian.eseal.scans; sys.exit(any(m.split('.')[0] == 'django' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
