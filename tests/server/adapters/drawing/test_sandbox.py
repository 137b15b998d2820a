"""Pages drawn behind a process border: the right pictures, and an end for what would never end."""

import sys
import time
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from tests import conformance
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.drawing import sandbox
from yunqian.server.adapters.drawing.frames import FRAME

pytestmark = pytest.mark.usefixtures("no_database")


def paper(*contents: bytes, size: tuple[float, float] = (595, 842), **page: object) -> bytes:
    """One page for each content stream."""
    made, written = pikepdf.new(), BytesIO()
    for content in contents:
        added = made.add_blank_page(page_size=(595, 842))
        added.MediaBox = pikepdf.Array([0, 0, *size])
        added.Contents = made.make_stream(content)
        for name, value in page.items():
            added[f"/{name}"] = value
    made.save(written)
    return written.getvalue()


RED = b"1 0 0 rg 0 421 595 421 re f"


def opened(picture: sandbox.Picture) -> Image.Image:
    shown = Image.open(BytesIO(picture.webp))
    assert (shown.format, shown.size) == ("WEBP", (picture.width, picture.height))
    return shown.convert("RGB")


def hung(monkeypatch: pytest.MonkeyPatch, script: str, *, seconds: float = 3) -> None:
    monkeypatch.setattr(sandbox, "_COMMAND", (sys.executable, "-c", script))
    monkeypatch.setattr(sandbox, "WALL_SECONDS", seconds)


def test_a_page_is_drawn_at_the_width_that_is_asked_for():
    picture = sandbox.draw(paper(RED), [1], width=320)[1]
    assert (picture.width, picture.height) == (320, 453)
    shown = opened(picture)
    red, white = shown.getpixel((160, 100)), shown.getpixel((160, 400))
    assert red[0] > 240 > 20 > max(red[1:])
    assert min(white) > 240


def test_pages_behind_the_first_come_along_in_the_same_child_while_there_is_time(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(sandbox, "MORE_SECONDS", 60)
    assert list(sandbox.draw(paper(RED, b"", RED), [2, 3], width=160)) == [2, 3]
    monkeypatch.setattr(sandbox, "MORE_SECONDS", 0)
    assert list(sandbox.draw(paper(RED, b"", RED), [2, 3], width=160)) == [2]


def test_a_turned_page_is_drawn_as_the_reader_sees_it():
    picture = sandbox.draw(paper(RED, Rotate=90), [1], width=160)[1]
    assert picture.width > picture.height


@pytest.mark.parametrize("size", [(65_000, 65_000), (3, 14_400), (14_400, 3), (65_000, 1)])
def test_a_page_of_odd_size_has_a_picture_that_stays_small(size):
    picture = sandbox.draw(paper(b"", size=size), [1], width=320)[1]
    assert picture.width <= 321
    assert picture.height <= 4 * 320 + 1


def test_a_user_unit_makes_no_larger_picture():
    picture = sandbox.draw(paper(RED, UserUnit=1000), [1], width=320)[1]
    assert picture.width == 320


def test_what_pdfium_cannot_open_is_a_refusal():
    for document in (b"x", b"%PDF-1.7\n", paper(RED)[:300]):
        with pytest.raises(Refused) as refused:
            sandbox.draw(document, [1], width=160)
        assert (refused.value.problem, refused.value.facts) == (Problem.PAGE_NOT_DRAWN, {"page": 1})


def test_forms_that_draw_themselves_for_ever_are_no_hang():
    made, written = pikepdf.new(), BytesIO()
    page = made.add_blank_page(page_size=(595, 842))
    form = made.make_stream(b"/Again Do " * 50, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
    form.BBox = pikepdf.Array([0, 0, 595, 842])
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Again=form))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Again=form))
    page.Contents = made.make_stream(b"/Again Do")
    made.save(written)
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        sandbox.draw(written.getvalue(), [1], width=160)
    assert refused.value.problem is Problem.PAGE_NOT_DRAWN
    assert time.monotonic() - began < sandbox.WALL_SECONDS + 5


@conformance.needed
@pytest.mark.parametrize("name", sorted(path.name for path in (conformance.FOLDER / "intake").glob("*.pdf")))
def test_a_file_that_is_odd_has_a_picture_or_a_refusal_and_soon(name: str):
    began = time.monotonic()
    try:
        found = sandbox.draw(conformance.document(f"intake/{name}"), [1, 2], width=320)
    except Refused as refusal:
        said = refusal.problem
    else:
        said = None
        assert found[1].width <= 321
    assert said in (None, Problem.PAGE_NOT_DRAWN)
    assert time.monotonic() - began < 2 * sandbox.WALL_SECONDS + 5


@pytest.mark.parametrize(
    "script",
    [
        "import time; time.sleep(60)",
        "[0 for _ in iter(int, 1)]",
        "import os; os.abort()",
        "x = []\nwhile True: x.append(bytes(50_000_000))",
    ],
)
def test_a_child_beyond_its_limits_is_a_refusal(script: str, monkeypatch: pytest.MonkeyPatch):
    limits = "import resource; resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))\n"
    hung(monkeypatch, limits + script, seconds=1)
    with pytest.raises(Refused) as refused:
        sandbox.draw(b"", [7, 8], width=160)
    assert (refused.value.problem, refused.value.facts) == (Problem.PAGE_NOT_DRAWN, {"page": 7})


@pytest.mark.parametrize(
    "told",
    [
        FRAME.pack(2, 160, 200, 0),
        FRAME.pack(1, 160, 200, 4) + b"GIF8",
        FRAME.pack(1, 160, 200, 400) + b"RIFF0000WEBP",
        FRAME.pack(1, 60_000, 200, 12) + b"RIFF0000WEBP",
        FRAME.pack(1, 160, 60_000, 12) + b"RIFF0000WEBP",
        FRAME.pack(1, 160, 200, 12) + b"RIFF0000WEBP" + b"more",
        b"\x00",
    ],
)
def test_a_child_that_was_taken_over_is_not_believed(told: bytes, monkeypatch: pytest.MonkeyPatch):
    hung(monkeypatch, f"import sys; sys.stdout.buffer.write({told!r})")
    with pytest.raises(Refused) as refused:
        sandbox.draw(b"", [1], width=160)
    assert refused.value.problem is Problem.PAGE_NOT_DRAWN


def test_a_page_that_cannot_be_drawn_does_not_take_the_one_before_it_along(monkeypatch: pytest.MonkeyPatch):
    frame = FRAME.pack(1, 160, 200, 12) + b"RIFF0000WEBP"
    script = (
        "import sys, json, os; size = int.from_bytes(sys.stdin.buffer.read(4), 'big')\n"
        "pages = json.loads(sys.stdin.buffer.read(size))['pages']\n"
        f"sys.stdout.buffer.write({frame!r}); sys.stdout.buffer.flush()\n"
        "os._exit(9 if len(pages) > 1 else 0)"
    )
    hung(monkeypatch, script)
    assert list(sandbox.draw(b"", [1, 2, 3], width=160)) == [1]
