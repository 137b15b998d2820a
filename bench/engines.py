"""Signing by every engine in one alternating run, beside the floors; the outputs are judged before anything counts."""

from dataclasses import dataclass
from pathlib import Path

from bench import children, judging
from bench.children import Child, Figures
from bench.papers import PAPERS, Paper, path_of
from bench.subjects import impression

FLOOR, OURS = "floor", "ours"
FLOOR_SM2, OURS_SM2 = "floor-sm2", "ours-sm2"
OTHERS = ("pyhanko", "pyhanko-cached", "libpdf", "signpdf")
SUBJECTS = (FLOOR, OURS, *OTHERS, FLOOR_SM2, OURS_SM2)


@dataclass(frozen=True)
class Effort:
    """How often: `warming` rounds are not counted. Bigger files get fewer rounds, as each tells more."""

    warming: int
    rounds: int
    rounds_of_large: int

    def rounds_for(self, paper: Paper) -> int:
        return self.rounds_of_large if paper.pages > 100 else self.rounds


FULL = Effort(warming=3, rounds=31, rounds_of_large=15)
SHORT = Effort(warming=1, rounds=5, rounds_of_large=3)


def measure(folder: Path, effort: Effort) -> dict[tuple[str, str], Figures]:
    """Figures by paper and subject. `folder` holds the keys and takes the outputs."""
    seal = folder / "seal.png"
    seal.write_bytes(impression().png)
    figures: dict[tuple[str, str], Figures] = {}
    with children.running(SUBJECTS, folder, seal) as subjects:
        for paper in PAPERS:
            print(f"  {paper.name}", flush=True)
            of_paper = {subject.name: Figures() for subject in subjects}
            for number in range(-effort.warming, effort.rounds_for(paper)):
                is_counted = number >= 0
                for subject in subjects:
                    _turn(subject, paper, folder, of_paper[subject.name], is_counted=is_counted)
                if number == -1:
                    _judge(paper, folder, of_paper)
            figures |= {(paper.name, name): found for name, found in of_paper.items()}
    return figures


def _output(folder: Path, paper: Paper, name: str) -> Path:
    return folder / f"{paper.name}-{name}.pdf"


def _turn(subject: Child, paper: Paper, folder: Path, figures: Figures, *, is_counted: bool) -> None:
    """One act by one subject; who failed once is not asked again."""
    if figures.reason:
        return
    to = _output(folder, paper, subject.name)
    to.unlink(missing_ok=True)
    answer = subject.ask({"from": str(path_of(paper)), "to": str(to), "pages": paper.pages})
    if is_counted or "error" in answer:
        figures.take(answer)


def _judge(paper: Paper, folder: Path, figures: dict[str, Figures]) -> None:
    for name, found in figures.items():
        if found.reason or name in (FLOOR, FLOOR_SM2):
            continue
        made = _output(folder, paper, name)
        found.reason = judging.complaint(made, signatures=1, is_sm2=name == OURS_SM2)
