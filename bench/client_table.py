"""The security client's figures as Markdown."""

from statistics import median

from bench.client import Click, Found
from bench.drivers import Rate
from bench.looks import Look
from bench.timing import Timed


def rendered(facts: dict[str, str], found: Found, rates: list[Rate], looks: list[Look]) -> str:
    """All tables of one run."""
    parts = (
        _facts(facts),
        _clicks(found.clicks),
        _rates(rates),
        _looks(looks),
        _listings(found),
        _memory(found),
    )
    return "\n".join("\n".join([*part, ""]) for part in parts)


def _facts(facts: dict[str, str]) -> list[str]:
    return [f"- {name}: {value}" for name, value in facts.items()]


def _clicks(clicks: list[Click]) -> list[str]:
    rounds = len(clicks[0].whole.milliseconds)
    return [
        f"From click to signature with a soft key, {rounds} rounds in turns, ms (median):",
        "",
        "| Algorithm | Whole | Middle half | Order checked | Sheet | PIN to value | Floor | Times floor |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *(_click(one) for one in clicks),
    ]


def _click(one: Click) -> str:
    parts = " | ".join(f"{timed.median:.1f}" for timed in (one.order, one.sheet, one.key, one.floor))
    times = one.whole.median / one.floor.median
    return f"| {one.suite.name} | {one.whole.median:.1f} | {one.whole.spread} | {parts} | {times:.1f} |"


def _rates(rates: list[Rate]) -> list[str]:
    return [
        "Signatures per second, one after another:",
        "",
        "| Driver | Algorithm | Through the driver | Bare | What is bare |",
        "|---|---|--:|--:|---|",
        *(
            f"| {one.driver} | {one.suite.name} | {one.per_second:.1f} | {one.bare_per_second:.0f} | {one.bare_name} |"
            for one in rates
        ),
    ]


def _looks(looks: list[Look]) -> list[str]:
    return [
        "The client's own look before the PIN, one marked page, ms (median):",
        "",
        "| Document | MB | Fetched | Proved | Drawn by the child | Floor: pypdfium2 alone |",
        "|---|--:|--:|--:|--:|--:|",
        *(
            f"| {one.name} | {one.size_bytes / 1e6:.1f} | "
            + " | ".join(f"{timed.median:.1f}" for timed in (one.fetched, one.proved, one.drawn, one.floor))
            + " |"
            for one in looks
        ),
    ]


def _listings(found: Found) -> list[str]:
    def row(name: str, cold: float, warm: Timed) -> str:
        return f"| {name} | {cold:.1f} | {warm.median:.2f} | {warm.spread} |"

    return [
        "Two keys with four certificates, over HTTP:",
        "",
        "| Asked | First, ms | Then, median ms | Middle half ms |",
        "|---|--:|--:|--:|",
        *(row(*one) for one in found.listings),
    ]


def _memory(found: Found) -> list[str]:
    starts = found.start.milliseconds
    return [
        f"A client started from the source answers after {median(starts):.0f} ms (median of {len(starts)}).",
        "",
        "Memory (PSS), without a desktop window:",
        "",
        "| Client | Own, MB | Children, MB | Together, MB |",
        "|---|--:|--:|--:|",
        *(
            f"| {one.name} | {one.own_mb:.0f} | {one.children_mb:.0f} | {one.own_mb + one.children_mb:.0f} |"
            for one in found.memory
        ),
    ]
