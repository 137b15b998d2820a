"""Applying for a seal, deciding on it, having it made: by whom, with which picture, and how often."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image

from tests import worlds
from tests.server import keycare as keys
from tests.server import sealing, snapshot
from tests.server.browsing import Browser, code
from tests.server.keycare import Keycare, keycare, made_authority
from tests.worlds import TwoTenants
from yunqian.eseal import seal as reading
from yunqian.eseal import verdicts
from yunqian.server import scope
from yunqian.server.api import seals as api
from yunqian.server.api.pace import Pace
from yunqian.server.records.models import Seal

__all__ = ["keycare", "made_authority"]


@dataclass
class Office:
    """Li Ming who applies, Sun Li who manages seals, and the company's certificate."""

    li: Browser
    sun: Browser
    company: str
    personal: str


@pytest.fixture
def office(two_tenants: TwoTenants, keycare: Keycare, monkeypatch: pytest.MonkeyPatch) -> Office:
    for pace in ("DRAWING_PACE", "STATUS_PACE"):
        monkeypatch.setattr(api, pace, Pace(most=10_000, seconds=1))
    sun = Browser(worlds.administrator(two_tenants.company_id))
    keys = (two_tenants.company_key, two_tenants.li_ming_key)
    ids = [sealing.certificate_id(key.certificate.sha256, two_tenants.company_id) for key in keys]
    return Office(Browser(two_tenants.li_ming), sun, *ids)


def unverified(admin, world: TwoTenants) -> None:
    admin.execute("UPDATE tenant SET verified_at = NULL WHERE id = %s", [world.company_id])


def test_a_seal_is_applied_for_approved_by_somebody_else_and_made_by_the_seal_maker(
    office: Office, two_tenants: TwoTenants
):
    made = sealing.made(office.li, office.sun, office.company, filing_number="4401060012345")
    assert (made["state"], made["is_made"], made["certificates"]) == (
        "in_use",
        True,
        ["广东示例科技有限公司"],
    )
    with scope.reading(person_id=None, tenant_id=two_tenants.company_id):
        row = Seal.objects.get(id=made["id"])
    found = reading.read(bytes(row.eseal))
    assert verdicts.judge_maker(found).verdict is verdicts.Verdict.VALID
    assert found.name == "广东示例科技有限公司公章（新）"
    told = office.sun.get(f"/api/seals/{made['id']}/history").json()
    assert [(one["kind"], one["person_name"]) for one in told] == [
        ("seal.made", "孙丽"),
        ("seal.application_approved", "孙丽"),
        ("seal.applied", "李明"),
    ]


def test_what_was_previewed_is_what_is_made(office: Office):
    wanted = {key: sealing.OFFICIAL[key] for key in ("kind", "picture")}
    previewed = office.li.post("/api/seal-previews", wanted).json()
    made = sealing.made(office.li, office.sun, office.company)
    assert previewed == made["picture"]
    assert (previewed["width_mm"], previewed["height_mm"]) == (40, 40)


def test_nobody_decides_on_his_own_application(office: Office, admin):
    applied = sealing.apply(office.sun)
    with snapshot.nothing_changes(admin):
        for what, body in (
            ("approve", None),
            ("refuse", {"reason": "不行"}),
            ("make", {"certificate_ids": [office.company]}),
        ):
            assert code(sealing.decide(office.sun, applied, what, body)) == "DECISION_OF_ONES_OWN"


def test_a_refused_application_says_why_and_is_never_made(office: Office, admin):
    applied = sealing.apply(office.li)
    assert sealing.decide(office.sun, applied, "refuse", {"reason": "已有公章"}).status_code == 200
    (mine,) = office.li.get("/api/seal-applications").json()
    assert (mine["state"], mine["decision"], mine["decided_by"]) == ("refused", "已有公章", "孙丽")
    with snapshot.nothing_changes(admin):
        answer = sealing.decide(office.sun, applied, "make", {"certificate_ids": [office.company]})
        assert code(answer) == "TRANSITION_NOT_ALLOWED"


def test_a_seal_is_not_made_before_it_is_approved_nor_after_it_was_withdrawn(office: Office, admin):
    applied = sealing.apply(office.li)
    body = {"certificate_ids": [office.company]}
    with snapshot.nothing_changes(admin):
        assert code(sealing.decide(office.sun, applied, "make", body)) == "TRANSITION_NOT_ALLOWED"
    assert office.li.post(f"/api/seal-applications/{applied['id']}/withdraw").status_code == 200
    with snapshot.nothing_changes(admin):
        assert code(sealing.decide(office.sun, applied, "approve")) == "TRANSITION_NOT_ALLOWED"


def test_a_seal_is_bound_to_certificates_of_the_organization_alone(
    office: Office, two_tenants: TwoTenants, admin
):
    applied = sealing.apply(office.li)
    sealing.decide(office.sun, applied, "approve")
    foreign = sealing.certificate_id(two_tenants.wang_fang_key.certificate.sha256, two_tenants.center_id)
    with snapshot.nothing_changes(admin):
        for odd in (foreign, "0", "x" * 36):
            answer = sealing.decide(office.sun, applied, "make", {"certificate_ids": [office.company, odd]})
            assert code(answer) == "CERTIFICATE_NOT_FOUND"


def test_an_organization_that_is_not_verified_gets_no_seal_and_its_people_get_their_own(
    office: Office, two_tenants: TwoTenants, admin
):
    applied = sealing.apply(office.li)
    sealing.decide(office.sun, applied, "approve")
    unverified(admin, two_tenants)
    with snapshot.nothing_changes(admin):
        answer = sealing.decide(office.sun, applied, "make", {"certificate_ids": [office.company]})
        assert code(answer) == "TENANT_NOT_VERIFIED"
        assert code(office.li.post("/api/seal-applications", sealing.OFFICIAL)) == "TENANT_NOT_VERIFIED"
    assert office.li.post("/api/seal-applications", sealing.OWN_NAME).json()["state"] == "made"


def test_ones_own_seal_is_made_at_once_and_may_be_applied_with_all_of_ones_certificates(office: Office):
    for wanted in (sealing.OWN_NAME, sealing.OWN_HAND):
        answer = office.li.post("/api/seal-applications", wanted)
        assert answer.status_code == 200, answer.content
        made = next(
            one for one in office.li.get("/api/seals").json() if one["id"] == answer.json()["seal_id"]
        )
        assert (made["is_personal"], made["is_made"], made["certificates"]) == (True, True, ["李明"])
        assert made["may_manage"] is True
    assert office.sun.get("/api/administration/seals").json()["items"][0]["is_personal"] is False


def test_a_scan_loses_its_background_in_a_process_of_its_own_and_is_made_as_it_was_shown(office: Office):
    fields = {"kind": "name", "width_mm": 18}
    shown = sealing.send_scan(office.li, "/api/seal-previews/scan", sealing.scan(), **fields)
    assert shown.status_code == 200, shown.content
    image = Image.open(BytesIO(base64.b64decode(shown.json()["picture_png"])))
    assert image.getpixel((2, 2))[3] == 0
    fields |= {"name": "扫描名章", "reason": "签合同用"}
    answer = sealing.send_scan(office.li, "/api/seal-applications/scan", sealing.scan(), **fields)
    assert answer.status_code == 200, answer.content
    assert answer.json()["source"] == "scan"
    assert answer.json()["picture"] == shown.json()


def test_a_signature_from_before_there_was_a_certificate_is_made_whole_with_the_first(
    office: Office, two_tenants: TwoTenants
):
    zhang = Browser(two_tenants.zhang_wei)
    zhang.post("/api/seal-applications", sealing.OWN_HAND)
    (picture,) = zhang.get("/api/seals").json()
    assert (picture["is_made"], picture["certificates"]) == (False, [])
    assert keys.issue(zhang, keys.begin(zhang)).status_code == 200
    (whole,) = zhang.get("/api/seals").json()
    assert (whole["is_made"], whole["certificates"]) == (True, ["张伟"])


def test_the_seal_of_a_legal_representative_bears_the_name_that_was_verified(
    office: Office, two_tenants: TwoTenants, admin
):
    admin.execute("UPDATE tenant SET legal_representative = '李明' WHERE id = %s", [two_tenants.company_id])
    wanted = {"kind": "legal_representative", "picture": {"source": "drawn"}}
    shown = office.li.post("/api/seal-previews", wanted).json()
    own = office.li.post(
        "/api/seal-previews", {"kind": "name", "picture": {"source": "drawn", "size_mm": 20}}
    )
    assert shown == own.json()  # 李明之印, in the size of a legal representative's seal


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<svg onload='alert(1)'/>", "SCAN_NOT_A_PICTURE"),
        (b"%PDF-1.7", "SCAN_NOT_A_PICTURE"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "SCAN_UNREADABLE"),
        (sealing.scan(colour=(250, 250, 250)), "SCAN_WITHOUT_INK"),
    ],
)
def test_a_scan_that_is_none_is_refused_and_nothing_has_changed(office: Office, admin, content, problem):
    fields = {"kind": "name", "width_mm": 18, "name": "章", "reason": "签合同用"}
    with snapshot.nothing_changes(admin):
        answer = sealing.send_scan(office.li, "/api/seal-applications/scan", content, **fields)
        assert code(answer) == problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"picture": {"source": "drawn", "size_mm": 58}}, "SEAL_SIZE_WRONG_FOR_KIND"),
        ({"kind": "signature"}, "REQUEST_INVALID"),
        ({"picture": {"source": "strokes", "strokes": [[[0, 0, 0]]]}}, "REQUEST_INVALID"),
        ({"kind": "legal_representative", "picture": {"source": "drawn"}}, "LEGAL_REPRESENTATIVE_UNKNOWN"),
        ({"valid_until_at": "2020-01-01T00:00:00Z"}, "GRANT_ENDS_BEFORE"),
        ({"filing_number": "12"}, "REQUEST_INVALID"),
        ({"state": "made"}, "REQUEST_INVALID"),
        ({"tenant_id": "x"}, "REQUEST_INVALID"),
        ({"name": "公\u0000章"}, "REQUEST_INVALID"),
    ],
)
def test_what_no_seal_can_be_is_refused_and_nothing_has_changed(office: Office, admin, changes, problem):
    with snapshot.nothing_changes(admin):
        assert code(office.li.post("/api/seal-applications", sealing.OFFICIAL | changes)) == problem


@pytest.mark.parametrize("wanted", [sealing.OFFICIAL, sealing.OWN_NAME], ids=["official", "own"])
def test_the_same_application_twenty_times_at_once_is_one(office: Office, two_tenants, admin, wanted):
    browsers = [Browser(two_tenants.li_ming) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda one: browsers[one % 4].post("/api/seal-applications", wanted), range(20))
        )
    assert sorted(code(one) for one in answers if one.status_code != 200) == ["SEAL_APPLIED_ALREADY"] * 19
    assert admin.execute("SELECT count(*) FROM seal_application").fetchone() == (1,)


def test_two_decisions_at_once_are_one(office: Office, two_tenants: TwoTenants, admin):
    applied = sealing.apply(office.li)
    other = worlds._holding(
        worlds._member(two_tenants.company_id, "wuqian", "吴倩", "行政部", may_start=False), ("seals",)
    )
    wu = Browser(other)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda asked: sealing.decide(
                    asked[0], applied, asked[1], {"reason": "不行"} if asked[2] else None
                ),
                [(office.sun, "approve", False), (wu, "refuse", True)],
            )
        )
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert admin.execute(
        "SELECT count(*) FROM audit_event WHERE kind IN ('seal.application_approved', 'seal.application_refused')"
    ).fetchone() == (1,)


def test_a_seal_is_made_once_however_often_it_is_asked(office: Office, two_tenants, admin):
    applied = sealing.apply(office.li)
    sealing.decide(office.sun, applied, "approve")
    managers = [office.sun, Browser(), Browser()]
    for one in managers[1:]:
        one.log_in("sunli")
    body = {"certificate_ids": [office.company]}
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda one: sealing.decide(one, applied, "make", body), managers))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    assert admin.execute("SELECT count(*) FROM seal WHERE name = '公章（新）'").fetchone() == (1,)
