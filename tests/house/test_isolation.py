"""Four walls of tenancy, read from the database's own catalogue and tried from both sides."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, InternalError, ProgrammingError, connection, models, transaction

from tests.worlds import TwoTenants
from yunqian.server import scope

pytestmark = pytest.mark.usefixtures("two_tenants")


def record(name: str) -> type[models.Model]:
    return apps.get_model("records", name)


def tables_with_tenant(admin: psycopg.Connection) -> set[str]:
    rows = admin.execute(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'tenant_id'"
    )
    return {name for (name,) in rows}


@contextmanager
def as_app_role(
    world: TwoTenants, *, person: UUID | None = None, tenant: UUID | None = None
) -> Iterator[None]:
    """The application's connection with the settings set by hand, past scope and managers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.person', %s, true), set_config('app.tenant', %s, true)",
            [str(person or ""), str(tenant or "")],
        )
        yield


def ask(query: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


@pytest.fixture
def envelope(two_tenants: TwoTenants) -> UUID:
    """An envelope of the company, addressed to Wang Fang of the center, with one row of everything."""
    li_ming, wang_fang = two_tenants.li_ming, two_tenants.wang_fang
    with scope.entered(person_id=li_ming.person_id, tenant_id=two_tenants.company_id):
        row = record("Envelope").objects.create(
            title="采购合同", initiator_id=li_ming.person_id, initiator_name=li_ming.name
        )
        recipients = [
            record("Recipient").objects.create(
                envelope=row,
                person_id=member.person_id,
                person_name=member.name,
                for_tenant_id=member.tenant_id,
                state="ready",
            )
            for member in (wang_fang, li_ming)
        ]
        document = record("Document").objects.create(envelope=row, name="合同.pdf", page_count=1)
        record("Revision").objects.create(
            document=document, number=0, blob_sha256="0" * 64, sha256="0" * 64, size_bytes=1
        )
        for recipient in recipients:
            ceremony = record("Ceremony").objects.create(envelope=row, document=document, recipient=recipient)
            record("SignOrder").objects.create(
                ceremony=ceremony,
                position=1,
                certificate_sha256="1" * 64,
                certificate_der=b"",
                certificate_owner="x",
            )
        record("AuditEvent").objects.create(
            envelope=row,
            chain=f"envelope:{row.pk}",
            sequence=1,
            previous_hash="0" * 64,
            hash="1" * 64,
            kind="envelope.start",
            at=row.created_at,
        )
    return row.pk


class TestCatalogue:
    def test_every_table_with_a_tenant_forces_row_security(self, admin):
        walled = admin.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND relrowsecurity AND relforcerowsecurity"
        )
        assert {name for (name,) in walled} == tables_with_tenant(admin)
        assert len(tables_with_tenant(admin)) >= 14

    def test_every_table_with_a_tenant_has_a_policy_for_the_owner_organization_that_checks_writes(
        self, admin
    ):
        rows = admin.execute(
            "SELECT tablename, qual, with_check FROM pg_policies "
            "WHERE policyname = 'own_organization' AND cmd = 'ALL' AND permissive = 'PERMISSIVE'"
        ).fetchall()
        assert {name for name, _, _ in rows} == tables_with_tenant(admin)
        for _, reads, writes in rows:
            assert reads == writes
            assert "tenant_id = " in reads
            assert "app.tenant" in reads

    def test_every_other_policy_only_reads(self, admin):
        rows = admin.execute("SELECT cmd FROM pg_policies WHERE policyname <> 'own_organization'").fetchall()
        assert {cmd for (cmd,) in rows} == {"SELECT"}

    def test_every_table_without_a_tenant_is_on_the_named_list(self, admin):
        from yunqian.server.records import isolation

        rows = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {name for (name,) in rows} - tables_with_tenant(admin) == isolation.PLATFORM_TABLES

    def test_every_reference_between_tables_of_a_tenant_carries_the_tenant(self, admin):
        keys = admin.execute(
            "SELECT conrelid::regclass::text, confrelid::regclass::text, "
            "(SELECT array_agg(attname::text ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS k(number, place) "
            "JOIN pg_attribute ON attrelid = conrelid AND attnum = number) "
            "FROM pg_constraint WHERE contype = 'f'"
        ).fetchall()
        walled = {f'"{name}"' if name == "grant" else name for name in tables_with_tenant(admin)}
        inside = [
            (source, columns) for source, target, columns in keys if source in walled and target in walled
        ]
        assert all(columns[0] == "tenant_id" and len(columns) == 2 for _, columns in inside)
        guarded = {(source.strip('"'), columns[1]) for source, columns in inside}
        assert guarded == references_inside_tenants()

    def test_every_state_column_has_a_check_on_its_words(self, admin):
        columns = admin.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'state' AND table_name NOT LIKE 'procrastinate%'"
        )
        checked = admin.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint "
            "WHERE contype = 'c' AND conname LIKE '%_state_check'"
        )
        assert {name for (name,) in columns} == {name for (name,) in checked}

    def test_the_application_role_owns_nothing_and_cannot_bypass(self, admin, database):
        role = admin.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit "
            "FROM pg_roles WHERE rolname = %s",
            [database.database.user],
        ).fetchone()
        assert role is not None
        assert not any(role[:5])
        owned = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = %s"
        assert admin.execute(owned, [database.database.user]).fetchone() == (0,)
        member = "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole"
        assert admin.execute(member, [database.database.user]).fetchone() == (0,)

    def test_five_functions_run_with_the_rights_of_their_owner_and_one_of_them_may_be_called(
        self, admin, database
    ):
        """Four triggers keep what is searched and whom it addresses; the fifth function asks it (decisions 36, 42)."""
        found = admin.execute(
            "SELECT proname::text, prorettype = 'trigger'::regtype, proconfig, "
            "has_function_privilege('public', oid, 'EXECUTE'), has_function_privilege(%s, oid, 'EXECUTE') "
            "FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname",
            [database.database.user],
        ).fetchall()
        assert [(name, is_trigger, may) for name, is_trigger, _, _, may in found] == [
            ("keep_entry", True, False),
            ("keep_name", True, False),
            ("keep_viewer", True, False),
            ("move_addressed", True, False),
            ("search_found", False, True),
        ]
        assert not any(everybody for *_, everybody, _ in found)
        assert all("search_path=public, pg_temp" in settings for _, _, settings, _, _ in found)

    def test_what_is_searched_is_shown_to_the_applications_role_by_no_privilege_and_no_policy(
        self, admin, database
    ):
        role = database.database.user
        may = "SELECT has_any_column_privilege(%s, 'search_entry', 'SELECT, INSERT, UPDATE')"
        assert admin.execute(may, [role]).fetchone() == (False,)
        assert admin.execute(
            "SELECT relrowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) "
            "FROM pg_class WHERE relname = 'search_entry'"
        ).fetchone() == (True, 0)

    def test_every_record_has_managers_that_ask_for_a_scope(self):
        from yunqian.server.records.base import ScopedManager

        for model in apps.get_app_config("records").get_models():
            assert isinstance(model._default_manager, ScopedManager), model
            assert isinstance(model._base_manager, ScopedManager), model


def references_inside_tenants() -> set[tuple[str, str]]:
    """What the models refer to inside a tenant, which the composite keys of the database must match."""
    found = set()
    for model in apps.get_app_config("records").get_models():
        for field in model._meta.concrete_fields:
            target = field.related_model
            if target and any(other.attname == "tenant_id" for other in target._meta.concrete_fields):
                found.add((model._meta.db_table, field.column))
    return found


class TestWithoutScope:
    def test_every_way_to_ask_a_record_raises(self):
        for model in apps.get_app_config("records").get_models():
            for manager in (model._default_manager, model._base_manager):
                with pytest.raises(scope.ScopeMissing):
                    manager.exists()
                with pytest.raises(scope.ScopeMissing):
                    list(manager.all())

    def test_a_query_made_inside_and_asked_outside_raises(self, two_tenants):
        with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
            seals = record("Seal").objects.all()
            grants = record("Seal").objects.first().seal_grants
        for asked in (lambda: list(seals), seals.count, seals.exists, seals.first, grants.count):
            with pytest.raises(scope.ScopeMissing):
                asked()

    def test_a_row_carried_outside_cannot_be_saved_or_deleted(self, two_tenants):
        with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
            seal = record("Seal").objects.first()
        with pytest.raises(scope.ScopeMissing):
            seal.save()
        with pytest.raises(scope.ScopeMissing):
            seal.refresh_from_db()

    def test_raw_sql_sees_no_row_of_any_tenant(self, admin, envelope):
        for table in tables_with_tenant(admin):
            assert ask(f'SELECT count(*) FROM "{table}"') == [(0,)], table

    def test_even_the_owner_of_the_tables_sees_no_row(self, admin, database, envelope):
        with psycopg.connect(**database.owner_database.for_psycopg()) as owner:
            for table in tables_with_tenant(admin):
                assert owner.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (0,), table

    def test_raw_sql_cannot_add_a_row(self, two_tenants):
        with pytest.raises(ProgrammingError, match="row-level security"):
            ask(
                "INSERT INTO member (id, tenant_id, person_id, is_active, joined_at) "
                "VALUES (%s, %s, %s, true, now()) RETURNING 1",
                uuid4(),
                two_tenants.center_id,
                two_tenants.li_ming.person_id,
            )


class TestAcrossTenants:
    def test_the_other_tenants_rows_are_invisible(self, admin, two_tenants, envelope):
        for table in tables_with_tenant(admin):
            with as_app_role(two_tenants, tenant=two_tenants.center_id):
                assert ask(
                    f'SELECT count(*) FROM "{table}" WHERE tenant_id = %s', two_tenants.company_id
                ) == [(0,)]

    def test_the_other_tenants_rows_cannot_be_changed_moved_or_deleted(self, admin, two_tenants):
        company, center = two_tenants.company_id, two_tenants.center_id
        with as_app_role(two_tenants, tenant=center), connection.cursor() as cursor:
            cursor.execute("UPDATE seal SET name = 'x' WHERE tenant_id = %s", [company])
            assert cursor.rowcount == 0
            cursor.execute("DELETE FROM seal_grant WHERE tenant_id = %s", [company])
            assert cursor.rowcount == 0
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            as_app_role(two_tenants, tenant=center),
        ):
            ask("UPDATE seal SET tenant_id = %s RETURNING 1", company)

    def test_a_row_cannot_refer_to_a_row_of_another_tenant(self, two_tenants, envelope):
        """Checks of foreign keys see past row policies, so only the composite key closes this."""
        with (
            pytest.raises(DatabaseError, match="document_envelope_id_inside"),
            scope.entered(person_id=None, tenant_id=two_tenants.center_id),
        ):
            record("Document").objects.create(envelope_id=envelope, name="x", page_count=1)

    def test_a_connection_used_again_carries_no_tenant(self, two_tenants):
        with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
            assert record("Seal").objects.count() == 2
        assert ask("SELECT count(*) FROM seal") == [(0,)]


class TestAddressedPerson:
    VISIBLE = ("envelope", "document", "revision", "audit_event")
    CLOSED = ("seal", "seal_grant", "seal_certificate", "certificate", "grant", "upload")

    def test_sees_exactly_the_envelopes_rows_and_no_seal(self, two_tenants, envelope):
        person = two_tenants.wang_fang.person_id
        with as_app_role(two_tenants, person=person, tenant=two_tenants.center_id):
            of_company = 'SELECT count(*) FROM "{}" WHERE tenant_id = %s'
            for table in self.VISIBLE:
                assert ask(of_company.format(table), two_tenants.company_id) == [(1,)], table
            assert ask(of_company.format("recipient"), two_tenants.company_id) == [(2,)]
            for table in self.CLOSED:
                assert ask(of_company.format(table), two_tenants.company_id) == [(0,)], table
            assert ask(of_company.format("member"), two_tenants.company_id) == [(0,)]

    def test_sees_only_his_own_ceremony_and_orders(self, two_tenants, envelope):
        person = two_tenants.wang_fang.person_id
        with as_app_role(two_tenants, person=person, tenant=two_tenants.center_id):
            assert ask("SELECT person_id FROM ceremony JOIN recipient ON recipient.id = recipient_id") == [
                (person,)
            ]
            assert ask("SELECT count(*) FROM sign_order") == [(1,)]

    def test_acting_for_another_organization_or_for_none_sees_nothing(self, two_tenants, envelope):
        person = two_tenants.wang_fang.person_id
        for tenant in (uuid4(), None):
            with as_app_role(two_tenants, person=person, tenant=tenant):
                for table in (*self.VISIBLE, "recipient", "ceremony", "sign_order"):
                    assert ask(f'SELECT count(*) FROM "{table}"') == [(0,)], table

    def test_may_read_and_not_write(self, two_tenants, envelope):
        person = two_tenants.wang_fang.person_id
        with (
            as_app_role(two_tenants, person=person, tenant=two_tenants.center_id),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE envelope SET state = 'voided' WHERE id = %s", [envelope])
            assert cursor.rowcount == 0
            cursor.execute("SELECT 1 FROM envelope WHERE id = %s FOR UPDATE", [envelope])
            assert cursor.fetchall() == []

    def test_his_colleague_who_is_not_addressed_sees_nothing(self, two_tenants, envelope):
        colleague = two_tenants.chen_jing.person_id
        with scope.reading(person_id=colleague, tenant_id=two_tenants.center_id):
            assert not record("Envelope").objects.filter(pk=envelope).exists()
            assert not record("Document").objects.exists()

    def test_without_an_organization_sees_his_memberships_and_nobody_elses(self, two_tenants):
        with scope.reading(person_id=two_tenants.li_ming.person_id, tenant_id=None):
            rows = record("Member").objects.all()
            assert [row.person_id for row in rows] == [two_tenants.li_ming.person_id]


class TestWhoProvedAKey:
    """Before anybody knows whose it is: the one certificate, and nothing else of any organization."""

    def test_sees_the_certificate_of_that_key_and_no_other_row(self, two_tenants):
        own = two_tenants.li_ming_key.certificate.sha256
        with scope.proved(own):
            assert [row.sha256 for row in record("Certificate").objects.all()] == [own]
            for table in ("member", "seal", "seal_certificate", "envelope", "enrolment", "audit_event"):
                assert ask(f'SELECT count(*) FROM "{table}"') == [(0,)], table

    def test_sees_no_certificate_of_an_organization(self, two_tenants):
        with scope.proved(two_tenants.company_key.certificate.sha256):
            assert not record("Certificate").objects.exists()

    def test_writes_nothing(self, two_tenants):
        own = two_tenants.li_ming_key.certificate.sha256
        with pytest.raises(DatabaseError, match="read-only"), scope.proved(own):
            record("Certificate").objects.update(state="revoked")

    def test_is_forgotten_with_the_transaction(self, two_tenants):
        with scope.proved(two_tenants.li_ming_key.certificate.sha256):
            pass
        with scope.platform():
            assert not record("Certificate").objects.exists()


class TestTheAuthoritysDesk:
    """The certificate authority reads what people ask of its desk, and nothing else of anybody."""

    @pytest.fixture
    def authority(self, two_tenants: TwoTenants) -> UUID:
        """The authority's organization, with a request for unlocking and an application of Li Ming's."""
        with scope.platform(is_writing=True):
            authority = record("Tenant").objects.create(slug="authority", name="机构", kind="authority")
        person = two_tenants.li_ming
        key = {"key_driver": "soft", "key_serial": "A1", "key_label": "Key"}
        whose = {"person_id": person.person_id, "person_name": person.name}
        with scope.entered(person_id=person.person_id, tenant_id=person.tenant_id):
            record("Unlock").objects.create(public_key=b"x", code="AAAA", reason="-", **whose, **key)
            record("Enrolment").objects.create(algorithm="RSA_SHA256", **whose, **key)
        return authority.pk

    def test_sees_requests_for_unlocking_and_no_application_for_a_certificate(self, two_tenants, authority):
        with as_app_role(two_tenants, tenant=authority):
            assert ask("SELECT tenant_id FROM unlock") == [(two_tenants.company_id,)]
            assert ask("SELECT count(*) FROM enrolment") == [(0,)]

    def test_sees_nothing_else_of_any_organization(self, admin, two_tenants, authority, envelope):
        with as_app_role(two_tenants, tenant=authority):
            for table in tables_with_tenant(admin) - {"unlock"}:
                assert ask(f'SELECT count(*) FROM "{table}"') == [(0,)], table

    def test_may_read_and_not_write(self, two_tenants, authority):
        with as_app_role(two_tenants, tenant=authority), connection.cursor() as cursor:
            cursor.execute("UPDATE unlock SET state = 'approved'")
            assert cursor.rowcount == 0
            cursor.execute("SELECT 1 FROM unlock FOR UPDATE")
            assert cursor.fetchall() == []

    def test_no_other_organization_and_nobody_without_one_sees_a_request(self, two_tenants, authority):
        person = two_tenants.li_ming.person_id
        for tenant in (two_tenants.center_id, uuid4(), None):
            with as_app_role(two_tenants, person=person, tenant=tenant):
                assert ask("SELECT count(*) FROM unlock") == [(0,)], tenant

    @pytest.mark.parametrize("table", ["unlock", "enrolment"])
    def test_nobody_takes_a_request_off_the_records(self, two_tenants, authority, table):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            scope.entered(person_id=None, tenant_id=two_tenants.company_id),
        ):
            ask(f"DELETE FROM {table}")

    def test_a_certificate_of_another_organization_is_no_answer_to_an_application(
        self, admin, two_tenants, authority
    ):
        ((foreign,),) = admin.execute(
            "SELECT id FROM certificate WHERE tenant_id = %s", [two_tenants.center_id]
        ).fetchall()
        with (
            pytest.raises(DatabaseError, match="enrolment_certificate_id_inside"),
            scope.entered(person_id=None, tenant_id=two_tenants.company_id),
        ):
            record("Enrolment").objects.update(certificate_id=foreign)


class TestNeverChanged:
    @pytest.mark.parametrize("table", ["audit_event", "revision"])
    @pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
    def test_the_application_may_not_even_in_scope(self, two_tenants, envelope, table, verb):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            scope.entered(person_id=None, tenant_id=two_tenants.company_id),
        ):
            ask(verb.format(table))

    @pytest.mark.parametrize("table", ["audit_event", "revision"])
    @pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_the_owner_and_even_the_superuser_meet_the_trigger(self, admin, envelope, table, verb):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            admin.execute(verb.format(table))

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE envelope SET title = 'x'",
            "UPDATE envelope SET initiator_id = initiator_id",
            "UPDATE recipient SET for_tenant_id = for_tenant_id",
            "UPDATE document SET name = 'x'",
            "UPDATE ceremony SET placements = '[]'",
            "DELETE FROM envelope",
            "DELETE FROM recipient",
            "TRUNCATE envelope CASCADE",
            "DROP POLICY own_organization ON seal",
            "ALTER TABLE seal DISABLE ROW LEVEL SECURITY",
            "CREATE TABLE mine ()",
        ],
    )
    def test_what_was_sent_stays_as_it_was_sent(self, two_tenants, envelope, change):
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            scope.entered(person_id=None, tenant_id=two_tenants.company_id),
        ):
            ask(change)


class TestReading:
    def test_the_database_refuses_a_write(self, two_tenants):
        with (
            pytest.raises(InternalError, match="read-only transaction"),
            scope.reading(person_id=None, tenant_id=two_tenants.company_id),
        ):
            record("Seal").objects.update(name="x")
