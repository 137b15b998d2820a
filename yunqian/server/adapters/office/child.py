"""The child process: takes limits upon itself, sniffs one stranger's document, and has LibreOffice write it as PDF.

Input: the document. Output: a 4-byte big-endian length, JSON, the PDF; or a refusal. Any other exit code than 0 means
that a limit was hit. The scratch folder is in memory, of the walls' own, and gone with them; so is the profile, of
which every conversion has its own: two that share one fail without a word. Nothing of the server is loaded here.
"""

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import confinement
from yunqian.server.adapters.office import fonts, sniffing

_SECONDS = 75
_PROCESSES = 64  # LibreOffice has some twenty threads, which count
_FIRST_START = 81  # it made its profile and wants to be started again
_TRIES = 3
_FOLDER = Path(confinement.SCRATCH)
_SETTINGS = {
    "/org.openoffice.Office.Common/Security/Scripting": {
        "MacroSecurityLevel": "3",
        "DisableMacrosExecution": "true",
        "BlockUntrustedRefererLinks": "true",
    },
    "/org.openoffice.Office.Writer/Content/Update": {"Link": "2"},
    "/org.openoffice.Setup/L10N": {"ooSetupSystemLocale": "zh-CN"},
    "/org.openoffice.Office.Linguistic/General": {"DefaultLocale_CJK": "zh-CN"},
}


def main() -> int:
    """Convert what comes on standard input."""
    confinement.take_limits(sys.argv, processes=_PROCESSES)
    try:
        document = sys.stdin.buffer.read()
        found = sniffing.of(document)
        converted = _converted(Path(sys.argv[1]), document, found)
    except Refused as refusal:
        _tell({"refused": refusal.problem.code, "facts": refusal.facts}, b"")
        return 0
    _tell({"has_links": found.has_links, "has_objects": found.has_objects}, converted)
    return 0


def _converted(program: Path, document: bytes, found: sniffing.Found) -> bytes:
    profile, out = _FOLDER / "profile", _FOLDER / "out"
    source = _FOLDER / f"document{found.ending}"
    source.write_bytes(document)
    configuration = _FOLDER / "fonts.conf"
    configuration.write_text(fonts.written(_FOLDER / "fontconfig"), encoding="utf-8")
    _settle(profile)
    command = [
        *(str(program), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"),
        *(
            "--nodefault",
            "--nolockcheck",
            f"--infilter={found.reader}",
            "--convert-to",
            "pdf:writer_pdf_Export",
        ),
        *("--outdir", str(out), str(source)),
    ]
    environment = {
        "HOME": str(_FOLDER),
        "PATH": "/usr/bin",
        "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
        "FONTCONFIG_FILE": str(configuration),
    }
    for _ in range(_TRIES):
        code = _run(command, environment)
        if code != _FIRST_START:
            break
    written = out / "document.pdf"
    made = written.read_bytes() if code == 0 and written.is_file() else b""
    shutil.rmtree(out, ignore_errors=True)
    if not made.startswith(b"%PDF-"):  # it says that all went well without having written anything
        raise Refused(Problem.WORD_NOT_CONVERTED)
    return made


def _run(command: list[str], environment: dict[str, str]) -> int:
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(Problem.INTAKE_TIMEOUT) from None
    return done.returncode


def _settle(profile: Path) -> None:
    """Nothing of a document runs, nothing it links to is fetched, and Chinese is written as on the mainland."""
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, settings in _SETTINGS.items()
        for name, value in settings.items()
    )
    folder = profile / "user"
    folder.mkdir(parents=True)
    (folder / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )


def _tell(header: dict[str, object], document: bytes) -> None:
    encoded = json.dumps(header).encode("utf-8")
    sys.stdout.buffer.write(struct.pack(">I", len(encoded)) + encoded + document)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main())
