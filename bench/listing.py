"""Requests per second of the list that everybody looks at, on a thousand envelopes, by the real server.

The load comes from processes of their own on the same machine, so the figure is what server, database and
load together can do on these cores; it is lower than the server's alone.
"""

import multiprocessing
import time
from dataclasses import dataclass
from queue import Queue
from threading import Thread

import psycopg

from bench.platform import Platform
from bench.timing import Timed
from bench.visitor import ACCOUNT, Visitor
from yunqian.server.console import embedded
from yunqian.server.settings.config import read

ENVELOPES = 1000
SECONDS = 8.0
CONNECTIONS = 8  # as many as the server has threads
PAGE = 20
LISTS = ("started", "inbox")

# Envelopes as starting them makes them, copied from one that went through the API; their bytes are shared.
# The database keeps what is searched for the organization that writes, whoever does.
_MULTIPLY = """
SELECT set_config('app.tenant', tenant_id::text, false) FROM envelope WHERE id = '{envelope}';
CREATE TEMP TABLE copies AS
  SELECT gen_random_uuid() AS envelope_id, gen_random_uuid() AS document_id, n FROM generate_series(1, {count}) n;
INSERT INTO envelope (id, tenant_id, title, initiator_id, initiator_name, state, created_at, addressed)
  SELECT c.envelope_id, e.tenant_id, e.title || ' ' || c.n, e.initiator_id, e.initiator_name, e.state,
         e.created_at - c.n * interval '1 minute', e.addressed
  FROM envelope e, copies c WHERE e.id = '{envelope}';
INSERT INTO document (id, tenant_id, envelope_id, name, page_count, pages, head)
  SELECT c.document_id, d.tenant_id, c.envelope_id, d.name, d.page_count, d.pages, d.head
  FROM document d, copies c WHERE d.envelope_id = '{envelope}';
INSERT INTO revision (id, tenant_id, document_id, number, blob_sha256, sha256, size_bytes, created_at)
  SELECT gen_random_uuid(), r.tenant_id, c.document_id, r.number, r.blob_sha256, r.sha256, r.size_bytes, r.created_at
  FROM revision r JOIN document d ON d.id = r.document_id, copies c WHERE d.envelope_id = '{envelope}';
INSERT INTO recipient (id, tenant_id, envelope_id, person_id, person_name, for_tenant_id, tenant_name, turn, state)
  SELECT gen_random_uuid(), r.tenant_id, c.envelope_id, r.person_id, r.person_name, r.for_tenant_id, r.tenant_name,
         r.turn, r.state
  FROM recipient r, copies c WHERE r.envelope_id = '{envelope}';
ANALYZE envelope, document, revision, recipient;
"""


@dataclass(frozen=True)
class Listing:
    """One list under load: answers per second, and how long one answer takes with nobody else asking."""

    name: str
    per_second: float
    alone: Timed


def measure(platform: Platform, document: bytes) -> list[Listing]:
    """Fill the platform, then load each list."""
    visitor = Visitor(platform.port)
    visitor.log_in()
    _fill(platform, visitor, document)
    return [_measured(platform, visitor.cookies, name) for name in LISTS]


def _fill(platform: Platform, visitor: Visitor, document: bytes) -> None:
    uploaded = visitor.upload(document)
    recipients = [{"account": ACCOUNT, "turn": 1}, {"account": "zhangwei", "turn": 2}]
    wanted = {"upload_ids": [uploaded["id"]], "title": "采购合同", "recipients": recipients}
    envelope = visitor.post("/api/envelopes", wanted)["id"]
    config = read(platform.environment)
    statements = _MULTIPLY.format(count=ENVELOPES - 1, envelope=envelope)
    with embedded.connect_as_admin(config, config.database.name) as connection:
        _run(connection, statements)


def _run(connection: psycopg.Connection, statements: str) -> None:
    connection.execute(statements.encode())


def _measured(platform: Platform, cookies: dict[str, str], name: str) -> Listing:
    visitor = Visitor(platform.port, cookies=cookies)  # the server closes connections that were idle
    path = f"/api/envelopes?list={name}&limit={PAGE}"
    shown = visitor.get(path)["items"]
    if len(shown) != PAGE:
        raise SystemExit(f"the list {name} shows {len(shown)} envelopes, not {PAGE}")
    alone = Timed(name)
    for _ in range(100):
        alone.run(lambda: visitor.ask("GET", path))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        halves = [(platform.port, cookies, path, CONNECTIONS // 2)] * 2
        per_second = sum(pool.starmap(_load, halves))
    return Listing(name, per_second, alone)


def _load(port: int, cookies: dict[str, str], path: str, connections: int) -> float:
    """Ask without pause on several connections; answers per second of all of them."""
    counts: Queue[int] = Queue()
    until = time.monotonic() + SECONDS

    def ask() -> None:
        visitor, count = Visitor(port, cookies=cookies), 0
        while time.monotonic() < until:
            visitor.ask("GET", path)
            count += 1
        counts.put(count)

    threads = [Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if counts.qsize() != connections:
        raise SystemExit("a connection of the load ended early")
    return sum(counts.get() for _ in threads) / SECONDS
