"""Searching a million documents: the whole query as the API calls it, row policies on, by the application's role.

One query is the transaction, recognising who asks, the search and the lines of a page with all that they tell; HTTP is
apart. The kinds take turns, so that all of them meet the same machine. Each has its floor in the same round: one round
trip, and twenty lines read by their keys with nothing searched.
"""

import multiprocessing
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

from bench import search_filling as filling
from bench.platform import Platform, environment, free_port, yunqian
from bench.timing import Timed
from yunqian.server.console import embedded
from yunqian.server.settings.config import read

ROUNDS = 60
PAGE = 20
GOAL_MS = 50
_EXPLAIN = "EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF, SUMMARY ON) "


@dataclass(frozen=True)
class Kind:
    """One kind of query: whose list, and what is looked for, a different word in each round where there are several."""

    name: str
    who: str
    which: str
    words: Sequence[str] = ("",)
    more: dict[str, Any] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True)
class Found:
    """All figures of this part; `lines` on the page by kind, `sizes` in MB, `plans` by what they are of."""

    kinds: tuple[tuple[Kind, Timed], ...]
    lines: dict[str, int]
    trip: Timed
    by_key: Timed
    counts: Timed
    filled_seconds: float
    sizes: dict[str, float]
    plans: dict[str, str]


_NOW = datetime.now(UTC)
_MONTH = {"since_at": _NOW - timedelta(days=330), "until_at": _NOW - timedelta(days=300)}
_LATELY = {"initiator": "李", "since_at": _NOW - timedelta(days=182)}
_COMMON, _TWO, _RARE = ("合同", "协议"), ("采购", "租赁", "劳动", "借款"), ("麒麟项目", "麒麟", "麟项")
KINDS = (
    Kind("first page, nothing looked for", "busy", "started"),
    Kind("deep page (100,000 lines down)", "busy", "started", depth=100_000),
    Kind("word of most names", "busy", "started", _COMMON),
    Kind("two-character word, one name in ten", "busy", "started", _TWO),
    Kind("rare word", "busy", "started", _RARE),
    Kind("rare character", "busy", "started", ("麒", "麟")),
    Kind("word of no name", "busy", "started", ("饕餮", "青藏高原", "zzz")),
    Kind("three words", "busy", "started", ("采购 巨阙 2026", "租赁 珠称 合同", "巨阙 0 协议")),
    Kind("word, deep page", "busy", "started", _COMMON, depth=60_000),
    Kind("word only of long ago", "busy", "started", ("旧版",)),
    Kind("two-character word and a month", "busy", "started", _TWO, _MONTH),
    Kind("rare word and a month", "busy", "started", _RARE, _MONTH),
    Kind("state declined", "busy", "started", more={"state": "declined"}),
    Kind("word and state declined", "busy", "started", _TWO, {"state": "declined"}),
    Kind("signed: first page", "asked", "signed"),
    Kind("signed: word of most names", "asked", "signed", _COMMON),
    Kind("signed: rare word", "asked", "signed", _RARE),
    Kind("signed: initiator", "asked", "signed", more={"initiator": "王伟"}),
    Kind("signed: word, initiator, half a year", "asked", "signed", _TWO, _LATELY),
    Kind("inbox: first page", "asked", "inbox"),
    Kind("inbox: two-character word", "asked", "inbox", _TWO),
    Kind("inbox: word of no name", "asked", "inbox", ("饕餮",)),
    Kind("small organization: word of most names", "small", "started", _COMMON),
    Kind("small organization: word of no name", "small", "started", ("饕餮",)),
)  # fmt: skip


def measure(home: Path) -> Found:
    """Make a platform's database, fill it, and ask it; the asking is a process of its own, with settings of its own."""
    platform = Platform(home, port := free_port(), environment(home, port, free_port()), {})
    yunqian(platform, "migrate")
    try:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(_measured, (platform.environment,))
    finally:
        yunqian(platform, "database", "stop")


def _measured(chosen: dict[str, str]) -> Found:
    os.environ.update(chosen)
    from yunqian.server import settings

    settings.start()
    config = read(os.environ)
    with embedded.connect_as_admin(config, config.database.name) as admin:
        filled = Timed("filling")
        filled.run(lambda: filling.fill(admin))
        sizes = "SELECT relname, pg_relation_size(oid) / 1e6 FROM pg_class WHERE relname = ANY (%s)"
        names = [
            "search_entry",
            "search_entry_marks",
            "envelope",
            "envelope_by_keeper",
            "recipient_by_person",
        ]
        told = {name: float(size) for name, size in admin.execute(sizes, [names]).fetchall()}
        timed = _asked()
        return Found(*timed, filled.milliseconds[0] / 1000, told, _plans(admin))


def _asked() -> tuple[tuple[tuple[Kind, Timed], ...], dict[str, int], Timed, Timed, Timed]:
    """Every kind in every round, with the two floors and the counts."""
    from yunqian.server.queries import lists

    timed = [(kind, Timed(kind.name)) for kind in KINDS]
    cursors = {kind.name: _cursor(kind) for kind in KINDS}
    trip, by_key, counts = (
        Timed("one round trip"),
        Timed("twenty lines by their keys"),
        Timed("counts of all lists"),
    )
    keys, lines = [_page(KINDS[0], 0, None)], dict[str, int]()
    for number in range(ROUNDS):
        trip.run(_trip)
        by_key.run(lambda: _by_key(keys[0]))
        for kind, one in timed:
            page = one.run(lambda kind=kind, number=number: _page(kind, number, cursors[kind.name]))
            lines[kind.name] = max(lines.get(kind.name, 0), len(page.items))
        counts.run(lambda: lists.counts(_who("asked")))
    return tuple(timed), lines, trip, by_key, counts


def _page(kind: Kind, number: int, cursor: str | None) -> Any:
    from yunqian.rules.lifecycle import EnvelopeState
    from yunqian.server.queries import lists
    from yunqian.server.queries.search import Search
    from yunqian.wire.envelope import EnvelopeList

    more = dict(kind.more)
    if "state" in more:
        more["state"] = EnvelopeState(more["state"])
    looked_for = Search(text=kind.words[number % len(kind.words)], **more)
    which = EnvelopeList(kind.which)
    return lists.page(_who(kind.who), which=which, looked_for=looked_for, cursor=cursor, limit=PAGE)


def _cursor(kind: Kind) -> str | None:
    """Where a deep page begins."""
    if not kind.depth:
        return None
    from yunqian.server import scope
    from yunqian.server.queries import cursors
    from yunqian.server.records.models import Envelope

    who = _who(kind.who)
    with scope.reading(person_id=who.person_id, tenant_id=who.tenant_id):
        rows = Envelope.objects.filter(tenant_id=who.tenant_id, initiator_id=who.person_id)
        at = rows.order_by("-created_at", "-id").values_list("created_at", "id")[kind.depth]
    return cursors.written(at)


def _who(name: str) -> Any:
    """`busy` started most of the largest organization, `asked` signs most of it, `small` works in a small one."""
    from yunqian.server.access.actor import Asking

    tenant, person = {"busy": (1, 1), "asked": (1, 20), "small": (2, 1)}[name]
    return Asking(_identifier(f"p{tenant}-{person}"), _identifier(f"t{tenant}"))


def _identifier(text: str) -> uuid.UUID:
    return uuid.UUID(md5(text.encode(), usedforsecurity=False).hexdigest())


def _trip() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _by_key(page: Any) -> None:
    from yunqian.server.queries import lists, query

    @query
    def read_them(actor: Any) -> list[Any]:
        return lists._told(actor, lists._read([(_NOW, uuid.UUID(one.id)) for one in page.items]))

    if len(read_them(_who("busy"))) != PAGE:
        raise SystemExit("the lines by their keys are not all there")


def _plans(admin: filling.Connection) -> dict[str, str]:
    """Two plans as they ran: the stretch that is walked, by the application; and the index, inside the function."""
    from yunqian.server import scope
    from yunqian.server.access.actor import recognise
    from yunqian.server.queries import lists, search
    from yunqian.server.queries.search import Search
    from yunqian.wire.envelope import EnvelopeList

    who = _who("busy")
    with scope.reading(person_id=who.person_id, tenant_id=who.tenant_id):
        lines = lists._lines(recognise(who), EnvelopeList.STARTED)
        search._walk_by_index()
        rows = search.meant(lines.after(None), Search(), search.Words(("采购",), ()))
        walked = lines.positions(rows)[:PAGE].explain(analyze=True, costs=False)
    admin.execute("SET enable_seqscan = off")
    inside = (
        "SELECT e.id, e.at FROM search_entry e WHERE e.marks @> ARRAY['麒麟', '麟项', '项目', %s] "
        "ORDER BY e.at DESC, e.id DESC LIMIT 200"
    )
    named = admin.execute(_EXPLAIN + inside, [f">{who.person_id}@{who.tenant_id}"]).fetchall()
    return {
        "the walk under the policies (采购)": walked,
        "the index inside search_found (麒麟项目)": "\n".join(line for (line,) in named),
    }
