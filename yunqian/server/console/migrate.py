"""`yunqian migrate`: start the embedded database if there is none, make its roles, bring the tables up to date.

The tables belong to the role yunqian_owner. The server and the worker use only yunqian_app, whose rights are
stated anew after every migration. On a database of one's own the two roles are made by its administrator.
"""

import argparse
import os
import sys
from typing import Any

import psycopg
from psycopg import sql

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters import personal
from yunqian.server.console import embedded, readiness
from yunqian.server.settings import Config, Database
from yunqian.server.settings.config import secrets_path
from yunqian.server.settings.secrets import make_if_absent


def main(argv: list[str]) -> int:
    """Entry of the subcommand; exit code 0, or 1 with a sentence why."""
    parser = argparse.ArgumentParser(prog="yunqian migrate", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--new-secrets",
        action="store_true",
        help="make secrets.json and the keys of personal data first, unless they exist",
    )
    options = parser.parse_args(argv)
    try:
        if options.new_secrets:
            make_if_absent(secrets_path(os.environ), is_demo=False)
            personal.make_if_absent(settings.current())
        bring_up(settings.current())
    except Refused as refused:
        print(refused.text("zh"), refused.text("en"), sep="\n", file=sys.stderr)
        return 1
    print("数据库已就绪。The database is ready.")
    return 0


def bring_up(config: Config, *, is_durable: bool = True) -> None:
    """Everything between nothing and a database that the server may use; harmless when repeated.

    Raises Refused(START_FAILED), Refused(DATABASE_UNAVAILABLE) or Refused(CONFIG_INSECURE).
    """
    if config.is_embedded:
        embedded.start(config, is_durable=is_durable)
        make_roles(config)
    migrate_tables(config)
    with readiness.connected(config) as app:
        readiness.refuse_powerful(app)


def make_roles(config: Config) -> None:
    """In the embedded cluster: the owner, the application's role, and the database that only they may enter."""
    with embedded.connect_as_admin(config) as admin:
        for database in (_owner(config), config.database):
            _make_role(admin, database)
        name = sql.Identifier(config.database.name)
        owner, app = sql.Identifier(_owner(config).user), sql.Identifier(config.database.user)
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [config.database.name])
        if not known.fetchone():
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, app))


def migrate_tables(config: Config) -> None:
    """Apply the migrations as the owner of the tables, and state anew what the application's role may do.

    Raises Refused(DATABASE_UNAVAILABLE) when the owner cannot connect.
    """
    from django.core.management import call_command
    from django.db import OperationalError, connection

    settings.start()
    connection.close()
    connection.settings_dict.update(_owner(config).for_django())
    try:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("grant_rights", config.database.user)
    except OperationalError as error:
        raise Refused(Problem.DATABASE_UNAVAILABLE) from error
    finally:
        connection.close()
        connection.settings_dict.update(config.database.for_django())


def _owner(config: Config) -> Database:
    if config.owner_database is None:
        raise readiness.failed("YUNQIAN_OWNER_DATABASE_URL is not set; migrating needs the role of the owner")
    return config.owner_database


def _make_role(admin: psycopg.Connection[Any], database: Database) -> None:
    name = sql.Identifier(database.user)
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [database.user]).fetchone():
        admin.execute(sql.SQL("CREATE ROLE {}").format(name))
    rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION")
    password = sql.Literal(database.password)
    admin.execute(sql.SQL("ALTER ROLE {} WITH {} PASSWORD {}").format(name, rights, password))
