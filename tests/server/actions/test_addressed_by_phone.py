"""A supplier of no organization is addressed by phone and name, comes by registering, and signs as himself."""

from typing import Any

import psycopg
import pytest
from django.utils import timezone

from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf
from tests.server.phones import MOBILE, OTHER_ID_NUMBER, behave, code_at, phones, register, texts
from tests.server.working import work
from tests.worlds import TwoTenants
from yunqian.server import scope
from yunqian.server.actions import later
from yunqian.server.adapters import personal
from yunqian.server.records.models import Person

__all__ = ["phones"]
pytestmark = pytest.mark.usefixtures("phones")
WU_DI = {"mobile": MOBILE, "name": "吴迪"}


@pytest.fixture
def li_ming(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


def send(browser: Browser, *recipients: dict[str, Any]):
    upload_id = browser.upload(pdf()).json()["id"]
    return browser.post(
        "/api/envelopes", {"upload_ids": [upload_id], "title": "供货合同", "recipients": recipients}
    )


def inbox(browser: Browser) -> list[str]:
    return [one["title"] for one in browser.get("/api/envelopes?list=inbox").json()["items"]]


def test_who_is_registered_finds_it_in_his_own_space_and_gets_a_message(
    li_ming: Browser, admin: psycopg.Connection
):
    wu_di = Browser()
    register(wu_di)
    shown = send(li_ming, WU_DI).json()
    (recipient,) = shown["recipients"]
    assert (recipient["person"]["name"], recipient["person"]["tenant_name"]) == ("吴迪", None)
    work(admin, later.NOTICE_DELIVERY)
    assert "供货合同" in texts()[0]
    assert inbox(wu_di) == ["供货合同"]
    opened = wu_di.get(f"/api/envelopes/{shown['id']}").json()
    assert (opened["may_sign"], opened["may_download"]) == (True, False)


def test_who_is_not_registered_finds_it_once_he_is(li_ming: Browser, admin: psycopg.Connection):
    send(li_ming, WU_DI)
    send(li_ming, WU_DI)
    assert admin.execute("SELECT count(*) FROM person WHERE name = '吴迪'").fetchone() == (1,)
    wu_di = Browser()
    register(wu_di)
    assert inbox(wu_di) == ["供货合同", "供货合同"]


def test_another_person_with_that_number_finds_nothing(li_ming: Browser):
    send(li_ming, WU_DI)
    stranger = Browser()
    register(stranger, name="周八", id_number=OTHER_ID_NUMBER)
    assert inbox(stranger) == []


def test_a_registered_number_under_another_name_is_refused(li_ming: Browser, admin: psycopg.Connection):
    register(Browser())
    upload_id = li_ming.upload(pdf()).json()["id"]
    wanted = {
        "upload_ids": [upload_id],
        "title": "合同",
        "recipients": [{"mobile": MOBILE, "name": "吴迪迪"}],
    }
    with snapshot.nothing_changes(admin):
        refused = li_ming.post("/api/envelopes", wanted)
        assert (code(refused), refused.json()["facts"]) == (
            "RECIPIENT_NAME_MISMATCH",
            {"mobile": "138****1234"},
        )


def test_a_placeholder_cannot_be_logged_into(li_ming: Browser):
    send(li_ming, WU_DI)
    browser = Browser()
    browser.post("/api/phone-codes", {"mobile": MOBILE, "purpose": "login"})
    answer = browser.post("/api/session/phone", {"mobile": MOBILE, "code": code_at()})
    assert code(answer) == "PHONE_NOT_REGISTERED"


@pytest.mark.parametrize(
    ("recipient", "problem"),
    [
        ({"mobile": "12345", "name": "吴迪"}, "MOBILE_INVALID"),
        ({"mobile": MOBILE, "name": "吴3"}, "PERSON_NAME_INVALID"),
        ({"mobile": MOBILE}, "REQUEST_INVALID"),
        ({"name": "吴迪"}, "REQUEST_INVALID"),
        ({"mobile": MOBILE, "name": "吴迪", "account": "liming"}, "REQUEST_INVALID"),
        ({}, "REQUEST_INVALID"),
        ({"mobile": MOBILE, "name": "吴迪", "tenant_id": "x"}, "REQUEST_INVALID"),
    ],
)
def test_what_addresses_nobody_sends_nothing(
    li_ming: Browser, admin: psycopg.Connection, recipient: dict[str, Any], problem: str
):
    upload_id = li_ming.upload(pdf()).json()["id"]
    wanted = {"upload_ids": [upload_id], "title": "合同", "recipients": [recipient]}
    with snapshot.nothing_changes(admin):
        assert code(li_ming.post("/api/envelopes", wanted)) == problem


def test_the_same_person_by_account_and_by_phone_is_one_too_many(li_ming: Browser, admin: psycopg.Connection):
    wu_di = Browser()
    register(wu_di)
    account = wu_di.get("/api/profile").json()["account"]
    upload_id = li_ming.upload(pdf()).json()["id"]
    wanted = {"upload_ids": [upload_id], "title": "合同", "recipients": [WU_DI, {"account": account}]}
    with snapshot.nothing_changes(admin):
        assert code(li_ming.post("/api/envelopes", wanted)) == "REQUEST_INVALID"


def test_a_message_that_cannot_be_sent_stops_nothing(li_ming: Browser, admin: psycopg.Connection):
    wu_di = Browser()
    register(wu_di)
    behave("sms", "unavailable")
    assert send(li_ming, WU_DI).status_code == 200
    assert work(admin, later.NOTICE_DELIVERY)
    assert inbox(wu_di) == ["供货合同"]


def test_a_colleague_is_addressed_for_the_organization_even_by_phone(
    li_ming: Browser, two_tenants: TwoTenants
):
    index = personal.index(MOBILE, field="mobile")
    with scope.platform(is_writing=True):
        Person.objects.filter(id=two_tenants.zhang_wei.person_id).update(
            mobile_index=index, verified_at=timezone.now()
        )
    (recipient,) = send(li_ming, {"mobile": MOBILE, "name": "张伟"}).json()["recipients"]
    assert recipient["person"]["tenant_name"] == "广东示例科技有限公司"
