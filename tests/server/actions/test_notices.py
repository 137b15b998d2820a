"""Notices: who is told what, once; on which ways; and what becomes of a message that does not go out."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from tests import worlds
from tests.server import sealing
from tests.server.browsing import Browser, start
from tests.server.phones import behave, phones, texts
from tests.server.reaching import give_mail, give_mobile, kinds, letters, notices, sign
from tests.server.working import waiting, work
from tests.worlds import TwoTenants
from yunqian.server import scope, settings
from yunqian.server.actions import deliveries, later
from yunqian.server.actions import notices as acting
from yunqian.server.actions.notices import Event, Party
from yunqian.wire.notices import NoticeKind

__all__ = ["phones"]
pytestmark = pytest.mark.usefixtures("phones", "mailboxes")
WANG_FANG_MOBILE, ZHANG_WEI_MOBILE = "13900002222", "13900003333"
ADDRESS = "wangfang@example.cn"


@pytest.fixture
def mailboxes() -> Iterator[None]:
    yield
    shutil.rmtree(settings.current().home / "mail", ignore_errors=True)


def post(browser: Browser, envelope: dict, what: str, **body):
    answer = browser.post(f"/api/envelopes/{envelope['id']}/{what}", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestWhoIsTold:
    def test_the_signer_whose_turn_it_is_and_who_gets_a_copy_and_nobody_else(
        self, li: Browser, wang: Browser, zhang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2), copies=("chenjing",))
        assert (kinds(wang), kinds(zhang), kinds(li)) == (["your_turn"], [], [])
        assert kinds(Browser(two_tenants.chen_jing)) == ["copied"]
        (told,) = notices(wang)
        assert (told["title"], told["by"], told["envelope_id"], told["is_read"]) == (
            "采购合同",
            "李明",
            envelope["id"],
            False,
        )

    def test_each_signature_calls_the_next_and_the_last_one_completes(
        self, li: Browser, wang: Browser, zhang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("wangfang", 1), ("liming", 2), copies=("zhangwei",))
        sign(wang, envelope, two_tenants, "wangfang")
        assert kinds(li) == ["signed", "your_turn"]
        sign(li, envelope, two_tenants, "liming")
        assert kinds(li) == ["signed", "your_turn"]
        assert kinds(wang) == ["your_turn", "completed"]
        assert kinds(zhang) == ["copied", "completed"]

    def test_who_still_waits_has_heard_nothing_and_hears_nothing_of_the_end(
        self, li: Browser, wang: Browser, zhang: Browser
    ):
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2))
        post(li, envelope, "void", reason="重新起草")
        assert (kinds(wang), kinds(zhang)) == (["your_turn", "recalled"], [])

    def test_a_refusal_is_told_to_who_started_it_without_its_reason(self, li: Browser, wang: Browser):
        envelope = start(li, "wangfang")
        post(wang, envelope, "decline", reason="第三条金额有误")
        (told,) = notices(li)
        assert (told["kind"], told["by"]) == ("declined", "王芳")
        assert "金额" not in str(told)

    def test_sending_on_and_another_deadline_are_told(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, "wangfang")
        later_on = (timezone.now() + timedelta(days=3)).isoformat()
        post(li, envelope, "deadline", deadline_at=later_on)
        post(li, envelope, "recipients", recipients=[{"account": "chenjing", "is_copy": True}])
        assert kinds(wang) == ["your_turn", "extended", "sent_on"]
        assert notices(wang)[1]["deadline_at"] is not None
        assert kinds(Browser(two_tenants.chen_jing)) == ["copied"]

    def test_the_same_event_told_twenty_times_at_once_is_one_notice(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope, to = start(li, "wangfang"), two_tenants.wang_fang
        event = Event(NoticeKind.REMINDED, envelope["id"], "the same moment")

        def tell(_: int) -> None:
            from django.db import connection

            try:
                with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
                    acting.tell(event, [Party(to.person_id, to.tenant_id)])
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(tell, range(20)))
        assert kinds(wang) == ["your_turn", "reminded"]

    def test_what_is_rolled_back_tells_nobody(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        to = two_tenants.wang_fang
        event = Event(NoticeKind.REMINDED, uuid4(), "x")

        def told_and_failed() -> None:
            with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
                acting.tell(event, [Party(to.person_id, to.tenant_id)])
                raise LookupError

        with pytest.raises(LookupError):
            told_and_failed()
        assert (kinds(wang), waiting(admin, later.NOTICE_DELIVERY)) == ([], 0)


class TestReading:
    def test_a_colleague_sees_none_of_mine_and_cannot_read_them_for_me(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        start(li, "wangfang")
        colleague = Browser(two_tenants.chen_jing)
        mine = [one["id"] for one in notices(wang)]
        assert notices(colleague) == []
        colleague.post("/api/notices/read", {"ids": mine})
        assert wang.get("/api/notices/unread").json() == {"count": 1, "is_more": False}

    def test_the_database_itself_keeps_them_from_a_colleague(self, li: Browser, two_tenants: TwoTenants):
        from yunqian.server.records.models import Notice

        start(li, "wangfang")
        to, beside = two_tenants.wang_fang, two_tenants.chen_jing
        for person, seen in ((to, 1), (beside, 0)):
            with scope.reading(person_id=person.person_id, tenant_id=to.tenant_id):
                assert Notice.objects.count() == seen

    def test_one_is_read_or_all_and_nonsense_reads_nothing(self, li: Browser, wang: Browser):
        for title in ("甲", "乙", "丙"):
            start(li, "wangfang", title=title)
        first = notices(wang)[0]["id"]
        assert wang.post("/api/notices/read", {"ids": ["x", str(uuid4())]}).json()["count"] == 3
        assert wang.post("/api/notices/read", {"ids": [first]}).json()["count"] == 2
        assert wang.post("/api/notices/read", {"ids": []}).json()["count"] == 0
        assert all(one["is_read"] for one in notices(wang))

    def test_pages_follow_one_another(self, li: Browser, wang: Browser):
        for title in ("甲", "乙", "丙"):
            start(li, "wangfang", title=title)
        first = wang.get("/api/notices?limit=2").json()
        second = wang.get(f"/api/notices?limit=2&cursor={first['next_cursor']}").json()
        assert [one["title"] for one in first["items"] + second["items"]] == ["丙", "乙", "甲"]
        assert second["next_cursor"] is None


class TestMessages:
    def test_every_turn_gets_its_message_the_later_ones_too(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        give_mobile(two_tenants.zhang_wei, ZHANG_WEI_MOBILE)
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2))
        work(admin, later.NOTICE_DELIVERY)
        assert ("《采购合同》" in texts(WANG_FANG_MOBILE)[0], texts(ZHANG_WEI_MOBILE)) == (True, [])
        sign(wang, envelope, two_tenants, "wangfang")
        work(admin, later.NOTICE_DELIVERY)
        assert f"/envelopes/{envelope['id']}" in texts(ZHANG_WEI_MOBILE)[0]
        assert len(texts(WANG_FANG_MOBILE)) == 1

    def test_a_letter_says_it_in_both_languages_and_holds_no_reason(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        from yunqian.server.adapters import mail

        give_mail(two_tenants.wang_fang, ADDRESS)
        envelope = start(li, "wangfang")
        post(li, envelope, "void", reason="第三条金额有误")
        work(admin, later.NOTICE_DELIVERY)
        (letter,) = mail.outbox().letters(ADDRESS)  # the call to sign is needless by now
        assert letter.subject == "李明 撤回了《采购合同》"
        assert "recalled “采购合同”" in letter.text
        assert "金额" not in letter.text
        assert _states(admin) == ["needless", "sent"]

    def test_who_has_signed_meanwhile_is_not_called_any_more(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        envelope = start(li, "wangfang")
        sign(wang, envelope, two_tenants, "wangfang")
        work(admin, later.NOTICE_DELIVERY)
        assert (texts(WANG_FANG_MOBILE), _states(admin)) == ([], ["needless"])

    def test_a_suspended_member_is_told_nothing(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        start(li, "wangfang")
        admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.wang_fang.member_id])
        work(admin, later.NOTICE_DELIVERY)
        assert (texts(WANG_FANG_MOBILE), _states(admin)) == ([], ["needless"])

    def test_what_fails_is_tried_again_later_and_goes_out_once(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        behave("sms", "unavailable")
        start(li, "wangfang")
        work(admin, later.NOTICE_DELIVERY)
        assert (texts(WANG_FANG_MOBILE), _states(admin)) == ([], ["waiting"])
        assert work(admin, later.NOTICE_DELIVERY) == []  # not before its time
        behave("sms", "")
        work(admin, later.NOTICE_DELIVERY, ahead="1 minute")
        assert (len(texts(WANG_FANG_MOBILE)), _states(admin)) == (1, ["sent"])

    def test_after_the_last_try_it_is_given_up_and_the_page_says_so(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        behave("sms", "unavailable")
        start(li, "wangfang")
        tries = len(work(admin, later.NOTICE_DELIVERY, ahead="1 day"))
        assert (tries, _states(admin)) == (deliveries.MOST_TRIES, ["given_up"])
        assert notices(wang)[0]["given_up"] == ["sms"]
        problem = "SELECT last_problem, attempts FROM notice_delivery"
        assert admin.execute(problem).fetchone() == ("SMS_UNAVAILABLE", deliveries.MOST_TRIES)

    def test_a_relay_that_will_never_take_it_is_asked_once(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mail(two_tenants.wang_fang, ADDRESS)
        behave("mail", "refuse")
        start(li, "wangfang")
        assert len(work(admin, later.NOTICE_DELIVERY, ahead="1 day")) == 1
        assert (_states(admin), letters(ADDRESS)) == (["given_up"], [])

    def test_the_same_job_by_two_workers_at_once_sends_one_message(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        start(li, "wangfang")
        row = admin.execute("SELECT tenant_id, id FROM notice_delivery").fetchone()
        assert row is not None

        def deliver(_: int) -> None:
            from django.db import connection

            try:
                deliveries.deliver(tenant_id=row[0], delivery_id=row[1])
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(deliver, range(20)))
        assert (len(texts(WANG_FANG_MOBILE)), _states(admin)) == (1, ["sent"])
        assert admin.execute("SELECT attempts FROM notice_delivery").fetchone() == (1,)

    def test_a_worker_that_died_with_it_in_hand_loses_nothing(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
        start(li, "wangfang")
        admin.execute("UPDATE notice_delivery SET claimed_at = now() - interval '3 minutes', attempts = 1")
        work(admin, later.NOTICE_DELIVERY)
        assert len(texts(WANG_FANG_MOBILE)) == 1

    def test_without_an_address_no_mail_is_tried_and_without_a_number_no_message(
        self, li: Browser, admin: psycopg.Connection
    ):
        start(li, "wangfang")
        assert _states(admin) == []


@pytest.mark.parametrize(("what", "is_granted"), [("approve", True), ("refuse", False)])
def test_who_applied_for_a_seal_hears_what_was_decided(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection, what: str, is_granted: bool
):
    give_mail(two_tenants.li_ming, ADDRESS)
    manager = Browser(worlds.administrator(two_tenants.company_id))
    decided = sealing.decide(manager, sealing.apply(li), what, None if is_granted else {"reason": "重复申请"})
    assert decided.status_code == 200, decided.content
    (told,) = notices(li)
    assert (told["kind"], told["subject"], told["is_granted"]) == ("seal_decided", "公章（新）", is_granted)
    work(admin, later.NOTICE_DELIVERY)
    assert ("没有同意" in letters(ADDRESS)[0]) is not is_granted


def test_every_kind_has_its_words():
    from yunqian.server.actions.letters import WORDINGS

    assert set(WORDINGS) == set(NoticeKind)


def test_old_ones_are_forgotten_with_their_messages(
    li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    give_mobile(two_tenants.wang_fang, WANG_FANG_MOBILE)
    start(li, "wangfang", title="旧")
    admin.execute("UPDATE notice SET created_at = now() - interval '2 years'")
    start(li, "wangfang", title="新")
    acting.forget_old(before=timezone.now() - timedelta(days=acting.FORGOTTEN_DAYS))
    assert [one["title"] for one in notices(wang)] == ["新"]
    assert admin.execute("SELECT count(*) FROM notice_delivery").fetchone() == (1,)


def _states(admin: psycopg.Connection) -> list[str]:
    return sorted(state for (state,) in admin.execute("SELECT state FROM notice_delivery"))
