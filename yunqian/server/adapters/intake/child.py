"""The child process: takes limits upon itself, reads one stranger's document, and has its pages drawn and compared.

Both directions are framed by a big-endian 4-byte length of JSON, with the document behind it. A refusal is an
answer with its code and facts, and exit code 0: any other exit code means that a limit was hit. Nothing of the
server is loaded here.
"""

import json
import struct
import sys
from dataclasses import asdict

from yunqian.engine import intake
from yunqian.problems import Refused
from yunqian.server.adapters import confinement
from yunqian.server.adapters.intake import comparing

_DRAWING_SECONDS = 20  # forty scanned pages take four; a pattern of tiny tiles takes for ever


def main() -> int:
    """Accept or refuse what comes on standard input."""
    confinement.take_limits(sys.argv)
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    asked = json.loads(sys.stdin.buffer.read(size))
    limits = intake.Limits(**asked.pop("limits"))
    try:
        document = sys.stdin.buffer.read()
        accepted = intake.accept(document, limits=limits, **asked)
        confinement.leave_seconds(_DRAWING_SECONDS)
        remarks = [*accepted.remarks, *comparing.remarks(document, accepted)]
    except Refused as refusal:
        _tell({"refused": refusal.problem.code, "facts": refusal.facts}, b"")
        return 0
    header = {
        "pages": [asdict(page) for page in accepted.pages],
        "remarks": [asdict(remark) for remark in remarks],
        "signature_count": accepted.signature_count,
        "standing": asdict(accepted.standing),
    }
    _tell(header, accepted.document)
    return 0


def _tell(header: dict[str, object], document: bytes) -> None:
    encoded = json.dumps(header).encode("utf-8")
    sys.stdout.buffer.write(struct.pack(">I", len(encoded)) + encoded + document)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main())
