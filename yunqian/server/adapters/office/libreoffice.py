"""LibreOffice, an outside program used where it is installed: the parent's side.

Only ever behind walls: a document may name pictures and templates by address, and without walls LibreOffice would
fetch them from our network and our disk and show them in the PDF.
"""

import json
import shutil
import struct
import sys
from pathlib import Path

from yunqian.engine import intake_remarks
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import children, confinement
from yunqian.server.adapters.office.port import Converted

WALL_SECONDS = 90
SCRATCH_BYTES = 256 * 1024 * 1024
_PROGRAM = "soffice"
_BINARY = "soffice.bin"
_SETTINGS = (Path("/etc/libreoffice"), Path("/usr/share/libreoffice"))


class LibreOffice:
    """Each document gets a child, a profile and a folder of its own, all gone with the child."""

    def is_available(self) -> bool:
        """See Office.is_available."""
        return _installed() is not None and confinement.has_scratch()

    def convert(self, document: bytes) -> Converted:
        """See Office.convert."""
        program = _installed()
        if program is None or not confinement.has_scratch():
            raise Refused(Problem.WORD_NOT_OFFERED)
        command = (sys.executable, "-I", "-m", "yunqian.server.adapters.office.child", str(program))
        answer = children.answer(
            command,
            document,
            wall_seconds=WALL_SECONDS,
            readable=(program.parent.parent, *_SETTINGS),
            scratch_bytes=SCRATCH_BYTES,
        )
        if len(answer) < 4:
            raise Refused(Problem.INTAKE_TIMEOUT)
        (size,) = struct.unpack(">I", answer[:4])
        header = json.loads(answer[4 : 4 + size])
        if "refused" in header:
            raise Refused(Problem[header["refused"]], **header["facts"])
        left_out = [intake_remarks.LINKS_LEFT_OUT] if header["has_links"] else []
        left_out += [intake_remarks.OBJECTS_AS_PICTURES] if header["has_objects"] else []
        return Converted(answer[4 + size :], (intake_remarks.CONVERTED, *left_out))


def _installed() -> Path | None:
    """The program itself, not the script that starts it: a shell and its helpers are not behind the walls."""
    script = shutil.which(_PROGRAM)
    binary = Path(script).resolve().parent / _BINARY if script else None
    return binary if binary and binary.is_file() else None
