"""A code proves one number, for one purpose, in one browser, once; and asking for many is held back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.server.phones import MOBILE, ask, behave, code_at, phones, register, texts
from yunqian.server import scope
from yunqian.server.actions import login, phone_codes
from yunqian.server.records.models import PhoneCode

__all__ = ["phones"]
pytestmark = pytest.mark.usefixtures("phones")


def answer_with(browser: Browser, digits: str, mobile: str = MOBILE):
    return browser.post("/api/session/phone", {"mobile": mobile, "code": digits})


def other_than(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06}"


@pytest.fixture
def older(admin: psycopg.Connection) -> Callable[[float], None]:
    """Let all codes be so many seconds older than they are."""

    def all_of_them(seconds: float) -> None:
        admin.execute(
            "UPDATE phone_code SET created_at = created_at - %(by)s, expires_at = expires_at - %(by)s",
            {"by": timedelta(seconds=seconds)},
        )

    return all_of_them


@pytest.fixture
def known(older) -> Browser:
    """A registered person with MOBILE, logged out; the pause between codes is over."""
    browser = Browser()
    assert register(browser).status_code == 200
    older(61)
    return Browser()


class TestOneCode:
    def test_it_logs_its_person_in(self, known: Browser):
        sent = ask(known, "login")
        assert sent.json() == {
            "mobile_masked": "138****1234",
            "lasts_seconds": 600,
            "again_after_seconds": 60,
        }
        answer = answer_with(known, code_at())
        assert (answer.status_code, answer.json()["person"]["name"]) == (200, "吴迪")
        (session,) = [one for one in known.get("/api/sessions").json() if one["is_current"]]
        assert session["way"] == "phone"

    def test_it_is_taken_once(self, known: Browser):
        ask(known, "login")
        digits = code_at()
        assert answer_with(known, digits).status_code == 200
        assert code(answer_with(known, digits)) == "PHONE_CODE_WRONG"

    def test_of_twenty_at_the_same_time_one_is_let_in(self, known: Browser):
        ask(known, "login")
        digits, cookies = code_at(), known.client.cookies

        def once(_: int) -> int:
            from django.db import connection

            browser = Browser()
            browser.client.cookies = cookies.copy()
            try:
                return int(answer_with(browser, digits).status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(once, range(20)))[:2] == [200, 401]

    def test_five_wrong_ones_use_it_up(self, known: Browser, admin: psycopg.Connection):
        ask(known, "login")
        digits = code_at()
        with snapshot.nothing_changes(admin):
            for _ in range(5):
                assert code(answer_with(known, other_than(digits))) == "PHONE_CODE_WRONG"
            assert code(answer_with(known, digits)) == "PHONE_CODE_WRONG"

    def test_four_wrong_ones_do_not(self, known: Browser):
        ask(known, "login")
        for _ in range(4):
            answer_with(known, other_than(code_at()))
        assert answer_with(known, code_at()).status_code == 200

    def test_after_ten_minutes_it_is_over(self, older, known: Browser):
        ask(known, "login")
        older(599)
        digits = code_at()
        older(2)
        assert code(answer_with(known, digits)) == "PHONE_CODE_WRONG"

    def test_a_newer_one_ends_it(self, older, known: Browser):
        ask(known, "login")
        first = code_at()
        older(61)
        ask(known, "login")
        if code_at() != first:
            assert code(answer_with(known, first)) == "PHONE_CODE_WRONG"
        assert answer_with(known, code_at()).status_code == 200

    def test_one_for_registering_logs_nobody_in(self, known: Browser):
        ask(known, "register")
        assert code(answer_with(known, code_at())) == "PHONE_CODE_WRONG"

    def test_one_for_logging_in_proves_no_number_for_registering(self, known: Browser):
        ask(known, "login")
        body = {"mobile": MOBILE, "code": code_at()}
        assert code(known.post("/api/registration/proof", body)) == "PHONE_CODE_WRONG"

    def test_another_browser_cannot_use_it(self, known: Browser):
        ask(known, "login")
        assert code(answer_with(Browser(), code_at())) == "PHONE_CODE_WRONG"
        assert answer_with(known, code_at()).status_code == 200

    def test_another_number_cannot_use_it(self, known: Browser):
        ask(known, "login")
        assert code(answer_with(known, code_at(), "13900000001")) == "PHONE_CODE_WRONG"

    def test_it_is_nowhere_in_the_database_in_clear(self, known: Browser, admin: psycopg.Connection):
        ask(known, "login")
        digits = code_at()
        for (table,) in admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall():
            for (row,) in admin.execute(f'SELECT t::text FROM public."{table}" t').fetchall():
                assert MOBILE not in row, table
                assert f",{digits}," not in row, table

    @pytest.mark.parametrize("digits", ["12345", "1234567", "abcdef", "１２３４５６", "", "12 456"])
    def test_what_is_no_code_is_refused_before_it_is_looked_for(self, known: Browser, digits: str):
        assert code(answer_with(known, digits)) == "REQUEST_INVALID"


class TestAsking:
    def test_a_number_that_nobody_has_here_gets_one_too(self):
        assert ask(Browser(), "login", "13900000001").status_code == 200
        assert len(texts("13900000001")) == 1

    def test_only_who_proves_it_learns_that_it_is_not_registered(self):
        browser = Browser()
        ask(browser, "login", "13900000001")
        assert code(answer_with(browser, code_at("13900000001"), "13900000001")) == "PHONE_NOT_REGISTERED"

    def test_again_only_after_a_minute(self):
        browser = Browser()
        assert ask(browser, "login").status_code == 200
        refused = ask(browser, "login")
        assert code(refused) == "PHONE_CODES_TOO_MANY"
        assert 1 <= refused.json()["facts"]["seconds"] <= 60
        assert len(texts(MOBILE)) == 1

    def test_five_an_hour_and_ten_a_day_for_a_number_whoever_asks(self, older):
        for hour in range(2):
            for _ in range(5):
                assert ask(Browser(), "login").status_code == 200
                older(61)
            assert code(ask(Browser(), "login")) == "PHONE_CODES_TOO_MANY", hour
            older(3600)
        refused = ask(Browser(), "login")
        assert code(refused) == "PHONE_CODES_TOO_MANY"
        assert refused.json()["facts"]["seconds"] > 3600

    @pytest.mark.parametrize(
        ("column", "make"),
        [
            ("address", lambda number: Browser(address="203.0.113.9")),
            (None, lambda number: Browser(address=f"203.0.113.{number}")),
        ],
    )
    def test_many_numbers_from_one_place_are_held_back(self, older, monkeypatch, column, make):
        limit = phone_codes.Limit(column, 3, timedelta(hours=1))
        monkeypatch.setattr(phone_codes, "LIMITS", (limit,))
        for number in range(3):
            assert ask(make(number), "login", f"1390000000{number}").status_code == 200
        assert code(ask(make(9), "login", "13900000009")) == "PHONE_CODES_TOO_MANY"
        older(3601)
        assert ask(make(9), "login", "13900000009").status_code == 200

    def test_one_browser_and_one_organizations_page_are_held_back(self, monkeypatch):
        hour = timedelta(hours=1)
        limits = (phone_codes.Limit("browser", 1, hour), phone_codes.Limit("entry_id", 2, hour))
        monkeypatch.setattr(phone_codes, "LIMITS", limits)
        browser = Browser()
        assert ask(browser, "login", "13900000001", slug="company").status_code == 200
        assert code(ask(browser, "login", "13900000002", slug="center")) == "PHONE_CODES_TOO_MANY"
        assert ask(Browser(), "login", "13900000002", slug="company").status_code == 200
        assert code(ask(Browser(), "login", "13900000003", slug="company")) == "PHONE_CODES_TOO_MANY"
        assert ask(Browser(), "login", "13900000003", slug="center").status_code == 200

    def test_twenty_at_once_are_one_message(self):
        def once(number: int) -> int:
            from django.db import connection

            try:
                return int(ask(Browser(address=f"203.0.113.{number}"), "login").status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(once, range(20)))[:2] == [200, 429]
        assert len(texts(MOBILE)) == 1

    def test_a_provider_that_fails_is_told_and_its_code_is_void(self):
        browser = Browser()
        behave("sms", "unavailable")
        assert code(ask(browser, "login")) == "SMS_UNAVAILABLE"
        with scope.platform():
            assert PhoneCode.objects.get().ended_at is not None
        assert texts(MOBILE) == []

    @pytest.mark.parametrize(
        "mobile", ["12345678901", "+85261234567", "1380013800a", "' OR 1=1 --", "一三八"]
    )
    def test_what_is_no_number_is_refused(self, mobile: str, admin: psycopg.Connection):
        before = admin.execute("SELECT count(*) FROM phone_code").fetchone()
        assert code(ask(Browser(), "login", mobile)) in {"MOBILE_INVALID", "REQUEST_INVALID"}
        assert admin.execute("SELECT count(*) FROM phone_code").fetchone() == before

    def test_a_code_for_a_fresh_proof_is_not_asked_for_here(self):
        assert code(ask(Browser(), "step_up")) == "REQUEST_INVALID"

    def test_old_ones_are_swept(self):
        ask(Browser(), "login")
        login.forget_old(now=timezone.now() + timedelta(days=1))
        with scope.platform():
            assert PhoneCode.objects.count() == 1
        login.forget_old(now=timezone.now() + timedelta(days=3))
        with scope.platform():
            assert PhoneCode.objects.count() == 0
