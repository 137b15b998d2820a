"""The figures of people and organizations as Markdown."""

from bench.people import LOGINS, MEMBERS, MEMBERS_EACH, TENANTS, Found, Login, Policy


def rendered(facts: dict[str, str], found: Found) -> str:
    """All tables of one run."""
    parts = (
        [f"- {name}: {value}" for name, value in facts.items()],
        _logins(found),
        _lists(found),
        _policies(found),
    )
    return "\n".join("\n".join([*part, ""]) for part in parts)


def _logins(found: Found) -> list[str]:
    return [
        f"Logins one after another, the kinds in turns, {LOGINS} rounds:",
        "",
        "| Way | Median ms | Middle half ms | Per second | Floor, ms | What the floor is |",
        "|---|--:|--:|--:|--:|---|",
        *map(_login, found.logins),
        f"| asking for a code | {found.code.median:.1f} | {found.code.spread} | {1000 / found.code.median:.0f} | | |",
    ]


def _login(one: Login) -> str:
    floor = f"{one.floor.median:.1f} | {one.floor.name}" if one.floor.milliseconds else " | "
    whole = one.whole
    return f"| {whole.name} | {whole.median:.1f} | {whole.spread} | {1000 / whole.median:.0f} | {floor} |"


def _lists(found: Found) -> list[str]:
    return [
        f"Members of an organization of {MEMBERS:,}, 50 on a page, through HTTP:",
        "",
        "| GET /api/members | Median ms | Middle half ms |",
        "|---|--:|--:|",
        *(f"| {one.name} | {one.median:.1f} | {one.spread} |" for one in found.lists),
    ]


def _policies(found: Found) -> list[str]:
    return [
        f"Row policies with {TENANTS:,} organizations of {MEMBERS_EACH} members, the statement alone:",
        "",
        "| Statement | With policies, ms | Past them, ms | Times |",
        "|---|--:|--:|--:|",
        *map(_policy, found.policies),
    ]


def _policy(one: Policy) -> str:
    times = one.bound.median / one.free.median
    return f"| {one.bound.name} | {one.bound.median:.2f} | {one.free.median:.2f} | {times:.1f} |"
