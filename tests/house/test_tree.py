"""What a committed file may not hold, how rooms may not be called, what every module says first."""

import ast
import re
from pathlib import Path

from tests.house.tree import ROOT, committed, modules, text_of

# Written in halves, so that this file does not hold what it forbids.
HOSTS = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry." + "npmjs.org",
    "registry.npm" + "mirror.com",
    "deb." + "debian.org",
    "tuna.tsinghua" + ".edu.cn",
]
MACHINE = re.compile("/" + r"(?:work|root|tmp)/|/" + r"home/\w+/|/" + "var/" + r"tmp/|[A-Z]:\\Users\\")
FORBIDDEN_ROOMS = {
    "utils",
    "util",
    "common",
    "helpers",
    "helper",
    "core",
    "services",
    "managers",
    "misc",
    "lib",
}


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in committed():
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    return found


def test_no_committed_file_names_a_registry_host() -> None:
    assert lines_with(re.compile("|".join(re.escape(host) for host in HOSTS))) == []


def test_no_committed_file_names_a_path_of_a_machine() -> None:
    assert lines_with(MACHINE) == []


def test_no_lock_of_uv_is_committed() -> None:
    """It names the registry's hosts; requirements.lock does not."""
    assert [path for path in committed() if path.name == "uv.lock"] == []


def test_no_room_has_a_name_that_holds_anything() -> None:
    names = {part for path in rooms() for part in (*path.parent.parts, path.stem)}
    assert names & FORBIDDEN_ROOMS == set()


def rooms() -> list[Path]:
    python = [module.path.relative_to(ROOT) for module in modules("yunqian", "tools", "tests", "bench")]
    web = [
        path.relative_to(ROOT) for path in (ROOT / "web" / "src").rglob("*") if path.suffix in (".ts", ".vue")
    ]
    return python + web


def test_every_module_says_what_it_is() -> None:
    silent = [m.name for m in modules("yunqian", "tools", "tests", "bench") if not ast.get_docstring(m.tree)]
    assert silent == []


def test_the_first_line_of_a_docstring_is_a_whole_one() -> None:
    """A first line that runs on into the second does not say what the thing is."""
    broken = [
        m.at(f)
        for m in modules("yunqian")
        for f in m.functions
        if "\n" in (doc := ast.get_docstring(f) or "").strip() and doc.splitlines()[1].strip()
    ]
    assert broken == []
