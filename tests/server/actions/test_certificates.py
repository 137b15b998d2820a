"""What stops a certificate: from the next request on it signs nothing, logs nobody in, and its sessions are over."""

import base64
import json
from datetime import timedelta

import psycopg
import pytest

from tests import worlds
from tests.pki.hierarchy import Holder
from tests.server import snapshot
from tests.server.authorities import Outside, outside
from tests.server.binding import bind, bound, kinds, of_li, states
from tests.server.browsing import Browser, code, detail, open_ceremony, opening, placement, signed, start
from tests.worlds import TwoTenants
from yunqian.problems import Problem, Refused
from yunqian.server.actions import certificates
from yunqian.server.api import session as route
from yunqian.server.api.pace import Pace
from yunqian.wire.orders import LoginOrder, login_statement

__all__ = ["outside"]
WHY = {"reason": "Key 遗失在出租车上"}


@pytest.fixture(autouse=True)
def _outside(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "PACE", Pace(most=500, seconds=60))
    monkeypatch.setattr(certificates, "ca", type("Ca", (), {"current": staticmethod(lambda: outside)}))


@pytest.fixture
def administrator(two_tenants: TwoTenants) -> Browser:
    return Browser(worlds.administrator(two_tenants.company_id))


def own(browser: Browser, key: Holder) -> str:
    """The identifier of a certificate of one's own."""
    found = browser.get("/api/certificates").json()
    return str(next(one["id"] for one in found if one["sha256"] == key.certificate.sha256))


def by_certificate(key: Holder) -> tuple[Browser, int, str]:
    """A browser that logs in by this key."""
    browser = Browser()
    der = base64.b64encode(key.certificate.der).decode()
    asked = browser.post("/api/session/challenges", {"certificate": der})
    order = LoginOrder.model_validate_json(json.loads(asked.content)["payload"])
    value = base64.b64encode(key.sign(login_statement(order))).decode()
    answer = browser.post(
        "/api/session/certificate", {"order_id": order.order_id, "certificate": der, "signature": value}
    )
    browser.csrf = answer.json().get("csrf", "")
    return browser, answer.status_code, code(answer) if answer.status_code != 200 else ""


def decide(administrator: Browser, certificate_id: str, what: str):
    return administrator.post(f"/api/administration/certificates/{certificate_id}/{what}", WHY)


STOPS = ("loss", "suspend", "revoke")


def stop(what: str, li: Browser, administrator: Browser, certificate_id: str):
    if what == "loss":
        return li.post(f"/api/certificates/{certificate_id}/loss", WHY)
    return decide(administrator, certificate_id, what)


@pytest.mark.parametrize("what", STOPS)
def test_a_stopped_certificate_opens_no_session_and_those_it_opened_are_over(
    what: str, li: Browser, administrator: Browser, two_tenants: TwoTenants
):
    key = two_tenants.li_ming_key
    opened, status, _ = by_certificate(key)
    assert (status, opened.get("/api/session").status_code) == (200, 200)
    assert stop(what, li, administrator, own(li, key)).status_code == 200
    assert code(opened.get("/api/session")) == "LOGIN_REQUIRED"
    assert by_certificate(key)[2] == "LOGIN_CERTIFICATE_UNBOUND"
    assert li.get("/api/session").status_code == 200


@pytest.mark.parametrize("what", STOPS)
def test_a_stopped_certificate_opens_no_ceremony_and_its_open_one_takes_no_signature(
    what: str, li: Browser, administrator: Browser, two_tenants: TwoTenants
):
    key = two_tenants.li_ming_key
    mark = placement(two_tenants.seals["liming.personal"], key)
    envelope, another = start(li, "liming"), start(li, "liming")
    ceremony = open_ceremony(li, envelope, mark)
    result = signed(ceremony, two_tenants.holders)
    assert stop(what, li, administrator, own(li, key)).status_code == 200
    problem = "CERTIFICATE_REVOKED" if what == "revoke" else "CERTIFICATE_STOPPED"
    assert code(li.post(f"/api/ceremonies/{ceremony['id']}/results", result)) == problem
    assert code(li.post(f"/api/ceremonies/{ceremony['id']}/prepare")) == problem
    now = detail(li, another["id"])
    assert code(li.post(f"/api/envelopes/{another['id']}/ceremonies", opening(now, mark))) == problem
    assert detail(li, envelope["id"])["documents"][0]["head"] == envelope["documents"][0]["head"]


def test_a_lost_key_stops_in_every_organization_of_its_person(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    elsewhere = worlds.join(two_tenants.li_ming, slug="branch", name="广东示例科技有限公司")
    key = of_li(two_tenants)
    bound(li, key)
    there = Browser(two_tenants.li_ming)
    there.act_for(elsewhere)
    bound(there, key)
    assert states(admin, key) == ["bound", "bound"]
    assert li.post(f"/api/certificates/{own(li, key)}/loss", WHY).json()["state"] == "lost"
    assert states(admin, key) == ["lost", "lost"]
    assert kinds(admin)[-2:] == ["certificate.lost", "certificate.lost"]
    assert code(bind(there, key)) == "CERTIFICATE_STOPPED"
    with snapshot.nothing_changes(admin):
        assert li.post(f"/api/certificates/{own(li, key)}/loss", WHY).json()["state"] == "lost"


def test_a_suspended_certificate_works_again_when_another_gives_it_back(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    key = two_tenants.li_ming_key
    named = own(li, key)
    assert decide(administrator, named, "suspend").json()["state"] == "suspended"
    assert decide(administrator, named, "restore").json()["state"] == "bound"
    assert by_certificate(key)[1] == 200
    told = li.get(f"/api/certificates/{named}/history").json()
    assert [(one["kind"], one["person_name"], one["reason"]) for one in told] == [
        ("certificate.restored", "孙丽", WHY["reason"]),
        ("certificate.suspended", "孙丽", WHY["reason"]),
    ]


def test_nobody_gives_back_his_own_certificate(two_tenants: TwoTenants, admin: psycopg.Connection):
    member = two_tenants.li_ming
    worlds._holding(member, ("certificates",))
    li = Browser(member)
    named = own(li, two_tenants.li_ming_key)
    assert decide(li, named, "suspend").status_code == 200
    with snapshot.nothing_changes(admin):
        assert code(decide(li, named, "restore")) == "DECISION_OF_ONES_OWN"


def test_nothing_gives_back_what_was_revoked(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    named = own(li, two_tenants.li_ming_key)
    assert decide(administrator, named, "revoke").json()["state"] == "revoked"
    with snapshot.nothing_changes(admin):
        for what in ("restore", "suspend", "revoke"):
            assert code(decide(administrator, named, what)) == "TRANSITION_NOT_ALLOWED"
        assert code(li.post(f"/api/certificates/{named}/loss", WHY)) == "TRANSITION_NOT_ALLOWED"


def test_a_certificate_is_nothing_to_those_whose_it_is_not(
    li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection
):
    """A colleague, another organization, and whoever decides there: the same answer as for one that never was."""
    named = own(li, two_tenants.li_ming_key)
    there = Browser(worlds._holding(two_tenants.chen_jing, ("certificates",)))
    colleague = Browser(two_tenants.zhang_wei)
    invented = "00000000-0000-4000-8000-000000000000"
    with snapshot.nothing_changes(admin):
        for browser in (there, colleague):
            for one in (named, invented):
                assert code(browser.get(f"/api/certificates/{one}/history")) == "CERTIFICATE_NOT_FOUND"
                assert code(browser.post(f"/api/certificates/{one}/loss", WHY)) == "CERTIFICATE_NOT_FOUND"
        for what in ("suspend", "restore", "revoke"):
            assert code(decide(there, named, what)) == "CERTIFICATE_NOT_FOUND"
            assert code(decide(colleague, named, what)) == "CERTIFICATES_NOT_GRANTED"
    assert there.get("/api/administration/certificates").status_code == 200
    assert named not in there.get("/api/administration/certificates").content.decode()


def test_whoever_decides_sees_every_certificate_page_by_page(
    li: Browser, administrator: Browser, two_tenants: TwoTenants
):
    mine = bound(li, of_li(two_tenants))["sha256"]
    path = "/api/administration/certificates?limit=2"
    first = administrator.get(path).json()
    rest = administrator.get(f"{path}&cursor={first['next_cursor']}").json()
    found = [one["sha256"] for one in (*first["items"], *rest["items"])]
    both = {two_tenants.li_ming_key.certificate.sha256, two_tenants.company_key.certificate.sha256}
    assert (len(found), set(found), found[0]) == (3, both | {mine}, mine)
    assert rest["next_cursor"] is None


def test_the_sweep_stops_what_the_authority_has_revoked_and_nothing_else(
    li: Browser, two_tenants: TwoTenants, outside: Outside, admin: psycopg.Connection
):
    key = two_tenants.li_ming_key
    opened, status, _ = by_certificate(key)
    assert (status, certificates.stop_revoked()) == (200, 0)
    outside.revoked.add(key.certificate.sha256)
    outside.unknown.add(two_tenants.wang_fang_key.certificate.sha256)
    assert certificates.stop_revoked() == 1
    assert (states(admin, key), states(admin, two_tenants.wang_fang_key)) == (["revoked"], ["bound"])
    assert code(opened.get("/api/session")) == "LOGIN_REQUIRED"
    assert certificates.stop_revoked() == 0
    told = li.get(f"/api/certificates/{own(li, key)}/history").json()
    assert [(one["kind"], one["person_name"]) for one in told] == [("certificate.revoked", None)]


def test_a_sweep_that_gets_no_answer_changes_nothing(
    two_tenants: TwoTenants, outside: Outside, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    def down(_: object) -> None:
        raise Refused(Problem.CA_UNAVAILABLE)

    monkeypatch.setattr(outside, "status", down, raising=False)
    with snapshot.nothing_changes(admin):
        assert certificates.stop_revoked() == 0


def test_a_session_that_is_opened_while_its_certificate_is_stopped_does_not_stay(
    two_tenants: TwoTenants, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    """Between the check of the binding and the beginning of the session."""
    from yunqian.server.actions import login

    record = login.record_opened

    def stopped_meanwhile(*arguments: object, **named: object) -> object:
        done = record(*arguments, **named)  # type: ignore[arg-type]
        admin.execute("UPDATE certificate SET state = 'suspended'")
        return done

    monkeypatch.setattr(login, "record_opened", stopped_meanwhile)
    browser, status, problem = by_certificate(two_tenants.li_ming_key)
    assert (status, problem) == (403, "LOGIN_CERTIFICATE_UNBOUND")
    assert browser.get("/api/session").status_code == 401


@pytest.mark.parametrize("reason", ["", "x" * 201, "a\nb", None, 5])
def test_a_stop_needs_a_reason_of_one_line(
    li: Browser, administrator: Browser, two_tenants: TwoTenants, admin, reason: object
):
    named = own(li, two_tenants.li_ming_key)
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/certificates/{named}/loss", {"reason": reason})
        assert code(answer) == "REQUEST_INVALID"
        path = f"/api/administration/certificates/{named}/revoke"
        assert code(administrator.post(path, {"reason": reason})) == "REQUEST_INVALID"


def test_old_challenges_are_forgotten(li: Browser, two_tenants: TwoTenants, admin: psycopg.Connection):
    from django.utils import timezone

    from yunqian.server.actions import binding

    bound(li, of_li(two_tenants))
    binding.forget_old(now=timezone.now())
    assert admin.execute("SELECT count(*) FROM binding_challenge").fetchone() == (1,)
    binding.forget_old(now=timezone.now() + timedelta(days=2))
    assert admin.execute("SELECT count(*) FROM binding_challenge").fetchone() == (0,)
