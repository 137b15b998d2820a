"""验签 of documents that anybody brings along: judged in a process of its own, never kept, never crashed on."""

import io
import tempfile
from pathlib import Path

import pytest

from tests.server import snapshot
from tests.server.authorities import outside
from tests.server.browsing import Browser, code, pdf, placement, seal, start
from tests.worlds import TwoTenants
from yunqian.server import settings
from yunqian.server.adapters.verifier import sandbox
from yunqian.server.api import verify
from yunqian.server.api.pace import Pace

__all__ = ["outside"]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PACE", Pace(most=1000, seconds=60))


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


def test_who_is_not_logged_in_brings_a_document_too_and_gets_the_same_verdict(li: Browser):
    for browser in (Browser(), li):
        answer = browser.upload(pdf(1), path="/api/verify")
        assert (answer.status_code, answer.json()["signatures"]) == (200, [])
        assert "sessionid" not in str(answer.cookies)


def test_nothing_of_a_strangers_document_is_kept_nor_ever_on_a_disk(admin, monkeypatch: pytest.MonkeyPatch):
    mark = b"%a-mark-that-is-found-again"
    document = pdf(1) + mark * 100_000  # larger than what the framework holds in memory of itself
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda *_, **__: pytest.fail("written to a disk"))

    def files() -> set[Path]:
        places = (Path(tempfile.gettempdir()), settings.current().home)
        return {path for place in places for path in place.glob("*") if "pytest" not in path.name}

    before = files()
    with snapshot.nothing_changes(admin):
        assert Browser().upload(document, path="/api/verify").status_code == 200
    assert {path.name for path in files() - before if path.is_file()} == set()


def test_an_address_is_slowed_down_before_its_document_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verify, "PACE", Pace(most=2, seconds=60))
    monkeypatch.setattr(sandbox, "judge", lambda *_, **__: pytest.fail("judged"))
    for _ in range(2):
        assert code(Browser().post("/api/verify", {})) == "REQUEST_INVALID"
    assert code(Browser().upload(pdf(1), path="/api/verify")) == "REQUESTS_TOO_MANY"


def test_another_sites_page_brings_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "judge", lambda *_, **__: pytest.fail("judged"))
    document = {"document": io.BytesIO(pdf(1))}
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert code(Browser().client.post("/api/verify", document, headers=headers)) == "ORIGIN_NOT_ALLOWED"


def test_a_document_above_the_limit_is_refused_by_its_announced_length():
    limit = settings.current().upload_limit_bytes
    answer = Browser().client.generic(
        "POST",
        "/api/verify",
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(limit * 2),
    )
    assert code(answer) == "DOCUMENT_TOO_LARGE"
