"""The weighing of the list page: everything that is fetched before a list is seen, each file once."""

import gzip
import json
from pathlib import Path

import pytest

from bench import bundle


def built(folder: Path, more: dict[str, dict]) -> Path:
    """A folder as `vite build` leaves it, with a frame, words and a list that share a file."""
    chunks = {
        "index.html": {
            "file": "index.js",
            "css": ["index.css"],
            "imports": ["_shared.js"],
            "dynamicImports": ["late.ts"],
        },
        "src/words/zh-CN.ts": {"file": "words.js"},
        "src/pages/frame/FramePage.vue": {"file": "frame.js", "imports": ["_shared.js"]},
        "src/pages/lists/ListPage.vue": {"file": "list.js", "imports": ["_shared.js", "index.html"]},
        "_shared.js": {"file": "shared.js"},
        "late.ts": {"file": "late-pdf.js"},
        **more,
    }
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text(json.dumps(chunks))
    for chunk in chunks.values():
        for name in (chunk["file"], *chunk.get("css", ())):
            (folder / name).write_text(name * 1000)
    return folder


def test_every_file_is_weighed_once_and_what_comes_later_is_not(tmp_path: Path):
    found = bundle.of_lists(built(tmp_path, {}))
    assert sorted(found.files) == ["frame.js", "index.css", "index.js", "list.js", "shared.js", "words.js"]
    assert found.total == sum(len(gzip.compress((tmp_path / name).read_bytes(), 6)) for name in found.files)
    assert not found.has_pdf


def test_the_library_for_documents_is_noticed(tmp_path: Path):
    frame = {"src/pages/frame/FramePage.vue": {"file": "frame.js", "imports": ["late.ts"]}}
    assert bundle.of_lists(built(tmp_path, frame)).has_pdf


def test_pages_that_were_not_built_weigh_nothing(tmp_path: Path):
    with pytest.raises(SystemExit, match="not built"):
        bundle.of_lists(tmp_path)
