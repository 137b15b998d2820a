"""Who registers is who the carrier says he is; nothing else makes a person, and what is personal is sealed."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.conf import settings

from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.server.phones import (
    ID_NUMBER,
    MOBILE,
    OTHER_ID_NUMBER,
    ask,
    behave,
    code_at,
    phones,
    prove,
    register,
    wanted,
)
from yunqian.server import scope
from yunqian.server.adapters import personal
from yunqian.server.records.models import IdentityCheck, Person, PhoneCode

__all__ = ["phones"]
pytestmark = pytest.mark.usefixtures("phones")
NEW_MOBILE = "13900004321"


@pytest.fixture
def rested(admin: psycopg.Connection):
    """Let the pause between codes be over."""

    def rest() -> None:
        admin.execute("UPDATE phone_code SET created_at = created_at - interval '2 minutes'")

    return rest


def people(admin: psycopg.Connection) -> list[tuple[str, bool]]:
    return admin.execute(
        "SELECT name, mobile_index IS NOT NULL FROM person WHERE verified_at IS NOT NULL ORDER BY created_at"
    ).fetchall()


def test_a_person_registers_and_is_logged_in_for_his_own_space_in_which_he_may_start_nothing():
    browser = Browser()
    session = register(browser).json()
    assert (session["person"]["name"], session["tenant"]["kind"], session["rights"]) == ("吴迪", "person", [])
    assert [one["kind"] for one in session["tenants"]] == ["person"]
    profile = browser.get("/api/profile").json()
    assert profile["mobile_masked"] == "138****1234"
    assert profile["id_number_masked"] == "1****************X"
    assert (profile["has_password"], profile["is_proved_lately"]) == (False, True)
    assert profile["verified_at"] is not None
    refused = browser.upload(b"%PDF-1.7")
    assert code(refused) == "START_NOT_GRANTED"


def test_with_a_password_he_logs_in_by_account_or_by_mobile():
    browser = Browser()
    register(browser, password="correct horse battery")
    account = browser.get("/api/profile").json()["account"]
    for name in (account, MOBILE, "+86 138-0013-1234"):
        assert Browser().log_in(name, "correct horse battery").status_code == 200
        assert code(Browser().log_in(name, "correct horse")) == "LOGIN_INCORRECT"


def test_a_mobile_number_typed_as_account_is_not_written_down(admin: psycopg.Connection):
    Browser().log_in("13911112222", "whatever it is")
    (account,) = admin.execute("SELECT account FROM login_attempt").fetchone() or ("",)
    assert account.startswith("mobile:")
    assert "13911112222" not in account


def test_what_is_personal_is_sealed_in_its_row_and_opens_in_no_other(admin: psycopg.Connection):
    register(Browser())
    with scope.platform():
        person = Person.objects.get(name="吴迪")
    for column, value in (("mobile", MOBILE), ("id_number", ID_NUMBER)):
        sealed = bytes(getattr(person, f"{column}_sealed"))
        assert value.encode() not in sealed
        assert personal.open_(sealed, table="person", column=column, row_id=str(person.id)) == value
    every_table = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in every_table:
        rows = admin.execute(f'SELECT t::text FROM public."{table}" t').fetchall()
        assert not [row for (row,) in rows if MOBILE in row or ID_NUMBER in row], table


def test_nothing_personal_is_logged(caplog):
    caplog.set_level("DEBUG")
    browser = Browser()
    register(browser)
    browser.post("/api/registration", wanted(id_number="110105194912310021"))
    behave("realname", "unavailable")
    browser.post("/api/registration", wanted())
    said = caplog.text
    assert MOBILE not in said
    assert ID_NUMBER not in said
    assert "110105194912310021" not in said


class TestRefusals:
    def test_without_the_number_in_hand(self, admin: psycopg.Connection):
        browser = Browser()
        with snapshot.nothing_changes(admin):
            assert code(browser.post("/api/registration", wanted())) == "PHONE_NOT_PROVED"
        prove(browser)
        with snapshot.nothing_changes(admin):
            assert code(browser.post("/api/registration", wanted(mobile=NEW_MOBILE))) == "PHONE_NOT_PROVED"
            assert code(Browser().post("/api/registration", wanted())) == "PHONE_NOT_PROVED"

    def test_a_proof_lasts_a_quarter_of_an_hour(self, monkeypatch):
        from yunqian.server.api import auth

        browser = Browser()
        prove(browser)
        monkeypatch.setattr(auth, "NUMBER_SECONDS", 0)
        assert code(browser.post("/api/registration", wanted())) == "PHONE_NOT_PROVED"

    @pytest.mark.parametrize(
        ("mobile", "problem"),
        [
            ("13800130000", "IDENTITY_MISMATCH"),
            ("13800139999", "IDENTITY_NO_RECORD"),
            ("13800135555", "REALNAME_UNAVAILABLE"),
        ],
    )
    def test_whatever_the_carrier_says_but_yes(self, admin: psycopg.Connection, mobile: str, problem: str):
        browser = Browser()
        prove(browser, mobile)
        with snapshot.nothing_changes(admin):
            assert code(browser.post("/api/registration", wanted(mobile=mobile))) == problem
        assert browser.get("/api/session").status_code == 401
        (verdict,) = admin.execute("SELECT verdict FROM identity_check").fetchone() or ("",)
        assert verdict != "match"

    def test_a_carrier_that_comes_back_is_asked_again_without_a_new_code(self):
        browser = Browser()
        prove(browser)
        behave("realname", "unavailable")
        assert code(browser.post("/api/registration", wanted())) == "REALNAME_UNAVAILABLE"
        behave("realname", "")
        assert browser.post("/api/registration", wanted()).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"id_number": "110105194912310021"}, "ID_NUMBER_INVALID"),
            ({"id_number": "11010519491231002Y"}, "ID_NUMBER_INVALID"),
            ({"name": "吴\u202e迪"}, "PERSON_NAME_INVALID"),
            ({"name": "吴迪<script>"}, "PERSON_NAME_INVALID"),
            ({"mobile": "12345678901"}, "MOBILE_INVALID"),
            ({"password": "short"}, "REQUEST_INVALID"),
            ({"password": "1234567890"}, "PASSWORD_WEAK"),
            ({"password": "aaaaaaaaaaaa"}, "PASSWORD_WEAK"),
            ({"password": "password123"}, "PASSWORD_WEAK"),
            ({"password": f"my{MOBILE}"}, "PASSWORD_WEAK"),
            ({"has_agreed": False}, "REQUEST_INVALID"),
            ({"account": "admin"}, "REQUEST_INVALID"),
            ({"verified_at": "2026-01-01T00:00:00Z"}, "REQUEST_INVALID"),
            ({"tenant_id": "x"}, "REQUEST_INVALID"),
            ({"rights": ["operate"]}, "REQUEST_INVALID"),
        ],
    )
    def test_what_is_wrong_or_too_much(self, admin: psycopg.Connection, changes: dict, problem: str):
        browser = Browser()
        prove(browser)
        with snapshot.nothing_changes(admin):
            assert code(browser.post("/api/registration", wanted(**changes))) == problem
        assert admin.execute("SELECT count(*) FROM identity_check").fetchone() == (0,)

    def test_after_five_checks_a_day_the_carrier_is_asked_no_more(self, admin: psycopg.Connection):
        browser = Browser()
        prove(browser)
        behave("realname", "mismatch")
        for _ in range(5):
            assert code(browser.post("/api/registration", wanted())) == "IDENTITY_MISMATCH"
        behave("realname", "")
        assert code(browser.post("/api/registration", wanted())) == "IDENTITY_CHECKS_TOO_MANY"
        assert admin.execute("SELECT count(*) FROM identity_check").fetchone() == (5,)
        admin.execute("UPDATE identity_check SET at = at - interval '25 hours'")
        assert browser.post("/api/registration", wanted()).status_code == 200

    def test_one_id_number_is_not_tried_with_many_phones(self):
        behave("realname", "mismatch")
        for number in range(5):
            mobile = f"1390000100{number}"
            browser = Browser()
            prove(browser, mobile)
            browser.post("/api/registration", wanted(mobile=mobile))
        browser = Browser()
        prove(browser, "13900002000")
        answer = browser.post("/api/registration", wanted(mobile="13900002000"))
        assert code(answer) == "IDENTITY_CHECKS_TOO_MANY"


class TestTheSamePersonAgain:
    def test_with_another_number_he_keeps_everything(self, admin: psycopg.Connection, rested):
        first = register(Browser()).json()
        rested()
        again = register(Browser(), mobile=NEW_MOBILE).json()
        assert again["person"]["id"] == first["person"]["id"]
        assert again["tenant"]["id"] == first["tenant"]["id"]
        assert people(admin) == [("吴迪", True)]
        rested()
        browser = Browser()
        ask(browser, "login")
        answer = browser.post("/api/session/phone", {"mobile": MOBILE, "code": code_at()})
        assert code(answer) == "PHONE_NOT_REGISTERED"

    def test_a_number_that_the_carrier_gave_to_somebody_else_is_his(self, admin: psycopg.Connection, rested):
        former = Browser()
        register(former)
        rested()
        newcomer = Browser()
        answer = register(newcomer, name="周八", id_number=OTHER_ID_NUMBER)
        assert answer.status_code == 200
        assert people(admin) == [("吴迪", False), ("周八", True)]
        assert former.get("/api/profile").json()["mobile_masked"] is None
        kinds = admin.execute("SELECT kind FROM audit_event ORDER BY at").fetchall()
        assert ("person.number_lost",) in kinds
        rested()
        browser = Browser()
        ask(browser, "login")
        session = browser.post("/api/session/phone", {"mobile": MOBILE, "code": code_at()}).json()
        assert session["person"]["name"] == "周八"

    def test_twenty_times_at_once_is_one_person(self, admin: psycopg.Connection, monkeypatch):
        from yunqian.server.actions import registration

        monkeypatch.setattr(registration, "CHECKS_PER_DAY", 100)
        browser = Browser()
        prove(browser)
        cookies = browser.client.cookies

        def once(_: int) -> int:
            from django.db import connection

            each = Browser()
            each.client.cookies = cookies.copy()
            try:
                return int(each.post("/api/registration", wanted()).status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(once, range(20)))
        assert 200 in answers
        assert set(answers) <= {200, 409, 401}
        assert people(admin) == [("吴迪", True)]
        assert admin.execute("SELECT count(*) FROM tenant WHERE kind = 'person'").fetchone() == (1,)

    def test_that_it_was_asked_is_kept_with_its_answer_and_no_data(self, admin: psycopg.Connection):
        register(Browser())
        with scope.platform():
            (check,) = IdentityCheck.objects.all()
            person = Person.objects.get(name="吴迪")
            assert PhoneCode.objects.get().taken_at is not None
        assert (check.verdict, check.provider, check.person_id) == ("match", "sandbox", person.id)


class TestFreshProof:
    def test_it_is_asked_for_when_the_login_is_old_and_given_by_code(self, monkeypatch, rested):
        from yunqian.server.api import auth

        browser = Browser()
        register(browser)
        before = browser.client.cookies[settings.SESSION_COOKIE_NAME].value
        monkeypatch.setattr(auth, "FRESH_SECONDS", 0)
        refused = browser.put("/api/password", {"password": "a new long password"})
        assert code(refused) == "STEP_UP_REQUIRED"
        monkeypatch.setattr(auth, "FRESH_SECONDS", 600)
        rested()
        assert browser.post("/api/session/step-up/code").json()["mobile_masked"] == "138****1234"
        assert browser.post("/api/session/step-up", {"code": code_at()}).status_code == 200
        assert browser.client.cookies[settings.SESSION_COOKIE_NAME].value != before
        assert browser.put("/api/password", {"password": "a new long password"}).status_code == 204

    def test_a_code_of_a_login_is_none(self, rested):
        browser = Browser()
        register(browser)
        rested()
        ask(browser, "login")
        assert code(browser.post("/api/session/step-up", {"code": code_at()})) == "PHONE_CODE_WRONG"

    def test_both_or_neither_is_refused(self):
        browser = Browser()
        register(browser)
        for body in ({}, {"code": "123456", "password": "x"}):
            assert code(browser.post("/api/session/step-up", body)) == "REQUEST_INVALID"

    def test_wrong_passwords_pause_it_like_a_login(self):
        browser = Browser()
        register(browser, password="correct horse battery")
        for _ in range(5):
            answer = browser.post("/api/session/step-up", {"password": "wrong"})
            assert code(answer) == "LOGIN_INCORRECT"
        answer = browser.post("/api/session/step-up", {"password": "correct horse battery"})
        assert code(answer) == "LOGIN_PAUSED"

    def test_who_has_no_number_is_told(self, two_tenants):
        browser = Browser(two_tenants.li_ming)
        assert code(browser.post("/api/session/step-up/code")) == "PHONE_NOT_REGISTERED"


class TestPassword:
    def test_a_new_one_ends_all_other_sessions_at_once(self):
        browser, elsewhere = Browser(), Browser()
        register(browser, password="correct horse battery")
        elsewhere.log_in(MOBILE, "correct horse battery")
        assert browser.put("/api/password", {"password": "another long password"}).status_code == 204
        assert elsewhere.get("/api/session").status_code == 401
        assert browser.get("/api/session").status_code == 200
        assert code(Browser().log_in(MOBILE, "correct horse battery")) == "LOGIN_INCORRECT"
        assert Browser().log_in(MOBILE, "another long password").status_code == 200

    @pytest.mark.parametrize("password", ["qwertyuiop", "99999999990", "abcabcabcabc"])
    def test_a_poor_one_is_refused_and_the_old_one_stays(self, admin: psycopg.Connection, password: str):
        browser = Browser()
        register(browser, password="correct horse battery")
        with snapshot.nothing_changes(admin):
            assert code(browser.put("/api/password", {"password": password})) == "PASSWORD_WEAK"
        assert Browser().log_in(MOBILE, "correct horse battery").status_code == 200


def test_the_outbox_is_shown_by_a_demo_alone():
    ask(Browser(), "login")
    assert code(Browser().get(f"/api/demo/messages?mobile={MOBILE}")) == "NOT_FOUND"
