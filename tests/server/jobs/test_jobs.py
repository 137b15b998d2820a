"""The jobs as the worker runs them: taken from the queue, done once, harmless when repeated."""

import logging
from types import SimpleNamespace

import pytest
from procrastinate.contrib.django import app

from tests.server.browsing import Browser, start
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server.actions import later
from yunqian.server.jobs import authority, evidence, login


@pytest.fixture
def started(two_tenants: TwoTenants) -> dict:
    return start(Browser(two_tenants.li_ming), "liming")


def check(world: TwoTenants, envelope) -> None:
    evidence.check(tenant_id=str(world.company_id), envelope_id=envelope["id"])


def test_every_deferred_name_is_a_job_that_the_worker_knows():
    assert {later.EVIDENCE_CHECK, later.LOGIN_REFUSED, later.LOGIN_PAUSED} <= set(app.tasks)


def test_a_whole_chain_is_no_alarm(two_tenants: TwoTenants, started, caplog):
    check(two_tenants, started)
    assert [record for record in caplog.records if record.levelno >= logging.CRITICAL] == []


def test_a_row_changed_behind_our_back_is_an_alarm(two_tenants: TwoTenants, started, admin, caplog):
    admin.execute(
        "BEGIN; SET LOCAL session_replication_role = replica;"
        "UPDATE audit_event SET facts = jsonb_set(facts, '{title}', '\"another\"') "
        "WHERE kind = 'envelope.started'; COMMIT"
    )
    check(two_tenants, started)
    (alarm,) = [record for record in caplog.records if record.levelno >= logging.CRITICAL]
    assert alarm.getMessage() == f"evidence of envelope {started['id']} is broken at event 1: content"


def test_a_refused_login_is_recorded_at_the_home_of_its_account(two_tenants: TwoTenants, admin):
    login.record(account="liming", at="2026-11-22T10:00:00+00:00")
    rows = list(
        admin.execute("SELECT tenant_id, person_id, facts FROM audit_event WHERE kind = 'login.refused'")
    )
    expected = (two_tenants.company_id, two_tenants.li_ming.person_id, {"problem": "LOGIN_INCORRECT"})
    assert rows == [expected]


def test_a_pause_is_recorded_there_as_well(two_tenants: TwoTenants, admin):
    login.record_pause(account="liming", at="2026-11-22T10:00:00+00:00")
    rows = list(
        admin.execute("SELECT tenant_id, person_id, facts FROM audit_event WHERE kind = 'login.paused'")
    )
    expected = (two_tenants.company_id, two_tenants.li_ming.person_id, {"problem": "LOGIN_PAUSED"})
    assert rows == [expected]


def test_an_unknown_account_has_no_home_and_leaves_nothing(two_tenants: TwoTenants, admin):
    login.record(account="nobody", at="2026-11-22T10:00:00+00:00")
    login.record_pause(account="nobody", at="2026-11-22T10:00:00+00:00")
    (count,) = admin.execute("SELECT count(*) FROM audit_event").fetchone()
    assert count == 0


def test_revocation_lists_are_asked_for_every_hour(monkeypatch):
    asked = []
    monkeypatch.setattr(authority.ca, "current", lambda: SimpleNamespace(crl=asked.append))
    authority.renew(timestamp=0)
    assert asked == ["root", "issuing"]
    assert [planned.cron for planned in app.periodic_registry.periodic_tasks.values()] == ["7 * * * *"]


def test_without_an_authority_of_its_own_nothing_is_renewed(monkeypatch, caplog):
    def none():
        raise Refused(Problem.CONFIG_INSECURE, detail="x")

    monkeypatch.setattr(authority.ca, "current", none)
    authority.renew(timestamp=0)
    assert caplog.records == []
