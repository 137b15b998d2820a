"""Uploads in parts: what is cut off goes on, what does not fit is refused, and the same request twice is one thing."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import connections
from django.utils import timezone

from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import unsent, upload, upload_parts
from yunqian.server.adapters import vault
from yunqian.server.jobs import housekeeping
from yunqian.server.queries import uploads

PART = 400
AT = "/api/incoming-uploads"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_parts, "PART_BYTES", PART)


def begin(browser: Browser, document: bytes, name: str = "合同.pdf", **changes: Any):
    wanted = {"name": name, "size_bytes": len(document), "sha256": hashlib.sha256(document).hexdigest()}
    return browser.post(AT, wanted | changes)


def put(browser: Browser, begun: str, document: bytes, offset: int, size: int = PART):
    part = document[offset : offset + size]
    return browser.upload(part, path=f"{AT}/{begun}/parts?offset={offset}")


def sent(browser: Browser, document: bytes, **changes: Any) -> str:
    """Begun and all parts sent."""
    begun = begin(browser, document, **changes).json()["id"]
    for offset in range(0, len(document), PART):
        assert put(browser, begun, document, offset).status_code == 200
    return begun


def finish(browser: Browser, begun: str, **choices: bool):
    return browser.post(f"{AT}/{begun}/finish", choices)


def blobs() -> set[Path]:
    """What lies in the vault; rests of earlier tests may be removed by later ones."""
    return {path for path in (settings.current().home / "vault").rglob("*") if len(path.name) == 64}


def protected() -> bytes:
    """Opens without a password; its owner's would allow changes."""
    made, written = pikepdf.open(BytesIO(pdf())), BytesIO()
    made.save(written, encryption=pikepdf.Encryption(owner="secret", user=""))
    return written.getvalue()


def at_once(count: int, ask: Any, browsers: list[Browser]) -> list[Any]:
    def asked(browser: Browser) -> Any:
        try:
            return ask(browser)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(asked, browsers))


def test_a_document_sent_in_parts_is_the_one_sent_at_once(li: Browser):
    document = pdf(3)
    whole = li.upload(document).json()
    made = finish(li, sent(li, document)).json()
    assert made["upload"]["sha256"] == whole["sha256"]
    assert (made["upload"]["page_count"], made["received_bytes"], made["is_checking"]) == (
        3,
        len(document),
        False,
    )
    wanted = {"upload_ids": [made["upload"]["id"]], "title": "一", "recipients": [{"account": "liming"}]}
    assert li.post("/api/envelopes", wanted).status_code == 200


def test_after_a_cut_it_goes_on_where_the_server_is(li: Browser):
    document = pdf(3)
    begun = begin(li, document).json()["id"]
    put(li, begun, document, 0)
    standing = li.get(f"{AT}/{begun}").json()
    assert (standing["received_bytes"], standing["part_bytes"]) == (PART, PART)
    for offset in range(standing["received_bytes"], len(document), PART):
        put(li, begun, document, offset)
    assert finish(li, begun).json()["upload"]["page_count"] == 3


def test_the_same_document_chosen_again_goes_on_and_another_one_begins_anew(li: Browser, admin):
    document = pdf(3)
    begun = begin(li, document).json()["id"]
    put(li, begun, document, 0)
    with snapshot.nothing_changes(admin):
        again = begin(li, document).json()
    assert (again["id"], again["received_bytes"]) == (begun, PART)
    assert begin(li, pdf(4)).json()["id"] != begun
    assert begin(li, document, name="另一份.pdf").json()["id"] != begun
    assert begin(li, document, sha256=None).json()["id"] != begun


def test_a_finished_one_is_not_gone_on_with(li: Browser):
    document = pdf()
    begun = sent(li, document)
    finish(li, begun)
    assert begin(li, document).json()["id"] != begun


def test_the_same_part_twice_is_kept_once(li: Browser, admin):
    document = pdf(3)
    begun = begin(li, document).json()["id"]
    put(li, begun, document, 0)
    with snapshot.nothing_changes(admin):
        assert put(li, begun, document, 0).json()["received_bytes"] == PART


@pytest.mark.parametrize(
    ("offset", "size"),
    [(2 * PART, PART), (PART, PART - 1), (PART + 1, PART), (PART, 0), (10 * PART, PART)],
    ids=["gap", "short", "beside", "empty", "beyond the end"],
)
def test_a_part_that_does_not_fit_is_refused_and_nothing_changes(li: Browser, admin, offset: int, size: int):
    document = pdf(9)
    begun = begin(li, document[: 3 * PART]).json()["id"]
    put(li, begun, document, 0)
    with snapshot.nothing_changes(admin):
        refused = put(li, begun, document, offset, size)
    assert code(refused) == "UPLOAD_PART_WRONG"
    assert refused.json()["facts"] == {"received_bytes": PART}


def test_an_overrun_of_the_last_part_is_refused(li: Browser, admin):
    document = pdf(3)
    begun = begin(li, document[: PART + 10]).json()["id"]
    put(li, begun, document, 0)
    with snapshot.nothing_changes(admin):
        assert code(put(li, begun, document, PART)) == "UPLOAD_PART_WRONG"
    assert put(li, begun, document, PART, 10).status_code == 200


def test_a_part_that_is_too_long_is_refused_before_it_is_read(li: Browser, admin):
    begun = begin(li, pdf(9)).json()["id"]
    with snapshot.nothing_changes(admin):
        assert code(put(li, begun, pdf(9), 0, PART + 1)) == "REQUEST_TOO_LARGE"


def test_other_bytes_in_the_place_of_a_part_are_refused(li: Browser, admin):
    begun = begin(li, pdf(3)).json()["id"]
    put(li, begun, pdf(3), 0)
    with snapshot.nothing_changes(admin):
        assert code(put(li, begun, b"x" * PART, 0)) == "UPLOAD_DIFFERENT"


def test_a_document_that_has_not_arrived_is_not_finished(li: Browser, admin):
    begun = begin(li, pdf(3)).json()["id"]
    put(li, begun, pdf(3), 0)
    with snapshot.nothing_changes(admin):
        refused = finish(li, begun)
    assert (code(refused), refused.json()["facts"]["received_bytes"]) == ("UPLOAD_INCOMPLETE", PART)


def test_what_arrived_must_be_what_was_announced_and_leaves_no_trace(li: Browser, admin):
    before = blobs()
    begun = sent(li, pdf(3), sha256="0" * 64)
    assert code(finish(li, begun)) == "UPLOAD_DIFFERENT"
    assert code(li.get(f"{AT}/{begun}")) == "UPLOAD_NOT_FOUND"
    assert blobs() <= before
    assert admin.execute("SELECT count(*) FROM upload").fetchone() == (0,)


def test_what_intake_refuses_leaves_no_trace(li: Browser, admin):
    before = blobs()
    begun = sent(li, b"hello" * 200)
    assert code(finish(li, begun)) == "DOCUMENT_NOT_PDF"
    assert code(finish(li, begun)) == "UPLOAD_NOT_FOUND"
    assert blobs() <= before


def test_a_protected_document_is_kept_until_its_person_says_that_the_protection_may_go(li: Browser):
    begun = sent(li, protected())
    assert code(finish(li, begun)) == "DOCUMENT_PROTECTED"
    made = finish(li, begun, remove_protection=True).json()["upload"]
    assert "DOCUMENT_PROTECTION_REMOVED" in {remark["code"] for remark in made["remarks"]}


def test_a_busy_platform_keeps_what_arrived(li: Browser, monkeypatch):
    begun = sent(li, pdf())

    def busy(*_: object, **__: object) -> None:
        raise Refused(Problem.PLATFORM_BUSY)

    with monkeypatch.context() as away:
        away.setattr(upload, "taken", busy)
        assert code(finish(li, begun)) == "PLATFORM_BUSY"
    assert finish(li, begun).json()["upload"]


def test_finished_twice_it_is_one_upload(li: Browser, admin):
    begun = sent(li, pdf())
    first = finish(li, begun).json()
    with snapshot.nothing_changes(admin):
        assert finish(li, begun).json() == first
        assert li.get(f"{AT}/{begun}").json() == first


def test_finished_twenty_times_at_once_it_is_one_upload(li: Browser, two_tenants: TwoTenants, admin):
    begun = sent(li, pdf())
    answers = at_once(
        8, lambda browser: finish(browser, begun), [Browser(two_tenants.li_ming) for _ in range(20)]
    )
    assert {answer.status_code for answer in answers} == {200}
    made = {answer.json()["upload"]["id"] for answer in answers if answer.json()["upload"]}
    assert len(made) == 1
    assert admin.execute("SELECT count(*) FROM upload").fetchone() == (1,)
    assert li.get(f"{AT}/{begun}").json()["upload"]["id"] in made


def test_begun_and_sent_twenty_times_at_once_it_is_one_upload(two_tenants: TwoTenants, admin):
    document = pdf(3)

    def bring(browser: Browser) -> str:
        begun = begin(browser, document).json()["id"]
        for offset in range(0, len(document), PART):
            answer = put(browser, begun, document, offset)
            assert answer.status_code == 200, answer.content
        return begun

    browsers = [Browser(two_tenants.li_ming) for _ in range(20)]
    (begun,) = set(at_once(8, bring, browsers))
    assert finish(browsers[0], begun).json()["upload"]["page_count"] == 3
    assert admin.execute("SELECT count(*) FROM incoming_upload").fetchone() == (1,)


def test_a_check_whose_server_died_is_taken_over(li: Browser, admin):
    begun = sent(li, pdf())
    admin.execute("UPDATE incoming_upload SET checking_at = now() - interval '1 minute'")
    with snapshot.nothing_changes(admin):
        assert finish(li, begun).json()["is_checking"] is True
    admin.execute("UPDATE incoming_upload SET checking_at = %s", [timezone.now() - uploads.CHECKING])
    assert finish(li, begun).json()["upload"]


def test_one_that_is_removed_while_it_is_checked_is_not_kept(
    li: Browser, two_tenants: TwoTenants, admin, monkeypatch
):
    begun = sent(li, pdf())
    real = upload.taken

    def meanwhile(*asked: Any, **choices: Any) -> Any:
        assert li.delete(f"{AT}/{begun}").status_code == 204
        return real(*asked, **choices)

    monkeypatch.setattr(upload, "taken", meanwhile)
    assert code(finish(Browser(two_tenants.li_ming), begun)) == "UPLOAD_NOT_FOUND"
    assert admin.execute("SELECT count(*) FROM upload").fetchone() == (0,)


def test_removing_it_removes_its_bytes(li: Browser):
    before = blobs()
    begun = sent(li, pdf(5))
    assert blobs() != before
    assert li.delete(f"{AT}/{begun}").status_code == 204
    assert blobs() <= before


def test_parts_that_another_upload_names_stay(li: Browser):
    document = pdf(5)
    kept = sent(li, document)
    dropped = sent(li, document, name="再来.pdf")
    li.delete(f"{AT}/{dropped}")
    assert finish(li, kept).json()["upload"]["page_count"] == 5


def test_no_part_lies_open_on_the_disk(li: Browser):
    before = blobs()
    document = pdf(5)
    sent(li, document)
    written = b"".join(path.read_bytes() for path in blobs() - before)
    assert written
    assert b"%PDF" not in written
    assert document[100:140] not in written


def test_what_arrives_takes_room_and_gives_it_back(li: Browser, admin, monkeypatch):
    monkeypatch.setattr(unsent, "MOST", 2)
    first = sent(li, pdf(1))
    begin(li, pdf(2))
    with snapshot.nothing_changes(admin):
        assert code(begin(li, pdf(3))) == "UPLOADS_TOO_MANY"
        assert code(li.upload(pdf(3))) == "UPLOADS_TOO_MANY"
    assert finish(li, first).json()["upload"]
    assert code(begin(li, pdf(3))) == "UPLOADS_TOO_MANY"


def test_one_larger_than_the_limit_is_refused_before_a_byte_is_sent(li: Browser, admin):
    limit = settings.current().upload_limit_bytes
    with snapshot.nothing_changes(admin):
        assert code(begin(li, pdf(), size_bytes=limit + 1)) == "DOCUMENT_TOO_LARGE"
        assert code(begin(li, pdf(), size_bytes=0)) == "REQUEST_INVALID"


def test_announced_bytes_count_too(li: Browser, admin, monkeypatch):
    small = replace(settings.current(), upload_limit_bytes=10_000)
    monkeypatch.setattr(unsent.settings, "current", lambda: small)
    monkeypatch.setattr(unsent, "MOST_LARGEST", 1)
    assert begin(li, pdf(), size_bytes=9_000).status_code == 200
    with snapshot.nothing_changes(admin):
        assert code(begin(li, pdf(2), size_bytes=1_001)) == "UPLOADS_TOO_MANY"


def test_a_day_later_it_is_gone_with_its_bytes(li: Browser, admin):
    before = blobs()
    begun = sent(li, pdf(5))
    done = sent(li, pdf(6))
    finish(li, done)
    unsent.sweep(before=timezone.now() + timedelta(hours=1))
    gone = admin.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'vault.unnamed' RETURNING args")
    for (arguments,) in gone.fetchall():
        housekeeping.remove_blob(**arguments)
    assert blobs() <= before
    assert code(li.get(f"{AT}/{begun}")) == "UPLOAD_NOT_FOUND"
    assert admin.execute("SELECT count(*) FROM incoming_upload").fetchone() == (0,)
    found = admin.execute("SELECT facts FROM audit_event WHERE kind = 'upload.expired'").fetchall()
    assert found == [({"uploads": 2},)]


def test_a_colleague_finds_nothing_of_it(li: Browser, two_tenants: TwoTenants, admin):
    begun = sent(li, pdf())
    zhang = Browser(two_tenants.zhang_wei)
    with snapshot.nothing_changes(admin):
        assert code(zhang.get(f"{AT}/{begun}")) == "UPLOAD_NOT_FOUND"
        assert code(zhang.delete(f"{AT}/{begun}")) == "UPLOAD_NOT_FOUND"


def test_a_damaged_part_is_told_and_nothing_is_kept(li: Browser, admin, monkeypatch):
    begun = sent(li, pdf())

    def damaged(*_: object) -> bytes:
        raise Refused(Problem.VAULT_DAMAGED)

    monkeypatch.setattr(type(vault.current()), "get", damaged)
    assert code(finish(li, begun)) == "VAULT_DAMAGED"
    assert admin.execute("SELECT count(*) FROM upload").fetchone() == (0,)
