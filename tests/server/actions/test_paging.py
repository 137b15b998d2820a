"""A paging seal and a note through the HTTP API: part of the act, told to the key; odd ones change nothing."""

import io
import json
from typing import Any

import pikepdf
import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code, open_ceremony, opening, pdf, placement, seal, start
from tests.worlds import TwoTenants


@pytest.fixture
def paging(two_tenants: TwoTenants) -> dict[str, Any]:
    """Li Ming's personal seal over the right edge of all pages."""
    return {
        "kind": "paging",
        "certificate_sha256": two_tenants.li_ming_key.certificate.sha256,
        "seal_id": str(two_tenants.seals["liming.personal"]),
        "along": 0.5,
    }


@pytest.fixture
def note(two_tenants: TwoTenants) -> dict[str, Any]:
    """A note of two lines on the second page."""
    changes = {"kind": "text", "page": 2, "width_pt": 120, "height_pt": 40, "text": "同意\n2 处更正有效"}
    return placement(None, two_tenants.li_ming_key, **changes) | {"seal_id": None}


def document(browser: Browser, envelope: dict[str, Any]) -> bytes:
    answer = browser.get(f"/api/envelopes/{envelope['id']}/download")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_paging_seal_alone_is_a_signature_with_a_strip_on_every_page(
    li: Browser, two_tenants: TwoTenants, paging
):
    started = start(li, "liming")
    seal(li, started, two_tenants.holders, paging)
    report = li.get(f"/api/envelopes/{started['id']}/report").json()
    assert (report["verdict"], len(report["signatures"])) == ("valid", 1)
    with pikepdf.open(io.BytesIO(document(li, started))) as pdf:
        drawn = [
            [one for one in page.obj.get("/Annots", []) if "/AP" in one and b" Do" in one.AP.N.read_bytes()]
            for page in pdf.pages
        ]
    assert [len(on_page) for on_page in drawn] == [1, 1]


def test_seal_note_and_paging_seal_of_one_key_are_one_signature(
    li: Browser, two_tenants: TwoTenants, paging, note
):
    started = start(li, "liming")
    own = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    seal(li, started, two_tenants.holders, own, paging, note)
    report = li.get(f"/api/envelopes/{started['id']}/report").json()
    assert (report["verdict"], len(report["signatures"])) == ("valid", 1)


def test_the_key_is_told_the_pages_of_the_paging_seal_and_the_words_of_the_note(
    li: Browser, two_tenants: TwoTenants, paging, note
):
    opened = open_ceremony(li, start(li, "liming"), paging, note)
    marks = json.loads(opened["order"]["payload"])["marks"]
    assert [(mark["kind"], mark["pages"]) for mark in marks] == [("paging", [1, 2]), ("text", [2])]
    assert marks[1]["name"] == note["text"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"skipped": [2]}, "PAGING_NEEDS_TWO_PAGES"),
        ({"along": 1.5}, "REQUEST_INVALID"),
        ({"along": "NaN"}, "REQUEST_INVALID"),
        ({"group_size": 1}, "REQUEST_INVALID"),
        ({"first_share": 0}, "REQUEST_INVALID"),
        ({"last_share": 1}, "REQUEST_INVALID"),
        ({"first_share": "NaN"}, "REQUEST_INVALID"),
        ({"first_share": 0.992}, "REQUEST_INVALID"),
        ({"edge": "middle"}, "REQUEST_INVALID"),
        ({"seal_id": None}, "REQUEST_INVALID"),
        ({"page": 1}, "REQUEST_INVALID"),
        ({"seal_id": "00000000-0000-4000-8000-000000000000"}, "SEAL_NOT_FOUND"),
    ],
)
def test_an_odd_paging_seal_is_refused_and_nothing_changes(li: Browser, admin, paging, changes, problem):
    assert refused_opening(li, admin, start(li, "liming"), paging | changes) == problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"text": "\x00"}, "REQUEST_INVALID"),
        ({"text": ""}, "REQUEST_INVALID"),
        ({"text": "字" * 501}, "REQUEST_INVALID"),
        ({"text": "😀"}, "GLYPH_MISSING"),
        ({"page": 3}, "PAGE_NOT_FOUND"),
        ({"x_pt": 580}, "MARK_OUTSIDE_PAGE"),
    ],
)
def test_an_odd_note_is_refused_and_nothing_changes(
    li: Browser, two_tenants: TwoTenants, admin, note, changes, problem
):
    own = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    assert refused_opening(li, admin, start(li, "liming"), own, note | changes) == problem


def test_a_second_keys_paging_seal_that_finds_no_room_is_refused_before_the_first_key_is_asked(
    li: Browser, two_tenants: TwoTenants, admin, paging
):
    started = start(li, "liming", document=pdf(80))
    own = paging | {"edge": "top"}  # the one slot of that edge
    other = own | {
        "certificate_sha256": two_tenants.company_key.certificate.sha256,
        "seal_id": str(two_tenants.seals["liming.official"]),
    }
    assert refused_opening(li, admin, started, own, other) == "PAGING_NO_SLOT"


def test_a_note_alone_is_no_seal(li: Browser, admin, note):
    assert refused_opening(li, admin, start(li, "liming"), note) == "PLACEMENTS_EMPTY"


def refused_opening(browser: Browser, admin, envelope, *placements) -> str:
    with snapshot.nothing_changes(admin):
        return code(
            browser.post(f"/api/envelopes/{envelope['id']}/ceremonies", opening(envelope, *placements))
        )
