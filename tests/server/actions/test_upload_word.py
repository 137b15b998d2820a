"""Word documents through the upload: converted, remarked, named as what they are now; refused with the reason."""

import pytest

from tests import needs, words
from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.words import CONTRACT, docx, line
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server.actions import upload
from yunqian.server.adapters import office

real = [needs.program("soffice"), needs.namespaces()]


@pytest.fixture
def li(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


class _Away:
    """A machine without LibreOffice."""

    def is_available(self) -> bool:
        return False

    def convert(self, document: bytes) -> office.Converted:
        raise Refused(Problem.WORD_NOT_OFFERED)


class TestConverted:
    pytestmark = real

    def test_a_word_document_is_sent_as_the_pdf_it_became(self, li: Browser):
        uploaded = li.upload(CONTRACT, "采购合同.docx").json()
        assert (uploaded["name"], uploaded["page_count"]) == ("采购合同.pdf", 2)
        assert uploaded["remarks"][0]["code"] == "DOCUMENT_CONVERTED"
        wanted = {"upload_ids": [uploaded["id"]], "title": "一", "recipients": [{"account": "liming"}]}
        envelope = li.post("/api/envelopes", wanted).json()
        assert li.get(f"/api/envelopes/{envelope['id']}/document").content.startswith(b"%PDF-")

    def test_it_is_taken_by_content_whatever_its_name(self, li: Browser):
        assert li.upload(CONTRACT, "合同.pdf").json()["name"] == "合同.pdf"
        assert li.upload(CONTRACT, "合同.v2").json()["name"] == "合同.v2.pdf"

    def test_what_is_refused_leaves_no_trace(self, li: Browser, admin):
        with snapshot.nothing_changes(admin):
            assert code(li.upload(docx(line("x"), kind=words.MACROS), "合同.docx")) == "WORD_HAS_MACROS"
            assert (
                code(li.upload(CONTRACT[:300] + b"[Content_Types].xml", "合同.docx")) == "WORD_NOT_CONVERTED"
            )

    def test_the_platform_says_that_it_takes_them(self, li: Browser):
        assert li.get("/api/platform").json()["takes_word"] is True


@pytest.mark.parametrize(
    "document",
    [b"#!/bin/sh\necho hello\n", b"{\\rtf1\\ansi hello}", b"<html>hello</html>", b"hello"],
    ids=["script", "rtf", "html", "text"],
)
def test_what_is_only_called_docx_is_refused(li: Browser, admin, document: bytes):
    with snapshot.nothing_changes(admin):
        assert code(li.upload(document, "合同.docx")) == "DOCUMENT_NOT_PDF"


def test_where_word_is_not_offered_it_is_said_before_and_when_one_tries(li: Browser, admin, monkeypatch):
    monkeypatch.setattr(upload.office, "current", _Away)
    assert li.get("/api/platform").json()["takes_word"] is False
    with snapshot.nothing_changes(admin):
        assert code(li.upload(CONTRACT, "合同.docx")) == "WORD_NOT_OFFERED"
