"""The jobs as the worker runs them: taken from the queue, done once, harmless when repeated."""

import asyncio
import logging
from types import SimpleNamespace

import pytest
from procrastinate.contrib.django import app

from tests.server.browsing import Browser, start
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server.actions import later
from yunqian.server.jobs import authority, evidence, housekeeping, login, rescue


@pytest.fixture
def started(two_tenants: TwoTenants) -> dict:
    return start(Browser(two_tenants.li_ming), "liming")


def check(world: TwoTenants, envelope) -> None:
    evidence.check(tenant_id=str(world.company_id), envelope_id=envelope["id"])


def test_every_deferred_name_is_a_job_that_the_worker_knows():
    names = {later.EVIDENCE_CHECK, later.LOGIN_REFUSED, later.LOGIN_PAUSED, later.BLOB_UNNAMED}
    names |= {later.NOTICE_DELIVERY, later.ENVELOPE_DUE}
    assert names <= set(app.tasks)


def test_what_is_planned_is_planned_for_these_times():
    planned = {one.task.name: one.cron for one in app.periodic_registry.periodic_tasks.values()}
    assert planned == {
        "authority.lists": "7 * * * *",
        "certificates.challenges": "27 4 * * *",
        "certificates.revoked": "*/10 * * * *",
        "envelopes.sweep": "37 * * * *",
        "housekeeping.sweep": "17 * * * *",
        "notices.forget": "47 4 * * *",
        "rescue.stalled": "*/5 * * * *",
    }


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


def test_revocation_lists_are_renewed_every_hour(monkeypatch):
    renewed = []
    ours = SimpleNamespace(renew_lists=lambda: renewed.append("all"))
    monkeypatch.setattr(authority.ca, "current", lambda: ours)
    authority.renew(timestamp=0)
    assert renewed == ["all"]


def test_ended_sessions_and_old_tries_are_forgotten_and_living_ones_stay(two_tenants: TwoTenants, admin):
    ended, living = Browser(two_tenants.li_ming), Browser(two_tenants.zhang_wei)
    kept = ended.client.cookies["yunqian_session"].value
    admin.execute(
        "UPDATE django_session SET expire_date = now() - interval '1 minute' WHERE session_key = %s", [kept]
    )
    admin.execute("UPDATE login_attempt SET at = now() - interval '31 days' WHERE account = 'liming'")
    housekeeping.sweep(timestamp=0)
    assert admin.execute("SELECT count(*) FROM django_session").fetchone() == (1,)
    assert admin.execute("SELECT account FROM login_attempt").fetchall() == [("zhangwei",)]
    assert living.get("/api/session").status_code == 200


class TestRescue:
    def run(self) -> None:
        async def rescued() -> None:
            connector = app.connector.get_worker_connector()
            with app.replace_connector(connector) as working:
                async with working.open_async():
                    await rescue.rescue.func(SimpleNamespace(app=working), timestamp=0)

        asyncio.run(rescued())

    def job(self, admin, lock: str | None, worker: int | None, status: str) -> int:
        (identifier,) = admin.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, queueing_lock, worker_id) "
            "VALUES ('default', 'evidence.check', '{}', %s, %s, %s) RETURNING id",
            [status, lock, worker],
        ).fetchone()
        return identifier

    def worker(self, admin, silent: str) -> int:
        (identifier,) = admin.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id",
            [silent],
        ).fetchone()
        return identifier

    def test_jobs_of_a_dead_worker_wait_again_and_those_of_a_living_one_are_left(
        self, two_tenants: TwoTenants, admin
    ):
        dead, living = self.worker(admin, "5 minutes"), self.worker(admin, "5 seconds")
        stalled = self.job(admin, None, dead, "doing")
        running = self.job(admin, None, living, "doing")
        self.run()
        states = dict(admin.execute("SELECT id, status FROM procrastinate_jobs").fetchall())
        assert states == {stalled: "todo", running: "doing"}

    def test_a_job_of_which_the_next_one_waits_is_closed(self, two_tenants: TwoTenants, admin):
        stalled = self.job(admin, "authority.lists", self.worker(admin, "5 minutes"), "doing")
        following = self.job(admin, "authority.lists", None, "todo")
        self.run()
        left = [identifier for (identifier,) in admin.execute("SELECT id FROM procrastinate_jobs")]
        assert (left, stalled in left) == ([following], False)


def test_without_an_authority_of_its_own_nothing_is_renewed(monkeypatch, caplog):
    def none():
        raise Refused(Problem.CONFIG_INSECURE, detail="x")

    monkeypatch.setattr(authority.ca, "current", none)
    authority.renew(timestamp=0)
    assert caplog.records == []
