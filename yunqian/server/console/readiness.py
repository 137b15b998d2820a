"""What must hold before the server or the worker may start, each check a sentence when it does not."""

import errno
import socket
from typing import Any

import psycopg

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import personal
from yunqian.server.settings import Config, Mode


def connected(config: Config) -> psycopg.Connection[Any]:
    """A connection of the application's role. Raises Refused(START_FAILED) when the database does not answer."""
    try:
        return psycopg.connect(**config.database.for_psycopg())
    except psycopg.OperationalError as error:
        remedy = "run `yunqian migrate` first" if config.is_embedded else "check YUNQIAN_DATABASE_URL"
        reason = str(error).strip().splitlines()[0]
        raise failed(f"the database does not answer; {remedy} ({reason})") from None


def refuse_unready(config: Config) -> None:
    """Refuse to start on a database that is away, not migrated, too powerful, or (production) a demo's.

    And where personal data could not be read.
    """
    personal.check(config)
    with connected(config) as app:
        refuse_powerful(app)
        missing = unapplied_migrations(config)
        if missing:
            raise failed(f"the database lacks {len(missing)} migrations; run `yunqian migrate`")
        if config.mode is Mode.PRODUCTION and has_demo_rows(app):
            raise Refused(
                Problem.CONFIG_INSECURE,
                detail="the database holds the demo's people, whose passwords everybody knows",
            )


def refuse_powerful(app: psycopg.Connection[Any]) -> None:
    """Refuse a role that could step around the row policies: superuser, bypass, or owner of a table."""
    row = app.execute(
        "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' "
        "AND pg_has_role(current_user, tableowner, 'MEMBER')) FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row is None or row[0]:
        detail = f"the database role {app.info.user} owns tables or may bypass row security"
        raise Refused(Problem.CONFIG_INSECURE, detail=detail)


def has_demo_rows(app: psycopg.Connection[Any]) -> bool:
    """True when demo people or organizations are in the database."""
    row = app.execute(
        "SELECT EXISTS (SELECT FROM person WHERE is_demo) OR EXISTS (SELECT FROM tenant WHERE is_demo)"
    ).fetchone()
    return bool(row and row[0])


def unapplied_migrations(config: Config) -> list[str]:
    """Names of the migrations that this version knows and the database does not have."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from yunqian.server import settings

    settings.start()
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return [str(migration) for migration, _ in plan]
    finally:
        connection.close()  # a child process must not inherit it


def refuse_taken_port(config: Config) -> None:
    """Refuse when the port cannot be had, before any process is forked."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                detail = f"port {config.port} is taken by another program; stop it or set YUNQIAN_PORT"
            else:
                detail = f"cannot listen on {config.host}:{config.port} ({error.strerror})"
            raise failed(detail) from None


def failed(detail: str) -> Refused:
    """The refusal to start, with the reason in words."""
    return Refused(Problem.START_FAILED, detail=detail)
