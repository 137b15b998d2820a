"""`yunqian migrate`: start the embedded database if there is none, make its roles, bring the tables up to date.

The tables belong to the role yunqian_owner. The server and the worker use only yunqian_app, whose rights are
stated anew after every migration. On a database of one's own the two roles are made by its administrator.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.console import embedded
from yunqian.server.settings import Config, Database
from yunqian.server.settings.secrets import make_if_absent


def main(argv: list[str]) -> int:
    """Entry of the subcommand; exit code 0, or 1 with a sentence why."""
    parser = argparse.ArgumentParser(prog="yunqian migrate", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--new-secrets", action="store_true", help="make secrets.json first, unless it exists"
    )
    options = parser.parse_args(argv)
    try:
        if options.new_secrets:
            _make_secrets()
        bring_up(settings.current())
    except Refused as refused:
        print(refused.text("zh"), refused.text("en"), sep="\n", file=sys.stderr)
        return 1
    print("数据库已就绪。The database is ready.")
    return 0


def bring_up(config: Config, *, is_durable: bool = True) -> None:
    """Everything between nothing and a database that the server may use; harmless when repeated.

    Raises Refused(START_FAILED) or Refused(DATABASE_UNAVAILABLE).
    """
    if config.is_embedded:
        embedded.start(config, is_durable=is_durable)
        make_roles(config)
    migrate_tables(config)
    with _connected(config.owner_database) as owner:
        _grant(owner, config.database.user)
    with _connected(config.database) as app:
        refuse_powerful(app)


def make_roles(config: Config) -> None:
    """In the embedded cluster: the owner, the application's role, and the database that only they may enter."""
    with embedded.connect_as_admin(config) as admin:
        for database in (config.owner_database, config.database):
            _make_role(admin, database)
        name = sql.Identifier(config.database.name)
        owner, app = sql.Identifier(config.owner_database.user), sql.Identifier(config.database.user)
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [config.database.name])
        if not known.fetchone():
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, app))


def migrate_tables(config: Config) -> None:
    """Apply Django's migrations as the owner of the tables."""
    from django.core.management import call_command
    from django.db import connection

    settings.start(as_owner=True)
    connection.close()
    connection.settings_dict.update(config.owner_database.for_django())
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()
        connection.settings_dict.update(config.database.for_django())


def refuse_powerful(app: psycopg.Connection[Any]) -> None:
    """Refuse a role that could step around the row policies: superuser, bypass, or owner of a table."""
    row = app.execute(
        "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' "
        "AND pg_has_role(current_user, tableowner, 'MEMBER')) FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row is None or row[0]:
        detail = f"the database role {app.info.user} owns the tables or may bypass row security"
        raise Refused(Problem.CONFIG_INSECURE, detail=detail)


def _make_role(admin: psycopg.Connection[Any], database: Database) -> None:
    name = sql.Identifier(database.user)
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [database.user]).fetchone():
        admin.execute(sql.SQL("CREATE ROLE {}").format(name))
    rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION")
    password = sql.Literal(database.password)
    admin.execute(sql.SQL("ALTER ROLE {} WITH {} PASSWORD {}").format(name, rights, password))


def _grant(owner: psycopg.Connection[Any], app_role: str) -> None:
    from yunqian.server.records import isolation  # loads no table, only the words of the walls

    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    for statement in isolation.grants(app_role, [name for (name,) in rows]):
        owner.execute(sql.SQL(statement))  # type: ignore[arg-type]


def _connected(database: Database) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(**database.for_psycopg())
    except psycopg.OperationalError:
        raise Refused(Problem.DATABASE_UNAVAILABLE) from None


def _make_secrets() -> None:
    home = Path(os.environ.get("YUNQIAN_HOME") or ".yunqian")
    make_if_absent(Path(os.environ.get("YUNQIAN_SECRETS") or home / "secrets.json"), is_demo=False)
