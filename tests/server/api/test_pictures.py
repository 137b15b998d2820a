"""Pages as pictures: for who may view and nobody else, from memory where that holds them, never for a cache."""

import threading
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image

from tests import worlds
from tests.engine import papers
from tests.server import snapshot
from tests.server.authorities import outside
from tests.server.browsing import Browser, code, pdf, placement, seal, start
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.drawing import sandbox
from yunqian.server.adapters.drawing.sandbox import Picture
from yunqian.server.api.pictures import Width
from yunqian.server.queries import reading

__all__ = ["outside"]
DRAWN = Picture(160, 226, b"RIFF0000WEBPdrawn")


@pytest.fixture(autouse=True)
def forgotten() -> None:
    for kept in (reading.WHOLE, reading.PICTURES, reading.FAILED):
        kept.clear()


@pytest.fixture
def sent(li: Browser) -> dict:
    return start(li, "liming", ("wangfang", 2), document=pdf(6))


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Which pages were asked of the child, which draws three at a time."""
    asked: list[list[int]] = []

    def draw(document: bytes, pages: list[int], *, width: int) -> dict[int, Picture]:
        asked.append(list(pages))
        return dict.fromkeys(list(pages)[:3], DRAWN)

    monkeypatch.setattr(sandbox, "draw", draw)
    return asked


def path(envelope: dict, *, page: object = 1, query: str = "") -> str:
    document = envelope["documents"][0]["id"]
    return f"/api/envelopes/{envelope['id']}/documents/{document}/picture?page={page}{query}"


def test_a_page_is_shown_as_a_picture_that_no_cache_keeps_and_no_script_runs_in(li: Browser, sent: dict):
    answer = li.get(path(sent, query="&width=320"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert Image.open(BytesIO(answer.content)).size == (320, 453)
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")


def test_the_sizes_of_the_pages_come_without_the_document(li: Browser, sent: dict):
    document = sent["documents"][0]
    told = li.get(f"/api/envelopes/{sent['id']}/documents/{document['id']}/pages").json()
    assert (told["revision"], told["sha256"], told["size_bytes"]) == (
        0,
        document["head_sha256"],
        document["size_bytes"],
    )
    assert [page["number"] for page in told["pages"]] == [1, 2, 3, 4, 5, 6]


def test_who_arrives_somewhere_waits_for_one_page_and_who_reads_on_has_the_next_ones_too(
    li: Browser, sent: dict, drawings: list[list[int]]
):
    for page in (1, 2, 3, 4, 5, 1):
        assert li.get(path(sent, page=page)).content == DRAWN.webp
    assert drawings == [[1], [2, 3, 4, 5, 6], [5, 6]]
    for page in (3, 2):
        li.get(path(sent, page=page, query="&width=160"))
    assert drawings[3:] == [[3], [2, 4, 5, 6]]


def test_a_picture_that_is_in_memory_is_given_to_nobody_who_may_not_view(
    li: Browser, sent: dict, two_tenants: TwoTenants, drawings: list[list[int]], admin
):
    assert li.get(path(sent)).status_code == 200
    wang = Browser(two_tenants.wang_fang)
    assert wang.get(path(sent)).status_code == 200
    chen = Browser(two_tenants.chen_jing)
    with snapshot.nothing_changes(admin):
        assert code(chen.get(path(sent))) == "ENVELOPE_NOT_FOUND"
        assert code(Browser().get(path(sent))) == "LOGIN_REQUIRED"
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.wang_fang.member_id])
    assert code(wang.get(path(sent))) == "MEMBER_SUSPENDED"
    assert len(drawings) == 1


def test_a_document_of_another_envelope_is_none_of_this_one(li: Browser, sent: dict):
    other = start(li, "liming")
    mixed = {"id": sent["id"], "documents": other["documents"]}
    assert code(li.get(path(mixed))) == "DOCUMENT_NOT_FOUND"
    assert code(li.get(path({"id": str(uuid4()), "documents": sent["documents"]}))) == "ENVELOPE_NOT_FOUND"


@pytest.mark.parametrize("page", [0, -1, "x", 10**30])
def test_what_is_no_page_number_is_an_invalid_request(li: Browser, sent: dict, page: object):
    assert code(li.get(path(sent, page=page))) == "REQUEST_INVALID"


def test_there_are_a_few_widths_and_no_others(li: Browser, sent: dict, drawings: list[list[int]]):
    for width in (1, 161, 65_000, -1, "x"):
        assert code(li.get(path(sent, query=f"&width={width}"))) == "REQUEST_INVALID"
    for width in Width:
        assert li.get(path(sent, query=f"&width={int(width)}")).status_code == 200


def test_a_page_that_the_document_has_not_is_told_by_its_number(li: Browser, sent: dict, drawings):
    assert code(li.get(path(sent, page=7))) == "PAGE_NOT_FOUND"
    assert code(li.get(path(sent, query="&revision=1"))) == "DOCUMENT_NOT_FOUND"
    assert drawings == []


def test_each_revision_has_its_own_pictures(li: Browser, two_tenants: TwoTenants, outside):
    envelope = start(li, "liming")
    before = li.get(path(envelope)).content
    mark = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    seal(li, envelope, two_tenants.holders, mark)
    assert li.get(path(envelope)).content != before
    assert li.get(path(envelope, query="&revision=0")).content == before


def test_a_page_that_cannot_be_drawn_is_told_and_not_tried_again_and_again(
    li: Browser, sent: dict, monkeypatch: pytest.MonkeyPatch
):
    tried: list[int] = []

    def fail(document: bytes, pages: list[int], *, width: int) -> dict[int, Picture]:
        tried.append(pages[0])
        raise Refused(Problem.PAGE_NOT_DRAWN, page=pages[0])

    monkeypatch.setattr(sandbox, "draw", fail)
    for page in (1, 1, 2, 3, 4, 5, 6):
        answer = li.get(path(sent, page=page))
        assert (code(answer), answer.json()["facts"]) == ("PAGE_NOT_DRAWN", {"page": page})
    assert tried == [1, 2, 3]


def test_a_third_who_asks_while_one_is_drawn_and_one_waits_is_told_to_come_back(
    li: Browser, sent: dict, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
):
    begun, end = threading.Event(), threading.Event()

    def draw(document: bytes, pages: list[int], *, width: int) -> dict[int, Picture]:
        begun.set()
        assert end.wait(20)
        return {pages[0]: DRAWN}

    monkeypatch.setattr(sandbox, "draw", draw)
    asking = reading.Asking(two_tenants.li_ming.person_id, two_tenants.li_ming.tenant_id)
    wanted = reading.Wanted(sent["id"], sent["documents"][0]["id"])
    found: list[Picture] = []

    def ask(page: int) -> None:
        from django.db import connection

        found.append(reading.picture(asking, wanted, page=page, width=160))
        connection.close()

    working = [threading.Thread(target=ask, args=(page,)) for page in (1, 2)]
    working[0].start()
    assert begun.wait(10)
    working[1].start()
    for _ in range(500):
        if reading.DRAWING.are_full:
            break
        end.wait(0.01)
    assert code(li.get(path(sent, page=3))) == "PLATFORM_BUSY"
    end.set()
    for one in working:
        one.join()
    assert found == [DRAWN, DRAWN]
    assert li.get(path(sent, page=3)).status_code == 200


def test_a_colleague_of_the_initiator_sees_no_page_of_it(sent: dict, two_tenants: TwoTenants):
    colleague = worlds._member(two_tenants.company_id, "zhaoliu", "赵六", "法务部", may_start=True)
    browser = Browser(colleague)
    assert code(browser.get(path(sent))) == "ENVELOPE_NOT_FOUND"
    document = sent["documents"][0]["id"]
    sizes = f"/api/envelopes/{sent['id']}/documents/{document}/pages"
    assert code(browser.get(sizes)) == "ENVELOPE_NOT_FOUND"


def as_signed(browser: Browser, envelope: dict, signature: dict, *, page: int = 1, **more: object):
    choices = {"signed_bytes": signature["signed_bytes"], "width": 320} | more
    asked = "".join(f"&{name}={value}" for name, value in choices.items())
    return browser.get(path(envelope, page=page, query=asked))


def dark(picture: bytes) -> int:
    """How many pixels are no blank paper."""
    return sum(Image.open(BytesIO(picture)).convert("L").point(lambda grey: grey < 200).get_flattened_data())


@pytest.fixture
def signed_twice(
    outside, li: Browser, wang: Browser, two_tenants: TwoTenants, personal: dict, wangs: dict
) -> dict:
    """By 李明, then by 王芳, both on page 1."""
    envelope = start(li, ("liming", 1), ("wangfang", 2))
    seal(li, envelope, two_tenants.holders, personal)
    seal(wang, envelope, two_tenants.holders, wangs)
    return envelope


def signatures(browser: Browser, envelope: dict) -> list[dict]:
    return browser.get(f"/api/envelopes/{envelope['id']}/report").json()["signatures"]


def test_each_signature_has_the_picture_of_what_it_covers(li: Browser, signed_twice: dict):
    first, second = signatures(li, signed_twice)
    before, after = (as_signed(li, signed_twice, one) for one in (first, second))
    assert (before.status_code, after.status_code) == (200, 200)
    assert 0 < dark(before.content) < dark(after.content)
    assert after.content == li.get(path(signed_twice, query="&width=320")).content
    assert dark(as_signed(li, signed_twice, first, page=2).content) == 0


def test_a_signature_that_came_with_the_upload_has_the_picture_of_what_its_signer_saw(
    outside, li: Browser, two_tenants: TwoTenants, personal: dict
):
    """Signed elsewhere with a round seal of 40 mm before it came here, and here once more."""
    plain = papers.paper(2)
    envelope = start(li, "liming", document=papers.act(plain))
    seal(li, envelope, two_tenants.holders, personal)
    elsewhere, here = signatures(li, envelope)
    assert elsewhere["signed_bytes"] < here["signed_bytes"]
    before, after = (dark(as_signed(li, envelope, one).content) for one in (elsewhere, here))
    unsigned = sandbox.draw(plain, [1], width=320)[1]
    assert dark(unsigned.webp) < before < after


def test_what_a_signature_covers_is_shown_to_who_may_view_and_to_nobody_else(
    li: Browser, signed_twice: dict, two_tenants: TwoTenants, admin
):
    first = signatures(li, signed_twice)[0]
    assert as_signed(li, signed_twice, first).status_code == 200
    chen = Browser(two_tenants.chen_jing)
    with snapshot.nothing_changes(admin):
        assert code(as_signed(chen, signed_twice, first)) == "ENVELOPE_NOT_FOUND"
        assert code(as_signed(Browser(), signed_twice, first)) == "LOGIN_REQUIRED"


@pytest.mark.parametrize("more", [-20, 20, 1000, 10**9])
def test_a_document_is_cut_only_where_a_revision_ends(li: Browser, signed_twice: dict, more: int, admin):
    first = signatures(li, signed_twice)[0]
    odd = {"signed_bytes": first["signed_bytes"] + more}
    with snapshot.nothing_changes(admin):
        assert code(as_signed(li, signed_twice, odd)) == "REQUEST_INVALID"


@pytest.mark.parametrize("more", [1, 20, 44])
def test_a_length_past_the_end_of_the_file_is_none(li: Browser, signed_twice: dict, more: int):
    odd = {"signed_bytes": signatures(li, signed_twice)[-1]["signed_bytes"] + more}
    assert code(as_signed(li, signed_twice, odd)) == "REQUEST_INVALID"


def test_pages_that_were_not_there_yet_do_not_hide_the_others(
    li: Browser, signed_twice: dict, monkeypatch: pytest.MonkeyPatch
):
    first = signatures(li, signed_twice)[0]

    def draw(document: bytes, pages: list[int], *, width: int) -> dict[int, Picture]:
        raise Refused(Problem.PAGE_NOT_DRAWN, page=pages[0])

    with monkeypatch.context() as broken:
        broken.setattr(sandbox, "draw", draw)
        for width in (160, 320, 640, 960):
            assert code(as_signed(li, signed_twice, first, page=2, width=width)) == "PAGE_NOT_DRAWN"
    assert as_signed(li, signed_twice, first).status_code == 200


@pytest.mark.parametrize("odd", [0, -1, "x", 2**41, "1e5"])
def test_what_is_no_length_is_an_invalid_request(li: Browser, signed_twice: dict, odd: object):
    assert code(as_signed(li, signed_twice, {"signed_bytes": odd})) == "REQUEST_INVALID"


def test_pages_of_what_a_signature_covers_are_drawn_one_by_one_and_kept(
    li: Browser, signed_twice: dict, drawings: list[list[int]]
):
    first = signatures(li, signed_twice)[0]
    for page in (1, 2, 1):
        assert as_signed(li, signed_twice, first, page=page).content == DRAWN.webp
    assert drawings == [[1], [2]]
