"""One's own address for mail: proved by a code that came to it, sealed, masked, and taken away again."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.server.phones import behave
from tests.worlds import TwoTenants
from yunqian.server import settings
from yunqian.server.actions import mail_codes
from yunqian.server.adapters import mail

ADDRESS = "Li.Ming@Example.CN"
KNOWN = "Li.Ming@example.cn"


@pytest.fixture(autouse=True)
def _mailboxes() -> Iterator[None]:
    yield
    shutil.rmtree(settings.current().home / "mail", ignore_errors=True)


@pytest.fixture
def li_ming(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


def ask(browser: Browser, address: str = ADDRESS):
    return browser.post("/api/profile/mail/code", {"address": address})


def came(address: str = KNOWN) -> str:
    found = re.search(r"\d{6}", mail.outbox().letters(address)[0].text)
    assert found
    return found.group()


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06}"


def test_the_code_proves_it_and_the_account_shows_it_masked(li_ming: Browser, admin: psycopg.Connection):
    assert ask(li_ming).json()["address_masked"] == "L***@example.cn"
    proved = li_ming.put("/api/profile/mail", {"code": came()}).json()
    assert (proved["mail_masked"], proved["is_mail_caught"]) == ("L***@example.cn", True)
    (sealed,) = admin.execute("SELECT mail_sealed FROM person WHERE account = 'liming'").fetchone() or (b"",)
    assert b"example" not in bytes(sealed)
    rows = "SELECT kind, facts FROM audit_event WHERE kind = 'person.mail_proved'"
    assert admin.execute(rows).fetchall() == [("person.mail_proved", {})]


def test_it_is_taken_away_again(li_ming: Browser):
    ask(li_ming)
    li_ming.put("/api/profile/mail", {"code": came()})
    assert li_ming.delete("/api/profile/mail").json()["mail_masked"] is None


def test_a_wrong_code_costs_a_try_and_five_end_it(li_ming: Browser):
    ask(li_ming)
    right = came()
    for _ in range(5):
        assert code(li_ming.put("/api/profile/mail", {"code": wrong(right)})) == "MAIL_CODE_WRONG"
    assert code(li_ming.put("/api/profile/mail", {"code": right})) == "MAIL_CODE_WRONG"
    assert li_ming.get("/api/profile").json()["mail_masked"] is None


def test_a_code_is_good_once_and_only_for_who_asked(li_ming: Browser, two_tenants: TwoTenants):
    ask(li_ming)
    another = Browser(two_tenants.zhang_wei)
    assert code(another.put("/api/profile/mail", {"code": came()})) == "MAIL_CODE_WRONG"
    assert li_ming.put("/api/profile/mail", {"code": came()}).status_code == 200
    assert code(li_ming.put("/api/profile/mail", {"code": came()})) == "MAIL_CODE_WRONG"


def test_after_ten_minutes_it_is_over(li_ming: Browser, admin: psycopg.Connection):
    ask(li_ming)
    admin.execute("UPDATE mail_code SET expires_at = now() - interval '1 second'")
    assert code(li_ming.put("/api/profile/mail", {"code": came()})) == "MAIL_CODE_WRONG"


def test_a_second_code_within_the_minute_is_refused(li_ming: Browser, admin: psycopg.Connection):
    ask(li_ming)
    with snapshot.nothing_changes(admin):
        refused = ask(li_ming)
    assert code(refused) == "MAIL_CODES_TOO_MANY"
    assert 0 < refused.json()["facts"]["seconds"] <= 60
    assert len(mail.outbox().letters(KNOWN)) == 1


def test_one_address_is_not_written_to_without_end_whoever_asks(
    li_ming: Browser, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mail_codes, "LIMITS", (mail_codes.Limit("address_index", 2, timedelta(days=1)),))
    assert [ask(li_ming).status_code for _ in range(3)] == [200, 200, 429]


def test_what_is_no_address_sends_nothing(li_ming: Browser, admin: psycopg.Connection):
    with snapshot.nothing_changes(admin):
        assert code(ask(li_ming, "a@b.cn,c@d.cn")) == "MAIL_ADDRESS_INVALID"


@pytest.mark.parametrize(
    ("mood", "problem"), [("unavailable", "MAIL_UNAVAILABLE"), ("refuse", "MAIL_REFUSED")]
)
def test_a_code_that_could_not_be_sent_is_void(
    li_ming: Browser, admin: psycopg.Connection, mood: str, problem: str
):
    behave("mail", mood)
    assert code(ask(li_ming)) == problem
    assert admin.execute("SELECT ended_at IS NOT NULL FROM mail_code").fetchone() == (True,)
