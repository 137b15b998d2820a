"""Verifying documents of many signatures by three programs in one alternating run, and our peak of memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import children
from bench.children import ROOT, Figures
from bench.holders import RsaHolder
from bench.papers import named, path_of
from bench.subjects import act, impression, marks_of

Ask = Callable[[dict[str, Any]], dict[str, Any]]
CASES = (("p20", 1), ("p20", 5), ("p20", 20), ("p20", 50), ("p200tag", 1), ("p200tag", 5))
SUBJECTS = ("ours-verifying", "pyhanko-verifying")
PDFSIG = "pdfsig"
# Who needs so long for one document is asked once: its figure does not hang on warmth or rounds.
_LONG_MS = 5_000


@dataclass
class Verifying:
    """Figures by case and program; the peak of our memory in MB by case, and that of the bare program."""

    figures: dict[tuple[str, int, str], Figures] = field(default_factory=dict)
    peak_mb: dict[tuple[str, int], float] = field(default_factory=dict)
    bare_mb: float = 0.0


def measure(folder: Path, rounds: int) -> Verifying:
    """Make the documents, then judge each in turns."""
    found = Verifying(bare_mb=_peak_mb(folder, None))
    with children.running(SUBJECTS, folder, folder / "seal.png") as subjects:
        asked: list[tuple[str, Ask]] = [(subject.name, subject.ask) for subject in subjects]
        asked.append((PDFSIG, _pdfsig))
        for name, count in CASES:
            print(f"  {name}, {count} signatures", flush=True)
            signed = _signed(folder, name, count)
            of_case = {who: Figures() for who, _ in asked}
            for number in range(-1, rounds):
                for who, ask in asked:
                    _turn(ask, signed, of_case[who], number)
            found.figures |= {(name, count, who): figures for who, figures in of_case.items()}
            if found.figures[name, count, SUBJECTS[0]].is_measured:
                found.peak_mb[name, count] = _peak_mb(folder, signed)
    return found


def _signed(folder: Path, name: str, count: int) -> Path:
    """The document signed by us so many times: seal and date, the first acts with strips into the slots."""
    to, paper, holder, seal = (
        folder / f"{name}-signed-{count}.pdf",
        named(name),
        RsaHolder.of(folder),
        impression(),
    )
    document = path_of(paper).read_bytes()
    for number in range(count):
        marks = marks_of(seal, 1 + number % paper.pages, has_strips=number < 2)
        document += act(document, marks, holder, f"bench-{number}")
    to.write_bytes(document)
    return to


def _turn(ask: Ask, signed: Path, figures: Figures, number: int) -> None:
    if figures.reason or (figures.cpu_ms and figures.cpu_ms[-1] > _LONG_MS):
        return
    answer = ask({"from": str(signed), "to": "", "pages": 0})
    if number >= 0 or "error" in answer or answer["cpu_ms"] > _LONG_MS:
        figures.take(answer)


def _pdfsig(asked: dict[str, Any]) -> dict[str, Any]:
    """Poppler's program, started afresh each time as it is no server; certificates are not judged."""
    began = time.perf_counter_ns()
    program = subprocess.Popen(["pdfsig", "-nocert", asked["from"]], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    lines = [line for line in program.stdout.read().splitlines() if "Signature Validation:" in line]
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if not lines or not all("Signature is Valid." in line for line in lines):
        return {"error": "it finds a signature that is not valid"}
    wall = (time.perf_counter_ns() - began) / 1e6
    return {"cpu_ms": (used.ru_utime + used.ru_stime) * 1000, "wall_ms": wall}


def _peak_mb(folder: Path, document: Path | None) -> float:
    """The peak of memory (ru_maxrss) of a program of its own that verifies this one document, or none."""
    code = (
        "import sys; from pathlib import Path; from bench.holders import AT, trust_of;"
        "from yunqian.engine.verify import verify;"
        "trust = trust_of(Path(sys.argv[1]));"
        "[verify(Path(one).read_bytes(), trust=trust, at=AT) for one in sys.argv[2:]]"
    )
    command = [sys.executable, "-c", code, str(folder), *([str(document)] if document else [])]
    program = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode:
        raise SystemExit("the program whose memory is measured failed")
    return used.ru_maxrss / 1024
