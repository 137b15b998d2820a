"""The figures of searching as Markdown."""

from bench import bundle, search_filling
from bench.bundle import Bundle
from bench.searching import GOAL_MS, PAGE, ROUNDS, Found, Kind
from bench.timing import Timed
from bench.viewing_table import p95


def rendered(facts: dict[str, str], found: Found, light: Bundle) -> str:
    """All tables of one run."""
    sizes = ", ".join(f"{name} {size:.0f} MB" for name, size in sorted(found.sizes.items()))
    filled = (
        f"{search_filling.DOCUMENTS:,} documents of {search_filling.TENANTS} organizations, the largest with"
    )
    parts = (
        [f"- {name}: {value}" for name, value in facts.items()],
        [
            f"{filled} {search_filling.LARGEST:,}; filled in {found.filled_seconds:.0f} s. Sizes: {sizes}.",
            f"{ROUNDS} rounds, all kinds in turns, pages of {PAGE}.",
            f"Floors: {_told(found.trip)}; {_told(found.by_key)}.",
        ],
        [
            "| Query | Lines | p50 ms | p95 ms | Slowest ms | Times the floor |",
            "|---|--:|--:|--:|--:|--:|",
            *(_row(kind, timed, found) for kind, timed in found.kinds),
            f"| counts of all four lists | | {_numbers(found.counts)} | {_times(found.counts, found.by_key)} |",
        ],
        [_judged(found)],
        *(_plan(name, plan) for name, plan in found.plans.items()),
        _bundle(light),
    )
    return "\n".join("\n".join([*part, ""]) for part in parts)


def _row(kind: Kind, timed: Timed, found: Found) -> str:
    return f"| {kind.name} | {found.lines[kind.name]} | {_numbers(timed)} | {_times(timed, found.by_key)} |"


def _numbers(timed: Timed) -> str:
    return f"{timed.median:.1f} | {p95(timed):.1f} | {max(timed.milliseconds):.1f}"


def _times(timed: Timed, floor: Timed) -> str:
    return f"{timed.median / floor.median:.1f}"


def _told(timed: Timed) -> str:
    return f"{timed.name} {timed.median:.2f} ms (p95 {p95(timed):.2f})"


def _judged(found: Found) -> str:
    every = sorted(one for _, timed in found.kinds for one in timed.milliseconds)
    slow = [kind.name for kind, timed in found.kinds if p95(timed) >= GOAL_MS]
    over_all = every[int(0.95 * len(every))]
    told = f"The 95th percentile over all kinds together is {over_all:.1f} ms; the goal is {GOAL_MS} ms."
    return f"{told} Kinds whose own is not under it: {', '.join(slow) if slow else 'none'}."


def _plan(name: str, plan: str) -> list[str]:
    return ["<details>", f"<summary>Plan: {name}</summary>", "", "```", plan, "```", "", "</details>"]


def _bundle(light: Bundle) -> list[str]:
    weight = f"{light.total / 1000:.0f} kB of JavaScript and CSS after gzip in {len(light.files)} files"
    return [f"The list page fetches {weight} (bound {bundle.LIMIT / 1000:.0f} kB), pdf.js not among them."]
