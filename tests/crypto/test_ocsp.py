"""OCSP responses: who may speak for an issuer, about whom, and for how long."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import hierarchy
from tests.pki.answers import COMPROMISED, refusal, response
from tests.pki.hierarchy import NOW, YEAR, Holder, ec_key, issue, revocation_list, rsa_key
from yunqian.crypto import ocsp
from yunqian.crypto.revocation import Standing, Told

WORLD = hierarchy.built()
ISSUING = WORLD.issuing
PERSON = WORLD.person.certificate
OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING
DAY = timedelta(days=1)


def told(*responses: bytes, lists=(), at=NOW, about=PERSON) -> Told:
    return ocsp.told(about, ISSUING.certificate, responses, lists, at=at)


def appointed(name: str = "状态查询服务", **more) -> Holder:
    fixed = {"by": ISSUING, "extended": OCSP_SIGNING, "extra": x509.OCSPNoCheck(), **more}
    return issue(ec_key("responder"), name, **fixed)


@pytest.mark.parametrize("by_key", [False, True], ids=["by name", "by key"])
@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
def test_the_issuer_says_that_it_stands(by_key: bool, algorithm):
    answer = response(PERSON, ISSUING, by_key=by_key, algorithm=algorithm)
    assert told(answer) == Told(Standing.GOOD)


def test_the_issuer_says_since_when_it_is_revoked_and_why():
    answer = response(PERSON, ISSUING, revoked_at=NOW - DAY, reason=COMPROMISED)
    assert told(answer) == Told(Standing.REVOKED, NOW - DAY, "key_compromise")
    assert told(answer).spoils_what_went_before


def test_unknown_to_the_issuer_and_no_answer_at_all_are_not_good():
    assert told(response(PERSON, ISSUING, is_unknown=True)).standing is Standing.UNKNOWN
    assert told(refusal()).standing is Standing.UNKNOWN
    assert told().standing is Standing.UNKNOWN


def test_an_answer_about_somebody_else_says_nothing():
    assert told(response(WORLD.company.certificate, ISSUING)).standing is Standing.UNKNOWN


def test_a_revocation_outweighs_a_good_answer():
    good, bad = response(PERSON, ISSUING), response(PERSON, ISSUING, revoked_at=NOW - DAY)
    assert told(good, bad).standing is told(bad, good).standing is Standing.REVOKED


@pytest.mark.parametrize(
    ("made", "days", "standing"),
    [
        (NOW - DAY, 7, Standing.GOOD),
        (NOW - DAY, None, Standing.UNKNOWN),
        (NOW - 8 * DAY, 7, Standing.UNKNOWN),
        (NOW + DAY, None, Standing.GOOD),
        (NOW + 2 * YEAR, 7, Standing.UNKNOWN),
    ],
    ids=["fresh", "before, without an end", "run out", "made later", "made after it had expired"],
)
def test_an_answer_speaks_only_of_its_time(made, days, standing: Standing):
    assert told(response(PERSON, ISSUING, at=made, days=days)).standing is standing


def test_somebody_appointed_by_the_issuer_may_speak():
    assert told(response(PERSON, ISSUING, by=appointed())).standing is Standing.GOOD


@pytest.mark.parametrize(
    "speaker",
    [
        WORLD.company,
        appointed("别家的服务", by=WORLD.root),
        appointed("过期的服务", begins=NOW - YEAR, ends=NOW - DAY),
        appointed("只能加密的服务", usages=("key_encipherment",)),
        appointed("时间戳机构", extended=ExtendedKeyUsageOID.TIME_STAMPING),
        issue(ec_key("responder"), "自封的服务", extended=OCSP_SIGNING, extra=x509.OCSPNoCheck()),
    ],
    ids=["no purpose", "other issuer", "expired", "other usage", "other purpose", "by itself"],
)
def test_nobody_else_is_heard(speaker: Holder):
    assert told(response(PERSON, ISSUING, by=speaker)).standing is Standing.UNKNOWN


def test_a_responder_that_is_not_exempt_must_be_known_to_stand():
    speaker = appointed("没有豁免的服务", extra=None)
    answer = response(PERSON, ISSUING, by=speaker)
    assert told(answer).standing is Standing.UNKNOWN
    assert told(answer, lists=[revocation_list(ISSUING)]).standing is Standing.GOOD
    revoking = revocation_list(ISSUING, [speaker.certificate])
    assert told(answer, lists=[revoking]).standing is Standing.UNKNOWN


def test_an_issuer_of_the_same_name_with_another_key_is_not_heard():
    forged = issue(rsa_key("foreign"), "测试签发机构", is_ca=True)
    assert told(response(PERSON, forged)).standing is Standing.UNKNOWN


def test_a_changed_answer_is_not_heard():
    answer = response(PERSON, ISSUING)
    for at in range(0, len(answer), 7):
        changed = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]
        assert told(changed).standing is not Standing.REVOKED
        assert told(changed).standing is Standing.UNKNOWN or at < 40  # the outer wrapping is not signed


@given(st.binary(max_size=300))
def test_other_bytes_are_no_answer(encoded: bytes):
    assert ocsp.read(encoded) is None
