"""Migrations that carry rows along, run by the owner of the tables on a database that has some."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from yunqian.rules import public_codes
from yunqian.server.console import embedded
from yunqian.server.settings import Config

NAME = "yunqian_older"


@pytest.fixture
def older(empty_database: Config) -> Iterator[psycopg.Connection]:
    """A database of its own at migration 0003; Django is connected as the owner, the answer as the bootstrap role."""
    config, kept = empty_database, dict(connection.settings_dict)
    assert config.owner_database is not None
    with embedded.connect_as_admin(config) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {NAME} OWNER {config.owner_database.user}")
    connection.close()
    connection.settings_dict.update(config.owner_database.for_django() | {"NAME": NAME})
    try:
        call_command("migrate", "records", "0003", interactive=False, verbosity=0)
        with embedded.connect_as_admin(config, NAME) as admin:
            yield admin
    finally:
        connection.close()
        connection.settings_dict.update(kept)
        with embedded.connect_as_admin(config) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def tenant(admin: psycopg.Connection, slug: str) -> UUID:
    identifier = uuid4()
    admin.execute(
        "INSERT INTO tenant (id, slug, name, kind, is_demo) VALUES (%s, %s, %s, 'company', false)",
        [identifier, slug, slug],
    )
    return identifier


def person(admin: psycopg.Connection, account: str, home: UUID | None) -> UUID:
    identifier = uuid4()
    admin.execute(
        "INSERT INTO person (id, account, name, password, is_demo, created_at, home_id) "
        "VALUES (%s, %s, %s, 'x', false, now(), %s)",
        [identifier, account, account, home],
    )
    return identifier


def test_whom_old_envelopes_addressed_is_filled_in_past_all_policies(older: psycopg.Connection):
    owner, center = tenant(older, "owner"), tenant(older, "center")
    envelope = uuid4()
    people = {
        "colleague": (person(older, "colleague", center), owner),
        "stranger": (person(older, "stranger", center), center),
        "homeless": (person(older, "homeless", None), owner),
    }
    older.execute(
        "INSERT INTO member (id, tenant_id, person_id, department, is_active) VALUES (%s, %s, %s, '', false)",
        [uuid4(), owner, people["colleague"][0]],
    )
    older.execute(
        "INSERT INTO envelope (id, tenant_id, title, initiator_id, initiator_name, state, created_at, addressed) "
        "VALUES (%s, %s, 'x', %s, 'x', 'open', now(), '{}')",
        [envelope, owner, people["colleague"][0]],
    )
    for turn, (identifier, _) in enumerate(people.values(), start=1):
        older.execute(
            "INSERT INTO recipient (id, tenant_id, envelope_id, person_id, person_name, tenant_name, turn, state) "
            "VALUES (%s, %s, %s, %s, 'x', '', %s, 'ready')",
            [uuid4(), owner, envelope, identifier, turn],
        )
    call_command("migrate", "records", interactive=False, verbosity=0)
    rows = older.execute("SELECT person_id, for_tenant_id FROM recipient ORDER BY turn").fetchall()
    assert rows == list(people.values())
    (pairs,) = older.execute("SELECT addressed FROM envelope").fetchone() or ([],)
    assert pairs == [f"{identifier}@{tenant_id}" for identifier, tenant_id in people.values()]
    forced = "SELECT count(*) FROM pg_class WHERE relname IN ('recipient', 'envelope', 'member') "
    assert older.execute(forced + "AND relforcerowsecurity").fetchone() == (3,)


def test_departments_that_were_words_become_rows_and_nobody_leaves_his(older: psycopg.Connection):
    here, there = tenant(older, "here"), tenant(older, "there")
    placed = [(here, "采购部"), (here, "采购部"), (there, "采购部"), (there, "")]
    for number, (organization, department) in enumerate(placed):
        older.execute(
            "INSERT INTO member (id, tenant_id, person_id, department, is_active) VALUES (%s, %s, %s, %s, true)",
            [uuid4(), organization, person(older, f"p{number}", here), department],
        )
    call_command("migrate", "records", interactive=False, verbosity=0)
    rows = older.execute(
        "SELECT member.tenant_id, coalesce(department.name, '') FROM member "
        "JOIN person ON person.id = member.person_id "
        "LEFT JOIN department ON department.id = department_id AND department.tenant_id = member.tenant_id "
        "ORDER BY account"
    ).fetchall()
    assert rows == placed
    assert older.execute("SELECT count(*) FROM department").fetchone() == (2,)


def test_seals_keep_their_pictures_and_get_the_words_and_the_code_of_today(older: psycopg.Connection):
    here, there = tenant(older, "here"), tenant(older, "there")
    for organization, kind in ((here, "personal"), (here, "official"), (there, "signature")):
        older.execute(
            "INSERT INTO seal (id, tenant_id, name, kind, picture_png, width_mm, height_mm, state) "
            "VALUES (%s, %s, 'x', %s, 'x', 18, 18, 'in_use')",
            [uuid4(), organization, kind],
        )
    call_command("migrate", "records", interactive=False, verbosity=0)
    rows = older.execute("SELECT kind, public_code FROM seal ORDER BY kind").fetchall()
    assert [kind for kind, _ in rows] == ["name", "official", "signature"]
    assert len({code for _, code in rows}) == 3
    assert all(len(code) == 16 and code == code.upper() for _, code in rows)
    forced = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'seal'"
    assert older.execute(forced).fetchone() == (True,)


def test_envelopes_of_before_get_a_code_each_and_so_do_rows_that_name_none(older: psycopg.Connection):
    here, there = tenant(older, "here"), tenant(older, "there")
    insert = (
        "INSERT INTO envelope (id, tenant_id, title, initiator_id, initiator_name, state, created_at, addressed) "
        "VALUES (%s, %s, 'x', %s, 'x', 'open', now(), '{}')"
    )
    initiator = person(older, "initiator", here)
    for organization in (here, here, there):
        older.execute(insert, [uuid4(), organization, initiator])
    call_command("migrate", "records", interactive=False, verbosity=0)
    today = insert.replace("addressed)", "addressed, ended_by_name, ended_reason)").replace(
        "'{}')", "'{}', '', '')"
    )
    older.execute(today, [uuid4(), here, initiator])
    codes = [code for (code,) in older.execute("SELECT public_code FROM envelope")]
    assert len(codes) == len(set(codes)) == 4
    assert [public_codes.read(public_codes.grouped(code)) for code in codes] == codes
    forced = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'envelope'"
    assert older.execute(forced).fetchone() == (True,)
