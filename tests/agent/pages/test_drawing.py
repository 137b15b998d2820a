"""Pages are drawn by a child that may crash, hang and lie; what comes back are pixels of the size that was agreed."""

import io
import os
import struct
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.agent.protocol import document
from yunqian.agent.pages.drawing import Drawing, png
from yunqian.agent.pages.painter import HIGHEST_PX, WIDTH_PX
from yunqian.problems import Problem, Refused

CONTENT = bytearray(document.prepared()[0])


def child(script: str) -> list[str]:
    """A child that behaves as written here instead of drawing."""
    return [sys.executable, "-c", f"import os,struct,sys,time\nsys.stdin.buffer.readline()\n{script}"]


def refusal(drawing: Drawing, content: bytearray = CONTENT, pages: tuple[int, ...] = (1,)) -> str:
    with pytest.raises(Refused) as caught:
        drawing.draw(content, pages)
    assert caught.value.problem is Problem.PREPARED_NOT_DRAWN
    return str(caught.value.facts["detail"])


def test_the_seal_is_drawn_where_the_document_has_it() -> None:
    count, images = Drawing().draw(CONTENT, (1,))
    picture = Image.open(io.BytesIO(images[1])).convert("RGB")
    assert (count, picture.size) == (1, (900, 900))
    assert picture.getpixel((450, 450)) == (255, 255, 255)
    red = picture.getpixel((270, 450))  # the left edge of a square at 60 of 200 points
    assert isinstance(red, tuple)
    assert red[0] > 150 > 60 > red[1]


@pytest.mark.parametrize(
    ("content", "pages"),
    [
        (bytearray(b"no document at all"), (1,)),
        (bytearray(b"%PDF-1.7\n%%EOF\n"), (1,)),
        (CONTENT, (2,)),
        (CONTENT, (0,)),
        (bytearray(CONTENT[: len(CONTENT) // 2]), (1,)),
    ],
    ids=["no PDF", "an empty one", "a page after the last", "page 0", "half of one"],
)
def test_what_cannot_be_drawn_is_a_refusal(content: bytearray, pages: tuple[int, ...]) -> None:
    assert refusal(Drawing(), content, pages) == "no picture"


@pytest.mark.parametrize("box", [b"[0 0 20000 20000]", b"[0 0 200 9000000]", b"[0 0 90000 3]"])
def test_a_page_of_an_odd_size_is_drawn_small(box: bytes) -> None:
    content = bytearray(bytes(CONTENT).replace(b"[0 0 200 200]", box))
    _, images = Drawing().draw(content, (1,))
    across, up = Image.open(io.BytesIO(images[1])).size
    assert 0 < across <= WIDTH_PX + 1
    assert 0 < up <= HIGHEST_PX + 1


@pytest.mark.parametrize(
    "script",
    [
        "os.abort()",
        "sys.exit(0)",
        "sys.stdout.buffer.write(b'x' * 3)",
        "sys.stdout.buffer.write(struct.pack('>IIII', 1, 1, 2**31, 2**31))",
        "sys.stdout.buffer.write(struct.pack('>IIII', 1, 1, 0, 5))",
        "sys.stdout.buffer.write(struct.pack('>IIII', 1, 7, 2, 2) + b'x' * 12)",
        "sys.stdout.buffer.write(struct.pack('>IIII', 1, 1, 2, 2) + b'x' * 11)",
    ],
    ids=["crash", "silence", "cut off", "larger than agreed", "empty", "another page", "pixels missing"],
)
def test_a_child_that_does_not_answer_as_agreed_is_not_believed(script: str) -> None:
    assert refusal(Drawing(command=child(script))) == "no picture"


def test_a_child_that_hangs_is_killed_when_its_time_is_over() -> None:
    assert refusal(Drawing(command=child("time.sleep(60)"), limit_seconds=0.3)) == "time limit"


def test_a_program_that_is_not_there_is_a_refusal() -> None:
    assert refusal(Drawing(command=["/nowhere/at/all"])) == "FileNotFoundError"


def test_stopping_kills_the_child_and_starts_none_after_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    drawing = Drawing(command=child(f"open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(60)"))
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(refusal(drawing)))
    thread.start()
    while not (told.exists() and told.read_text()):
        time.sleep(0.01)
    drawing.stop()
    thread.join(10)
    assert said == ["no picture"]
    assert not Path(f"/proc/{told.read_text()}").exists()
    assert refusal(drawing) == "stopped"


def test_the_child_learns_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "environment"
    monkeypatch.setenv("YUNQIAN_MARKED", "246810")
    refusal(Drawing(command=child(f"open({str(told)!r}, 'w').write(repr(dict(os.environ)))")))
    assert "246810" not in told.read_text()
    assert os.environ["PATH"] in told.read_text()


def test_a_png_is_read_back_as_the_pixels_it_was_made_of() -> None:
    rgb = bytes(range(18))
    picture = Image.open(io.BytesIO(png(3, 2, rgb)))
    assert (picture.size, picture.tobytes()) == ((3, 2), rgb)
    assert struct.unpack(">II", png(3, 2, rgb)[16:24]) == (3, 2)
