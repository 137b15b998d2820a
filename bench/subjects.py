"""Who is measured in Python, each a long-lived warm child that answers lines with its own CPU time.

A line is `{"from": path, "to": path, "pages": count}`; the answer `{"cpu_ms": …, "wall_ms": …}`, or
`{"error": …}`. A signing child reads the file, signs it, and writes the whole new file; a verifying child reads
and judges. CPU time is user and system time of the process, all threads. `python -m bench.subjects NAME FOLDER`
starts one with the keys of FOLDER.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import pyhanko_subjects
from bench.holders import AT, RsaHolder, sm2_holder, trust_of
from tests.pki.guomi import Signer
from yunqian.crypto import sm2
from yunqian.engine.embed import embed
from yunqian.engine.marks import Box, DateMark, Impression, Mark, PagingMark, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Verdict
from yunqian.engine.verify import verify
from yunqian.eseal import drawing

Work = Callable[[bytes, int], tuple[bytes, ...]]  # document, page count → what is to be written, in pieces
SEAL_BOX = Box(400.0, 120.0, 113.4, 113.4)
DATE_BOX = Box(410.0, 95.0, 95.0, 16.0)


def impression() -> Impression:
    """The seal that everybody applies: 40 mm, with transparency."""
    picture = drawing.round_seal("广东示例科技有限公司")
    return Impression("公章", picture.png, picture.width_mm, picture.height_mm)


def marks_of(seal: Impression, page: int, *, has_strips: bool) -> tuple[Mark, ...]:
    """Seal and date on one page, and the paging seal over every page."""
    marks = (SealMark(page, SEAL_BOX, seal), DateMark(page, DATE_BOX, "2026年11月22日"))
    return (*marks, PagingMark(impression=seal)) if has_strips else marks


def act(document: bytes, marks: tuple[Mark, ...], holder: RsaHolder | Signer, field: str) -> bytes:
    """One whole act of ours, prepare, the key's value, embed; gives what is to be put behind the document."""
    made = prepare(document, marks, certificate=holder.certificate, chain=holder.chain, field=field, at=AT)
    value = holder.sign(made.signed_attributes)
    return embed(document, made, value, certificate=holder.certificate, chain=holder.chain)


def _ours(holder: RsaHolder | Signer) -> Work:
    seal = impression()

    def work(document: bytes, pages: int) -> tuple[bytes, ...]:
        return document, act(document, marks_of(seal, pages, has_strips=pages > 1), holder, "bench")

    return work


def _floor(folder: Path) -> Work:
    """SHA-256 of the bytes, one RSA operation over it, and the write."""
    holder = RsaHolder.of(folder)

    def work(document: bytes, _: int) -> tuple[bytes, ...]:
        holder.sign(hashlib.sha256(document).digest())
        return (document,)

    return work


def _floor_sm2(_: Path) -> Work:
    """SM3 of the bytes, one SM2 signature over it, and the write."""
    holder = sm2_holder()

    def work(document: bytes, _: int) -> tuple[bytes, ...]:
        holder.sign(sm2.sm3(document))
        return (document,)

    return work


def _ours_verifying(folder: Path) -> Work:
    trust = trust_of(folder)

    def work(document: bytes, _: int) -> tuple[bytes, ...]:
        report = verify(document, trust=trust, at=AT)
        if report.verdict is not Verdict.VALID:
            told = [finding.en for one in report.signatures for finding in one.findings]
            raise ValueError(f"{report.verdict}: {report.notes_en} {told}")
        return ()

    return work


SUBJECTS: dict[str, Callable[[Path], Work]] = {
    "floor": _floor,
    "ours": lambda folder: _ours(RsaHolder.of(folder)),
    "floor-sm2": _floor_sm2,
    "ours-sm2": lambda _: _ours(sm2_holder()),
    "pyhanko": lambda folder: pyhanko_subjects.signing(folder, impression().png, is_cached=False),
    "pyhanko-cached": lambda folder: pyhanko_subjects.signing(folder, impression().png, is_cached=True),
    "ours-verifying": _ours_verifying,
    "pyhanko-verifying": pyhanko_subjects.verifying,
}


def _measured(work: Work, asked: dict[str, Any]) -> dict[str, float]:
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    made = work(Path(asked["from"]).read_bytes(), asked["pages"])
    if made:
        with Path(asked["to"]).open("wb", buffering=0) as out:
            for piece in made:
                out.write(piece)
    ended = time.process_time_ns(), time.perf_counter_ns()
    return {"cpu_ms": (ended[0] - cpu) / 1e6, "wall_ms": (ended[1] - wall) / 1e6}


def main(name: str, folder: str) -> int:
    """Answer lines until standard input ends."""
    work = SUBJECTS[name](Path(folder))
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = _measured(work, json.loads(line))
        except Exception as error:  # noqa: BLE001  whatever a subject cannot do is its result
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
