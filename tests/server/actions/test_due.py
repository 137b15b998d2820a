"""What comes due by itself: expired once, reminded once for each moment, whoever does it and however often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from tests.server.browsing import Browser, code, open_ceremony, pdf, placement, signed
from tests.server.reaching import kinds
from tests.server.working import waiting, work
from tests.worlds import TwoTenants
from yunqian.server import scope
from yunqian.server.actions import due, later


def start(browser: Browser, **more) -> dict:
    upload_id = browser.upload(pdf()).json()["id"]
    wanted = {"upload_ids": [upload_id], "title": "采购合同", "recipients": [{"account": "wangfang"}]}
    answer = browser.post("/api/envelopes", wanted | more)
    assert answer.status_code == 200, answer.content
    return answer.json()


def over(admin: psycopg.Connection) -> None:
    """The deadline passes, as if the clock had moved."""
    admin.execute(
        "UPDATE envelope SET deadline_at = now() - interval '1 minute', due_at = now() - interval '1 minute'"
    )


def state(browser: Browser, envelope: dict) -> str:
    return str(browser.get(f"/api/envelopes/{envelope['id']}").json()["state"])


def tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).isoformat()


class TestExpiring:
    def test_a_job_waits_for_the_deadline_and_not_without_one(self, li: Browser, admin: psycopg.Connection):
        start(li)
        assert waiting(admin, later.ENVELOPE_DUE) == 0
        start(li, deadline_at=tomorrow())
        assert waiting(admin, later.ENVELOPE_DUE) == 1
        assert work(admin, later.ENVELOPE_DUE) == []

    def test_it_expires_and_everybody_who_heard_of_it_is_told(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        envelope = start(li, deadline_at=tomorrow())
        over(admin)
        work(admin, later.ENVELOPE_DUE, ahead="2 days")
        assert admin.execute("SELECT state FROM envelope").fetchone() == ("expired",)
        assert (kinds(li), kinds(wang)) == (["expired"], ["your_turn", "expired"])
        assert state(wang, envelope) == "expired"

    def test_twenty_workers_at_once_expire_it_once(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, deadline_at=tomorrow())
        over(admin)

        def come_due(_: int) -> None:
            from django.db import connection

            try:
                due.come_due(tenant_id=two_tenants.company_id, envelope_id=UUID(envelope["id"]))
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(come_due, range(20)))
        told = "SELECT count(*) FROM audit_event WHERE kind = 'envelope.expired'"
        assert admin.execute(told).fetchone() == (1,)
        assert kinds(wang) == ["your_turn", "expired"]

    def test_the_sweep_finds_what_a_lost_job_has_not_done(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        start(li, deadline_at=tomorrow())
        admin.execute("DELETE FROM procrastinate_jobs")
        over(admin)
        for _ in range(2):
            due.sweep(now=timezone.now())
        assert kinds(wang) == ["your_turn", "expired"]

    def test_extended_before_the_job_comes_it_stays_open(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        envelope = start(li, deadline_at=tomorrow())
        li.post(f"/api/envelopes/{envelope['id']}/deadline", {"deadline_at": None})
        work(admin, later.ENVELOPE_DUE, ahead="2 days")
        assert state(wang, envelope) == "open"

    def test_extended_after_it_has_expired_it_goes_on(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        envelope = start(li, deadline_at=tomorrow())
        over(admin)
        work(admin, later.ENVELOPE_DUE, ahead="2 days")
        answer = li.post(f"/api/envelopes/{envelope['id']}/deadline", {"deadline_at": tomorrow()})
        assert answer.json()["state"] == "open"
        assert wang.get("/api/envelopes?list=inbox").json()["items"][0]["id"] == envelope["id"]
        assert waiting(admin, later.ENVELOPE_DUE) == 1

    def test_a_key_that_answers_after_it_signs_nothing(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, deadline_at=tomorrow())
        mark = placement(two_tenants.seals["wangfang.personal"], two_tenants.wang_fang_key)
        ceremony = open_ceremony(wang, envelope, mark)
        over(admin)
        work(admin, later.ENVELOPE_DUE, ahead="2 days")
        answer = wang.post(f"/api/ceremonies/{ceremony['id']}/results", signed(ceremony, two_tenants.holders))
        assert code(answer) == "ENVELOPE_NOT_OPEN"
        assert admin.execute("SELECT max(number) FROM revision").fetchone() == (0,)


class TestExpiringWhileSigning:
    @pytest.mark.parametrize("attempt", range(5))
    def test_the_signature_is_whole_or_there_is_none(
        self,
        li: Browser,
        wang: Browser,
        two_tenants: TwoTenants,
        admin: psycopg.Connection,
        attempt: int,
    ):
        envelope = start(li, deadline_at=(timezone.now() + timedelta(seconds=60)).isoformat())
        mark = placement(two_tenants.seals["wangfang.personal"], two_tenants.wang_fang_key)
        ceremony = open_ceremony(wang, envelope, mark)
        answer = signed(ceremony, two_tenants.holders)

        def sign() -> int:
            from django.db import connection

            try:
                return int(wang.post(f"/api/ceremonies/{ceremony['id']}/results", answer).status_code)
            finally:
                connection.close()

        def expire() -> None:
            from django.db import connection

            try:
                over(admin)
                due.come_due(tenant_id=two_tenants.company_id, envelope_id=UUID(envelope["id"]))
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            signing, expiring = pool.submit(sign), pool.submit(expire)
            expiring.result()
            said = signing.result()
        (head,) = admin.execute("SELECT max(number) FROM revision").fetchone() or (None,)
        (stands,) = admin.execute("SELECT state FROM envelope").fetchone() or (None,)
        assert (said, head, stands) in {(200, 1, "completed"), (409, 0, "expired")}


class TestReminding:
    def planned(self, two_tenants: TwoTenants, envelope: dict, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every day, and an hour before the deadline."""
        from yunqian.rules.deadlines import Schedule
        from yunqian.server.records.models import Envelope

        def schedule(row: Envelope) -> Schedule:
            return Schedule(row.created_at, row.deadline_at, remind_before_hours=1, remind_every_days=1)

        monkeypatch.setattr(due, "schedule", schedule)
        with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
            due.plan(Envelope.objects.select_for_update().get(id=envelope["id"]))

    def test_each_moment_reminds_once_even_by_two_workers_and_plans_the_next(
        self,
        li: Browser,
        wang: Browser,
        two_tenants: TwoTenants,
        admin: psycopg.Connection,
        monkeypatch: pytest.MonkeyPatch,
    ):
        envelope = start(li)
        admin.execute("UPDATE envelope SET created_at = now() - interval '23 hours 59 minutes 59 seconds'")
        self.planned(two_tenants, envelope, monkeypatch)
        assert waiting(admin, later.ENVELOPE_DUE) == 1
        monkeypatch.setattr(due, "timezone", _Later(timedelta(minutes=1)))

        def come_due(_: int) -> None:
            from django.db import connection

            try:
                due.come_due(tenant_id=two_tenants.company_id, envelope_id=UUID(envelope["id"]))
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(come_due, range(20)))
        assert kinds(wang) == ["your_turn", "reminded"]
        (following,) = admin.execute("SELECT due_at FROM envelope").fetchone() or (None,)
        assert following > datetime.now(UTC) + timedelta(hours=23)

    def test_the_deadline_being_near_is_told_with_it(
        self,
        li: Browser,
        wang: Browser,
        two_tenants: TwoTenants,
        monkeypatch: pytest.MonkeyPatch,
    ):
        deadline = timezone.now() + timedelta(hours=2)
        envelope = start(li, deadline_at=deadline.isoformat())
        self.planned(two_tenants, envelope, monkeypatch)
        monkeypatch.setattr(due, "timezone", _Later(timedelta(minutes=61)))
        due.come_due(tenant_id=two_tenants.company_id, envelope_id=UUID(envelope["id"]))
        assert kinds(wang) == ["your_turn", "deadline_near"]


class _Later:
    """A clock that is ahead."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return timezone.now() + self._by
