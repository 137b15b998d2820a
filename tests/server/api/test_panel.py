"""The sealing panel's one answer: what the signer sees before he places anything."""

from tests.server.browsing import Browser, code, start
from tests.worlds import TwoTenants


def test_the_panel_shows_the_document_the_seals_and_whose_turn_it_is(two_tenants: TwoTenants):
    li = Browser(two_tenants.li_ming)
    started = start(li, "liming")
    panel = li.get(f"/api/envelopes/{started['id']}/panel").json()
    assert (panel["title"], panel["is_my_turn"], panel["waiting_for"]) == ("采购合同", True, ["李明"])
    assert panel["document"] == started["documents"][0]
    assert [(page["number"], page["crop_width_pt"], page["rotation"]) for page in panel["pages"]] == [
        (1, 595.0, 0),
        (2, 595.0, 0),
    ]
    assert panel["report"]["signatures"] == []
    assert panel["ceremony"] is None
    assert {(seal["name"], seal["owner_name"], seal["width_mm"]) for seal in panel["seals"]} == {
        ("李明之印", "李明", 18.0),
        ("公章", "广东示例科技有限公司", 40.0),
    }
    allowed = {seal["name"]: seal["certificate_sha256s"] for seal in panel["seals"]}
    assert allowed["李明之印"] == [two_tenants.li_ming_key.certificate.sha256]
    assert allowed["公章"] == [two_tenants.company_key.certificate.sha256]


def test_a_colleague_without_grants_is_offered_no_seal(two_tenants: TwoTenants):
    started = start(Browser(two_tenants.li_ming), "zhangwei")
    panel = Browser(two_tenants.zhang_wei).get(f"/api/envelopes/{started['id']}/panel").json()
    assert (panel["is_my_turn"], panel["seals"]) == (True, [])


def test_a_seal_that_is_frozen_is_not_offered(two_tenants: TwoTenants, admin):
    li = Browser(two_tenants.li_ming)
    started = start(li, "liming")
    admin.execute("UPDATE seal SET state = 'frozen' WHERE kind = 'official'")
    panel = li.get(f"/api/envelopes/{started['id']}/panel").json()
    assert [seal["name"] for seal in panel["seals"]] == ["李明之印"]


def test_a_certificate_that_was_unbound_is_not_offered_with_its_seal(two_tenants: TwoTenants, admin):
    li = Browser(two_tenants.li_ming)
    started = start(li, "liming")
    admin.execute("UPDATE certificate SET state = 'revoked'")
    panel = li.get(f"/api/envelopes/{started['id']}/panel").json()
    assert [seal["certificate_sha256s"] for seal in panel["seals"]] == [[], []]


def test_the_panel_of_a_stranger_does_not_exist(two_tenants: TwoTenants):
    started = start(Browser(two_tenants.li_ming), "liming")
    answer = Browser(two_tenants.wang_fang).get(f"/api/envelopes/{started['id']}/panel")
    assert code(answer) == "ENVELOPE_NOT_FOUND"
