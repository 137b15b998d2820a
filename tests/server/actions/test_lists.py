"""What a line of a list tells, how much is counted, what waits next, and a list taken away as a file."""

import csv
import io
import zipfile
from datetime import datetime, timedelta

import psycopg
import pytest
from django.utils import timezone

from tests.server import snapshot
from tests.server.browsing import Browser, code, counts, detail, seal, start
from tests.worlds import TwoTenants
from yunqian.server.queries import lists


def lines(browser: Browser, which: str = "started") -> list[dict]:
    return browser.get(f"/api/envelopes?list={which}").json()["items"]


def following(browser: Browser, after: str = "") -> dict:
    return browser.get(f"/api/next?after={after}" if after else "/api/next").json()


class TestLine:
    def test_whose_turn_it_is_and_since_when(
        self, li: Browser, two_tenants: TwoTenants, personal, admin: psycopg.Connection
    ):
        started = start(li, ("liming", 1), ("wangfang", 2))
        admin.execute("UPDATE recipient SET ready_at = now() - interval '2 days' WHERE state = 'ready'")
        (line,) = lines(li)
        assert line["waiting_for"] == ["李明"]
        assert timezone.now() - datetime.fromisoformat(line["waiting_since"]) >= timedelta(days=2)
        seal(li, started, two_tenants.holders, personal)
        (line,) = lines(li)
        assert line["waiting_for"] == ["王芳"]
        assert timezone.now() - datetime.fromisoformat(line["waiting_since"]) < timedelta(minutes=5)
        assert (line["signed_count"], line["recipient_count"], line["my_signed_at"] is None) == (1, 2, False)

    def test_nobody_is_waited_for_at_the_end(self, li: Browser, two_tenants: TwoTenants, personal):
        seal(li, start(li, "liming", copies=("wangfang",)), two_tenants.holders, personal)
        (line,) = lines(li)
        assert (line["state"], line["waiting_for"], line["waiting_since"]) == ("completed", [], None)
        assert line["completed_at"]
        assert line["recipient_count"] == 1  # a copy signs nothing

    def test_who_ended_it(self, li: Browser, wang: Browser):
        declined = start(li, "wangfang", documents=3)
        wang.post(f"/api/envelopes/{declined['id']}/decline", {"reason": "第三条金额有误"})
        (line,) = lines(li)
        assert (line["state"], line["ended_by"], line["document_count"]) == ("declined", "王芳", 3)

    def test_what_is_copied_is_in_a_list_of_its_own(self, li: Browser, wang: Browser):
        started = start(li, "liming", copies=("wangfang",))
        (line,) = lines(wang, "copied")
        assert (line["id"], line["my_state"]) == (started["id"], "copied")
        assert counts(wang) == {"copied": 1}
        assert lines(wang, "inbox") == lines(wang, "signed") == lines(wang) == lines(li, "copied") == []


def test_beyond_the_most_that_is_counted_a_count_says_that_there_are_more(
    li: Browser, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(3):
        start(li, "liming")
    assert counts(li) == {"inbox": 3, "started": 3}
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    told = li.get("/api/counts").json()
    assert told["inbox"] == told["started"] == {"count": 2, "is_capped": True}
    assert told["signed"] == {"count": 0, "is_capped": False}


class TestNext:
    def test_what_is_due_first_comes_first_then_what_waits_longest(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        made = [start(li, "wangfang", title=title) for title in ("等得最久", "刚来的", "有期限", "期限更近")]
        for days, one in enumerate(made):
            wait = "UPDATE recipient SET ready_at = now() - %s * interval '1 day' WHERE envelope_id = %s"
            admin.execute(wait, [9 - days, one["id"]])
        for days, one in ((9, made[2]), (3, made[3])):
            due = "UPDATE envelope SET deadline_at = now() + %s * interval '1 day' WHERE id = %s"
            admin.execute(due, [days, one["id"]])
        order = []
        while (told := following(wang))["next"]:
            order.append((told["next"]["title"], told["left"]["count"]))
            wang.post(f"/api/envelopes/{told['next']['id']}/decline", {"reason": "看过了"})
        assert order == [("期限更近", 4), ("有期限", 3), ("等得最久", 2), ("刚来的", 1)]
        assert told == {"next": None, "left": {"count": 0, "is_capped": False}}

    def test_more_of_the_same_task_comes_before_anything_else(
        self, li: Browser, two_tenants: TwoTenants, personal
    ):
        start(li, "liming", title="别的")
        both = start(li, "liming", title="两个文件", documents=2)
        seal(li, both, two_tenants.holders, personal)
        assert following(li)["next"]["title"] == "别的"
        assert following(li, both["id"])["next"]["title"] == "两个文件"
        seal(li, both, two_tenants.holders, personal, position=2)
        assert detail(li, both["id"])["state"] == "completed"
        assert following(li, both["id"])["next"]["title"] == "别的"

    def test_somebody_elses_task_is_never_offered(self, li: Browser, wang: Browser):
        started = start(li, "liming")
        assert following(wang, started["id"])["next"] is None

    def test_an_odd_identifier_is_refused(self, li: Browser):
        assert code(li.get("/api/next?after=x")) == "ENVELOPE_NOT_FOUND"
        assert code(li.get(f"/api/next?after={'x' * 40}")) == "REQUEST_INVALID"


class TestExport:
    def test_the_found_lines_alone_as_csv_without_a_formula(
        self, li: Browser, wang: Browser, admin: psycopg.Connection
    ):
        start(li, "wangfang", title='=HYPERLINK("evil.example","合同")')
        start(li, "wangfang", title="会议纪要")
        answer = li.get("/api/envelopes/export?list=started&format=csv&q=hyperlink")
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert "attachment" in answer.headers["Content-Disposition"]
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == (
            "no-store",
            "nosniff",
        )
        head, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        told = dict(zip(head, line, strict=True))
        assert told["任务"] == '\'=HYPERLINK("evil.example","合同")'
        assert (told["状态"], told["发起人"], told["等待"], told["应签"]) == ("签署中", "李明", "王芳", "1")
        events = admin.execute("SELECT facts FROM audit_event WHERE kind = 'list.exported'").fetchall()
        assert [facts for (facts,) in events] == [{"list": "started", "format": "csv", "lines": 1}]
        assert len(wang.get("/api/envelopes/export?list=started&format=csv").content.splitlines()) == 1

    def test_as_xlsx_the_same_lines(self, li: Browser):
        start(li, "wangfang", title="采购合同")
        answer = li.get("/api/envelopes/export?list=started&format=xlsx")
        assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as folder:
            assert "采购合同" in folder.read("xl/worksheets/sheet1.xml").decode()

    def test_too_long_a_list_is_not_cut_off_in_silence(
        self, li: Browser, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ):
        start(li, "liming")
        monkeypatch.setattr(lists, "MOST_EXPORTED", 0)
        with snapshot.nothing_changes(admin):
            assert code(li.get("/api/envelopes/export?list=started&format=csv")) == "LIST_TOO_LONG"
        assert len(li.get("/api/envelopes/export?list=started&format=csv&q=没有").content.splitlines()) == 1

    @pytest.mark.parametrize("query", ["list=started", "list=all&format=csv", "list=started&format=pdf"])
    def test_an_odd_request_is_refused(self, li: Browser, admin: psycopg.Connection, query: str):
        with snapshot.nothing_changes(admin):
            assert code(li.get(f"/api/envelopes/export?{query}")) == "REQUEST_INVALID"
