"""Pictures of the pages as each signer signed them: of the signed revision, not of what the file shows now.

PDFium is handed a stranger's bytes, so it draws in a process of its own with limits of memory and time; where
that one dies, there are fewer pictures and nothing worse.
"""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from yunqian.engine.report import Report
from yunqian.problems import Refused

WIDTH_PX = 1240  # A4 at 150 dpi
_WALL_SECONDS = 120
_MOST_BYTES = 2 * 1024**3
_MOST_PAGES = 40  # of one signature
type_of_wish = tuple[int, int, str]


def draw(document: Path, report: Report, folder: Path) -> list[str]:
    """Write `signature-<n>-page-<m>.png` into a folder: the pages that show a mark, else the first; their names."""
    wishes: list[type_of_wish] = [
        (one.signed_bytes, page, f"signature-{number}-page-{page}.png")
        for number, one in enumerate(report.signatures, start=1)
        if one.signed_bytes is not None
        for page in (one.pages or (1,))[:_MOST_PAGES]
    ]
    for _, _, name in wishes:
        (folder / name).unlink(missing_ok=True)
    command = [sys.executable, "-I", "-m", __name__, str(document.resolve()), str(folder.resolve())]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            command,
            input=json.dumps(wishes),
            text=True,
            timeout=_WALL_SECONDS,
            check=False,
            capture_output=True,
        )
    return [name for _, _, name in wishes if (folder / name).is_file()]


def main(arguments: list[str], asked: str) -> int:
    """The child: draw what is asked, page by page."""
    from yunqian.engine import pictures

    _take_limits()
    document, folder = Path(arguments[0]).read_bytes(), Path(arguments[1])
    for size, page, name in json.loads(asked):
        with suppress(Refused):
            pictures.render(document[:size], page, WIDTH_PX).save(folder / name)
    return 0


def _take_limits() -> None:
    """As the machine offers them; Windows has none."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_WALL_SECONDS, _WALL_SECONDS))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdin.read()))
