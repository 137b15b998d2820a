"""Documents by a path of their own: in parts, at one revision, for who may view, and for scripts of ours alone."""

from uuid import uuid4

import pytest

from tests import worlds
from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf, start
from tests.worlds import TwoTenants
from yunqian.server.adapters import vault
from yunqian.server.api import documents
from yunqian.server.queries import reading


@pytest.fixture(autouse=True)
def forgotten() -> None:
    reading.WHOLE.clear()


@pytest.fixture
def sent(li: Browser) -> dict:
    return start(li, "wangfang", document=pdf(3))


def path(envelope: dict, revision: object = 0) -> str:
    return f"/documents/{envelope['id']}/{envelope['documents'][0]['id']}/{revision}"


@pytest.fixture
def whole(li: Browser, sent: dict) -> bytes:
    answer = li.get(path(sent))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    return answer.content


def test_the_whole_document_is_what_was_sent_and_is_closed_in(li: Browser, sent: dict, whole: bytes):
    answer = li.get(path(sent))
    assert whole == li.get(f"/api/envelopes/{sent['id']}/download").content
    assert answer.headers["Content-Security-Policy"] == documents.POLICY
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Length"] == str(len(whole))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, -1),
        ("bytes=-7", -7, -1),
        ("bytes=5-999999", 5, -1),
        ("bytes=-999999", 0, -1),
    ],
)
def test_a_part_is_exactly_that_part(
    li: Browser, sent: dict, whole: bytes, asked: str, first: int, last: int
):
    answer = li.get(path(sent), Range=asked)
    size = len(whole)
    start, end = first % size, last % size
    assert answer.status_code == 206
    assert answer.content == whole[start : end + 1]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{size}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=9-5", "bytes=-0"])
def test_a_part_that_is_not_there_is_told_with_the_size(li: Browser, sent: dict, whole: bytes, asked: str):
    answer = li.get(path(sent), Range=asked)
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=-", "lines=0-1", "bytes=a-b", "bytes=١-٢", "bytes=" + "9" * 40 + "-"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(
    li: Browser, sent: dict, whole: bytes, asked: str
):
    answer = li.client.get(path(sent), HTTP_RANGE=asked)
    assert (answer.status_code, answer.content) == (200, whole)


def test_many_parts_are_read_from_the_vault_once(
    li: Browser, sent: dict, whole: bytes, monkeypatch: pytest.MonkeyPatch
):
    def read(*_: object) -> bytes:
        raise AssertionError("the vault was asked again")

    monkeypatch.setattr(type(vault.current()), "get", read)
    parts = [li.get(path(sent), Range=f"bytes={at}-{at + 99}").content for at in range(0, len(whole), 100)]
    assert b"".join(parts) == whole


def test_each_part_is_asked_for_with_the_right_to_it(
    li: Browser, sent: dict, whole: bytes, two_tenants: TwoTenants, admin
):
    wang = Browser(two_tenants.wang_fang)
    assert wang.get(path(sent), Range="bytes=0-9").status_code == 206
    colleague = worlds._member(two_tenants.company_id, "zhaoliu", "赵六", "法务部", may_start=True)
    strangers = {
        "ENVELOPE_NOT_FOUND": [
            Browser(two_tenants.chen_jing),
            Browser(colleague),
            Browser(worlds.external()),
        ],
        "LOGIN_REQUIRED": [Browser()],
    }
    with snapshot.nothing_changes(admin):
        for expected, browsers in strangers.items():
            for browser in browsers:
                assert code(browser.get(path(sent), Range="bytes=0-9")) == expected
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.wang_fang.member_id])
    assert code(wang.get(path(sent), Range="bytes=10-19")) == "MEMBER_SUSPENDED"


def test_identifiers_that_are_none_are_worth_as_much_as_invented_ones(li: Browser, sent: dict):
    document = sent["documents"][0]["id"]
    assert code(li.get(path(sent, 1))) == "DOCUMENT_NOT_FOUND"
    assert code(li.get(path(sent, 10**30))) == "DOCUMENT_NOT_FOUND"
    assert code(li.get(path(sent, "x"))) == "NOT_FOUND"
    assert code(li.get(f"/documents/{sent['id']}/{uuid4()}/0")) == "DOCUMENT_NOT_FOUND"
    assert code(li.get(f"/documents/{uuid4()}/{document}/0")) == "ENVELOPE_NOT_FOUND"
    assert code(li.get(f"/documents/x/{document}/0")) == "ENVELOPE_NOT_FOUND"
    other = start(li, "liming")["documents"][0]["id"]
    assert code(li.get(f"/documents/{sent['id']}/{other}/0")) == "DOCUMENT_NOT_FOUND"


@pytest.mark.parametrize("target", ["document", "iframe", "embed", "object", "image"])
def test_a_window_or_frame_is_given_nothing(li: Browser, sent: dict, target: str):
    for at in (path(sent), f"/api/envelopes/{sent['id']}/document"):
        for site in ("same-origin", "none"):
            fetch = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": target}
            assert code(li.get(at, **fetch)) == "ORIGIN_NOT_ALLOWED"
        assert li.get(at, **fetch | {"Sec-Fetch-Dest": "empty"}).status_code == 200


def test_another_sites_page_is_given_nothing(li: Browser, sent: dict):
    for site in ("cross-site", "same-site"):
        assert code(li.get(path(sent), **{"Sec-Fetch-Site": site})) == "ORIGIN_NOT_ALLOWED"


def test_it_is_only_read(li: Browser, sent: dict):
    assert li.client.post(path(sent)).status_code in (403, 405)
    assert li.client.head(path(sent)).content == b""
