"""All measurements in one run, each step told as it begins; the table is written at the end or not at all."""

from bench import listing, machine, signing, starting, table
from bench.paper import twenty_pages
from bench.platform import home_folder, running


def main() -> int:
    """Measure and write docs/benchmarks.md."""
    with home_folder() as home:
        facts = machine.facts(home)
        print("1/3 signing (a platform of its own is made first)", flush=True)
        with running(home) as platform:
            figures = signing.measure(platform)
            print("2/3 lists", flush=True)
            lists = listing.measure(platform, twenty_pages())
    with home_folder() as home:
        print("3/3 starting", flush=True)
        starts = starting.measure(home)
    tables = table.rendered(facts, figures, lists, starts)
    table.write(tables)
    print(tables)
    return 0
