"""The figures of the engines as Markdown, for the second part of docs/benchmarks.md."""

from bench import engines, verifying
from bench.children import Figures
from bench.engines import FLOOR, FLOOR_SM2, OTHERS, OURS, OURS_SM2
from bench.papers import PAPERS, path_of
from bench.verifying import PDFSIG, Verifying

Signed = dict[tuple[str, str], Figures]
_NAMES = {
    FLOOR: "floor: SHA-256, one RSA-2048 operation, one write",
    OURS: "**ours**: seal, date, strips on every page",
    "pyhanko": "pyHanko, simple signer: seal and date",
    "pyhanko-cached": "pyHanko, key loaded once: seal and date",
    "libpdf": "@libpdf/core: seal drawn on every page",
    "signpdf": "pdf-lib + @signpdf: seal drawn on every page",
    FLOOR_SM2: "floor SM2: SM3, one SM2 signature, one write",
    OURS_SM2: "**ours with SM2**: seal, date, strips on every page",
}
_TIMES_FLOOR, _TIMES_OTHERS, _TIMES_PDFSIG, _FIFTY_MS, _PEAK_MB = 2, 4, 2, 1000, 300


def rendered(facts: dict[str, str], signed: Signed, verified: Verifying, effort: engines.Effort) -> str:
    """All tables of one run, the aims beside what was reached."""
    parts = (
        [f"- {name}: {value}" for name, value in facts.items()],
        [f"- Rounds: {effort.rounds} (files of 200 pages: {effort.rounds_of_large}){_looks(effort)}"],
        ["", "Signing, median CPU ms (on the wall):", ""],
        _signing(signed),
        ["", "| Aim | " + " | ".join(paper.name for paper in PAPERS) + " |", _rule(len(PAPERS))],
        _aims(signed),
        ["", "Verifying every signature of a document, median CPU ms (on the wall):", ""],
        _verifying(verified),
        ["", *_verifying_aims(verified), ""],
    )
    return "\n".join(line for part in parts for line in part)


def _looks(effort: engines.Effort) -> str:
    return "; a short run, for a look" if effort is engines.SHORT else ""


def _rule(columns: int) -> str:
    return "|---" + "|--:" * columns + "|"


def _cell(found: Figures | None, notes: list[str], who: str) -> str:
    if found is None or (not found.cpu_ms and not found.reason):
        return ""
    if found.is_measured:
        return f"{found.cpu:.1f} ({found.wall:.1f})"
    note = f"{who}: {found.reason}"
    if note not in notes:
        notes.append(note)
    return f"no [{notes.index(note) + 1}]"


def _signing(signed: Signed) -> list[str]:
    notes: list[str] = []
    sizes = (f"{paper.name}, {path_of(paper).stat().st_size / 1e6:.2f} MB" for paper in PAPERS)
    lines = ["| | " + " | ".join(sizes) + " |", _rule(len(PAPERS))]
    for who, shown in _NAMES.items():
        cells = [_cell(signed.get((paper.name, who)), notes, who) for paper in PAPERS]
        lines.append(f"| {shown} | " + " | ".join(cells) + " |")
    return lines + _notes(notes)


def _notes(notes: list[str]) -> list[str]:
    return ["", *(f"{number}. {note}" for number, note in enumerate(notes, start=1))] if notes else []


def _aims(signed: Signed) -> list[str]:
    names = [paper.name for paper in PAPERS]
    rows = {
        f"ours in floors (aim: at most {_TIMES_FLOOR})": [
            _ratio(signed, name, OURS, FLOOR) for name in names
        ],
        f"fastest other in ours (aim: at least {_TIMES_OTHERS})": [_fastest(signed, name) for name in names],
        f"ours with SM2 in its floors (aim: at most {_TIMES_FLOOR})": [
            _ratio(signed, name, OURS_SM2, FLOOR_SM2) for name in names
        ],
    }
    return [f"| {told} | " + " | ".join(cells) + " |" for told, cells in rows.items()]


def _ratio(signed: Signed, name: str, one: str, other: str) -> str:
    first, second = signed[name, one], signed[name, other]
    return f"{first.cpu / second.cpu:.1f}" if first.is_measured and second.is_measured else "–"


def _fastest(signed: Signed, name: str) -> str:
    others = [who for who in OTHERS if signed[name, who].is_measured]
    if not others or not signed[name, OURS].is_measured:
        return "–"
    fastest = min(others, key=lambda who: signed[name, who].cpu)
    return f"{_ratio(signed, name, fastest, OURS)} ({fastest})"


def _verifying(verified: Verifying) -> list[str]:
    notes: list[str] = []
    lines = ["| Document | ours | pyHanko | pdfsig | our peak MB |", _rule(4)]
    for name, count in verifying.CASES:
        cells = [
            _cell(verified.figures.get((name, count, who)), notes, f"{who}, {name}, {count}")
            for who in (*verifying.SUBJECTS, PDFSIG)
        ]
        cells.append(_peak(verified, name, count))
        lines.append(f"| {name}, {count} signature{'s' * (count > 1)} | " + " | ".join(cells) + " |")
    return lines + _notes(notes)


def _peak(verified: Verifying, name: str, count: int) -> str:
    peak = verified.peak_mb.get((name, count))
    return "–" if peak is None else f"{peak:.0f}"


def _verifying_aims(verified: Verifying) -> list[str]:
    ours = {case: verified.figures[(*case, "ours-verifying")] for case in verifying.CASES}
    theirs = {case: verified.figures[(*case, PDFSIG)] for case in verifying.CASES}
    times = [
        f"{name}/{count}: {one.cpu / theirs[name, count].cpu:.1f}"
        for (name, count), one in ours.items()
        if one.is_measured and theirs[name, count].is_measured
    ]
    fifty = ours["p20", 50]
    took = f"{fifty.wall:.0f} ms" if fifty.is_measured else "not measured"
    held = f"{_peak(verified, 'p200tag', 5)} MB, of which {verified.bare_mb:.0f} MB before a file is opened"
    return [
        f"- ours in pdfsig's CPU (aim: at most {_TIMES_PDFSIG}): {', '.join(times) or '–'}",
        f"- 50 signatures (aim: under {_FIFTY_MS} ms): {took}",
        f"- peak of memory for p200tag (aim: under {_PEAK_MB} MB): {held}",
    ]
