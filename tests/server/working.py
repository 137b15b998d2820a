"""The worker in tests: takes the waiting jobs from the queue and does them here, until none is due."""

from typing import Any

import psycopg
from procrastinate.contrib.django import app

MOST = 200


def work(admin: psycopg.Connection, *names: str, ahead: str = "0 seconds") -> list[str]:
    """Do what is due (`ahead` of the clock, too), of these names or of all; the names in the order of doing."""
    done: list[str] = []
    while job := _taken(admin, names, ahead):
        name, arguments = job
        app.tasks[name].func(**arguments)
        done.append(name)
        assert len(done) < MOST
    return done


def waiting(admin: psycopg.Connection, name: str) -> int:
    """How many jobs of a name wait, for now or for later."""
    row = admin.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [name]).fetchone()
    return int(row[0]) if row else 0


def _taken(
    admin: psycopg.Connection, names: tuple[str, ...], ahead: str
) -> tuple[str, dict[str, Any]] | None:
    row = admin.execute(
        "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs WHERE status = 'todo' "
        "AND (scheduled_at IS NULL OR scheduled_at <= now() + %s::interval) "
        "AND (cardinality(%s::text[]) = 0 OR task_name = ANY (%s)) ORDER BY id LIMIT 1) "
        "RETURNING task_name, args",
        [ahead, list(names), list(names)],
    ).fetchone()
    return (row[0], row[1]) if row else None
