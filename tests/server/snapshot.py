"""All that a refusal must leave as it was: every table, row by row, and the vault's folder."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from yunqian.server import settings

# What may change with any request: the session's own row, the count of tries, and that the carrier was asked.
_PASSING = frozenset(
    {
        "django_session",
        "login_attempt",
        "login_challenge",
        "phone_code",
        "identity_check",
        "django_migrations",
    }
)


def taken(admin: psycopg.Connection) -> dict[str, Any]:
    """Row counts and a digest per table, and the names in the vault."""
    tables = [
        name
        for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        if name not in _PASSING
    ]
    found: dict[str, Any] = {table: _rows(admin, table) for table in tables}
    vault = settings.current().home / "vault"
    found["vault"] = frozenset(str(path.relative_to(vault)) for path in vault.rglob("*") if path.is_file())
    return found


def _rows(admin: psycopg.Connection, table: str) -> frozenset[str]:
    where = " WHERE kind NOT LIKE '%.refused'" if table == "audit_event" else ""
    rows = admin.execute(f'SELECT t::text FROM public."{table}" t{where}')
    return frozenset(hashlib.sha256(text.encode()).hexdigest() for (text,) in rows)


@contextmanager
def nothing_changes(admin: psycopg.Connection) -> Iterator[None]:
    """Assert that the block leaves every table and the vault as they were (a recorded refusal apart)."""
    before = taken(admin)
    yield
    after = taken(admin)
    assert sorted(table for table in before if before[table] != after[table]) == []


def refusals(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """The recorded refusals, oldest first: kind and problem."""
    rows = admin.execute(
        "SELECT kind, facts ->> 'problem' FROM audit_event WHERE kind LIKE '%.refused' ORDER BY at"
    )
    return [(kind, problem) for kind, problem in rows]
