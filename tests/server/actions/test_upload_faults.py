"""What is odd about an upload: its name, its length, its size; each is taken or refused, and never a defect."""

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest
from django.db import connections

from tests import conformance, needs
from tests.server import snapshot
from tests.server.adapters.intake import test_conformance as answers
from tests.server.browsing import Browser, code, pdf
from tests.server.phones import MOBILE, phones
from tests.worlds import TwoTenants
from yunqian.server.actions import unsent

__all__ = ["phones"]
BIDI = "\u202e\u2066\u200f"
NAMES = {
    "path": ("../../../etc/passwd", "etc passwd"),
    "windows path": ("..\\..\\合同", "合同"),
    "bidi": (f"合同{BIDI}fdp", "合同fdp"),
    "control": ("合同\x00\x1b[31m\r\nSet-Cookie: a=b", "合同[31m Set-Cookie: a=b"),
    "long": ("合" * 100, "合" * 100),
    "dots": ("....", "document"),
    "quotes": ('a"; filename="b', 'a"; filename="b'),
}


@pytest.fixture
def li(two_tenants: TwoTenants) -> Browser:
    return Browser(two_tenants.li_ming)


def everything(admin) -> str:
    """Every row of every table as text: whatever is shown or sent to a phone later comes from there."""
    tables = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    rows = (admin.execute(f'SELECT one::text FROM "{table}" one').fetchall() for (table,) in tables)
    return "".join(str(text) for found in rows for (text,) in found)


def arrive(browser: Browser, name: str, document: bytes) -> dict:
    """By parts, whose announcement takes any name; a multipart upload loses folders before it reaches us."""
    begun = browser.post("/api/incoming-uploads", {"name": name, "size_bytes": len(document)}).json()["id"]
    browser.upload(document, path=f"/api/incoming-uploads/{begun}/parts?offset=0")
    return browser.post(f"/api/incoming-uploads/{begun}/finish", {}).json()["upload"]


@pytest.mark.parametrize(("given", "shown"), NAMES.values(), ids=NAMES)
@pytest.mark.usefixtures("phones")
def test_an_odd_name_is_clean_wherever_it_appears(li: Browser, admin, given: str, shown: str):
    upload = arrive(li, given + ".pdf", pdf())
    assert upload["name"] == f"{shown}.pdf"
    title = given if shown != "document" else f"{BIDI}document"
    wanted = {
        "upload_ids": [upload["id"]],
        "title": title,
        "recipients": [{"account": "liming"}, {"mobile": MOBILE, "name": "吴迪"}],
    }
    envelope = li.post("/api/envelopes", wanted).json()
    assert (envelope["title"], envelope["documents"][0]["name"]) == (shown, f"{shown}.pdf")
    (listed,) = li.get("/api/envelopes?list=started").json()["items"]
    assert listed["title"] == shown
    for route in ("document", "download"):
        answer = li.get(f"/api/envelopes/{envelope['id']}/{route}")
        assert answer.status_code == 200
        said = answer.headers["Content-Disposition"]
        assert said.isascii()
        assert said.count('"') == 2
        assert "\r" not in said
        assert "Set-Cookie" not in answer.headers
    assert not set(BIDI + "\x1b\r") & set(everything(admin))


def many_pages(count: int) -> bytes:
    """Written by hand: pikepdf takes longer to make it than intake to refuse it."""
    kids = " ".join(f"{number} 0 R" for number in range(3, count + 3))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {count}/Kids[{kids}]>>"]
    objects += ["<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"] * count
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj{one}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(written)}\n%%EOF\n"
    return bytes(written) + (head + trailer).encode()


def one_page(side: float) -> bytes:
    made, written = pikepdf.new(), io.BytesIO()
    made.add_blank_page(page_size=(595, 842))
    made.pages[0].MediaBox = pikepdf.Array([0, 0, side, side])
    made.save(written)
    return written.getvalue()


def picture(width: int, height: int) -> bytes:
    """A page that asks for a picture of so many pixels, in a few hundred bytes of file."""
    made, written = pikepdf.new(), io.BytesIO()
    made.add_blank_page(page_size=(595, 842))
    image = made.make_stream(
        b"\0",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
    )
    page = made.pages[0]
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    page.Contents = made.make_stream(b"q 500 0 0 500 50 50 cm /I Do Q")
    made.save(written)
    return written.getvalue()


def test_ten_thousand_pages_are_refused_in_words_and_soon(li: Browser, admin):
    document = many_pages(10_000)
    began = time.monotonic()
    with snapshot.nothing_changes(admin):
        refused = li.upload(document)
    assert (refused.status_code, code(refused)) == (413, "DOCUMENT_TOO_MANY_PAGES")
    assert refused.json()["facts"] == {"pages": 10_000, "limit": 2000}
    assert time.monotonic() - began < 30  # two seconds on a quiet machine


def test_a_page_of_sixty_five_thousand_units_is_taken_and_said_to_be_large(li: Browser):
    upload = li.upload(one_page(65_000)).json()
    wanted = {"upload_ids": [upload["id"]], "recipients": [{"account": "liming"}]}
    found = li.post("/api/envelopes/preflight", wanted).json()["findings"]
    assert {one["code"]: one["pages"] for one in found}["PREFLIGHT_PAGES_LARGE"] == [1]


def test_a_page_larger_than_any_paper_is_refused(li: Browser, admin):
    with snapshot.nothing_changes(admin):
        assert code(li.upload(one_page(1e6))) == "DOCUMENT_BROKEN"


def test_a_picture_of_sixty_five_thousand_pixels_a_side_is_refused(li: Browser, admin):
    with snapshot.nothing_changes(admin):
        refused = li.upload(picture(65_000, 65_000))
    assert code(refused) == "DOCUMENT_IMAGE_TOO_LARGE"
    assert refused.json()["facts"]["width"] == 65_000


def test_the_same_document_twenty_times_at_once_gives_one_result_each_and_no_more_than_there_is_room_for(
    two_tenants: TwoTenants, admin, monkeypatch
):
    monkeypatch.setattr(unsent, "MOST", 5)
    browsers = [Browser(two_tenants.li_ming) for _ in range(20)]

    def upload(browser: Browser) -> tuple[int, str]:
        try:
            answer = browser.upload(pdf())
            return answer.status_code, "" if answer.status_code == 200 else code(answer)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(upload, browsers))
    assert set(said) <= {(200, ""), (409, "UPLOADS_TOO_MANY"), (503, "PLATFORM_BUSY")}
    taken = said.count((200, ""))
    assert 1 <= taken <= 5
    assert admin.execute("SELECT count(*) FROM upload").fetchone() == (taken,)


def _forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a stranger's document was parsed in the web process")


@conformance.needed
@needs.program("pdftoppm")
class TestConformance:
    """Every file of conformance/intake through the endpoint, with no PDF engine working in this process."""

    @pytest.fixture(autouse=True)
    def _no_engine_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pikepdf.Pdf, "open", _forbidden)

    @pytest.mark.parametrize("name", answers.TAKEN)
    def test_it_is_taken_with_its_remarks(self, li: Browser, name: str):
        upload = li.upload(answers.document(name)).json()
        assert {remark["code"] for remark in upload["remarks"]} == answers.TAKEN[name]

    @pytest.mark.parametrize("name", answers.ONLY_BY_CHOICE)
    def test_it_is_taken_only_by_choice(self, li: Browser, admin, name: str):
        with snapshot.nothing_changes(admin):
            assert code(li.upload(answers.document(name))) == "DOCUMENT_PROTECTED"
        upload = li.upload(answers.document(name), remove_protection=True).json()
        assert "DOCUMENT_PROTECTION_REMOVED" in {remark["code"] for remark in upload["remarks"]}

    @pytest.mark.parametrize("name", answers.REPAIRED_OR_REFUSED)
    def test_it_is_repaired_and_told(self, li: Browser, name: str):
        upload = li.upload(answers.document(name)).json()
        assert "DOCUMENT_REPAIRED" in {remark["code"] for remark in upload["remarks"]}

    @pytest.mark.parametrize("name", answers.REFUSED)
    def test_it_is_refused_and_leaves_no_trace(self, li: Browser, admin, name: str):
        with snapshot.nothing_changes(admin):
            assert code(li.upload(answers.document(name))) == answers.REFUSED[name].code
