"""Electronic seals in the act: they go into the document, the report answers for them, bad ones are refused first."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.pki.hierarchy import Holder, ec_key, issue
from tests.server import snapshot
from tests.server.authorities import Outside
from tests.server.browsing import (
    Browser,
    code,
    detail,
    open_ceremony,
    opening,
    seal,
    signed,
    start,
)
from tests.worlds import TwoTenants
from yunqian.console import verify as console
from yunqian.eseal import make as making
from yunqian.eseal.make import Kind, Maker, Wanted
from yunqian.eseal.seal import Version
from yunqian.server import scope, settings
from yunqian.server.records.models import Seal

DAY = timedelta(days=1)


@dataclass
class Workshop:
    """A seal maker under the world's root, who equips the world's seals."""

    world: TwoTenants
    admin: psycopg.Connection
    maker: Holder

    def equip(self, named: str, *signers: Holder, version: Version = Version.V4, **odd: Any) -> bytes:
        """Give a seal its object; what is odd about it is said in the words of `Wanted`."""
        made = self.make(self.world.seals[named], signers, version, odd)
        self.put(named, made)
        return made

    def put(self, named: str, eseal: bytes | None) -> None:
        self.admin.execute("UPDATE seal SET eseal = %s WHERE id = %s", [eseal, self.world.seals[named]])

    def make(
        self, seal_id: UUID, signers: tuple[Holder, ...], version: Version, odd: dict[str, Any]
    ) -> bytes:
        now = datetime.now(UTC)
        with scope.reading(person_id=None, tenant_id=self.world.company_id):
            row = Seal.objects.get(id=seal_id)
        wanted = {
            "es_id": row.id.hex,
            "name": row.name,
            "kind": Kind.PERSON,
            "png": bytes(row.picture_png),
            "width_mm": row.width_mm,
            "height_mm": row.height_mm,
            "signers": tuple(one.certificate for one in signers),
            "created_at": now - timedelta(hours=1),
            "valid_from_at": now - timedelta(hours=1),
            "valid_until_at": now + DAY,
        }
        return making.make(
            Wanted(**wanted | odd), Maker(self.maker.certificate, self.maker.sign), version=version
        )


@pytest.fixture
def workshop(two_tenants: TwoTenants, admin: psycopg.Connection) -> Workshop:
    valid = two_tenants.root.certificate
    maker = issue(
        ec_key("world-maker"),
        "测试制章单位",
        by=two_tenants.root,
        begins=valid.not_before_at,
        ends=valid.not_after_at,
    )
    return Workshop(two_tenants, admin, maker)


def answers(li: Browser, envelope: dict[str, Any]) -> list[dict[str, str]]:
    report = li.get(f"/api/envelopes/{envelope['id']}/report").json()
    return [{one["check"]: one["verdict"] for one in each["findings"]} for each in report["signatures"]]


ALL_RIGHT = dict.fromkeys(("crypto", "coverage", "seal", "membership", "trust"), "valid")


@pytest.mark.parametrize("version", [Version.V1, Version.V4])
def test_all_five_questions_are_answered_from_the_document_online_and_offline(
    li: Browser, two_tenants: TwoTenants, personal, workshop: Workshop, version, tmp_path: Path, capsys
):
    eseal = workshop.equip("liming.personal", two_tenants.li_ming_key, version=version)
    started = start(li, "liming")
    seal(li, started, two_tenants.holders, personal)
    assert answers(li, started) == [ALL_RIGHT]
    path = tmp_path / "signed.pdf"
    path.write_bytes(li.get(f"/api/envelopes/{started['id']}/document").content)
    assert eseal.hex().encode() in path.read_bytes()
    assert console.main([str(path), "--json", "--trust", str(settings.current().trust_folder)]) == 0
    (told,) = json.loads(capsys.readouterr().out)["signatures"]
    assert {one["check"]: one["verdict"] for one in told["findings"]} == ALL_RIGHT


def test_a_seal_that_is_only_a_picture_goes_on_as_one_beside_another_that_is_more(
    li: Browser, two_tenants: TwoTenants, personal, official, workshop: Workshop
):
    workshop.equip("liming.official", two_tenants.company_key)
    started = start(li, "liming")
    seal(li, started, two_tenants.holders, personal, official)
    neither = {"seal": "not_applicable", "membership": "not_applicable"}
    assert answers(li, started) == [ALL_RIGHT | neither, ALL_RIGHT]


def test_a_paging_seal_carries_the_same_object(
    li: Browser, two_tenants: TwoTenants, official, workshop: Workshop
):
    workshop.equip("liming.official", two_tenants.company_key)
    paging = {
        "kind": "paging",
        "seal_id": official["seal_id"],
        "certificate_sha256": official["certificate_sha256"],
        "along": 0.5,
    }
    started = start(li, "liming")
    seal(li, started, two_tenants.holders, paging, official)
    assert answers(li, started) == [ALL_RIGHT]


def test_what_was_being_signed_stays_when_the_seal_is_made_anew_meanwhile(
    li: Browser, two_tenants: TwoTenants, personal, official, workshop: Workshop
):
    kept = workshop.equip("liming.official", two_tenants.company_key)
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal, official)
    workshop.put("liming.official", None)
    for _ in range(2):
        answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
        assert answer.status_code == 200, answer.content
        opened = answer.json()
    assert opened["state"] == "done"
    assert kept.hex().encode() in li.get(f"/api/envelopes/{started['id']}/document").content


def test_an_order_from_before_there_were_electronic_seals_is_prepared_again_as_it_was(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal)
    admin.execute("UPDATE sign_order SET impressions = impressions #- '{0,eseal_sha256}'")
    again = li.post(f"/api/ceremonies/{opened['id']}/prepare", {})
    assert again.status_code == 200, again.content
    done = li.post(f"/api/ceremonies/{opened['id']}/results", signed(again.json(), two_tenants.holders))
    assert done.json()["state"] == "done"


def spoilt(workshop: Workshop) -> bytes:
    made = bytearray(workshop.equip("liming.official", workshop.world.company_key))
    made[-1] ^= 1
    return bytes(made)


NOW = datetime.now(UTC)
BAD: dict[str, Callable[[Workshop], bytes]] = {
    "SEAL_UNREADABLE": lambda _: b"no seal",
    "SEAL_NOT_GENUINE": spoilt,
    "SEAL_OUT_OF_DATE": lambda shop: shop.equip(
        "liming.official", shop.world.company_key, valid_from_at=NOW - 2 * DAY, valid_until_at=NOW - DAY
    ),
    "SEAL_NOT_OF_CERTIFICATE": lambda shop: shop.equip("liming.official", shop.world.li_ming_key),
    "SEAL_PICTURE_DIFFERS": lambda shop: shop.equip("liming.official", shop.world.company_key, width_mm=42),
}


@pytest.mark.parametrize("problem", BAD)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_bad_seal_is_refused_before_any_key_is_asked_and_nothing_has_changed(
    li: Browser, personal, official, workshop: Workshop, admin, outside: Outside, problem, is_first
):
    """Also where its key comes second: else the first signature would stand there alone."""
    workshop.put("liming.official", BAD[problem](workshop))
    started = start(li, "liming")
    marks = (official, personal) if is_first else (personal, official)
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/envelopes/{started['id']}/ceremonies", opening(started, *marks))
    assert code(answer) == problem
    assert answer.status_code == 422
    assert detail(li, started["id"])["documents"][0]["head"] == 0


def test_a_certificate_that_was_renewed_needs_the_seal_made_anew(
    li: Browser, two_tenants: TwoTenants, personal, workshop: Workshop
):
    workshop.equip("liming.personal", two_tenants.wang_fang_key)
    started = start(li, "liming")
    answer = li.post(f"/api/envelopes/{started['id']}/ceremonies", opening(started, personal))
    assert answer.json()["facts"] == {"seal": "李明之印", "owner": "李明"}
    workshop.equip("liming.personal", two_tenants.wang_fang_key, two_tenants.li_ming_key)
    seal(li, started, two_tenants.holders, personal)
    assert answers(li, started) == [ALL_RIGHT]


def test_a_maker_whom_the_platform_does_not_trust_is_told_as_not_confirmed(
    li: Browser, two_tenants: TwoTenants, personal, workshop: Workshop
):
    valid = two_tenants.root.certificate
    span = {"begins": valid.not_before_at, "ends": valid.not_after_at}
    elsewhere = issue(ec_key("elsewhere"), "别处的根", is_ca=True, **span)
    workshop.maker = issue(ec_key("world-maker"), "别处的制章单位", by=elsewhere, **span)
    workshop.equip("liming.personal", two_tenants.li_ming_key)
    started = start(li, "liming")
    seal(li, started, two_tenants.holders, personal)
    assert answers(li, started) == [ALL_RIGHT | {"seal": "indeterminate"}]


def test_the_panel_is_not_sent_the_object(li: Browser, two_tenants: TwoTenants, workshop: Workshop):
    workshop.equip("liming.personal", two_tenants.li_ming_key)
    panel = li.get(f"/api/envelopes/{start(li, 'liming')['id']}/panel")
    assert panel.status_code == 200
    assert all("eseal" not in one for one in panel.json()["seals"])
