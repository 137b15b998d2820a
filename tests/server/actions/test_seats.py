"""Handing a seat over: to whom, what the old person loses, and that no signature changes its person."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests import worlds
from tests.server import snapshot
from tests.server.browsing import (
    Browser,
    code,
    detail,
    open_ceremony,
    pdf,
    placement,
    seal,
    signed,
    start,
)
from tests.server.phones import MOBILE, phones, register
from tests.server.reaching import kinds, sign
from tests.worlds import TwoTenants

__all__ = ["phones"]


def hand_over(browser: Browser, envelope: dict, account: str = "chenjing"):
    return browser.post(f"/api/envelopes/{envelope['id']}/seat", {"account": account})


def listed(browser: Browser, which: str = "inbox") -> list[str]:
    return [one["id"] for one in browser.get(f"/api/envelopes?list={which}").json()["items"]]


def mark_of(world: TwoTenants) -> dict:
    return placement(world.seals["wangfang.personal"], world.wang_fang_key)


class TestHandingOver:
    def test_the_colleague_signs_and_the_old_person_has_lost_it(
        self, li: Browser, wang: Browser, chen: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, "wangfang")
        assert detail(wang, envelope["id"])["after"]["may_hand_over"]
        assert hand_over(wang, envelope).json() == {"name": "陈静"}
        assert (listed(wang), listed(chen)) == ([], [envelope["id"]])
        for path in ("", "/report", "/document", "/panel", "/events"):
            assert code(wang.get(f"/api/envelopes/{envelope['id']}{path}")) == "ENVELOPE_NOT_FOUND"
        seen = detail(chen, envelope["id"])
        assert (seen["may_sign"], seen["recipients"][0]["person"]["name"]) == (True, "陈静")
        (moved,) = seen["after"]["handovers"]
        assert (moved["from_name"], moved["to_name"]) == ("王芳", "陈静")

    def test_the_new_person_and_who_started_it_are_told(self, li: Browser, wang: Browser, chen: Browser):
        envelope = start(li, "wangfang")
        hand_over(wang, envelope)
        assert (kinds(chen), kinds(li)) == (["seat_given"], ["seat_moved"])
        (told,) = wang.get("/api/notices").json()["items"]
        assert (told["title"], told["envelope_id"]) == (None, None)

    def test_the_turn_stays_where_it_is(
        self, li: Browser, wang: Browser, chen: Browser, two_tenants: TwoTenants
    ):
        envelope = start(li, ("liming", 1), ("wangfang", 2))
        hand_over(wang, envelope)
        assert listed(chen) == []
        sign(li, envelope, two_tenants, "liming")
        assert listed(chen) == [envelope["id"]]
        assert kinds(chen) == ["seat_given", "your_turn"]

    def test_it_can_come_back(self, li: Browser, wang: Browser, chen: Browser):
        envelope = start(li, "wangfang")
        hand_over(wang, envelope)
        assert hand_over(chen, envelope, "wangfang").status_code == 200
        assert (listed(wang), listed(chen)) == ([envelope["id"]], [])
        assert len(detail(wang, envelope["id"])["after"]["handovers"]) == 2
        assert kinds(wang) == ["your_turn", "seat_given"]

    def test_a_session_under_way_is_given_up_and_its_key_signs_nothing(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang")
        ceremony = open_ceremony(wang, envelope, mark_of(two_tenants))
        assert hand_over(wang, envelope).status_code == 200
        answer = wang.post(f"/api/ceremonies/{ceremony['id']}/results", signed(ceremony, two_tenants.holders))
        assert code(answer) == "CEREMONY_NOT_FOUND"
        assert admin.execute("SELECT state FROM ceremony").fetchone() == ("abandoned",)
        assert admin.execute("SELECT max(number) FROM revision").fetchone() == (0,)

    @pytest.mark.parametrize("attempt", range(5))
    def test_while_the_key_answers_it_is_signed_or_handed_over_and_never_both(
        self,
        li: Browser,
        wang: Browser,
        two_tenants: TwoTenants,
        admin: psycopg.Connection,
        attempt: int,
    ):
        envelope = start(li, "wangfang")
        ceremony = open_ceremony(wang, envelope, mark_of(two_tenants))
        result = signed(ceremony, two_tenants.holders)

        def act(number: int) -> int:
            from django.db import connection

            try:
                if number == 0:
                    path = f"/api/ceremonies/{ceremony['id']}/results"
                    return int(wang.post(path, result).status_code)
                return int(hand_over(wang, envelope).status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            signing, handing = pool.map(act, range(2))
        row = admin.execute("SELECT person_name, state FROM recipient").fetchone()
        (head,) = admin.execute("SELECT max(number) FROM revision").fetchone() or (None,)
        assert (signing, handing, row, head) in {
            (200, 409, ("王芳", "signed"), 1),
            (404, 200, ("陈静", "ready"), 0),
        }


class TestRefusals:
    def test_only_an_active_colleague_of_the_same_organization(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang")
        with snapshot.nothing_changes(admin):
            assert code(hand_over(wang, envelope, "zhangwei")) == "PERSON_NOT_FOUND"
            assert code(hand_over(wang, envelope, "nobody")) == "PERSON_NOT_FOUND"
        admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.chen_jing.member_id])
        with snapshot.nothing_changes(admin):
            assert code(hand_over(wang, envelope)) == "PERSON_NOT_FOUND"

    def test_who_takes_part_already_takes_no_second_seat(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang", copies=("chenjing",))
        with snapshot.nothing_changes(admin):
            refused = hand_over(wang, envelope)
            assert (code(refused), refused.json()["facts"]) == (
                "COLLEAGUE_ADDRESSED_ALREADY",
                {"name": "陈静"},
            )
            assert code(hand_over(wang, envelope, "wangfang")) == "COLLEAGUE_ADDRESSED_ALREADY"

    def test_who_has_signed_hands_nothing_over(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang")
        sign(wang, envelope, two_tenants, "wangfang")
        with snapshot.nothing_changes(admin):
            assert code(hand_over(wang, envelope)) == "RECIPIENT_DONE"

    def test_who_has_signed_one_of_two_documents_signs_the_other_too(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang", documents=2)
        seal(wang, envelope, two_tenants.holders, mark_of(two_tenants))
        with snapshot.nothing_changes(admin):
            assert code(hand_over(wang, envelope)) == "SEAT_PARTLY_SIGNED"

    def test_a_copy_is_no_seat_and_a_stranger_finds_nothing(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        envelope = start(li, "wangfang", copies=("zhangwei",))
        copied, stranger = Browser(two_tenants.zhang_wei), Browser(two_tenants.chen_jing)
        with snapshot.nothing_changes(admin):
            assert code(hand_over(copied, envelope, "liming")) == "NOT_ADDRESSED"
            assert code(hand_over(stranger, envelope)) == "ENVELOPE_NOT_FOUND"

    @pytest.mark.usefixtures("phones")
    def test_who_signs_as_himself_signs_himself(self, li: Browser, admin: psycopg.Connection):
        wu_di = Browser()
        register(wu_di)
        upload_id = li.upload(pdf()).json()["id"]
        wanted = {
            "title": "合同",
            "recipients": [{"mobile": MOBILE, "name": "吴迪"}],
            "upload_ids": [upload_id],
        }
        envelope = li.post("/api/envelopes", wanted).json()
        with snapshot.nothing_changes(admin):
            assert code(hand_over(wu_di, envelope)) == "SEAT_STAYS_PERSONAL"

    def test_the_database_itself_keeps_a_signed_seat(
        self, li: Browser, wang: Browser, two_tenants: TwoTenants
    ):
        from django.db import DatabaseError

        from yunqian.server import scope
        from yunqian.server.records.models import Recipient

        envelope = start(li, "wangfang")
        sign(wang, envelope, two_tenants, "wangfang")

        def steal() -> None:
            with scope.entered(person_id=None, tenant_id=two_tenants.company_id):
                Recipient.objects.update(person_id=two_tenants.chen_jing.person_id)

        with pytest.raises(DatabaseError, match="while it is to be signed"):
            steal()

    def test_twenty_times_at_once_is_once(
        self, li: Browser, wang: Browser, admin: psycopg.Connection, two_tenants: TwoTenants
    ):
        worlds._member(two_tenants.center_id, "zhouba", "周八", "综合科", may_start=False)
        envelope = start(li, "wangfang")

        def give(number: int) -> int:
            from django.db import connection

            try:
                return int(hand_over(wang, envelope, ("chenjing", "zhouba")[number % 2]).status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(give, range(20)))
        assert answers == [200] + [404] * 19
        assert admin.execute("SELECT count(*) FROM seat_handover").fetchone() == (1,)
