"""A person sees where he is logged in, and ends a session from anywhere; nobody sees or ends another's."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from tests.server import snapshot
from tests.server.actions.test_certificate_login import log_in
from tests.server.authorities import Outside, outside
from tests.server.browsing import Browser, code
from tests.worlds import TwoTenants, join
from yunqian.server.actions import login

__all__ = ["outside"]


def listed(browser: Browser) -> list[dict[str, Any]]:
    answer = browser.get("/api/sessions")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def current(browser: Browser) -> str:
    (own,) = [one["id"] for one in listed(browser) if one["is_current"]]
    return str(own)


def is_in(browser: Browser) -> bool:
    return bool(browser.get("/api/session").status_code == 200)


@pytest.fixture
def here(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


@pytest.fixture
def elsewhere(two_tenants: TwoTenants) -> Browser:
    browser = Browser(address="203.0.113.7")
    browser.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Edg/140.0"
    browser.log_in("liming")
    return browser


def test_every_own_session_is_listed_with_its_way_place_and_browser(here: Browser, elsewhere: Browser):
    newest, first = listed(here)
    assert (first["is_current"], newest["is_current"]) == (True, False)
    assert (newest["way"], newest["address"]) == ("password", "203.0.113.7")
    assert newest["browser"] == "Mozilla/5.0 (Windows NT 10.0) Edg/140.0"
    assert "key" not in first


def test_a_login_by_key_is_told_as_one(two_tenants: TwoTenants, outside: Outside, here: Browser):
    assert log_in(Browser(), two_tenants.li_ming_key).status_code == 200
    assert [one["way"] for one in listed(here)] == ["certificate", "password"]


def test_a_session_that_was_ended_elsewhere_opens_nothing_from_its_next_request_on(
    here: Browser, elsewhere: Browser, admin: psycopg.Connection
):
    answer = here.delete(f"/api/sessions/{current(elsewhere)}")
    assert answer.status_code == 204
    assert not is_in(elsewhere)
    assert is_in(here)
    assert len(listed(here)) == 1
    (facts,) = admin.execute("SELECT facts FROM audit_event WHERE kind = 'session.closed'").fetchone()
    assert facts == {"from_elsewhere": True}


def test_ended_twice_it_is_not_there_any_more(here: Browser, elsewhere: Browser, admin: psycopg.Connection):
    ended = current(elsewhere)
    here.delete(f"/api/sessions/{ended}")
    with snapshot.nothing_changes(admin):
        assert code(here.delete(f"/api/sessions/{ended}")) == "SESSION_NOT_FOUND"


def test_another_persons_session_is_neither_seen_nor_ended(
    two_tenants: TwoTenants, here: Browser, admin: psycopg.Connection
):
    colleague = Browser(two_tenants.zhang_wei)
    assert len(listed(colleague)) == 1
    with snapshot.nothing_changes(admin):
        assert code(colleague.delete(f"/api/sessions/{current(here)}")) == "SESSION_NOT_FOUND"
    assert is_in(here)


def test_switching_the_organization_is_the_same_session(two_tenants: TwoTenants, here: Browser):
    before = current(here)
    here.act_for(join(two_tenants.li_ming, slug="branch", name="分公司"))
    assert current(here) == before
    assert len(listed(here)) == 1


def test_logging_in_anew_in_the_same_browser_takes_the_old_sessions_place(here: Browser):
    before = current(here)
    here.log_in("liming")
    assert [one["id"] for one in listed(here)] != [before]
    assert len(listed(here)) == 1


def test_a_logout_takes_its_session_from_the_list(here: Browser, elsewhere: Browser):
    elsewhere.delete("/api/session")
    assert len(listed(here)) == 1


def test_a_session_that_ended_by_itself_is_told_to_nobody_and_swept(
    here: Browser, elsewhere: Browser, admin: psycopg.Connection
):
    ended = current(elsewhere)
    key = elsewhere.client.cookies["yunqian_session"].value
    admin.execute(
        "UPDATE django_session SET expire_date = now() - interval '1 hour' WHERE session_key = %s", [key]
    )
    assert len(listed(here)) == 1
    assert code(here.delete(f"/api/sessions/{ended}")) == "SESSION_NOT_FOUND"
    login.forget_old(now=timezone.now() + timedelta(seconds=1))
    assert admin.execute("SELECT count(*) FROM open_session").fetchone() == (1,)


def test_a_suspended_person_sees_nothing(two_tenants: TwoTenants, here: Browser, admin: psycopg.Connection):
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.li_ming.member_id])
    assert code(here.get("/api/sessions")) == "MEMBER_SUSPENDED"


@pytest.mark.parametrize("browser", ["x" * 4_000, "Mozilla \u200b\u202e", ""])
def test_whatever_a_browser_says_of_itself_is_kept_short_and_harmless(two_tenants: TwoTenants, browser: str):
    odd = Browser()
    odd.client.defaults["HTTP_USER_AGENT"] = browser
    odd.log_in("liming")
    (own,) = listed(odd)
    assert len(own["browser"]) <= 300
    assert own["browser"].isprintable()
