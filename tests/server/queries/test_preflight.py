"""The look ahead through HTTP: own documents, colleagues, strangers; nothing is written and nothing leaks."""

from tests import worlds
from tests.engine.papers import act, paper
from tests.server import snapshot
from tests.server.browsing import Browser, code, pdf
from tests.worlds import TwoTenants

AT = "/api/envelopes/preflight"


def look(browser: Browser, *recipients: dict[str, object], document: bytes | None = None, **changes: object):
    uploaded = browser.upload(document or pdf()).json()["id"]
    wanted = {"upload_ids": [uploaded], "recipients": list(recipients)} | changes
    return browser.post(AT, wanted)


def said(answer) -> dict[str, str]:
    assert answer.status_code == 200, answer.content
    return {one["code"]: one["severity"] for one in answer.json()["findings"]}


def test_a_colleague_with_certificate_and_seal_is_ready(li: Browser):
    answer = look(li, {"account": "liming"})
    assert said(answer) == {"PREFLIGHT_SIGNER_READY": "ok"}
    assert answer.json()["may_send"] is True
    assert answer.json()["findings"][0]["recipient"] == 0


def test_a_colleague_without_a_certificate_is_worth_a_look(li: Browser, two_tenants: TwoTenants):
    worlds._member(two_tenants.company_id, "zhaoliu", "赵六", "法务部", may_start=False)
    answer = look(li, {"account": "zhaoliu"})
    assert said(answer) == {"PREFLIGHT_NO_CERTIFICATE": "warn"}
    assert answer.json()["may_send"] is True


def test_a_colleague_whose_certificate_is_over_or_stopped_has_none(li: Browser, admin):
    admin.execute("UPDATE certificate SET not_after_at = now() - interval '1 day'")
    assert said(look(li, {"account": "liming"})) == {"PREFLIGHT_NO_CERTIFICATE": "warn"}


def test_a_colleague_without_a_seal_is_worth_a_look(li: Browser, admin):
    admin.execute("UPDATE seal SET state = 'frozen'")
    assert said(look(li, {"account": "liming"})) == {"PREFLIGHT_NO_SEAL": "warn"}


def test_a_certificate_that_ends_before_the_deadline_is_told(li: Browser):
    answer = look(li, {"account": "liming"}, deadline_at="2200-01-01T00:00:00Z")
    assert said(answer) == {"PREFLIGHT_CERTIFICATE_ENDS": "warn"}


def test_a_suspended_colleague_blocks(li: Browser, two_tenants: TwoTenants, admin):
    gone = worlds._member(two_tenants.company_id, "sunqi", "孙七", "法务部", may_start=True)
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [gone.member_id])
    answer = look(li, {"account": "sunqi"})
    assert said(answer) == {"PREFLIGHT_SIGNER_SUSPENDED": "block"}
    assert answer.json()["may_send"] is False


def test_of_a_stranger_nothing_shows_whether_he_has_an_account(li: Browser):
    """A registered person elsewhere, nobody at all, a colleague by his number: one answer but for the name."""

    def told(**recipient: str) -> tuple[str, ...]:
        (one,) = look(li, recipient).json()["findings"]
        name = recipient.get("name") or recipient["account"]
        return (one["code"], one["severity"], one["zh"].replace(name, "某"), one["en"].replace(name, "N"))

    answers = {
        told(account="wangfang"),
        told(account="nobodyatall"),
        told(mobile="13800131234", name="李明"),
        told(mobile="13911112222", name="陌生人"),
    }
    assert len(answers) == 1
    assert answers.pop()[0] == "PREFLIGHT_SIGNER_OUTSIDE"


def test_a_number_or_name_that_is_none_blocks_with_its_reason(li: Browser):
    assert said(look(li, {"mobile": "12345", "name": "王芳"})) == {"MOBILE_INVALID": "block"}


def test_the_same_signer_twice_blocks(li: Browser):
    twice = look(
        li, {"mobile": "13911112222", "name": "甲方"}, {"mobile": "+86 139 1111 2222", "name": "甲方"}
    )
    assert said(twice)["PREFLIGHT_SIGNER_TWICE"] == "block"


def test_who_only_gets_a_copy_is_not_looked_at(li: Browser):
    assert said(look(li, {"account": "liming"}, {"account": "wangfang", "is_copy": True})) == {
        "PREFLIGHT_SIGNER_READY": "ok"
    }
    assert said(look(li, {"account": "liming", "is_copy": True})) == {"PREFLIGHT_NOBODY_SIGNS": "block"}


def test_a_signed_document_says_what_its_signatures_leave(li: Browser):
    told = said(look(li, {"account": "liming"}, document=act(paper())))
    assert told["PREFLIGHT_SIGNED_BEFORE"] == "ok"
    assert told["PREFLIGHT_SIGNER_READY"] == "ok"


def test_a_very_long_document_has_places_for_few_paging_seals(li: Browser, two_tenants: TwoTenants):
    several = [{"mobile": f"1391111222{place}", "name": "某人"} for place in range(4)]
    answer = look(li, *several, document=pdf(320))
    assert said(answer)["PREFLIGHT_PAGING_SCARCE"] == "warn"


def test_nothing_is_written(li: Browser, admin):
    uploaded = li.upload(pdf()).json()["id"]
    with snapshot.nothing_changes(admin):
        wanted = {"upload_ids": [uploaded], "recipients": [{"account": "liming"}, {"account": "ghost"}]}
        assert li.post(AT, wanted).status_code == 200


def test_another_persons_upload_is_not_looked_at(li: Browser, two_tenants: TwoTenants, admin):
    uploaded = li.upload(pdf()).json()["id"]
    wang = Browser(two_tenants.wang_fang)
    with snapshot.nothing_changes(admin):
        assert code(wang.post(AT, {"upload_ids": [uploaded]})) == "UPLOAD_NOT_FOUND"
        assert code(li.post(AT, {"upload_ids": []})) == "REQUEST_INVALID"
