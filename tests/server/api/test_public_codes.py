"""查验码: facts for anybody who holds a print, and nothing that is not on it."""

import json
from datetime import UTC, datetime
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from tests.server import snapshot
from tests.server.authorities import outside
from tests.server.browsing import Browser, code, pdf, placement, seal, start
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.adapters.turns import Turns
from yunqian.server.adapters.verifier import sandbox
from yunqian.server.api import public_codes as api
from yunqian.server.api.pace import Pace
from yunqian.server.queries import public_codes, verify

__all__ = ["outside"]
TITLE = "与某某公司的采购合同"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    public_codes.VERDICTS.clear()
    for pace in ("PACE", "VERDICT_PACE"):
        monkeypatch.setattr(api, pace, Pace(most=1000, seconds=60))


@pytest.fixture
def sent(li: Browser) -> dict:
    return start(li, "liming", ("wangfang", 2), title=TITLE, document=pdf(3))


@pytest.fixture
def own(li: Browser, sent: dict) -> dict:
    return li.get(f"/api/envelopes/{sent['id']}/public-code").json()


def facts(named: str) -> dict:
    answer = Browser().get(f"/api/public-codes/{named}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_its_parties_have_the_code_with_its_address_as_a_qr_code(own: dict):
    assert own["address"] == f"http://127.0.0.1:8000/v/{own['code']}"
    drawn = ElementTree.fromstring(own["qr_svg"])
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    assert "script" not in own["qr_svg"]


def test_nobody_else_has_it(sent: dict, two_tenants: TwoTenants, admin):
    chen = Browser(two_tenants.chen_jing)
    with snapshot.nothing_changes(admin):
        at = f"/api/envelopes/{sent['id']}/public-code"
        assert code(chen.get(at)) == "ENVELOPE_NOT_FOUND"
        assert code(Browser().get(at)) == "LOGIN_REQUIRED"
        assert code(chen.get(f"/api/envelopes/{uuid4()}/public-code")) == "ENVELOPE_NOT_FOUND"


def test_anybody_who_types_it_learns_digests_masked_signers_and_states(own: dict, sent: dict, admin):
    with snapshot.nothing_changes(admin):
        told = facts(own["code"].lower().replace("-", " "))
    (document,) = told["documents"]
    assert (told["code"], told["state"], told["completed_at"]) == (own["code"], "open", None)
    assert (document["sha256"], document["page_count"]) == (sent["documents"][0]["head_sha256"], 3)
    shown = [(one["name"], one["organization"], one["state"]) for one in told["signers"]]
    assert shown == [("李*", "广东******公司", "ready"), ("王*", "某市******中心", "waiting")]


def test_neither_title_nor_name_nor_identifier_nor_file_is_told(own: dict, sent: dict, two_tenants):
    told = json.dumps(facts(own["code"]), ensure_ascii=False)
    told += Browser().get(f"/api/public-codes/{own['code']}/verdicts/1").content.decode()
    secret = [TITLE, "合同", "李明", "王芳", "liming", "广东示例科技有限公司", "某市公共资源交易中心"]
    secret += [sent["id"], sent["documents"][0]["id"], sent["documents"][0]["name"]]
    secret += [str(two_tenants.company_id), str(two_tenants.li_ming.person_id)]
    assert [one for one in secret if one in told] == []


def test_after_a_signature_the_newest_digest_is_told_with_the_ones_before(
    li: Browser, two_tenants: TwoTenants, outside
):
    envelope = start(li, "liming", title=TITLE)
    mark = placement(two_tenants.seals["liming.personal"], two_tenants.li_ming_key)
    seal(li, envelope, two_tenants.holders, mark)
    named = li.get(f"/api/envelopes/{envelope['id']}/public-code").json()["code"]
    told = facts(named)
    (document,) = told["documents"]
    now = li.get(f"/api/envelopes/{envelope['id']}").json()["documents"][0]
    assert (told["state"], document["sha256"]) == ("completed", now["head_sha256"])
    assert document["earlier_sha256s"] == [envelope["documents"][0]["head_sha256"]]
    judged = Browser().get(f"/api/public-codes/{named}/verdicts/1").json()
    assert (judged["verdict"], judged["sha256"]) == ("valid", now["head_sha256"])
    (signature,) = judged["signatures"]
    assert (signature["signer"], signature["verdict"]) == ("李*", "valid")
    assert set(signature["answers"]) <= {"valid", "not_applicable"}


def test_a_document_that_nobody_has_signed_has_no_verdict(own: dict):
    judged = Browser().get(f"/api/public-codes/{own['code']}/verdicts/1").json()
    assert (judged["verdict"], judged["signatures"]) == (None, [])


def test_a_verdict_is_made_once_for_many_readers(own: dict, monkeypatch: pytest.MonkeyPatch):
    first = Browser().get(f"/api/public-codes/{own['code']}/verdicts/1").json()
    monkeypatch.setattr(sandbox, "judge", lambda *_, **__: pytest.fail("judged again"))
    assert Browser().get(f"/api/public-codes/{own['code']}/verdicts/1").json() == first


def test_a_recalled_envelope_says_so(li: Browser, sent: dict, own: dict):
    li.post(f"/api/envelopes/{sent['id']}/void", {"reason": "重新起草"})
    told = facts(own["code"])
    assert told["state"] == "voided"
    assert "重新起草" not in json.dumps(told, ensure_ascii=False)


def test_what_is_no_code_and_what_is_nobodys_is_one_answer(own: dict, sent: dict, admin):
    other = own["code"][:-1] + ("0" if own["code"][-1] != "0" else "1")
    with snapshot.nothing_changes(admin):
        for named in (other, "x", "0" * 16, "字" * 16, "%00" * 16, "7" * 500, sent["id"]):
            for at in (f"/api/public-codes/{named}", f"/api/public-codes/{named}/verdicts/1"):
                assert code(Browser().get(at)) == "PUBLIC_CODE_NOT_FOUND"
    assert code(Browser().get(f"/api/public-codes/{own['code']}/verdicts/2")) == "DOCUMENT_NOT_FOUND"
    for position in ("0", "101", "x"):
        answer = Browser().get(f"/api/public-codes/{own['code']}/verdicts/{position}")
        assert code(answer) == "REQUEST_INVALID"


def test_an_address_that_tries_codes_is_slowed_down(own: dict, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "PACE", Pace(most=3, seconds=60))
    said = [code(Browser().get(f"/api/public-codes/{'0' * 15}{one}")) for one in range(5)]
    assert said == ["PUBLIC_CODE_NOT_FOUND"] * 3 + ["REQUESTS_TOO_MANY"] * 2
    assert Browser(address="198.51.100.7").get(f"/api/public-codes/{own['code']}").status_code == 200


def test_readers_do_not_take_all_the_room_for_judging(own: dict, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verify, "STRANGERS", Turns(wait_seconds=0.05))
    with verify.STRANGERS.taken(), pytest.raises(Refused) as refused:
        public_codes.verdict(code=own["code"], position=1, at=datetime.now(UTC))
    assert refused.value.problem is Problem.PLATFORM_BUSY


def test_each_envelope_has_a_code_of_its_own_and_the_code_opens_that_one_alone(li: Browser, own: dict, admin):
    other = start(li, "liming")
    codes = [named for (named,) in admin.execute("SELECT public_code FROM envelope")]
    assert len(set(codes)) == len(codes) == 2
    from yunqian.server.records.models import Ceremony, Document, Envelope, Member, Seal

    with scope.printed(own["code"].replace("-", "")):
        assert Envelope.objects.count() == Document.objects.count() == 1
        assert str(Envelope.objects.get().id) != other["id"]
        assert [table.objects.count() for table in (Ceremony, Member, Seal)] == [0, 0, 0]
