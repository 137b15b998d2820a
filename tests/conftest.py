"""Fixtures for every test. The database starts only for tests that ask for it.

One embedded PostgreSQL serves the whole run, migrated once by its owner. Tests connect as the application's
role, as the server does, so all row policies stand. What the code under test writes is really committed;
between tests the bootstrap role empties the tables and puts the world back from a copy beside.
"""

import atexit
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import psycopg

    from tests.worlds import TwoTenants
    from yunqian.server.settings import Config

_HOME = Path(tempfile.mkdtemp(prefix="yunqian-test-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
_HOME.chmod(0o711)  # under root the database runs as another account, which must pass
os.environ |= {"YUNQIAN_MODE": "test", "YUNQIAN_HOME": str(_HOME)}
# A client that a test starts opens no window on a developer's desk.
for _name in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(_name, None)
for _name in ("YUNQIAN_DATABASE_URL", "YUNQIAN_OWNER_DATABASE_URL", "YUNQIAN_ORIGINS", "YUNQIAN_SECRETS"):
    os.environ.pop(_name, None)


@pytest.fixture(scope="session")
def database(django_db_blocker) -> Iterator["Config"]:
    """The embedded PostgreSQL, migrated; Django is connected as the application's role."""
    from yunqian.server import settings
    from yunqian.server.console import embedded, migrate

    config = settings.current()
    if django_db_blocker:  # pytest-django blocks only where Django was set up before it
        django_db_blocker.unblock()
    migrate.bring_up(config, is_durable=False)
    settings.start()
    yield config
    from django.db import connections

    connections.close_all()
    embedded.stop(config)


@pytest.fixture(scope="session")
def admin(database: "Config") -> Iterator["psycopg.Connection"]:
    """The bootstrap role, who alone may look past the walls: to empty tables and to read what really is there."""
    from yunqian.server.console import embedded

    with embedded.connect_as_admin(database, database.database.name) as connection:
        yield connection


@pytest.fixture(scope="session")
def _world(admin: "psycopg.Connection") -> "TwoTenants":
    """Build the world once, and keep a copy of its rows in the schema `world`."""
    from tests import worlds

    admin.execute(_empty(admin))
    world = worlds.two_tenants()
    trust = _HOME / "ca" / "trust"
    trust.mkdir(parents=True)
    (trust / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(world.root.certificate.der))
    admin.execute("CREATE SCHEMA world")
    for table in _tables(admin):
        admin.execute(f'CREATE TABLE world."{table}" AS TABLE public."{table}"')
    return world


@pytest.fixture
def two_tenants(_world: "TwoTenants", admin: "psycopg.Connection") -> "TwoTenants":
    """A company and a government body, four people, grants, certificates and seals; nothing else."""
    filled = "".join(f'INSERT INTO public."{table}" SELECT * FROM world."{table}";' for table in _FILLED)
    admin.execute(f"BEGIN; {_empty(admin)} {filled} COMMIT")
    return _world


@pytest.fixture
def empty_database(_world: "TwoTenants", admin: "psycopg.Connection") -> "Config":
    """A migrated database without a row, for tests that make their own world."""
    from yunqian.server import settings

    admin.execute(f"BEGIN; {_empty(admin)} COMMIT")
    return settings.current()


_FILLED = (
    "tenant",
    "person",
    "department",
    "member",
    "grant",
    "certificate",
    "seal",
    "seal_certificate",
    "seal_grant",
)


def _tables(admin: "psycopg.Connection") -> list[str]:
    rows = admin.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
    )
    return sorted(name for (name,) in rows)


def _empty(admin: "psycopg.Connection") -> str:
    """Statements that empty all tables; triggers and key checks rest for this one transaction."""
    deletes = "".join(f'DELETE FROM public."{table}";' for table in _tables(admin))
    return f"SET LOCAL session_replication_role = replica; {deletes}"
