"""Declining, recalling, extending and sending on: whose they are, when they are over, and what is left untouched."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from tests.server import snapshot
from tests.server.browsing import Browser, code, detail, open_ceremony, placement, signed, start
from tests.server.reaching import kinds, sign
from tests.worlds import TwoTenants


def post(browser: Browser, envelope: dict, what: str, **body):
    return browser.post(f"/api/envelopes/{envelope['id']}/{what}", body)


def inbox(browser: Browser) -> list[str]:
    return [one["id"] for one in browser.get("/api/envelopes?list=inbox").json()["items"]]


class TestDeclining:
    def test_it_ends_the_envelope_and_everybody_reads_why(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2))
        assert wang.get(f"/api/envelopes/{envelope['id']}").json()["may_decline"]
        declined = post(wang, envelope, "decline", reason="第三条金额有误").json()
        assert (declined["state"], declined["ended_by"], declined["ended_reason"]) == (
            "declined",
            "王芳",
            "第三条金额有误",
        )
        seen = li.get(f"/api/envelopes/{envelope['id']}").json()
        assert seen["ended_reason"] == "第三条金额有误"
        assert [one["state"] for one in seen["recipients"]] == ["declined", "waiting"]
        assert inbox(Browser(two_tenants.zhang_wei)) == []

    def test_twenty_times_at_once_is_once(self, li: Browser, wang: Browser, admin: psycopg.Connection):
        envelope = start(li, "wangfang")

        def decline(_: int) -> int:
            from django.db import connection

            try:
                return int(post(wang, envelope, "decline", reason="不同意").status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(decline, range(20)))
        assert answers == [200] + [409] * 19
        told = "SELECT count(*) FROM audit_event WHERE kind = 'envelope.declined'"
        assert admin.execute(told).fetchone() == (1,)

    @pytest.mark.parametrize("reason", ["", "x", "a\nb", "长" * 201])
    def test_it_needs_a_reason_of_one_line(
        self, li: Browser, wang: Browser, admin: psycopg.Connection, reason: str
    ):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            assert code(post(wang, envelope, "decline", reason=reason)) == "REQUEST_INVALID"


class TestRecalling:
    def test_nobody_signs_it_any_more(self, li: Browser, wang: Browser):
        envelope = start(li, "wangfang")
        assert inbox(wang) == [envelope["id"]]
        voided = post(li, envelope, "void", reason="重新起草").json()
        assert (voided["state"], voided["ended_by"], voided["may_void"]) == ("voided", "李明", False)
        assert inbox(wang) == []
        assert code(post(wang, envelope, "decline", reason="不同意")) == "ENVELOPE_NOT_OPEN"
        assert code(post(li, envelope, "void", reason="再次")) == "ENVELOPE_IS_OVER"

    def test_a_key_that_answers_after_it_signs_nothing(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang")
        mark = placement(two_tenants.seals["wangfang.personal"], two_tenants.wang_fang_key)
        ceremony = open_ceremony(wang, envelope, mark)
        post(li, envelope, "void", reason="重新起草")
        answer = wang.post(f"/api/ceremonies/{ceremony['id']}/results", signed(ceremony, two_tenants.holders))
        assert code(answer) == "ENVELOPE_NOT_OPEN"
        assert admin.execute("SELECT max(number) FROM revision").fetchone() == (0,)


class TestExtending:
    def test_what_is_over_goes_on(self, li: Browser, wang: Browser, admin: psycopg.Connection):
        envelope = start(li, "wangfang")
        admin.execute("UPDATE envelope SET deadline_at = now() - interval '1 day'")
        assert inbox(wang) == []
        later = (timezone.now() + timedelta(days=3)).isoformat()
        assert post(li, envelope, "deadline", deadline_at=later).json()["state"] == "open"
        assert inbox(wang) == [envelope["id"]]
        assert post(li, envelope, "deadline", deadline_at=None).json()["deadline_at"] is None

    @pytest.mark.parametrize("days", [-1, 4000])
    def test_a_deadline_that_is_none_changes_nothing(self, li: Browser, admin: psycopg.Connection, days: int):
        envelope = start(li, "wangfang")
        wanted = (timezone.now() + timedelta(days=days)).isoformat()
        with snapshot.nothing_changes(admin):
            assert code(post(li, envelope, "deadline", deadline_at=wanted)) == "REQUEST_INVALID"


class TestSendingOn:
    def test_further_people_come_after_everybody(self, li: Browser, two_tenants: TwoTenants):
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2))
        sent = post(li, envelope, "recipients", recipients=[{"account": "chenjing"}]).json()
        seats = [(one["person"]["name"], one["turn"], one["state"]) for one in sent["recipients"]]
        assert seats == [("王芳", 1, "ready"), ("张伟", 2, "waiting"), ("陈静", 3, "waiting")]
        seen = Browser(two_tenants.chen_jing).get(f"/api/envelopes/{envelope['id']}")
        assert (seen.status_code, seen.json()["may_forward"]) == (200, False)

    def test_who_was_addressed_sends_nothing_on(self, li: Browser, wang: Browser, admin: psycopg.Connection):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            refused = post(wang, envelope, "recipients", recipients=[{"account": "chenjing"}])
        assert code(refused) == "FORWARD_RESERVED_TO_INITIATOR"
        assert refused.json()["facts"] == {"initiator": "李明"}

    @pytest.mark.parametrize(
        "recipients",
        [[], [{"account": "wangfang"}], [{"account": "chenjing"}, {"account": "chenjing"}], [{}]],
    )
    def test_nobody_twice_and_nobody_at_all(self, li: Browser, admin: psycopg.Connection, recipients: list):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            assert code(post(li, envelope, "recipients", recipients=recipients)) == "REQUEST_INVALID"

    def test_to_a_stranger_who_is_nobody_nothing_is_sent(self, li: Browser, admin: psycopg.Connection):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            refused = post(li, envelope, "recipients", recipients=[{"account": "nobody"}])
            assert code(refused) == "PERSON_NOT_FOUND"


class TestSendingOnWhatIsCompleted:
    """手册 6.2: one's own uploads are sent on after sealing; what came from others never is."""

    def test_it_is_open_again_for_the_new_signer_and_completes_again(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, "liming")
        sign(li, envelope, two_tenants, "liming")
        assert li.get(f"/api/envelopes/{envelope['id']}").json()["may_forward"]
        sent = post(li, envelope, "recipients", recipients=[{"account": "wangfang"}]).json()
        assert (sent["state"], sent["completed_at"]) == ("open", None)
        assert [one["state"] for one in sent["recipients"]] == ["signed", "ready"]
        assert (inbox(wang), kinds(wang)) == ([envelope["id"]], ["your_turn"])
        sign(wang, envelope, two_tenants, "wangfang")
        again = li.get(f"/api/envelopes/{envelope['id']}").json()
        assert (again["state"], again["documents"][0]["head"]) == ("completed", 2)
        assert kinds(li) == ["completed"]

    def test_a_copy_alone_opens_nothing(self, li: Browser, two_tenants: TwoTenants):
        envelope = start(li, "liming")
        sign(li, envelope, two_tenants, "liming")
        wanted = [{"account": "wangfang", "is_copy": True}]
        sent = post(li, envelope, "recipients", recipients=wanted).json()
        assert (sent["state"], sent["completed_at"] is None) == ("completed", False)

    def test_a_deadline_that_is_over_by_then_is_none(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "liming")
        sign(li, envelope, two_tenants, "liming")
        admin.execute("UPDATE envelope SET deadline_at = now() - interval '1 day'")
        sent = post(li, envelope, "recipients", recipients=[{"account": "wangfang"}]).json()
        assert (sent["state"], sent["deadline_at"]) == ("open", None)

    def test_who_has_signed_what_came_from_others_does_not_send_it_on(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang")
        sign(wang, envelope, two_tenants, "wangfang")
        with snapshot.nothing_changes(admin):
            refused = post(wang, envelope, "recipients", recipients=[{"account": "chenjing"}])
        assert (code(refused), refused.json()["facts"]) == (
            "FORWARD_RESERVED_TO_INITIATOR",
            {"initiator": "李明"},
        )

    def test_twenty_times_at_once_adds_him_once(self, li: Browser, two_tenants: TwoTenants):
        envelope = start(li, "liming")
        sign(li, envelope, two_tenants, "liming")

        def forward(_: int) -> int:
            from django.db import connection

            try:
                wanted = [{"account": "wangfang"}]
                return int(post(li, envelope, "recipients", recipients=wanted).status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(forward, range(20)))
        assert answers == [200] + [422] * 19
        seen = li.get(f"/api/envelopes/{envelope['id']}").json()
        assert [one["state"] for one in seen["recipients"]] == ["signed", "ready"]


class TestReminding:
    def test_those_whose_turn_it_is_are_told_and_who_waits_is_not(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("wangfang", 1), ("zhangwei", 2))
        reminded = post(li, envelope, "reminders").json()
        assert reminded["after"]["remind_again_at"] is not None
        assert kinds(wang) == ["your_turn", "reminded"]
        assert kinds(Browser(two_tenants.zhang_wei)) == []

    def test_within_the_hour_it_is_refused_and_says_when_again(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang")
        post(li, envelope, "reminders")
        with snapshot.nothing_changes(admin):
            refused = post(li, envelope, "reminders")
        assert (code(refused), refused.json()["facts"]) == ("REMINDED_LATELY", {"minutes": 60})
        admin.execute("UPDATE envelope SET reminded_at = now() - interval '61 minutes'")
        assert post(li, envelope, "reminders").status_code == 200
        assert kinds(wang) == ["your_turn", "reminded", "reminded"]

    def test_twenty_times_at_once_is_once(self, li: Browser, wang: Browser):
        envelope = start(li, "wangfang")

        def remind(_: int) -> int:
            from django.db import connection

            try:
                return int(post(li, envelope, "reminders").status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(remind, range(20)))
        assert answers == [200] + [429] * 19
        assert kinds(wang) == ["your_turn", "reminded"]

    def test_nobody_is_offered_to_remind_himself(self, li: Browser):
        assert not detail(li, start(li, "liming")["id"])["after"]["may_remind"]
        assert detail(li, start(li, "liming", "wangfang")["id"])["after"]["may_remind"]

    def test_who_did_not_start_it_reminds_nobody(self, li: Browser, wang: Browser, admin: psycopg.Connection):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            refused = post(wang, envelope, "reminders")
        assert code(refused) == "CHANGE_RESERVED_TO_INITIATOR"
