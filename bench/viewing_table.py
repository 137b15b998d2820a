"""The figures of reading as Markdown."""

from math import ceil

from bench.timing import Timed
from bench.viewing import WIDTH, Viewing


def rendered(facts: dict[str, str], empty: Timed, found: list[Viewing]) -> str:
    """All tables of one run."""
    rounds = len(found[0].floor.milliseconds)
    return "\n".join(
        (
            *(f"- {name}: {value}" for name, value in facts.items()),
            "",
            f"Floor of every request: {empty.name}, median {empty.median:.1f} ms, p95 {p95(empty):.1f} ms.",
            f"Pictures are {WIDTH} pixels wide; {rounds} documents of each length, none read before.",
            "",
            "| Pages | Size | What | Median ms | p95 ms | Times PDFium alone |",
            "|--:|--:|---|--:|--:|--:|",
            *(row for one in found for row in _rows(one)),
            "",
        )
    )


def _rows(one: Viewing) -> list[str]:
    size = f"{one.size_bytes / 1e6:.2f} MB"
    return [
        f"| {one.pages} | {size} | {timed.name} | {timed.median:.1f} | {p95(timed):.1f} "
        f"| {timed.median / one.floor.median:.0f} |"
        for timed in one.all
    ]


def p95(timed: Timed) -> float:
    """The time that 95 of 100 rounds did not pass."""
    ordered = sorted(timed.milliseconds)
    return ordered[ceil(0.95 * len(ordered)) - 1]
