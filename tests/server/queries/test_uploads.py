"""An upload as its person looks at it before it is sent; nobody else does, and nobody afterwards."""

import hashlib

import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf
from tests.worlds import TwoTenants


@pytest.fixture
def li(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


def test_it_is_shown_as_it_will_be_signed(li: Browser, admin):
    upload = li.upload(pdf(3), "合同.pdf").json()
    with snapshot.nothing_changes(admin):
        answer = li.get(f"/api/uploads/{upload['id']}/document")
        pages = li.get(f"/api/uploads/{upload['id']}/pages").json()
    assert hashlib.sha256(answer.content).hexdigest() == upload["sha256"] == pages["sha256"]
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert [page["number"] for page in pages["pages"]] == [1, 2, 3]
    assert (pages["name"], pages["document_id"]) == ("合同.pdf", upload["id"])


def test_nobody_else_sees_it_and_after_sending_it_is_an_envelopes(li: Browser, two_tenants: TwoTenants):
    upload = li.upload(pdf()).json()["id"]
    for member in (two_tenants.zhang_wei, two_tenants.wang_fang):
        other = Browser(member)
        assert code(other.get(f"/api/uploads/{upload}/document")) == "UPLOAD_NOT_FOUND"
        assert code(other.get(f"/api/uploads/{upload}/pages")) == "UPLOAD_NOT_FOUND"
    wanted = {"upload_ids": [upload], "title": "一", "recipients": [{"account": "liming"}]}
    assert li.post("/api/envelopes", wanted).status_code == 200
    assert code(li.get(f"/api/uploads/{upload}/document")) == "UPLOAD_NOT_FOUND"
