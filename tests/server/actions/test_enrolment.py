"""A certificate for a key, from the panel's click to what stands on the key."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code
from tests.server.keycare import KEY, begin, issue, keycare, made_authority, order_of, requested, stored
from yunqian.crypto import certificates
from yunqian.eseal import seal as seals
from yunqian.problems import Problem, Refused
from yunqian.server.actions import enrolment

__all__ = ["keycare", "made_authority"]


@pytest.fixture
def chen(two_tenants, keycare):
    """陈静 of the center has neither key nor seal."""
    return Browser(two_tenants.chen_jing)


def events(admin):
    rows = admin.execute("SELECT kind FROM audit_event WHERE kind LIKE 'enrolment.%' ORDER BY at, sequence")
    return [kind for (kind,) in rows]


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "sm2"])
def test_an_empty_key_becomes_one_that_signs_and_seals(chen, kind, admin):
    begun = begin(chen, kind)
    assert begun["state"] == "ordered"
    assert order_of(begun)["purpose"] == "yunqian.enrol-order.v1"
    issued = issue(chen, begun, kind).json()
    order = order_of(issued)
    certificate = certificates.read(base64.b64decode(order["certificate"]))
    seal = seals.read(base64.b64decode(order["seals"][0]))
    assert (certificate.owner, issued["certificate_sha256"]) == ("陈静", certificate.sha256)
    assert certificate.may_sign
    assert seal.name == "陈静之印"
    done = chen.post(f"/api/enrolments/{begun['id']}/stored", stored(issued)).json()
    assert (done["state"], done["order"]) == ("stored", None)
    assert events(admin) == ["enrolment.started", "enrolment.issued", "enrolment.stored"]


def test_the_certificate_names_the_person_and_never_what_the_request_says(chen):
    issued = issue(chen, begin(chen)).json()
    certificate = certificates.read(base64.b64decode(order_of(issued)["certificate"]))
    assert certificate.owner == "陈静"


def test_the_new_seal_can_be_chosen_with_the_new_certificate(chen, admin):
    issued = issue(chen, begin(chen)).json()
    rows = admin.execute(
        "SELECT c.sha256, s.eseal IS NOT NULL FROM seal_certificate sc JOIN seal s ON s.id = sc.seal_id "
        "JOIN certificate c ON c.id = sc.certificate_id WHERE s.name = '陈静之印'"
    ).fetchall()
    assert rows == [(issued["certificate_sha256"], True)]


def test_a_second_key_of_the_same_person_may_apply_the_same_seal(chen, admin):
    issue(chen, begin(chen), which="first")
    issue(chen, begin(chen), which="second")
    ((count,),) = admin.execute("SELECT count(*) FROM seal WHERE name = '陈静之印'").fetchall()
    ((pairs,),) = admin.execute(
        "SELECT count(*) FROM seal_certificate sc JOIN seal s ON s.id = sc.seal_id WHERE s.name = '陈静之印'"
    ).fetchall()
    assert (count, pairs) == (1, 2)


def test_the_same_request_twice_gives_one_certificate(chen, admin):
    begun = begin(chen)
    first, second = issue(chen, begun).json(), issue(chen, begun).json()
    assert first["certificate_sha256"] == second["certificate_sha256"]
    assert events(admin).count("enrolment.issued") == 1


def test_a_lost_order_can_be_had_again_and_the_earlier_one_is_worth_nothing(chen):
    begun = begin(chen)
    again = chen.post(f"/api/enrolments/{begun['id']}/order").json()
    assert order_of(again)["order_id"] != order_of(begun)["order_id"]
    assert code(issue(chen, begun)) == "ORDER_MISMATCH"
    issued = issue(chen, again).json()
    renewed = chen.post(f"/api/enrolments/{begun['id']}/order").json()
    assert order_of(renewed)["certificate"] == order_of(issued)["certificate"]
    assert code(chen.post(f"/api/enrolments/{begun['id']}/stored", stored(issued))) == "ORDER_MISMATCH"
    assert chen.post(f"/api/enrolments/{begun['id']}/stored", stored(renewed)).json()["state"] == "stored"


def test_an_order_whose_five_minutes_are_over_is_refused(chen, admin):
    begun = begin(chen)
    admin.execute("UPDATE enrolment SET expires_at = now() - interval '1 second'")
    with snapshot.nothing_changes(admin):
        assert code(issue(chen, begun)) == "ORDER_EXPIRED"
    assert chen.get("/api/enrolments").json()[0]["order"] is None


def test_a_new_one_for_the_same_key_ends_the_one_that_came_to_nothing(chen):
    first = begin(chen)
    second = begin(chen)
    states = {one["id"]: one["state"] for one in chen.get("/api/enrolments").json()}
    assert states == {first["id"]: "abandoned", second["id"]: "ordered"}


def test_it_can_be_given_up_until_a_certificate_was_issued(chen, admin):
    begun = begin(chen)
    assert chen.post(f"/api/enrolments/{begun['id']}/abandon").json()["state"] == "abandoned"
    issued = issue(chen, begin(chen)).json()
    with snapshot.nothing_changes(admin):
        assert code(chen.post(f"/api/enrolments/{issued['id']}/abandon")) == "TRANSITION_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda result: result | {"request": "AAAA"}, "REQUEST_INVALID"),
        (lambda result: result | {"request": "%%%"}, "REQUEST_INVALID"),
        (lambda result: result | {"order_id": "another"}, "ORDER_MISMATCH"),
        (lambda result: result | {"owner": "王芳"}, "REQUEST_INVALID"),
        (lambda result: result | {"request": flipped(result["request"])}, "ENROLMENT_REQUEST_OTHER"),
    ],
)
def test_a_request_that_is_not_right_is_refused_and_nothing_is_issued(chen, admin, keycare, change, problem):
    begun = begin(chen)
    before = keycare.authority.store.register().issued
    with snapshot.nothing_changes(admin):
        answer = chen.post(f"/api/enrolments/{begun['id']}/request", change(requested(order_of(begun))))
        assert code(answer) == problem
    assert keycare.authority.store.register().issued == before


def flipped(request: str) -> str:
    """The same request with another value at its end: whoever sends it does not hold the key."""
    encoded = bytearray(base64.b64decode(request))
    encoded[-1] ^= 1
    return base64.b64encode(bytes(encoded)).decode()


def test_a_pair_of_another_kind_than_ordered_is_refused(chen, admin):
    begun = begin(chen, "sm2")
    with snapshot.nothing_changes(admin):
        assert code(issue(chen, begun, "rsa")) == "ENROLMENT_REQUEST_OTHER"


def test_a_pair_that_has_a_certificate_already_is_refused(chen, two_tenants, admin):
    issue(chen, begin(chen))
    wang = Browser(two_tenants.wang_fang)
    begun = begin(wang)
    with snapshot.nothing_changes(admin):
        assert code(issue(wang, begun)) == "ENROLMENT_KEY_TAKEN"


def test_of_two_who_bring_the_same_pair_at_once_one_is_told(chen, two_tenants, admin, monkeypatch):
    """Found: the second one was told of a fault of ours, for only the database had seen that it was second."""
    wang = Browser(two_tenants.wang_fang)
    first, second = begin(chen), begin(wang)
    authority, overtaken = enrolment.ca.current(), []

    class Slow:
        def issue(self, *asked, **named):
            if not overtaken:
                overtaken.append(None)
                overtaken[0] = issue(wang, second).status_code
            return authority.issue(*asked, **named)

    monkeypatch.setattr(enrolment.ca, "current", Slow)
    assert code(issue(chen, first)) == "ENROLMENT_KEY_TAKEN"
    assert overtaken == [200]
    rows = admin.execute("SELECT state FROM enrolment ORDER BY state").fetchall()
    assert rows == [("issued",), ("ordered",)]
    assert admin.execute("SELECT count(*) FROM certificate WHERE owner = '陈静'").fetchone() == (0,)


def test_an_unknown_algorithm_or_an_odd_key_is_refused(chen, admin):
    with snapshot.nothing_changes(admin):
        assert code(chen.post("/api/enrolments", {"key": KEY, "algorithm": "MD5"})) == "ALGORITHM_UNSUPPORTED"
        for odd in ({"serial": ""}, {"serial": "x\x00"}, {"driver": "x" * 21}, {"place": 1}):
            answer = chen.post("/api/enrolments", {"key": KEY | odd, "algorithm": "RSA_SHA256"})
            assert code(answer) == "REQUEST_INVALID"


def test_what_the_key_says_it_stored_must_be_what_was_issued(chen, admin):
    issued = issue(chen, begin(chen)).json()
    other = stored(issued) | {"certificate_sha256": hashlib.sha256(b"other").hexdigest()}
    with snapshot.nothing_changes(admin):
        answer = chen.post(f"/api/enrolments/{issued['id']}/stored", other)
        assert code(answer) == "CERTIFICATE_MISMATCH"


def test_a_seal_that_is_not_the_one_that_was_made_is_not_called_stored(chen, admin):
    issued = issue(chen, begin(chen)).json()
    with snapshot.nothing_changes(admin):
        for seals in ([], [hashlib.sha256(b"other").hexdigest()]):
            told = stored(issued) | {"seals_sha256": seals}
            assert code(chen.post(f"/api/enrolments/{issued['id']}/stored", told)) == "ORDER_MISMATCH"


def test_an_authority_that_does_not_answer_leaves_everything_as_it_was(chen, admin, monkeypatch):
    class Silent:
        def issue(self, *asked, **named):
            raise Refused(Problem.CA_UNAVAILABLE)

    begun = begin(chen)
    with snapshot.nothing_changes(admin), monkeypatch.context() as patched:
        patched.setattr(enrolment.ca, "current", Silent)
        assert code(issue(chen, begun)) == "CA_UNAVAILABLE"
    assert issue(chen, begun).status_code == 200


def test_two_panels_with_the_same_request_get_the_same_certificate(chen, two_tenants, admin):
    begun = begin(chen)
    browsers = [Browser(two_tenants.chen_jing) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda browser: issue(browser, begun), browsers))
    given = {answer.json()["certificate_sha256"] for answer in answers if answer.status_code == 200}
    assert len(given) == 1
    ((count,),) = admin.execute("SELECT count(*) FROM certificate WHERE owner = '陈静'").fetchall()
    assert count == 1


def test_a_person_who_begins_too_often_has_to_wait(chen, admin, monkeypatch):
    monkeypatch.setattr(enrolment, "MOST_IN_A_DAY", 2)
    begin(chen)
    begin(chen)
    with snapshot.nothing_changes(admin):
        answer = chen.post("/api/enrolments", {"key": KEY, "algorithm": "RSA_SHA256"})
        assert code(answer) == "KEYCARE_TOO_OFTEN"


def test_a_member_suspended_in_the_middle_gets_nothing_more(chen, two_tenants, admin):
    begun = begin(chen)
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [two_tenants.chen_jing.member_id])
    with snapshot.nothing_changes(admin):
        assert code(issue(chen, begun)) == "MEMBER_SUSPENDED"
