"""Binding a certificate: the key proves itself, the certificate says whose it is, or somebody else decides."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest

from tests import worlds
from tests.pki.hierarchy import Holder, ec_key, issue, rsa_key
from tests.pki.identified import PERSON, holder, text
from tests.server import binding as made
from tests.server import snapshot
from tests.server.authorities import Outside, outside
from tests.server.binding import asked, begun, bind, bound, kinds, of_company, of_li, proved, states
from tests.server.browsing import ORIGIN, Browser, code, seal, start
from tests.server.browsing import placement as place
from tests.worlds import TwoTenants
from yunqian.crypto import suites
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.server.actions import binding
from yunqian.server.adapters import personal
from yunqian.server.adapters.ca.port import Status

__all__ = ["outside"]


@pytest.fixture(autouse=True)
def _outside(outside: Outside) -> None:
    """Both authorities answer as the tests want them to."""


@pytest.fixture
def administrator(two_tenants: TwoTenants) -> Browser:
    return Browser(worlds.administrator(two_tenants.company_id))


@pytest.fixture
def maker(two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> Holder:
    """Who makes seal objects."""
    valid = made.valid(two_tenants)
    known = issue(ec_key("binding-maker"), "测试制章单位", by=two_tenants.root, **valid)
    monkeypatch.setattr(
        binding, "seal_maker", SimpleNamespace(current=lambda: Maker(known.certificate, known.sign))
    )
    return known


def test_a_certificate_that_names_its_person_and_organization_is_bound_at_once(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    key = of_li(two_tenants)
    certificate = bound(li, key)
    assert (certificate["state"], certificate["person_name"], certificate["is_mine"]) == (
        "bound",
        "李明",
        True,
    )
    assert certificate["sha256"] == key.certificate.sha256
    assert li.get("/api/certificates").json()[0]["sha256"] == key.certificate.sha256
    assert kinds(admin) == [
        "certificate.binding_begun",
        "certificate.binding_answered",
        "certificate.bound",
    ]


def test_the_order_names_whose_it_is_to_be_this_platform_and_five_minutes(
    li: Browser, two_tenants: TwoTenants
):
    order = begun(li, of_li(two_tenants))
    assert (order.origin, order.person_name, order.holder_name) == (ORIGIN, "李明", "李明")
    assert order.expires_at - order.issued_at == timedelta(minutes=5)
    assert len(order.nonce) == 64


def test_what_was_bound_signs_and_logs_in(li: Browser, two_tenants: TwoTenants):
    key = of_li(two_tenants)
    assert bound(li, key)["seals"] == ["李明之印"]
    mark = place(two_tenants.seals["liming.personal"], key)
    envelope = start(li, "liming")
    done = seal(li, envelope, {key.certificate.sha256: key}, mark)
    assert done["state"] == "done"


def test_bound_twice_it_is_the_same_certificate(li: Browser, two_tenants: TwoTenants, admin):
    key = of_li(two_tenants)
    assert bound(li, key) == bound(li, key)
    assert states(admin, key) == ["bound"]


def test_a_name_alone_is_for_somebody_else_to_decide(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    key = of_li(two_tenants, organization="")
    request = asked(li, key)
    assert (request["state"], request["person_name"], request["is_mine"]) == ("asked", "李明", True)
    assert states(admin, key) == []
    (seen,) = administrator.get("/api/administration/binding-requests").json()["items"]
    assert (seen["id"], seen["is_mine"]) == (request["id"], False)
    answer = administrator.post(f"/api/administration/binding-requests/{request['id']}/approve")
    assert answer.status_code == 200, code(answer)
    assert answer.json()["certificate"]["person_name"] == "李明"
    assert answer.json()["request"]["decided_by"] == "孙丽"
    assert states(admin, key) == ["bound"]
    assert [one["kind"] for one in history(li, answer.json()["certificate"])] == [
        "certificate.binding_approved"
    ]


def history(browser: Browser, certificate: dict) -> list[dict]:
    answer = browser.get(f"/api/certificates/{certificate['id']}/history")
    assert answer.status_code == 200, code(answer)
    return answer.json()


def test_a_refused_request_says_why_and_binds_nothing(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    key = of_li(two_tenants, organization="")
    request = asked(li, key)
    path = f"/api/administration/binding-requests/{request['id']}"
    assert administrator.post(f"{path}/refuse", {"reason": "不是本单位的 Key"}).json()["state"] == "refused"
    (mine,) = li.get("/api/binding-requests").json()
    assert (mine["state"], mine["decision"], mine["decided_by"]) == ("refused", "不是本单位的 Key", "孙丽")
    with snapshot.nothing_changes(admin):
        assert code(administrator.post(f"{path}/approve")) == "TRANSITION_NOT_ALLOWED"
    assert states(admin, key) == []
    assert asked(li, key)["state"] == "asked"


def test_a_request_can_be_taken_back_and_is_asked_once(li: Browser, two_tenants: TwoTenants, admin):
    key = of_li(two_tenants, organization="")
    request = asked(li, key)
    assert code(bind(li, key)) == "BINDING_ASKED_ALREADY"
    assert li.post(f"/api/binding-requests/{request['id']}/withdraw").json()["state"] == "withdrawn"
    assert code(li.post(f"/api/binding-requests/{request['id']}/withdraw")) == "TRANSITION_NOT_ALLOWED"
    assert asked(li, key)["id"] != request["id"]


def test_nobody_decides_on_his_own_request(administrator: Browser, two_tenants: TwoTenants, admin):
    key = holder("bind-sun", "孙丽", by=two_tenants.root, **made.valid(two_tenants))
    request = asked(administrator, key)
    path = f"/api/administration/binding-requests/{request['id']}"
    with snapshot.nothing_changes(admin):
        assert code(administrator.post(f"{path}/approve")) == "DECISION_OF_ONES_OWN"
        assert code(administrator.post(f"{path}/refuse", {"reason": "不"})) == "DECISION_OF_ONES_OWN"


def test_who_does_not_decide_on_certificates_sees_no_requests(li: Browser, two_tenants: TwoTenants, admin):
    request = asked(li, of_li(two_tenants, organization=""))
    other = Browser(two_tenants.zhang_wei)
    path = f"/api/administration/binding-requests/{request['id']}/approve"
    with snapshot.nothing_changes(admin):
        for browser in (li, other):
            assert code(browser.get("/api/administration/binding-requests")) == "CERTIFICATES_NOT_GRANTED"
            assert code(browser.post(path)) == "CERTIFICATES_NOT_GRANTED"


def test_who_has_left_meanwhile_gets_no_certificate(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    request = asked(li, of_li(two_tenants, organization=""))
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.li_ming.member_id])
    with snapshot.nothing_changes(admin):
        answer = administrator.post(f"/api/administration/binding-requests/{request['id']}/approve")
        assert code(answer) == "MEMBER_NOT_FOUND"


def test_a_certificate_with_somebody_elses_number_is_not_bound_at_once(li: Browser, two_tenants: TwoTenants):
    """The platform has verified no number of his, or another one: that his name is the same proves nothing."""
    key = of_li(two_tenants, extensions={PERSON: text("110105194912310046")})
    assert asked(li, key)["state"] == "asked"


def test_in_ones_own_space_a_certificate_of_somebody_else_is_refused(
    two_tenants: TwoTenants, admin: psycopg.Connection
):
    browser = Browser(worlds.external())
    assert code(bind(browser, of_li(two_tenants))) == "BINDING_NAMES_OTHER"
    key = holder("bind-wudi", "吴迪", by=two_tenants.root, **made.valid(two_tenants))
    assert code(bind(browser, key)) == "BINDING_NAMES_OTHER"
    assert states(admin, key) == states(admin, of_li(two_tenants)) == []
    assert admin.execute("SELECT count(*) FROM binding_request").fetchone() == (0,)


def test_in_ones_own_space_the_verified_number_is_what_counts(
    two_tenants: TwoTenants, admin: psycopg.Connection
):
    wudi, number = worlds.external(), "11010519491231002X"
    sealed = personal.seal(number, table="person", column="id_number", row_id=str(wudi.person_id))
    admin.execute(
        "UPDATE person SET id_number_sealed = %s, verified_at = now() WHERE id = %s", [sealed, wudi.person_id]
    )
    facts = made.valid(two_tenants)
    other = {PERSON: text("110105194912310046")}
    assert code(bind(Browser(wudi), holder("o", "吴迪", by=two_tenants.root, extensions=other, **facts))) == (
        "BINDING_NAMES_OTHER"
    )
    his = holder("his", "吴迪", by=two_tenants.root, extensions={PERSON: text(number)}, **facts)
    assert bound(Browser(wudi), his)["person_name"] == "吴迪"


@pytest.fixture
def verified(two_tenants: TwoTenants, admin: psycopg.Connection) -> None:
    made.verify_company(admin, two_tenants)


@pytest.mark.usefixtures("verified")
def test_the_certificate_of_a_verified_organization_is_bound_by_who_decides_on_certificates(
    administrator: Browser, li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    key = of_company(two_tenants)
    certificate = bound(administrator, key, for_organization=True)
    assert (certificate["person_name"], certificate["is_mine"], certificate["seals"]) == (None, False, [])
    with snapshot.nothing_changes(admin):
        answer = li.post("/api/certificates/challenges", made.shown(key, for_organization=True))
        assert code(answer) == "CERTIFICATES_NOT_GRANTED"


def test_the_certificate_of_an_unverified_organization_is_for_another_to_decide(
    administrator: Browser, two_tenants: TwoTenants
):
    assert asked(administrator, of_company(two_tenants), for_organization=True)["for_organization"]


@pytest.mark.usefixtures("verified")
def test_an_employees_certificate_is_not_the_organizations(administrator: Browser, two_tenants: TwoTenants):
    key = of_company(two_tenants, name="孙丽")
    assert asked(administrator, key, for_organization=True)["state"] == "asked"


def test_a_right_that_was_taken_back_binds_nothing_for_the_organization(
    administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    made.verify_company(admin, two_tenants)
    key = of_company(two_tenants)
    order = begun(administrator, key, for_organization=True)
    admin.execute('DELETE FROM "grant" WHERE "right" = \'certificates\'')
    assert code(administrator.post("/api/certificates", proved(order, key))) == "CERTIFICATES_NOT_GRANTED"
    assert states(admin, key) == []


def test_the_certificate_of_another_person_is_refused_in_whichever_organization_it_is_bound(
    two_tenants: TwoTenants, li: Browser, admin: psycopg.Connection
):
    """Who has the key and the PIN of another still is another."""
    for key in (two_tenants.wang_fang_key, two_tenants.company_key):
        assert code(bind(Browser(two_tenants.zhang_wei), key)) == "CERTIFICATE_OF_ANOTHER"
    assert code(bind(Browser(two_tenants.wang_fang), two_tenants.li_ming_key)) == "CERTIFICATE_OF_ANOTHER"
    assert code(bind(Browser(two_tenants.wang_fang), two_tenants.company_key)) == "CERTIFICATE_OF_ANOTHER"
    for key in (two_tenants.wang_fang_key, two_tenants.company_key, two_tenants.li_ming_key):
        assert states(admin, key) == ["bound"]


def test_of_two_people_in_two_organizations_at_once_one_gets_the_certificate(
    two_tenants: TwoTenants, admin: psycopg.Connection
):
    """Two people of one name, each of whom the certificate would fit."""
    twin = worlds._member(two_tenants.center_id, "liming2", "李明", "交易科", may_start=False)
    admin.execute("UPDATE tenant SET name = %s WHERE id = %s", [made.COMPANY, two_tenants.center_id])
    key = of_li(two_tenants)
    browsers = [Browser(two_tenants.li_ming), Browser(twin)]
    results = [proved(begun(browser, key), key) for browser in browsers]

    def bring(number: int) -> str:
        from django.db import connection

        try:
            return code(browsers[number].post("/api/certificates", results[number]))[:22]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(bring, range(2)))
    assert [one[:3] for one in found] == ["200", "CER"]
    assert states(admin, key) == ["bound"]


def test_a_proof_is_good_once_and_a_wrong_one_takes_the_challenge_too(li: Browser, two_tenants, admin):
    key = of_li(two_tenants)
    order = begun(li, key)
    wrong = proved(order, key, proof=base64.b64encode(bytes(256)).decode())
    assert code(li.post("/api/certificates", wrong)) == "SIGNATURE_INVALID"
    assert code(li.post("/api/certificates", proved(order, key))) == "BINDING_CHALLENGE_OVER"
    assert states(admin, key) == []


def test_another_browsers_challenge_binds_nothing(li: Browser, two_tenants: TwoTenants, admin):
    """Neither another person's, nor one's own in another browser."""
    key = of_li(two_tenants)
    result = proved(begun(li, key), key)
    for other in (Browser(two_tenants.zhang_wei), Browser(two_tenants.li_ming)):
        with snapshot.nothing_changes(admin):
            assert code(other.post("/api/certificates", result)) == "BINDING_CHALLENGE_OVER"
    assert li.post("/api/certificates", result).status_code == 200


def test_of_eight_proofs_at_once_one_is_taken(li: Browser, two_tenants: TwoTenants, admin):
    key = of_li(two_tenants)
    result = proved(begun(li, key), key)
    copies = [Browser() for _ in range(8)]
    for copy in copies:
        for name, cookie in li.client.cookies.items():
            copy.client.cookies[name] = cookie.value
        copy.csrf = li.csrf

    def bring(copy: Browser) -> int:
        from django.db import connection

        try:
            return int(copy.post("/api/certificates", result).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(bring, copies))
    assert found == [200] + [409] * 7
    assert states(admin, key) == ["bound"]


def test_a_challenge_that_is_over_takes_no_proof(li: Browser, two_tenants: TwoTenants, admin):
    key = of_li(two_tenants)
    order = begun(li, key)
    admin.execute("UPDATE binding_challenge SET expires_at = now() - interval '1 second'")
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/certificates", proved(order, key))) == "BINDING_CHALLENGE_OVER"


def test_a_login_is_no_proof_and_a_proof_no_login(li: Browser, two_tenants: TwoTenants, admin):
    """What a key signed for the one is worth nothing for the other, even under the same nonce."""
    key = of_li(two_tenants)
    order = begun(li, key)
    login = f"yunqian.login.v1\n{order.origin}\n{order.order_id}\n{order.nonce}\n{order.certificate_sha256}"
    value = base64.b64encode(key.sign(login.encode())).decode()
    assert code(li.post("/api/certificates", proved(order, key, proof=value))) == "SIGNATURE_INVALID"
    assert states(admin, key) == []


def test_the_key_of_another_certificate_proves_nothing(li: Browser, two_tenants: TwoTenants):
    key, other = of_li(two_tenants), of_li(two_tenants, "bind-other")
    assert code(li.post("/api/certificates", proved(begun(li, key), other))) == "CERTIFICATE_MISMATCH"
    claimed = base64.b64encode(key.certificate.der).decode()
    forged = proved(begun(li, key), other, certificate=claimed)
    assert code(li.post("/api/certificates", forged)) == "SIGNATURE_INVALID"


def test_an_expired_certificate_and_one_of_an_unknown_authority_get_no_challenge(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    old = of_li(two_tenants, **made.valid(two_tenants, ends=-30.5))
    root = issue(rsa_key("another root"), "另一机构", is_ca=True)
    stranger = issue(rsa_key("its holder"), "李明", by=root)
    encipherment = of_li(two_tenants, usages=("key_encipherment",))
    with snapshot.nothing_changes(admin):
        for key, problem in (
            (old, "CERTIFICATE_EXPIRED"),
            (stranger, "CERTIFICATE_UNTRUSTED"),
            (encipherment, "CERTIFICATE_USAGE"),
        ):
            assert code(li.post("/api/certificates/challenges", made.shown(key))) == problem


def test_revoked_unknown_or_nobody_there_to_ask_binds_nothing(
    li: Browser, two_tenants: TwoTenants, outside: Outside, admin, monkeypatch: pytest.MonkeyPatch
):
    key = of_li(two_tenants)
    outside.unknown.add(key.certificate.sha256)
    assert code(bind(li, key)) == "CERTIFICATE_UNTRUSTED"
    outside.unknown.clear()
    outside.revoked.add(key.certificate.sha256)
    assert code(bind(li, key)) == "CERTIFICATE_REVOKED"

    def down(_: object) -> Status:
        raise Refused(Problem.CA_UNAVAILABLE)

    monkeypatch.setattr(outside, "status", down, raising=False)
    assert code(bind(li, key)) == "CA_UNAVAILABLE"
    assert states(admin, key) == []


def test_what_was_revoked_between_asking_and_deciding_is_not_bound(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, outside: Outside, admin
):
    key = of_li(two_tenants, organization="")
    request = asked(li, key)
    outside.revoked.add(key.certificate.sha256)
    with snapshot.nothing_changes(admin):
        answer = administrator.post(f"/api/administration/binding-requests/{request['id']}/approve")
        assert code(answer) == "CERTIFICATE_REVOKED"


def test_a_renewed_certificate_takes_the_place_of_the_one_before_it(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection, maker: Holder
):
    old = of_li(two_tenants, "bind-old", **made.valid(two_tenants, ends=-1))
    before = bound(li, old)
    new = of_li(two_tenants, "bind-new", **made.valid(two_tenants, begins=0.5))
    answer = bind(li, new)
    assert answer.json()["replaces"] == old.certificate.sha256
    assert (states(admin, old), states(admin, new)) == (["replaced"], ["bound"])
    assert answer.json()["certificate"]["seals"] == before["seals"] == ["李明之印"]
    kept = next(one for one in li.get("/api/certificates").json() if one["sha256"] == old.certificate.sha256)
    assert (kept["state"], kept["replaced_by"], kept["seals"]) == ("replaced", new.certificate.sha256, [])
    assert [one["kind"] for one in history(li, kept)] == ["certificate.replaced", "certificate.bound"]
    mark = place(two_tenants.seals["liming.personal"], old)
    envelope = start(li, "liming")
    assert code(li.post(f"/api/envelopes/{envelope['id']}/ceremonies", opening(envelope, mark))) in (
        "CERTIFICATE_STOPPED",
        "SEAL_NOT_ALLOWED",
    )


def opening(envelope: dict, mark: dict) -> dict:
    from tests.server.browsing import opening as asked_for

    return asked_for(envelope, mark)


def test_a_second_key_beside_a_newer_one_replaces_nothing(li: Browser, two_tenants: TwoTenants, admin):
    new = of_li(two_tenants, "bind-new")
    bound(li, new)
    older = of_li(two_tenants, "bind-older", **made.valid(two_tenants, ends=-1))
    answer = bind(li, older)
    assert answer.json()["replaces"] is None
    assert states(admin, new) == ["bound"]


def test_a_certificate_of_another_issuer_renews_nothing(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    old = of_li(two_tenants, "bind-old", **made.valid(two_tenants, ends=-1))
    bound(li, old)
    between = issue(
        ec_key("between"), "另一签发机构", by=two_tenants.root, is_ca=True, **made.valid(two_tenants)
    )
    new = holder(
        "bind-new", "李明", by=between, organization=made.COMPANY, **made.valid(two_tenants, begins=0.5)
    )
    assert code(li.post("/api/certificates/challenges", made.shown(new))) == "CERTIFICATE_UNTRUSTED"
    assert states(admin, old) == ["bound"]


def test_a_new_certificate_is_no_way_around_a_suspension(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    old = of_li(two_tenants, "bind-old", **made.valid(two_tenants, ends=-1))
    path = f"/api/administration/certificates/{bound(li, old)['id']}"
    assert administrator.post(f"{path}/suspend", {"reason": "调岗"}).status_code == 200
    new = of_li(two_tenants, "bind-new", **made.valid(two_tenants, begins=0.5))
    assert asked(li, new)["state"] == "asked"
    assert states(admin, new) == []


def test_who_asks_too_often_waits(li: Browser, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(binding, "MOST_IN_A_DAY", 2)
    key = of_li(two_tenants)
    begun(li, key)
    begun(li, key)
    assert code(li.post("/api/certificates/challenges", made.shown(key))) == "KEYCARE_TOO_OFTEN"


@pytest.mark.parametrize("field", ["order_id", "certificate", "proof"])
@pytest.mark.parametrize("value", ["", "QQ", "\x00", "x" * 2_000, None, 5])
def test_a_broken_proof_is_a_refusal_and_never_a_fault(
    li: Browser, two_tenants: TwoTenants, field: str, value: object
):
    key = of_li(two_tenants)
    answer = li.post("/api/certificates", proved(begun(li, key), key) | {field: value})
    assert answer.status_code in (409, 422)


def test_unknown_fields_and_a_foreign_person_in_the_body_are_refused(li: Browser, two_tenants, admin):
    key = of_li(two_tenants)
    with snapshot.nothing_changes(admin):
        for more in (
            {"person_id": str(two_tenants.wang_fang.person_id)},
            {"tenant_id": "1"},
            {"state": "bound"},
        ):
            assert code(li.post("/api/certificates/challenges", made.shown(key) | more)) == "REQUEST_INVALID"


def test_the_signature_is_checked_by_the_suite_of_the_certificate(two_tenants: TwoTenants):
    assert suites.suite_of(of_li(two_tenants).certificate).name == "RSA_SHA256"
