"""`python -m tools.client_archive FOLDER`: the security client as one archive that needs no Python.

PyInstaller puts program and libraries into one folder (tools/client.spec); this checks what is inside, adds the
licences and packs it so that the same sources on the same machine give the same bytes. Prints name, size, SHA-256.
"""

import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from yunqian import __version__

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "tools" / "client.spec"
PROGRAM = "yunqian-agent"
EPOCH = 1_767_225_600  # 2026-01-01: times inside the archive say nothing
# Packages that must not be inside, whatever imports them; the import contract `agent` proves it for our own source.
NEVER = (
    "django",
    "ninja",
    "psycopg",
    "procrastinate",
    "pikepdf",
    "pyhanko",
    "yunqian.engine",
    "yunqian.evidence",
    "yunqian.rules",
    "yunqian.server",
)
TEXTS = Path(__file__).with_name("licences")  # of parts whose packages bring no text along
_LICENCE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)


def build(work: Path, *, release_key: str = "", with_desktop: bool = True) -> Path:
    """Freeze the client into a folder under `work`; its program is `yunqian-agent` in it. Raises CalledProcessError."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "YUNQIAN_RELEASE_KEY": release_key,
    }
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    command += ["--distpath", str(work / "dist"), "--workpath", str(work / "work"), str(SPEC)]
    subprocess.run(
        [*command, *(["--", "--with-desktop"] if with_desktop else [])],
        cwd=ROOT,
        env=environment,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    home = work / "dist" / PROGRAM
    if found := forbidden(modules(home)):
        raise SystemExit(f"the client would carry {', '.join(sorted(found))}; nothing was packed")
    _add_licences(home)
    return home


def program_in(home: Path) -> Path:
    """The program to run in a built folder."""
    return home / (f"{PROGRAM}.exe" if sys.platform == "win32" else PROGRAM)


def modules(home: Path) -> set[str]:
    """The names of all Python modules in a built folder: in the program's own archive and as files."""
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(program_in(home)))
    names = set(archive.open_embedded_archive("PYZ.pyz").toc)
    inside = home / "_internal"
    for path in inside.rglob("*"):
        if path.suffix in (".py", ".pyc", ".so", ".pyd"):
            names.add(".".join(path.relative_to(inside).with_suffix("").parts).partition(".cpython-")[0])
    return names | {path.name for path in inside.iterdir()}


def forbidden(names: set[str]) -> set[str]:
    """Those of `names` that no client may carry."""
    return {one for one in names if any(one == never or one.startswith(f"{never}.") for never in NEVER)}


def _add_licences(home: Path) -> None:
    """The licence texts of everything inside, by package, and our own."""
    folder = home / "licences"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "LICENSE", folder / "yunqian-LICENSE.txt")
    owners = metadata.packages_distributions()
    top = {name.partition(".")[0] for name in modules(home)}
    for package in sorted({owner for name in top for owner in owners.get(name, ())} - {"yunqian"}):
        for file in metadata.files(package) or ():
            within = str(file).partition(".dist-info/")[2]
            if _LICENCE.search(within) and Path(str(file.locate())).is_file():
                target = folder / package / within.removeprefix("licenses/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)
    if "PySide6" in top:
        shutil.copytree(TEXTS, folder / "PySide6")
    python = (
        Path(sys.base_prefix) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "LICENSE.txt"
    )
    if python.is_file():
        shutil.copyfile(python, folder / "Python-LICENSE.txt")


def archive_name() -> str:
    """E.g. yunqian-agent-0.1.0-linux-x86_64.tar.gz."""
    system = "windows" if sys.platform == "win32" else "linux"
    machine = platform.machine().lower().replace("amd64", "x86_64")
    return f"{PROGRAM}-{__version__}-{system}-{machine}.{'zip' if system == 'windows' else 'tar.gz'}"


def pack(home: Path, target: Path) -> None:
    """Put a built folder into one archive: sorted, without owners and times."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.half")
    (_zip if target.suffix == ".zip" else _tar)(home, half)
    half.replace(target)


def _inside(home: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(home.rglob("*")):
        yield path, f"{PROGRAM}/{path.relative_to(home).as_posix()}"


def _tar(home: Path, target: Path) -> None:
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as out,
    ):
        for path, name in _inside(home):
            told = out.gettarinfo(path, name)
            told.uid = told.gid = 0
            told.uname = told.gname = ""
            told.mtime = EPOCH
            told.mode = 0o755 if told.isdir() or told.mode & 0o100 else 0o644
            if told.isreg():
                with path.open("rb") as content:
                    out.addfile(told, content)
            else:
                out.addfile(told)


def _zip(home: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path, name in _inside(home):
            if path.is_file():
                told = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
                told.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(told, path.read_bytes())


def sha256_of(path: Path) -> str:
    """The digest that people compare."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    key_file = folder / "release-key.pub"
    key = key_file.read_text("ascii").strip() if key_file.is_file() else ""
    target = folder / archive_name()
    with tempfile.TemporaryDirectory(prefix="yunqian-client-") as work:
        try:
            home = build(Path(work), release_key=key, with_desktop="--without-desktop" not in arguments)
        except subprocess.CalledProcessError as error:
            print(
                f"✗ PyInstaller 没有完成（{error.returncode}），原因见上；Linux 上需要 binutils。\n"
                f"  PyInstaller did not finish ({error.returncode}), see above; on Linux it needs binutils.",
                file=sys.stderr,
            )
            return 1
        pack(home, target)
    print(f"{__version__}  {target.name}  {target.stat().st_size} bytes\nsha256  {sha256_of(target)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
