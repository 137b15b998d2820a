"""An envelope of several documents, and people who get a copy of it (抄送)."""

import io
import json
import zipfile

import pytest

from tests.server import snapshot
from tests.server.browsing import (
    Browser,
    code,
    counts,
    detail,
    open_ceremony,
    opening,
    pdf,
    seal,
    start,
)
from tests.worlds import TwoTenants


def panel(browser: Browser, envelope, document_id: str = "") -> dict:
    named = f"?document_id={document_id}" if document_id else ""
    return browser.get(f"/api/envelopes/{envelope['id']}/panel{named}").json()


def test_the_documents_stand_in_the_order_in_which_they_were_sent(li: Browser):
    started = start(li, "liming", documents=3)
    assert [one["name"] for one in started["documents"]] == ["合同1.pdf", "合同2.pdf", "合同3.pdf"]
    assert [one["page_count"] for one in started["documents"]] == [2, 3, 4]


def test_a_signer_has_signed_when_each_document_carries_his_signature(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, wangs
):
    started = start(li, ("liming", 1), ("wangfang", 2), documents=2)
    seal(li, started, two_tenants.holders, personal)
    now = detail(li, started["id"])
    assert [one["state"] for one in now["recipients"]] == ["ready", "waiting"]
    assert [one["head"] for one in now["documents"]] == [1, 0]
    seal(li, started, two_tenants.holders, personal, position=2)
    assert [one["state"] for one in detail(li, started["id"])["recipients"]] == ["signed", "ready"]
    seal(wang, started, two_tenants.holders, wangs, position=2)
    assert detail(wang, started["id"])["state"] == "open"
    seal(wang, started, two_tenants.holders, wangs)
    now = detail(wang, started["id"])
    assert (now["state"], [one["head"] for one in now["documents"]]) == ("completed", [2, 2])


def test_the_panel_opens_with_the_next_document_to_sign(li: Browser, two_tenants: TwoTenants, personal):
    started = start(li, "liming", documents=2)
    first, second = (one["id"] for one in started["documents"])
    assert panel(li, started)["document"]["id"] == first
    seal(li, started, two_tenants.holders, personal)
    shown = panel(li, started)
    assert (shown["document"]["id"], len(shown["pages"])) == (second, 3)
    assert [(one["id"], one["is_signed_by_me"]) for one in shown["documents"]] == [
        (first, True),
        (second, False),
    ]
    assert panel(li, started, first)["document"]["id"] == first


def test_the_key_is_told_which_of_several_documents_it_signs(li: Browser, personal):
    several, single = start(li, "liming", documents=2), start(li, "liming")
    orders = [json.loads(open_ceremony(li, one, personal)["order"]["payload"]) for one in (several, single)]
    assert [one["title"] for one in orders] == ["采购合同 · 合同1.pdf", "采购合同"]


def test_the_same_document_is_not_signed_twice_by_the_same_signer(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    started = start(li, "liming", documents=2)
    seal(li, started, two_tenants.holders, personal)
    again = opening(detail(li, started["id"]), personal)
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/envelopes/{started['id']}/ceremonies", again)) == "RECIPIENT_DONE"


@pytest.mark.parametrize("what", ["document", "report", "panel", "download"])
def test_a_document_of_another_envelope_is_not_found_in_this_one(li: Browser, what: str, admin):
    mine, other = start(li, "liming"), start(li, "liming")
    with snapshot.nothing_changes(admin):
        for wrong in (other["documents"][0]["id"], "no-identifier"):
            answer = li.get(f"/api/envelopes/{mine['id']}/{what}?document_id={wrong}")
            assert code(answer) == "DOCUMENT_NOT_FOUND"


def test_each_document_has_its_own_bytes_and_its_own_report(li: Browser, two_tenants: TwoTenants, personal):
    started = start(li, "liming", documents=2)
    seal(li, started, two_tenants.holders, personal, position=2)
    first, second = (one["id"] for one in started["documents"])
    at = f"/api/envelopes/{started['id']}"
    signatures = [
        len(li.get(f"{at}/report?document_id={one}").json()["signatures"]) for one in (first, second)
    ]
    assert signatures == [0, 1]
    assert li.get(f"{at}/document?document_id={second}").headers["X-Revision"] == "1"
    assert li.get(f"{at}/document?document_id={second}&revision=0").headers["X-Revision"] == "0"


def test_the_initiator_takes_all_documents_in_one_archive_or_one_by_one(li: Browser):
    started = start(li, "liming", documents=2)
    at = f"/api/envelopes/{started['id']}"
    answer = li.get(f"{at}/download")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as folder:
        assert folder.namelist() == ["01 合同1.pdf", "02 合同2.pdf"]
        inside = [folder.read(name) for name in folder.namelist()]
    ids = [one["id"] for one in started["documents"]]
    assert inside == [li.get(f"{at}/download?document_id={one}").content for one in ids]


def test_the_same_upload_named_twice_is_refused(li: Browser, admin):
    sent = li.upload(pdf()).json()["id"]
    request = {"upload_ids": [sent, sent], "title": "一", "recipients": [{"account": "liming"}]}
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "REQUEST_INVALID"


@pytest.mark.parametrize("count", [0, 21])
def test_an_envelope_has_between_one_and_twenty_documents(li: Browser, count: int, admin):
    request = {
        "upload_ids": [str(one) for one in range(count)],
        "title": "一",
        "recipients": [{"account": "liming"}],
    }
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "REQUEST_INVALID"


def test_one_upload_that_is_gone_keeps_all_documents_unsent(li: Browser, admin):
    sent = li.upload(pdf()).json()["id"]
    gone = li.upload(pdf()).json()["id"]
    li.delete(f"/api/uploads/{gone}")
    request = {"upload_ids": [sent, gone], "title": "一", "recipients": [{"account": "liming"}]}
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "UPLOAD_NOT_FOUND"


def test_who_gets_a_copy_sees_everything_and_is_waited_for_by_nobody(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal
):
    started = start(li, "liming", copies=("wangfang",))
    assert "inbox" not in counts(wang)
    seen = detail(wang, started["id"])
    assert {one["state"] for one in seen["recipients"]} == {"ready", "copied"}
    assert not any(seen[may] for may in ("may_sign", "may_decline", "may_download"))
    assert wang.get(f"/api/envelopes/{started['id']}/document").status_code == 200
    seal(li, started, two_tenants.holders, personal)
    assert detail(li, started["id"])["state"] == "completed"


@pytest.mark.parametrize(
    ("path", "body"),
    [("ceremonies", None), ("decline", {"reason": "不同意"})],
)
def test_who_gets_a_copy_neither_signs_nor_declines(
    li: Browser, wang: Browser, wangs, path: str, body, admin
):
    started = start(li, "liming", copies=("wangfang",))
    request = body or opening(started, wangs)
    with snapshot.nothing_changes(admin):
        assert code(wang.post(f"/api/envelopes/{started['id']}/{path}", request)) == "NOT_ADDRESSED"


def test_who_gets_a_copy_does_not_take_the_document_away(li: Browser, wang: Browser, admin):
    started = start(li, "liming", copies=("wangfang",))
    with snapshot.nothing_changes(admin):
        answer = wang.get(f"/api/envelopes/{started['id']}/download")
        assert code(answer) == "DOWNLOAD_RESERVED_TO_INITIATOR"


def test_copies_alone_are_nobody_who_signs(li: Browser, admin):
    sent = li.upload(pdf()).json()["id"]
    recipients = [{"account": "liming", "is_copy": True}]
    request = {"upload_ids": [sent], "title": "一", "recipients": recipients}
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/envelopes", request)) == "RECIPIENTS_EMPTY"
