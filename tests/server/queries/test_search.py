"""Searching the lists: what is found, by whom, and that the database keeps what it is found by."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction

from tests.server import snapshot
from tests.server.browsing import Browser, code, start
from tests.worlds import Member, TwoTenants
from yunqian.server import scope
from yunqian.server.queries import search
from yunqian.server.records.base import advance
from yunqian.server.records.models import Document, Envelope, Recipient

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def made(
    by: Member,
    title: str,
    *names: str,
    to: Sequence[Member] = (),
    seat: str = "ready",
    state: str = "open",
    day: int = 0,
) -> UUID:
    """An envelope as starting one writes it, on a day of the year."""
    with scope.entered(person_id=by.person_id, tenant_id=by.tenant_id):
        row = Envelope.objects.create(
            title=title,
            initiator_id=by.person_id,
            initiator_name=by.name,
            state=state,
            created_at=BEGIN + timedelta(days=day),
        )
        for position, name in enumerate(names or ("文件.pdf",), start=1):
            Document.objects.create(envelope=row, name=name, page_count=1, position=position)
        for one in to:
            Recipient.objects.create(
                envelope=row,
                person_id=one.person_id,
                person_name=one.name,
                for_tenant_id=one.tenant_id,
                state=seat,
            )
    identifier: UUID = row.pk
    return identifier


def lines(browser: Browser, which: str = "started", **asked: object) -> list[dict]:
    """All lines of a list that a search finds, read in pages."""
    found: list[dict] = []
    cursor: str | None = None
    while True:
        wanted = {"list": which, "limit": 2, **asked, **({"cursor": cursor} if cursor else {})}
        page = browser.get(f"/api/envelopes?{urlencode(wanted)}").json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def titles(browser: Browser, which: str = "started", **asked: object) -> list[str]:
    return [line["title"] for line in lines(browser, which, **asked)]


@pytest.mark.parametrize(
    "q", ["abc", "ＡＢＣ", "Abc 2026", "２０２６ ａ", "合同", "合", "同（甲", "  合同   abc ", "ß", "SS"]
)
def test_width_case_and_order_of_words_make_no_difference(li: Browser, two_tenants: TwoTenants, q: str):
    made(two_tenants.li_ming, "ＡＢＣ采购合同(甲方)2026 Straße")
    made(two_tenants.li_ming, "别的")
    assert titles(li, q=q) == ["ＡＢＣ采购合同(甲方)2026 Straße"]


def test_every_word_has_to_be_there(li: Browser, two_tenants: TwoTenants):
    made(two_tenants.li_ming, "采购合同")
    made(two_tenants.li_ming, "采购计划", "合同附件.pdf", day=1)
    assert titles(li, q="采购 合同") == ["采购计划", "采购合同"]
    assert titles(li, q="采购 附件") == ["采购计划"]
    assert titles(li, q="采购 劳动") == []


def test_a_document_is_found_by_its_own_name_and_the_line_says_which(li: Browser, two_tenants: TwoTenants):
    made(two_tenants.li_ming, "三月签署", "租赁合同.pdf", "附件一 Ｐｒｉｃｅ.pdf")
    (line,) = lines(li, q="price 租赁")
    assert line["found_in"] == ["租赁合同.pdf", "附件一 Ｐｒｉｃｅ.pdf"]
    (line,) = lines(li, q="三月")
    assert line["found_in"] == []


@pytest.mark.parametrize("word", ["%", "_", "\\", "100%", "a_b", "c\\d", "'", '"', "{", "}", ",", "<b>"])
def test_signs_that_mean_something_elsewhere_are_plain_characters(
    li: Browser, two_tenants: TwoTenants, word: str
):
    made(two_tenants.li_ming, "折扣100% a_b c\\d '引' \"号\" {x},<b>")
    made(two_tenants.li_ming, "普通 aXb cxd 100")
    assert len(titles(li, q=word)) == 1


@pytest.mark.parametrize("word", ["😀", "👨‍👩‍👧", "😀合", "章", "𠮷"])
def test_one_sign_is_a_word_whatever_plane_it_is_of(li: Browser, two_tenants: TwoTenants, word: str):
    made(two_tenants.li_ming, "😀合同章𠮷👨‍👩‍👧")
    made(two_tenants.li_ming, "普通文件")
    assert len(titles(li, q=word)) == 1


def test_a_word_as_long_as_a_title_is_found_and_a_longer_one_is_no_search(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    long = "".join(chr(0x4E00 + number) for number in range(200))
    made(two_tenants.li_ming, long)
    made(two_tenants.li_ming, long[:-1])
    assert titles(li, q=long) == [long]
    with snapshot.nothing_changes(admin):
        assert (
            code(li.get(f"/api/envelopes?{urlencode({'list': 'started', 'q': long + '长'})}"))
            == "REQUEST_INVALID"
        )


@pytest.mark.parametrize("word", ["a\x00b", "a\nb", "\x1b[0m", "\x7f"])
def test_control_characters_are_no_search(li: Browser, word: str):
    assert code(li.get(f"/api/envelopes?{urlencode({'list': 'started', 'q': word})}")) == "REQUEST_INVALID"


def test_what_is_not_to_be_seen_makes_no_difference(li: Browser, two_tenants: TwoTenants):
    made(two_tenants.li_ming, "采购\u200b合\u00ad同")
    assert len(titles(li, q="采购合同")) == len(titles(li, q="采\u2060购合同\ufeff")) == 1
    assert len(titles(li, q="\u200b")) == 1  # nothing is left of it, so nothing is looked for


def test_no_word_reaches_from_one_name_into_the_next(li: Browser, two_tenants: TwoTenants):
    made(two_tenants.li_ming, "甲乙", "丙丁", "戊己")
    assert titles(li, q="乙丙") == titles(li, q="丁戊") == []


class TestTogether:
    """Name, initiator, time and state at once, in each list."""

    @pytest.fixture(autouse=True)
    def filled(self, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch):
        """Stretches of one and two lines, so that every page goes through all three of them."""
        monkeypatch.setattr(search, "WINDOW", 2)
        monkeypatch.setattr(search, "NAMED", 2)
        world = two_tenants
        for day in range(12):
            by = (world.li_ming, world.wang_fang)[day % 2]
            word = ("采购合同", "租赁合同", "会议纪要")[day % 3]
            state = ("open", "completed", "declined")[day // 4]
            made(by, f"{word}{day}", to=(world.zhang_wei,), day=day, state=state)

    @pytest.fixture
    def zhang(self, two_tenants: TwoTenants) -> Browser:
        return Browser(two_tenants.zhang_wei)

    def test_the_initiators_own(self, li: Browser):
        assert titles(li) == [
            f"{('采购合同', '租赁合同', '会议纪要')[day % 3]}{day}" for day in range(10, -1, -2)
        ]
        assert titles(li, q="合同") == ["租赁合同10", "采购合同6", "租赁合同4", "采购合同0"]
        assert titles(li, q="合同", state="completed") == ["采购合同6", "租赁合同4"]
        assert titles(li, q="合同", state="declined", initiator="李") == ["租赁合同10"]
        assert titles(li, initiator="王") == []

    def test_the_inbox_has_open_ones_alone(self, zhang: Browser):
        assert titles(zhang, "inbox") == ["采购合同3", "会议纪要2", "租赁合同1", "采购合同0"]
        assert titles(zhang, "inbox", q="合同", initiator="王") == ["采购合同3", "租赁合同1"]

    @pytest.mark.parametrize(
        ("asked", "wanted"),
        [
            ({"q": "合同"}, [10, 9, 7, 6, 4, 3, 1, 0]),
            ({"initiator": "王芳"}, [11, 9, 7, 5, 3, 1]),
            ({"initiator": "芳", "q": "租赁"}, [7, 1]),
            ({"state": "completed"}, [7, 6, 5, 4]),
            ({"state": "completed", "q": "采购", "initiator": "李明"}, [6]),
            ({"since_at": "2026-01-03T00:00:00Z", "until_at": "2026-01-07T00:00:00Z"}, [5, 4, 3, 2]),
            ({"since_at": "2026-01-03T00:00:00Z", "until_at": "2026-01-07T00:00:00Z", "q": "合同"}, [4, 3]),
            ({"q": "没有"}, []),
            ({"state": "expired"}, []),
        ],
    )
    @pytest.mark.parametrize("which", ["signed", "copied"])
    def test_a_list_of_seats(
        self, zhang: Browser, admin: psycopg.Connection, which: str, asked: dict, wanted: list[int]
    ):
        admin.execute("UPDATE recipient SET state = %s", [which])
        found = titles(zhang, which, **asked)
        assert [int("".join(filter(str.isdigit, title))) for title in found] == wanted
        assert titles(zhang, "inbox", **asked) == []

    def test_past_its_deadline_an_open_one_is_expired(self, li: Browser, admin: psycopg.Connection):
        admin.execute("UPDATE envelope SET deadline_at = now() - interval '1 hour' WHERE title = '会议纪要2'")
        assert titles(li, state="expired") == ["会议纪要2"]
        assert titles(li, state="open") == ["采购合同0"]
        assert titles(li, state="expired", q="纪要", initiator="李") == ["会议纪要2"]


def test_three_stretches_and_a_walk_find_the_same(
    li: Browser, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
):
    """Whatever the stretches are cut to, each line is found once, in order; gram pairs alone deceive nobody."""
    words = ("甲乙", "乙丙", "甲乙乙丙", "甲乙丙", "丁")
    for number in range(30):
        made(two_tenants.li_ming, f"{words[number * 7 % 5]}{number}", day=number // 3)
    wanted = [title for title in titles(li) if "甲乙丙" in title]
    assert len(wanted) == 6
    for window in (1, 3, 7, 1000):
        for named in (1, 2, 5, 200):
            monkeypatch.setattr(search, "WINDOW", window)
            monkeypatch.setattr(search, "NAMED", named)
            assert titles(li, q="甲乙丙") == wanted, (window, named)


class TestOthers:
    """Nobody finds what is not in his list."""

    def test_neither_organization_finds_the_others(self, li: Browser, wang: Browser, two_tenants: TwoTenants):
        made(two_tenants.li_ming, "公司的合同")
        made(two_tenants.wang_fang, "中心的合同")
        assert (titles(li, q="合同"), titles(wang, q="合同")) == (["公司的合同"], ["中心的合同"])
        for which in ("inbox", "signed", "copied"):
            assert titles(li, which, q="合同") == titles(wang, which, q="合同") == []

    def test_a_colleague_and_a_stranger_find_nothing(self, two_tenants: TwoTenants):
        made(two_tenants.li_ming, "采购合同", to=(two_tenants.wang_fang,))
        for member in (two_tenants.zhang_wei, two_tenants.chen_jing):
            for which in ("inbox", "signed", "started", "copied"):
                assert titles(Browser(member), which, q="采购") == []

    def test_a_suspended_member_is_refused(
        self, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        made(two_tenants.li_ming, "采购合同")
        admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.li_ming.member_id])
        with snapshot.nothing_changes(admin):
            assert code(li.get("/api/envelopes?list=started&q=采购")) == "MEMBER_SUSPENDED"
            assert code(li.get("/api/envelopes/export?list=started&format=csv")) == "MEMBER_SUSPENDED"
            assert code(li.get("/api/next")) == "MEMBER_SUSPENDED"

    def named(self, *, person: object = "", tenant: object = "", is_kept: bool = True) -> list[UUID]:
        """What the function itself answers for settings set by hand."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.person', %s, true), set_config('app.tenant', %s, true)",
                [str(person), str(tenant)],
            )
            cursor.execute(
                "SELECT id FROM search_found(%s, ARRAY['采购'], NULL, NULL, NULL, NULL, 2000000)", [is_kept]
            )
            return [identifier for (identifier,) in cursor.fetchall()]

    def test_the_function_answers_for_whom_the_settings_name_and_for_nobody_else(
        self, two_tenants: TwoTenants
    ):
        li, wang = two_tenants.li_ming, two_tenants.wang_fang
        envelope = made(li, "采购合同", to=(wang,))
        company, center = two_tenants.company_id, two_tenants.center_id
        assert self.named(person=li.person_id, tenant=company) == [envelope]
        assert self.named(person=wang.person_id, tenant=center, is_kept=False) == [envelope]
        for person, tenant in (
            (li.person_id, center),
            (wang.person_id, company),
            (li.person_id, ""),
            ("", company),
            ("", ""),
            (uuid4(), company),
            (f"{li.person_id}@{company}", ""),
        ):
            for is_kept in (True, False):
                assert self.named(person=person, tenant=tenant, is_kept=is_kept) == [], (person, tenant)
        assert self.named(person=wang.person_id, tenant=center) == []

    def test_the_table_behind_it_is_closed(self, two_tenants: TwoTenants):
        with (
            pytest.raises(Exception, match="permission denied for table search_entry"),
            scope.reading(person_id=two_tenants.li_ming.person_id, tenant_id=two_tenants.company_id),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT count(*) FROM search_entry")


class TestKept:
    """No way of writing leaves behind what is searched."""

    def marks(self, admin: psycopg.Connection, envelope: UUID) -> set[str]:
        (found,) = admin.execute("SELECT marks FROM search_entry WHERE id = %s", [envelope]).fetchone() or (
            [],
        )
        return set(found)

    def test_state_keeper_and_recipients_are_followed(
        self, two_tenants: TwoTenants, admin: psycopg.Connection
    ):
        li, wang = two_tenants.li_ming, two_tenants.wang_fang
        envelope = made(li, "采购", to=(li,))
        own, seat = f">{li.person_id}@{li.tenant_id}", f"@{li.person_id}@{li.tenant_id}"
        assert {"采购", "采", "#open", "~~李明", own, seat} <= self.marks(admin, envelope)
        with scope.entered(person_id=li.person_id, tenant_id=li.tenant_id):
            row = Envelope.objects.get(id=envelope)
            advance(row, "complete")
            Envelope.objects.filter(id=envelope).update(keeper_id=two_tenants.zhang_wei.person_id)
            Recipient.objects.create(
                envelope_id=envelope,
                person_id=wang.person_id,
                person_name="王芳",
                for_tenant_id=wang.tenant_id,
            )
        now = self.marks(admin, envelope)
        assert {"#completed", f">{two_tenants.zhang_wei.person_id}@{li.tenant_id}", seat} <= now
        assert f"@{wang.person_id}@{wang.tenant_id}" in now
        assert not {"#open", own} & now

    def test_what_the_page_sends_is_not_what_is_searched(self, two_tenants: TwoTenants):
        li = two_tenants.li_ming
        with scope.entered(person_id=li.person_id, tenant_id=li.tenant_id):
            row = Envelope.objects.create(
                title="采购",
                initiator_id=li.person_id,
                initiator_name="李明",
                searched="别的",
                searched_initiator="x",
            )
            row.refresh_from_db()
        assert (row.searched, row.searched_initiator) == ("采购", "李明")

    @pytest.mark.parametrize("column", ["searched", "searched_initiator", "title"])
    def test_the_application_may_not_write_it(self, two_tenants: TwoTenants, column: str):
        envelope = made(two_tenants.li_ming, "采购")
        with (
            pytest.raises(Exception, match="permission denied"),
            scope.entered(person_id=None, tenant_id=two_tenants.company_id),
        ):
            Envelope.objects.filter(id=envelope).update(**{column: "别的"})

    def test_a_document_of_another_organizations_envelope_is_refused(self, two_tenants: TwoTenants):
        envelope = made(two_tenants.li_ming, "采购")
        with (
            pytest.raises(Exception, match="document_envelope_id_inside"),
            scope.entered(person_id=None, tenant_id=two_tenants.center_id),
        ):
            Document.objects.create(envelope_id=envelope, name="x", page_count=1)

    def test_sending_by_the_ordinary_way_is_found(self, li: Browser, wang: Browser):
        start(li, "wangfang", title="Ａ采购", documents=2, copies=("zhangwei",))
        assert titles(wang, "inbox", q="a采 合同2") == ["Ａ采购"]
