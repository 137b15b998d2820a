"""What a browser fetches before it shows a list: the page's own JavaScript and CSS, compressed as a server sends them.

Counted in what `vite build` wrote, by its manifest: the entry, the frame, the list, and everything that they import.
pdf.js and whatever else comes later, when a document is opened, is apart.
"""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
LIMIT = 200_000
ENTRIES = (
    "index.html",
    "src/words/zh-CN.ts",
    "src/pages/frame/FramePage.vue",
    "src/pages/lists/ListPage.vue",
)
_LEVEL = 6  # as servers do it


@dataclass(frozen=True)
class Bundle:
    """Sizes in bytes after gzip, by the name of the file."""

    files: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.files.values())

    @property
    def has_pdf(self) -> bool:
        """Whether the library that draws documents is among them."""
        return any("pdf" in Path(name).name.lower() for name in self.files)


def of_lists(dist: Path = DIST) -> Bundle:
    """The list page's files. Raises SystemExit where the pages were not built."""
    path = dist / ".vite" / "manifest.json"
    if not path.is_file():
        raise SystemExit("web/dist is not built with its manifest: run `make test`")
    manifest = json.loads(path.read_text("utf-8"))
    names: set[str] = set()
    seen: set[str] = set()
    waiting = list(ENTRIES)
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        chunk = manifest[key]
        names |= {chunk["file"], *chunk.get("css", ())}
        waiting.extend(chunk.get("imports", ()))
    return Bundle({name: len(gzip.compress((dist / name).read_bytes(), _LEVEL)) for name in sorted(names)})
