"""The scope: one durable transaction, who looks, and nothing left behind."""

import threading
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from tests.worlds import TwoTenants
from yunqian.problems import Problem
from yunqian.server import scope
from yunqian.server.records.models import Person, Seal, Tenant


def settings_in_the_database() -> tuple[str | None, str | None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.person', true), current_setting('app.tenant', true)")
        return cursor.fetchone()


def test_tells_the_transaction_who_looks_and_forgets_it_with_the_transaction(two_tenants: TwoTenants):
    person, tenant = two_tenants.li_ming.person_id, two_tenants.company_id
    with scope.entered(person_id=person, tenant_id=tenant):
        assert settings_in_the_database() == (str(person), str(tenant))
        assert scope.current() == scope.Scope(person, tenant, is_writing=True)
    assert set(settings_in_the_database()) <= {None, ""}
    assert not scope.is_open()


def test_is_one_transaction_and_cannot_be_nested(two_tenants: TwoTenants):
    tenant = two_tenants.company_id
    doors = (
        lambda: scope.entered(person_id=None, tenant_id=tenant),
        lambda: scope.reading(person_id=None, tenant_id=tenant),
        scope.platform,
    )
    for outer in doors:
        for inner in doors:
            with pytest.raises(RuntimeError, match="durable"), outer(), inner():
                pass


def test_a_failure_inside_leaves_nothing_written(two_tenants: TwoTenants):
    def change_and_fail() -> None:
        Seal.objects.update(name="changed")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        change_and_fail()
    with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
        assert not Seal.objects.filter(name="changed").exists()
    assert not scope.is_open()


def test_a_new_row_takes_the_organization_of_the_scope(two_tenants: TwoTenants):
    with scope.entered(person_id=None, tenant_id=two_tenants.center_id):
        seal = Seal.objects.create(name="x", kind="contract", picture_png=b"", width_mm=1, height_mm=1)
    assert seal.tenant_id == two_tenants.center_id


def test_the_platforms_door_opens_no_table_of_an_organization(two_tenants: TwoTenants):
    with scope.platform():
        assert Person.objects.count() == 4
        assert Tenant.objects.count() == 2
        assert Seal.objects.count() == 0
        with pytest.raises(scope.ScopeMissing):
            scope.tenant_id()


def test_the_platforms_door_is_for_reading_unless_asked(two_tenants: TwoTenants):
    with pytest.raises(DatabaseError, match="read-only"), scope.platform():
        Tenant.objects.update(name="x")
    with scope.platform(is_writing=True):
        assert Tenant.objects.update(name="x") == 2


def test_switching_moves_to_the_owner_organization_and_back(two_tenants: TwoTenants):
    person = two_tenants.wang_fang.person_id
    with scope.entered(person_id=person, tenant_id=two_tenants.center_id):
        with scope.switched(scope.Pass(two_tenants.company_id)) as inside:
            assert inside.person_id == person
            assert {seal.tenant_id for seal in Seal.objects.all()} == {two_tenants.company_id}
        assert {seal.tenant_id for seal in Seal.objects.all()} == {two_tenants.center_id}
        assert settings_in_the_database() == (str(person), str(two_tenants.center_id))


def test_switching_goes_back_after_a_refusal_that_is_caught_inside(two_tenants: TwoTenants):
    with scope.entered(person_id=None, tenant_id=two_tenants.center_id):
        with pytest.raises(ZeroDivisionError), scope.switched(scope.Pass(two_tenants.company_id)):
            raise ZeroDivisionError
        assert {seal.tenant_id for seal in Seal.objects.all()} == {two_tenants.center_id}


def test_a_failed_statement_inside_a_switch_keeps_its_own_error(two_tenants: TwoTenants):
    with (
        pytest.raises(DatabaseError, match="seal_kind_check"),
        scope.entered(person_id=None, tenant_id=two_tenants.center_id),
        scope.switched(scope.Pass(two_tenants.company_id)),
    ):
        Seal.objects.update(kind="nonsense")


def test_nothing_but_a_pass_switches(two_tenants: TwoTenants):
    with (
        pytest.raises(scope.ScopeMissing),
        scope.entered(person_id=None, tenant_id=two_tenants.center_id),
        scope.switched(two_tenants.company_id),  # type: ignore[arg-type]
    ):
        pass


def test_a_switch_needs_a_scope(two_tenants: TwoTenants):
    with pytest.raises(scope.ScopeMissing), scope.switched(scope.Pass(two_tenants.company_id)):
        pass


def test_another_thread_is_outside(two_tenants: TwoTenants):
    seen = []

    def look() -> None:
        seen.append(scope.is_open())

    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [False]


class TestRefusal:
    def test_a_server_that_is_away_is_told_as_unavailable(self, database):
        away = connection.copy()
        away.settings_dict = connection.settings_dict | {"HOST": "/nonexistent"}
        with pytest.raises(OperationalError) as caught:
            away.ensure_connection()
        refused = scope.refusal(caught.value)
        assert refused is not None
        assert refused.problem is Problem.DATABASE_UNAVAILABLE

    def test_a_session_that_the_server_ended_is_told_as_unavailable(self, two_tenants, admin):
        with (
            pytest.raises((OperationalError, InterfaceError)) as caught,
            scope.entered(person_id=None, tenant_id=two_tenants.company_id),
        ):
            ask_after_the_end(admin)
        connection.close()
        refused = scope.refusal(caught.value)
        assert refused is not None
        assert refused.problem is Problem.DATABASE_UNAVAILABLE

    def test_the_next_request_has_a_connection_again(self, two_tenants, admin):
        """CONN_HEALTH_CHECKS: what Django does at the start of a request."""
        connection.ensure_connection()
        admin.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        connection.close_if_unusable_or_obsolete()
        with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
            assert Seal.objects.count() == 2

    def test_a_full_disk_is_told_as_full(self):
        refused = scope.refusal(wrapped(psycopg.errors.DiskFull()))
        assert refused is not None
        assert refused.problem is Problem.VAULT_FULL

    @pytest.mark.parametrize(
        "cause",
        [
            psycopg.errors.LockNotAvailable(),
            psycopg.errors.DeadlockDetected(),
            psycopg.errors.AdminShutdown(),
        ],
    )
    def test_what_may_go_better_next_time_is_told_as_unavailable(self, cause):
        refused = scope.refusal(wrapped(cause))
        assert refused is not None
        assert refused.problem.row.is_retriable

    @pytest.mark.parametrize("cause", [psycopg.errors.UniqueViolation(), psycopg.errors.SyntaxError(), None])
    def test_our_own_defects_are_not_excused(self, cause):
        error = wrapped(cause) if cause else ValueError("x")
        assert scope.refusal(error) is None


def ask_after_the_end(admin: psycopg.Connection) -> None:
    admin.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    Seal.objects.count()


def wrapped(cause: psycopg.Error) -> DatabaseError:
    error = DatabaseError(str(cause))
    error.__cause__ = cause
    return error


def test_a_job_deferred_in_a_transaction_that_fails_is_gone(two_tenants: TwoTenants, admin):
    from procrastinate.contrib.django import app

    def defer(*, and_fail: bool) -> None:
        app.configure_task("yunqian.test", allow_unknown=True).defer(what=str(uuid4()))
        if and_fail:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        defer(and_fail=True)
    assert admin.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
        defer(and_fail=False)
    assert admin.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)
    assert transaction.get_autocommit()
