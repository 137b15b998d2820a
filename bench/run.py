"""The measurements, each step told as it begins; a part of the page is written when all of it was measured."""

import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import (
    bundle,
    client,
    client_table,
    drivers,
    engine_table,
    engines,
    holders,
    listing,
    looks,
    machine,
    people,
    people_table,
    search_table,
    searching,
    signing,
    starting,
    table,
    verifying,
    viewing,
    viewing_table,
)
from bench.children import npm_packages
from bench.paper import twenty_pages
from bench.papers import PAPERS, path_of
from bench.platform import home_folder, running
from tests.agent import world
from tools.launch.frontend import choose_node

USAGE = "python -m bench [platform | engines | client | people | view | search] [--short]"
PARTS = ("engines", "client", "platform", "people", "view", "search")
VERIFYING_ROUNDS, VERIFYING_ROUNDS_SHORT = 9, 2
CLIENT_ROUNDS, CLIENT_ROUNDS_SHORT = 15, 2


def main(arguments: list[str]) -> int:
    """Measure one part or all of them, and write docs/benchmarks.md."""
    parts = [one for one in arguments if not one.startswith("-")]
    is_short = "--short" in arguments
    if set(arguments) - {*PARTS, "--short"} or len(parts) > 1:
        print(USAGE)
        return 2
    wanted = parts or PARTS
    if "engines" in wanted:
        _engines(is_short=is_short)
    if "client" in wanted:
        _client(is_short=is_short)
    if "platform" in wanted:
        _platform()
    if "people" in wanted:
        _people()
    if "view" in wanted:
        _view(is_short=is_short)
    if "search" in wanted:
        _search()
    return 0


def _platform() -> None:
    with home_folder() as home:
        facts = machine.facts(home)
        print("1/3 signing (a platform of its own is made first)", flush=True)
        with running(home) as platform:
            figures = signing.measure(platform)
            print("2/3 lists", flush=True)
            lists = listing.measure(platform, twenty_pages())
    with home_folder() as home:
        print("3/3 starting", flush=True)
        starts = starting.measure(home)
    tables = table.rendered(facts, figures, lists, starts)
    table.write(tables)
    print(tables)


def _view(*, is_short: bool) -> None:
    print("reading (a platform of its own is made first)", flush=True)
    with home_folder() as home:
        facts = machine.facts(home) | {"Priority": f"nice {os.nice(0)}"}
        with running(home) as platform:
            rounds = viewing.ROUNDS_SHORT if is_short else viewing.ROUNDS
            empty, found = viewing.measure(platform, rounds=rounds)
    tables = viewing_table.rendered(facts, empty, found)
    table.write(tables, table.VIEW)
    print(tables)


def _search() -> None:
    print("searching (a database of its own is filled first)", flush=True)
    light = bundle.of_lists()
    with home_folder() as home:
        facts = machine.facts(home)
        found = searching.measure(home)
    tables = search_table.rendered(facts, found, light)
    table.write(tables, table.SEARCH)
    print(tables)


def _people() -> None:
    print("people (a platform of its own is made first)", flush=True)
    with home_folder() as home:
        facts = machine.facts(home)
        with running(home) as platform:
            found = people.measure(platform)
    tables = people_table.rendered(facts, found)
    table.write(tables, table.PEOPLE)
    print(tables)


def _client(*, is_short: bool) -> None:
    rounds = CLIENT_ROUNDS_SHORT if is_short else CLIENT_ROUNDS
    with TemporaryDirectory(prefix="yunqian-bench-") as kept:
        folder = Path(kept)
        facts = machine.facts(folder)
        print("1/3 the running client", flush=True)
        found = client.measure(folder, rounds=rounds)
        print("2/3 drivers", flush=True)
        rates = drivers.measure(folder / "drivers", rounds=rounds)
        print("3/3 looking at what is signed", flush=True)
        looked = looks.measure(world.soft_key(folder / "looking"), rounds=max(2, rounds // 2))
    tables = client_table.rendered(facts, found, rates, looked)
    table.write(tables, table.CLIENT)
    print(tables)


def _engines(*, is_short: bool) -> None:
    effort = engines.SHORT if is_short else engines.FULL
    rounds = VERIFYING_ROUNDS_SHORT if is_short else VERIFYING_ROUNDS
    print("files and packages that are compared with", flush=True)
    for paper in PAPERS:
        path_of(paper)
    npm_packages()
    with TemporaryDirectory(prefix="yunqian-bench-") as kept:
        folder = Path(kept)
        facts = machine.facts(folder) | _versions()
        holders.write(folder)
        print("1/2 engines signing", flush=True)
        signed = engines.measure(folder, effort)
        print("2/2 engines verifying", flush=True)
        verified = verifying.measure(folder, rounds)
    tables = engine_table.rendered(facts, signed, verified, effort)
    table.write(tables, table.ENGINES)
    print(tables)


def _versions() -> dict[str, str]:
    python = [f"{name} {version(name)}" for name in ("pyhanko", "pikepdf")]
    packages = npm_packages() / "node_modules"
    node = [
        f"{name} {_npm_version(packages / name)}" for name in ("@libpdf/core", "pdf-lib", "@signpdf/signpdf")
    ]
    told = subprocess.run(["pdfsig", "-v"], capture_output=True, text=True, check=False)
    pdfsig = (told.stderr or told.stdout).splitlines()[0]
    return {"Compared with": ", ".join([*python, *node, f"Node {choose_node().version}", pdfsig])}


def _npm_version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_text("utf-8"))["version"])
