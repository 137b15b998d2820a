"""Intake in a child process with limits of its own, so that no upload is ever parsed in the web process."""

import json
import struct
import sys
from dataclasses import asdict
from typing import Any

from yunqian.engine.geometry import PageGeometry
from yunqian.engine.intake import Accepted, Limits, Remark
from yunqian.engine.standing import Standing
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import children

_WALL_SECONDS = 90
_COMMAND = (sys.executable, "-I", "-m", "yunqian.server.adapters.intake.child")


def accept(
    document: bytes, limits: Limits, *, remove_protection: bool = False, keep_form: bool = False
) -> Accepted:
    """`engine.intake.accept` behind a process border.

    Raises Refused as it does, Refused(INTAKE_TIMEOUT) when the child passed its limits of time or memory, and
    Refused(PLATFORM_BUSY) when too many are at work.
    """
    if len(document) > limits.max_bytes:  # said without the cost of a process
        megabytes = [round(size / 1024 / 1024, 1) for size in (len(document), limits.max_bytes)]
        raise Refused(Problem.DOCUMENT_TOO_LARGE, size_mb=megabytes[0], limit_mb=megabytes[1])
    wanted = {"limits": asdict(limits), "remove_protection": remove_protection, "keep_form": keep_form}
    asked = json.dumps(wanted).encode("utf-8")
    answer = _answer(struct.pack(">I", len(asked)) + asked + document)
    (size,) = struct.unpack(">I", answer[:4])
    header: dict[str, Any] = json.loads(answer[4 : 4 + size])
    if "refused" in header:
        raise Refused(Problem[header["refused"]], **header["facts"])
    return Accepted(
        document=answer[4 + size :],
        pages=tuple(PageGeometry(**page) for page in header["pages"]),
        remarks=tuple(Remark(**remark) for remark in header["remarks"]),
        signature_count=header["signature_count"],
        standing=Standing(**header["standing"] | {"open_fields": tuple(header["standing"]["open_fields"])}),
    )


def _answer(question: bytes) -> bytes:
    written = children.answer(_COMMAND, question, wall_seconds=_WALL_SECONDS)
    if len(written) < 4:
        raise Refused(Problem.INTAKE_TIMEOUT)
    return written
