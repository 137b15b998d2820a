"""Uploads that wait to be sent: how many, and what becomes of their rows and bytes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import unsent
from yunqian.server.adapters import vault
from yunqian.server.jobs import housekeeping


@pytest.fixture
def sweep():
    """The hourly sweep, a day and an hour from now."""

    def run(hours: int = unsent.HOURS_KEPT + 1) -> None:
        unsent.sweep(before=timezone.now() + timedelta(hours=hours - unsent.HOURS_KEPT))

    return run


def blobs() -> set[Path]:
    """The blobs in the vault, apart from the keys."""
    return {path for path in (settings.current().home / "vault").rglob("*") if len(path.name) == 64}


def run_jobs(admin) -> int:
    """Do what the worker would with the blobs; how many jobs there were."""
    asked = admin.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'vault.unnamed' RETURNING args")
    jobs = [args for (args,) in asked]
    for args in jobs:
        housekeeping.remove_blob(**args)
    return len(jobs)


def send(browser: Browser, upload_id: str):
    request = {"upload_ids": [upload_id], "title": "一", "recipients": [{"account": "liming"}]}
    return browser.post("/api/envelopes", request)


def test_so_many_may_wait_and_the_next_one_is_refused_until_one_is_dropped_or_sent(
    li: Browser, admin, monkeypatch
):
    monkeypatch.setattr(unsent, "MOST", 2)
    first, second = (li.upload(pdf(pages)).json()["id"] for pages in (1, 2))
    with snapshot.nothing_changes(admin):
        refused = li.upload(pdf(3))
    assert (refused.status_code, code(refused)) == (409, "UPLOADS_TOO_MANY")
    assert (refused.json()["facts"]["count"], refused.json()["facts"]["hours"]) == (2, 24)
    assert li.delete(f"/api/uploads/{first}").status_code == 204
    third = li.upload(pdf(3))
    assert third.status_code == 200
    assert code(li.upload(pdf(4))) == "UPLOADS_TOO_MANY"
    assert send(li, second).status_code == 200
    assert li.upload(pdf(4)).status_code == 200


def test_the_bytes_count_too(li: Browser, admin, monkeypatch):
    size = li.upload(pdf()).json()["size_bytes"]
    small = replace(settings.current(), upload_limit_bytes=size)
    monkeypatch.setattr(unsent.settings, "current", lambda: small)
    monkeypatch.setattr(unsent, "MOST_LARGEST", 2)
    assert li.upload(pdf()).status_code == 200
    with snapshot.nothing_changes(admin):
        assert code(li.upload(pdf())) == "UPLOADS_TOO_MANY"


def test_one_persons_uploads_do_not_fill_another_ones_room(li: Browser, two_tenants: TwoTenants, monkeypatch):
    monkeypatch.setattr(unsent, "MOST", 1)
    assert li.upload(pdf()).status_code == 200
    assert code(li.upload(pdf())) == "UPLOADS_TOO_MANY"
    assert Browser(two_tenants.wang_fang).upload(pdf()).status_code == 200


def test_uploads_at_the_same_time_are_counted_one_after_another(two_tenants: TwoTenants, monkeypatch):
    monkeypatch.setattr(unsent, "MOST", 1)
    browsers = [Browser(two_tenants.li_ming) for _ in range(4)]

    def upload(browser: Browser) -> int:
        try:
            return browser.upload(pdf()).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(upload, browsers)) == [200, 409, 409, 409]


def test_dropping_removes_the_bytes_also_while_no_worker_runs(li: Browser, admin):
    before = blobs()
    upload_id = li.upload(pdf(7)).json()["id"]
    (blob,) = blobs() - before
    assert li.delete(f"/api/uploads/{upload_id}").status_code == 204
    assert not blob.exists()
    assert run_jobs(admin) == 1


def test_bytes_that_cannot_be_removed_at_once_are_removed_by_the_job(li: Browser, admin, monkeypatch):
    before = blobs()
    upload_id = li.upload(pdf(7)).json()["id"]
    (blob,) = blobs() - before

    def unavailable(*_: object, **__: object) -> None:
        raise Refused(Problem.VAULT_UNAVAILABLE)

    with monkeypatch.context() as away:
        away.setattr(type(vault.current()), "remove", unavailable)
        assert li.delete(f"/api/uploads/{upload_id}").status_code == 204
    assert blob.exists()
    assert run_jobs(admin) == 1
    assert not blob.exists()


def test_bytes_that_another_upload_or_a_sent_document_names_stay(li: Browser, two_tenants: TwoTenants, admin):
    same = pdf(8)
    dropped, kept, sent = (li.upload(same).json() for _ in range(3))
    assert dropped["sha256"] == kept["sha256"] == sent["sha256"]
    envelope = send(li, sent["id"]).json()
    li.delete(f"/api/uploads/{dropped['id']}")
    assert run_jobs(admin) == 1
    li.delete(f"/api/uploads/{kept['id']}")
    assert run_jobs(admin) == 1
    assert li.get(f"/api/envelopes/{envelope['id']}/document").status_code == 200


def test_bytes_uploaded_again_before_the_job_ran_stay(li: Browser, two_tenants: TwoTenants, admin):
    same = pdf(9)
    li.delete(f"/api/uploads/{li.upload(same).json()['id']}")
    again = li.upload(same).json()
    assert run_jobs(admin) == 1
    assert vault.current().get(two_tenants.company_id, again["sha256"])
    assert send(li, again["id"]).status_code == 200


def test_the_same_bytes_of_another_organization_stay(li: Browser, two_tenants: TwoTenants, admin):
    same = pdf(10)
    other = Browser(two_tenants.wang_fang).upload(same).json()
    li.delete(f"/api/uploads/{li.upload(same).json()['id']}")
    assert run_jobs(admin) == 1
    assert vault.current().get(two_tenants.center_id, other["sha256"])


def test_the_sweep_takes_what_was_not_sent_in_a_day_and_leaves_one_event(
    li: Browser, two_tenants: TwoTenants, admin, sweep
):
    old = [li.upload(pdf(pages)).json()["id"] for pages in (11, 12)]
    sent = li.upload(pdf(13)).json()["id"]
    assert send(li, sent).status_code == 200
    sweep(hours=unsent.HOURS_KEPT - 1)
    assert rows(admin) == {UUID(one) for one in (*old, sent)}
    sweep()
    assert rows(admin) == {UUID(sent)}
    assert run_jobs(admin) == 2
    found = admin.execute("SELECT tenant_id, facts FROM audit_event WHERE kind = 'upload.expired'").fetchall()
    assert found == [(two_tenants.company_id, {"uploads": 2})]
    assert code(send(li, old[0])) == "UPLOAD_NOT_FOUND"
    with snapshot.nothing_changes(admin):
        sweep()


def rows(admin) -> set[UUID]:
    return {identifier for (identifier,) in admin.execute("SELECT id FROM upload")}
