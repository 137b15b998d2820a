"""The figures as Markdown, put between the two markers of docs/benchmarks.md."""

from pathlib import Path
from statistics import median

from bench.listing import CONNECTIONS, ENVELOPES, PAGE, Listing
from bench.signing import ROUNDS, Signing
from bench.starting import Starting
from bench.timing import Timed

PAGE_PATH = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PLATFORM, ENGINES, CLIENT, PEOPLE, VIEW, SEARCH = "figures", "engines", "client", "people", "view", "search"


def write(tables: str, part: str = PLATFORM) -> None:
    """Replace what stands between the two markers of one part of the page."""
    begins, ends = f"<!-- {part}: written by make bench -->", f"<!-- end of {part} -->"
    page = PAGE_PATH.read_text("utf-8")
    before, begin, rest = page.partition(begins)
    _, end, after = rest.partition(ends)
    if not begin or not end:
        raise SystemExit(f"{PAGE_PATH.name} has lost its markers")
    PAGE_PATH.write_text(f"{before}{begins}\n\n{tables}\n{ends}{after}", "utf-8")


def rendered(facts: dict[str, str], signing: Signing, lists: list[Listing], starting: Starting) -> str:
    """All tables of one run."""
    return "\n".join(
        (
            *(f"- {name}: {value}" for name, value in facts.items()),
            "",
            *_signing(signing),
            "",
            *_lists(lists),
            "",
            *_starting(starting),
            "",
        )
    )


def _signing(signing: Signing) -> list[str]:
    size, tail = f"{signing.size_bytes / 1e6:.2f} MB", f"{signing.tail_bytes / 1e3:.0f} kB"
    return [
        f"Signing: 20 pages, {size}, a seal and a date; {tail} appended; {ROUNDS} rounds.",
        "",
        "| What | Median ms | Middle half ms | Times the floor |",
        "|---|--:|--:|--:|",
        *(_time_row(timed, signing.floor.median) for timed in signing.all),
    ]


def _time_row(timed: Timed, floor: float) -> str:
    return f"| {timed.name} | {timed.median:.1f} | {timed.spread} | {timed.median / floor:.1f} |"


def _lists(lists: list[Listing]) -> list[str]:
    return [
        f"Lists: {ENVELOPES:,} envelopes, {PAGE} on a page, {CONNECTIONS} connections without pause.",
        "",
        "| GET /api/envelopes | Requests per second | One alone, median ms | Middle half ms |",
        "|---|--:|--:|--:|",
        *(
            f"| list={each.name} | {each.per_second:.0f} | {each.alone.median:.1f} | {each.alone.spread} |"
            for each in lists
        ),
    ]


def _starting(starting: Starting) -> list[str]:
    again = starting.again
    return [
        "| `make run` until the demo can be used | Seconds |",
        "|---|--:|",
        f"| on an empty home folder (environment and pages are there) | {starting.first:.1f} |",
        f"| second start, median of {len(again)} ({min(again):.1f} – {max(again):.1f}) | {median(again):.1f} |",
    ]
