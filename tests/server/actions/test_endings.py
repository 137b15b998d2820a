"""Voiding by agreement: who is asked, what one refusal does, and that the signatures stay what they are."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code, detail, start
from tests.server.reaching import kinds, sign
from tests.worlds import TwoTenants


@pytest.fixture
def completed(li: Browser, wang: Browser, two_tenants: TwoTenants) -> dict:
    """Signed by both who were asked; 李明 started it."""
    envelope = start(li, ("liming", 1), ("wangfang", 2), copies=("zhangwei",))
    sign(li, envelope, two_tenants, "liming")
    sign(wang, envelope, two_tenants, "wangfang")
    return envelope


def propose(browser: Browser, envelope: dict, reason: str = "合同解除"):
    return browser.post(f"/api/envelopes/{envelope['id']}/endings", {"reason": reason})


def ending_of(browser: Browser, envelope: dict) -> dict:
    found = detail(browser, envelope["id"])["after"]["ending"]
    assert found is not None
    return found


def answer(browser: Browser, envelope: dict, ending: dict, is_agreed: bool, reason: str = ""):
    path = f"/api/envelopes/{envelope['id']}/endings/{ending['id']}/answer"
    return browser.post(path, {"is_agreed": is_agreed, "reason": reason})


def withdraw(browser: Browser, envelope: dict, ending: dict):
    return browser.post(f"/api/envelopes/{envelope['id']}/endings/{ending['id']}/withdraw")


class TestAgreeing:
    def test_once_everybody_has_agreed_it_is_void_and_the_signatures_stand(
        self, li: Browser, wang: Browser, completed: dict, two_tenants: TwoTenants
    ):
        proposed = propose(li, completed).json()
        assert (proposed["state"], proposed["after"]["ending"]["waiting_for"]) == ("completed", ["王芳"])
        assert kinds(wang)[-1] == "end_proposed"
        ending = ending_of(wang, completed)
        assert (ending["proposer"], ending["reason"], ending["may_answer"]) == ("李明", "合同解除", True)
        ended = answer(wang, completed, ending, True).json()
        assert (ended["state"], ended["ended_by"], ended["ended_reason"]) == ("voided", "李明", "合同解除")
        told = ended["after"]["ending"]
        assert (told["state"], [one["name"] for one in told["voices"]]) == ("agreed", ["李明", "王芳"])
        assert told["decided_at"] is not None
        assert kinds(li)[-1] == "ended_together"
        assert kinds(Browser(two_tenants.zhang_wei))[-1] == "ended_together"
        report = li.get(f"/api/envelopes/{completed['id']}/report").json()
        assert [one["verdict"] for one in report["signatures"]] == ["valid", "valid"]

    def test_a_signer_may_propose_it_and_who_started_it_is_asked_though_he_never_signed(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, "wangfang")
        sign(wang, envelope, two_tenants, "wangfang")
        proposed = propose(wang, envelope).json()
        assert (proposed["state"], proposed["after"]["ending"]["waiting_for"]) == ("completed", ["李明"])
        ended = answer(li, envelope, ending_of(li, envelope), True).json()
        assert (ended["state"], ended["ended_by"]) == ("voided", "王芳")

    def test_an_open_one_with_signatures_ends_too_and_nobody_signs_it_any_more(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2))
        sign(wang, envelope, two_tenants, "wangfang")
        propose(wang, envelope)
        answer(li, envelope, ending_of(li, envelope), True)
        zhang = Browser(two_tenants.zhang_wei)
        assert detail(zhang, envelope["id"])["may_sign"] is False
        assert zhang.get("/api/envelopes?list=inbox").json()["items"] == []

    def test_who_signs_while_it_is_proposed_is_asked_as_well(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("liming", 1), ("wangfang", 2))
        sign(li, envelope, two_tenants, "liming")
        assert propose(li, envelope).json()["state"] == "voided"  # nobody else has signed: nobody to ask
        another = start(li, ("wangfang", 1), ("liming", 2))
        sign(wang, another, two_tenants, "wangfang")
        propose(wang, another)
        sign(li, another, two_tenants, "liming")
        assert ending_of(wang, another)["waiting_for"] == ["李明"]


class TestRefusing:
    def test_one_refusal_ends_the_proposal_and_the_contract_stands(
        self, li: Browser, wang: Browser, completed: dict
    ):
        propose(li, completed)
        refused = answer(wang, completed, ending_of(wang, completed), False, "已履行一半").json()
        told = refused["after"]["ending"]
        assert (refused["state"], told["state"], told["voices"][1]["reason"]) == (
            "completed",
            "refused",
            "已履行一半",
        )
        assert kinds(li)[-1] == "end_refused"
        assert propose(li, completed, "再次协商").status_code == 200

    def test_the_same_answer_twice_is_one_and_another_is_refused(
        self, li: Browser, wang: Browser, completed: dict, admin: psycopg.Connection
    ):
        propose(li, completed)
        ending = ending_of(wang, completed)
        answer(wang, completed, ending, False, "不同意")
        with snapshot.nothing_changes(admin):
            assert answer(wang, completed, ending, False, "不同意").status_code == 200
            assert code(answer(wang, completed, ending, True)) == "END_ANSWERED_ALREADY"

    def test_agreeing_and_refusing_at_once_has_one_outcome(
        self, li: Browser, wang: Browser, completed: dict, admin: psycopg.Connection
    ):
        propose(li, completed)
        ending = ending_of(wang, completed)

        def say(number: int) -> int:
            from django.db import connection

            try:
                return int(answer(wang, completed, ending, number % 2 == 0, "并发").status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(say, range(20)))
        assert answers == [200] * 10 + [409] * 10
        assert admin.execute("SELECT count(*) FROM ending_voice").fetchone() == (2,)
        found = (detail(li, completed["id"])["state"], ending_of(li, completed)["state"])
        assert found in {("voided", "agreed"), ("completed", "refused")}


class TestWithdrawing:
    def test_who_proposed_it_takes_it_back_and_nobody_answers_any_more(
        self, li: Browser, wang: Browser, completed: dict, admin: psycopg.Connection
    ):
        propose(li, completed)
        ending = ending_of(li, completed)
        assert ending["may_withdraw"]
        assert withdraw(li, completed, ending).json()["after"]["ending"]["state"] == "withdrawn"
        assert kinds(wang)[-1] == "end_withdrawn"
        with snapshot.nothing_changes(admin):
            assert withdraw(li, completed, ending).status_code == 200
            assert code(answer(wang, completed, ending, True)) == "END_IS_DECIDED"

    def test_nobody_else_takes_it_back(
        self, li: Browser, wang: Browser, completed: dict, admin: psycopg.Connection
    ):
        propose(li, completed)
        with snapshot.nothing_changes(admin):
            refused = withdraw(wang, completed, ending_of(wang, completed))
        assert (code(refused), refused.json()["facts"]) == ("END_NOT_YOURS", {"proposer": "李明"})


class TestRefusals:
    def test_without_a_signature_there_is_nothing_to_agree_upon(self, li: Browser, admin: psycopg.Connection):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            assert code(propose(li, envelope)) == "END_NEEDS_SIGNATURES"

    def test_who_has_not_signed_has_no_voice(
        self, li: Browser, completed: dict, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        copied = Browser(two_tenants.zhang_wei)
        propose(li, completed)
        with snapshot.nothing_changes(admin):
            assert code(propose(copied, completed)) == "END_RESERVED_TO_PARTIES"
            assert (
                code(answer(copied, completed, ending_of(copied, completed), True))
                == "END_RESERVED_TO_PARTIES"
            )

    def test_a_stranger_learns_nothing(
        self, li: Browser, completed: dict, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        propose(li, completed)
        stranger = Browser(two_tenants.chen_jing)
        with snapshot.nothing_changes(admin):
            assert code(propose(stranger, completed)) == "ENVELOPE_NOT_FOUND"
            ending = ending_of(li, completed)
            assert code(answer(stranger, completed, ending, True)) == "ENVELOPE_NOT_FOUND"

    def test_one_proposal_at_a_time_and_the_same_one_twice_is_one(
        self, li: Browser, wang: Browser, completed: dict, admin: psycopg.Connection
    ):
        propose(li, completed)
        with snapshot.nothing_changes(admin):
            assert propose(li, completed).status_code == 200
            refused = propose(wang, completed, "另有原因")
        assert (code(refused), refused.json()["facts"]) == ("END_PROPOSED_ALREADY", {"proposer": "李明"})

    def test_a_proposal_of_another_envelope_is_none(
        self, li: Browser, wang: Browser, completed: dict, two_tenants: TwoTenants
    ):
        propose(li, completed)
        another = start(li, "wangfang")
        sign(wang, another, two_tenants, "wangfang")
        assert code(answer(wang, another, ending_of(wang, completed), True)) == "END_NOT_FOUND"

    def test_after_the_end_nothing_is_proposed(
        self, li: Browser, wang: Browser, completed: dict, admin: psycopg.Connection
    ):
        propose(li, completed)
        answer(wang, completed, ending_of(wang, completed), True)
        with snapshot.nothing_changes(admin):
            assert code(propose(li, completed, "再来一次")) == "ENVELOPE_IS_OVER"
