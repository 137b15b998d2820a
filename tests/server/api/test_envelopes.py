"""Uploading, sending, listing and looking: who sees what."""

from dataclasses import replace
from io import BytesIO
from uuid import UUID

import pikepdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.server import snapshot
from tests.server.browsing import Browser, code, counts, detail, pdf, start
from tests.worlds import TwoTenants
from yunqian.server import settings
from yunqian.server.actions import upload
from yunqian.server.queries import evidence


@pytest.fixture
def zhang(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.zhang_wei)


def test_an_uploaded_document_is_sent_and_found_by_its_signer(li: Browser, wang: Browser):
    started = start(li, "wangfang", title="采购合同")
    assert (started["state"], started["may_sign"], started["may_download"]) == ("open", False, True)
    (seen,) = wang.get("/api/envelopes?list=inbox").json()["items"]
    assert {name: seen[name] for name in ("id", "title", "my_state", "page_count", "tenant_name")} == {
        "id": started["id"],
        "title": "采购合同",
        "my_state": "ready",
        "page_count": 2,
        "tenant_name": "广东示例科技有限公司",
    }
    assert (seen["signed_count"], seen["recipient_count"], seen["waiting_for"]) == (0, 1, ["王芳"])
    shown = detail(wang, started["id"])
    assert (shown["may_sign"], shown["may_download"]) == (True, False)
    assert shown["recipients"][0]["person"]["tenant_name"] == "某市公共资源交易中心"
    assert counts(wang) == {"inbox": 1}
    assert counts(li) == {"started": 1}


def test_only_the_first_turn_is_called(li: Browser, wang: Browser):
    started = start(li, ("wangfang", 2), ("liming", 1))
    assert [(one["person"]["name"], one["state"]) for one in started["recipients"]] == [
        ("李明", "ready"),
        ("王芳", "waiting"),
    ]
    assert wang.get("/api/envelopes?list=inbox").json()["items"] == []
    assert detail(wang, started["id"])["may_sign"] is False


def test_an_upload_is_sent_once(li: Browser, admin):
    sent = li.upload(pdf()).json()
    request = {"upload_ids": [sent["id"]], "title": "一", "recipients": [{"account": "liming"}]}
    assert li.post("/api/envelopes", request).status_code == 200
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "UPLOAD_NOT_FOUND"
        assert code(li.delete(f"/api/uploads/{sent['id']}")) == "UPLOAD_NOT_FOUND"


def test_an_upload_belongs_to_who_made_it(li: Browser, wang: Browser, admin):
    sent = li.upload(pdf()).json()
    request = {"upload_ids": [sent["id"]], "title": "一", "recipients": [{"account": "wangfang"}]}
    with snapshot.nothing_changes(admin):
        assert code(wang.post("/api/envelopes", request)) == "UPLOAD_NOT_FOUND"
        assert code(wang.delete(f"/api/uploads/{sent['id']}")) == "UPLOAD_NOT_FOUND"
    assert li.delete(f"/api/uploads/{sent['id']}").status_code == 204


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"recipients": []}, "RECIPIENTS_EMPTY"),
        ({"recipients": [{"account": "nobody"}]}, "PERSON_NOT_FOUND"),
        ({"recipients": [{"account": "liming"}, {"account": "liming"}]}, "REQUEST_INVALID"),
        ({"title": "\u202e \u0007"}, "REQUEST_INVALID"),
        ({"title": ""}, "REQUEST_INVALID"),
        ({"deadline_at": "2020-01-01T00:00:00Z"}, "REQUEST_INVALID"),
        ({"deadline_at": "2099-01-01T00:00:00"}, "REQUEST_INVALID"),
        ({"deadline_at": "9999-12-31T23:59:59-14:00"}, "REQUEST_INVALID"),
        ({"recipients": [{"account": "li\x00ming"}]}, "REQUEST_INVALID"),
        ({"is_admin": True}, "REQUEST_INVALID"),
        ({"upload_ids": ["0" * 32]}, "UPLOAD_NOT_FOUND"),
    ],
)
def test_an_odd_request_is_refused_and_nothing_is_started(li: Browser, admin, changes, problem):
    sent = li.upload(pdf()).json()
    request = {"upload_ids": [sent["id"]], "title": "一", "recipients": [{"account": "liming"}]}
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request | changes)) == problem


def test_a_suspended_colleague_cannot_be_addressed(li: Browser, two_tenants: TwoTenants, admin):
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.zhang_wei.member_id])
    sent = li.upload(pdf()).json()
    request = {"upload_ids": [sent["id"]], "title": "一", "recipients": [{"account": "zhangwei"}]}
    assert code(li.post("/api/envelopes", request)) == "PERSON_NOT_FOUND"


def test_without_the_grant_nothing_is_uploaded_or_started(zhang: Browser, admin):
    with snapshot.nothing_changes(admin):
        assert code(zhang.upload(pdf())) == "START_NOT_GRANTED"
        request = {"upload_ids": ["x"], "title": "一", "recipients": [{"account": "liming"}]}
        assert code(zhang.post("/api/envelopes", request)) == "START_NOT_GRANTED"


@pytest.mark.parametrize(
    ("document", "problem"), [(b"", "DOCUMENT_EMPTY"), (b"just text", "DOCUMENT_NOT_PDF")]
)
def test_what_intake_refuses_is_not_stored(li: Browser, admin, document, problem):
    with snapshot.nothing_changes(admin):
        assert code(li.upload(document)) == problem


def test_a_protection_goes_only_when_the_uploader_says_so_and_the_log_keeps_it(li: Browser, admin):
    locked = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="owner", user=""))
    with snapshot.nothing_changes(admin):
        assert code(li.upload(locked.getvalue())) == "DOCUMENT_PROTECTED"
    sent = li.upload(locked.getvalue(), remove_protection=True).json()
    assert [remark["code"] for remark in sent["remarks"]] == ["DOCUMENT_PROTECTION_REMOVED"]
    logged = admin.execute("SELECT facts FROM audit_event WHERE kind = 'upload.accepted'").fetchall()
    assert [row[0]["remarks"] for row in logged] == ["DOCUMENT_PROTECTION_REMOVED"]


def test_a_document_over_the_limit_is_refused_by_its_size(li: Browser, admin, monkeypatch):
    small = replace(settings.current(), upload_limit_bytes=1000)
    monkeypatch.setattr(upload.settings, "current", lambda: small)
    with snapshot.nothing_changes(admin):
        answer = li.upload(b"%PDF-" + b"x" * 2000)
        assert (answer.status_code, code(answer)) == (413, "DOCUMENT_TOO_LARGE")


def test_names_are_made_harmless(li: Browser):
    sent = li.upload(pdf(), name="a\u202efdp.\u0007/..\\合同\u0301.pdf").json()
    assert not set(sent["name"]) & set("/\\\u202e\u0007")
    long = li.upload(pdf(), name="长" * 300 + ".pdf").json()
    assert len(long["name"]) <= 200


def test_the_document_is_shown_to_its_parties_and_to_nobody_else(li: Browser, wang: Browser, zhang: Browser):
    started = start(li, "wangfang")
    address = f"/api/envelopes/{started['id']}/document"
    for browser in (li, wang):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Content-Disposition"].startswith("inline")
    assert code(zhang.get(address)) == "ENVELOPE_NOT_FOUND"
    assert code(li.get(address + "?revision=1")) == "DOCUMENT_NOT_FOUND"
    assert code(li.get(address + "?revision=-1")) == "REQUEST_INVALID"


def test_only_the_initiator_downloads_and_every_answer_is_recorded(li: Browser, wang: Browser, admin):
    started = start(li, "wangfang")
    address = f"/api/envelopes/{started['id']}/download"
    answer = li.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"document.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf"
    )
    kinds = [event["kind"] for event in li.get(f"/api/envelopes/{started['id']}/events").json()]
    assert kinds == ["envelope.started", "document.downloaded"]
    with snapshot.nothing_changes(admin):
        refused = wang.get(address)
        assert (code(refused), refused.json()["facts"]) == (
            "DOWNLOAD_RESERVED_TO_INITIATOR",
            {"initiator": "李明"},
        )
    assert snapshot.refusals(admin) == [("download.refused", "DOWNLOAD_RESERVED_TO_INITIATOR")]


def test_a_damaged_blob_is_never_shown(li: Browser):
    started = start(li, "liming")
    blobs = [path for path in (settings.current().home / "vault").rglob("*") if len(path.name) == 64]
    whole = {blob: blob.read_bytes() for blob in blobs}
    try:
        for blob, content in whole.items():
            blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        answer = li.get(f"/api/envelopes/{started['id']}/document")
        assert (answer.status_code, code(answer)) == (500, "VAULT_DAMAGED")
    finally:
        for blob, content in whole.items():
            blob.write_bytes(content)


def test_pages_of_a_list_neither_repeat_nor_lose_a_line(li: Browser):
    ids = [start(li, "liming", title=f"第{number}份")["id"] for number in range(5)]
    seen, cursor = [], ""
    while True:
        page = li.get(f"/api/envelopes?list=started&limit=2&cursor={cursor}").json()
        seen += [line["id"] for line in page["items"]]
        if len(seen) == 2:
            start(li, "liming", title="插队")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_a_list_is_two_statements_whatever_its_length(li: Browser):
    for number in range(3):
        start(li, "liming", "wangfang", title=f"第{number}份")
    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as asked:
            li.get(f"/api/envelopes?list=started&limit={limit}")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert sum('FROM "envelope"' in one["sql"] for one in asked) == 2  # where they stand, and what they tell


def test_a_title_is_found_by_a_part_of_it(li: Browser):
    start(li, "liming", title="采购合同")
    start(li, "liming", title="劳动合同 100%")
    titles = [line["title"] for line in li.get("/api/envelopes?list=started&q=采购").json()["items"]]
    assert titles == ["采购合同"]
    titles = [line["title"] for line in li.get("/api/envelopes?list=started&q=%25").json()["items"]]
    assert titles == ["劳动合同 100%"]


@pytest.mark.parametrize(
    "query", ["", "list=all", "list=inbox&limit=0", "list=inbox&limit=101", "list=inbox&cursor=x"]
)
def test_an_odd_query_is_refused(li: Browser, query):
    assert code(li.get(f"/api/envelopes?{query}")) == "REQUEST_INVALID"


def test_the_ledger_of_an_envelope_is_a_whole_chain(li: Browser, two_tenants: TwoTenants):
    started = start(li, "liming")
    li.get(f"/api/envelopes/{started['id']}/download")
    events = li.get(f"/api/envelopes/{started['id']}/events").json()
    assert [(event["sequence"], event["person_name"]) for event in events] == [(1, "李明"), (2, "李明")]
    assert evidence.breaks(tenant_id=two_tenants.company_id, envelope_id=UUID(started["id"])) == ()
    assert evidence.breaks(tenant_id=two_tenants.company_id, envelope_id=None) == ()
