"""验签 of documents that people bring along: judged in a process of its own, never kept, never crashed on."""

import io

import pytest

from tests.server import snapshot
from tests.server.authorities import outside
from tests.server.browsing import Browser, code, pdf, placement, seal, start
from tests.worlds import TwoTenants
from yunqian.server.adapters.verifier import sandbox

__all__ = ["outside"]


@pytest.fixture
def li(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


def test_a_document_that_was_sealed_here_is_found_valid_and_one_changed_byte_is_not(
    li: Browser, two_tenants: TwoTenants, outside, admin
):
    started = start(li, "liming")
    mark = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    seal(li, started, two_tenants.holders, mark)
    sealed = li.get(f"/api/envelopes/{started['id']}/download").content
    with snapshot.nothing_changes(admin):
        report = li.upload(sealed, path="/api/verify").json()
    (signature,) = report["signatures"]
    assert (report["verdict"], signature["signer"], signature["verdict"]) == ("valid", "李明", "valid")
    assert signature["certificate_sha256"] == two_tenants.li_ming_key.certificate.sha256
    assert report["sha256"] == li.get(f"/api/envelopes/{started['id']}/report").json()["sha256"]
    place = sealed.index(b"/MediaBox") + 12
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    assert li.upload(changed, path="/api/verify").json()["verdict"] == "invalid"


@pytest.mark.parametrize("document", [b"x", b"%PDF-1.7\n", b"\x00" * 5000, pdf(1)[:200], pdf(1)])
def test_what_cannot_be_judged_is_indeterminate_and_no_error(li: Browser, document):
    answer = li.upload(document, path="/api/verify")
    assert (answer.status_code, answer.json()["verdict"]) == (200, "indeterminate")


def test_a_document_that_costs_too_much_is_refused(li: Browser, monkeypatch):
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 0.001)
    assert code(li.upload(pdf(), path="/api/verify")) == "INTAKE_TIMEOUT"


def test_without_a_document_the_request_is_not_right(li: Browser):
    answer = li.client.post("/api/verify", {"other": io.BytesIO(b"x")}, headers=li._headers())
    assert code(answer) == "REQUEST_INVALID"
