"""RFC 3161: what is asked, which answers are taken, and what a stamped signature reports."""

from datetime import timedelta

import pytest
from asn1crypto import tsp
from hypothesis import given
from hypothesis import strategies as st

from tests.engine import judges
from tests.engine.papers import TRUST, WORLD, act, judged, paper
from tests.pki import stamps
from tests.pki.hierarchy import NOW, YEAR, Holder, revocation_list
from yunqian.engine import timestamp
from yunqian.engine.report import Trust, Verdict
from yunqian.engine.verify import verify
from yunqian.problems import Problem, Refused

IMPRINT = timestamp.timestamp_imprint(b"signature value")


def refusal(action) -> str:
    with pytest.raises(Refused) as refused:
        action()
    assert refused.value.problem is Problem.TIMESTAMP_INVALID
    return str(refused.value.facts["detail"])


def test_the_request_is_read_by_an_independent_reader():
    asked = tsp.TimeStampReq.load(timestamp.request(IMPRINT, nonce=2**63 + 5), strict=True)
    assert asked["message_imprint"].native == {
        "hash_algorithm": {"algorithm": "sha256", "parameters": None},
        "hashed_message": IMPRINT,
    }
    assert (asked["nonce"].native, asked["cert_req"].native) == (2**63 + 5, True)


def test_a_right_answer_gives_the_token():
    token = stamps.token(WORLD.stamper, IMPRINT, nonce=9)
    assert timestamp.read_response(stamps.response(token), imprint=IMPRINT, nonce=9) == token
    stamp = timestamp.check(token, imprint=IMPRINT)
    assert (stamp.at, stamp.authority) == (NOW, WORLD.stamper.certificate)


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        (lambda: stamps.token(WORLD.stamper, IMPRINT, nonce=8), "nonce"),
        (lambda: stamps.token(WORLD.stamper, IMPRINT), "nonce"),
        (lambda: stamps.token(WORLD.stamper, bytes(32), nonce=9), "imprint"),
        (lambda: stamps.token(WORLD.stamper, IMPRINT, nonce=9, digest="sha384"), "imprint"),
        (lambda: stamps.token(WORLD.stamper, IMPRINT, nonce=9, tampered=True), "the token's signature"),
        (lambda: stamps.token(WORLD.person, IMPRINT, nonce=9), "the token's certificate"),
        (
            lambda: stamps.token(WORLD.stamper, IMPRINT, nonce=9, at=NOW + 3 * YEAR),
            "the authority's certificate is not valid at that time",
        ),
    ],
)
def test_a_wrong_answer_is_refused_with_the_reason(token, detail: str):
    answer = stamps.response(token())
    assert refusal(lambda: timestamp.read_response(answer, imprint=IMPRINT, nonce=9)) == detail


def test_a_rejection_is_told_as_such():
    answer = stamps.rejection()
    assert refusal(lambda: timestamp.read_response(answer, imprint=IMPRINT, nonce=9)) == "rejection"


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(answer: bytes):
    refusal(lambda: timestamp.read_response(answer, imprint=IMPRINT, nonce=9))
    refusal(lambda: timestamp.check(answer, imprint=IMPRINT))


def stamped(at=NOW, by: Holder = WORLD.stamper, over: bytes | None = None) -> bytes:
    def stamp(signature: bytes) -> bytes:
        return stamps.token(by, over or timestamp.timestamp_imprint(signature), at=at)

    return act(paper(), timestamp=stamp)


def test_a_stamped_signature_reports_the_attested_time():
    moment = NOW + timedelta(minutes=3)
    document = stamped(moment)
    assert [answer.is_good for answer in judges.pyhanko(document)] == [True]
    (one,) = judged(document).signatures
    assert (one.verdict, one.stamped_at, one.claimed_at) == (Verdict.VALID, moment, NOW)


def verdicts(document: bytes, trust: Trust = TRUST, at=NOW) -> dict[str, Verdict]:
    (one,) = verify(document, trust=trust, at=at).signatures
    return {finding.check: finding.verdict for finding in one.findings}


def test_a_stamp_over_another_signature_is_found():
    found = verdicts(stamped(over=bytes(32)))
    assert (found["trust"], found["crypto"]) == (Verdict.INVALID, Verdict.VALID)


def test_a_stamp_by_a_signer_is_not_a_stamp():
    assert verdicts(stamped(by=WORLD.company))["trust"] is Verdict.INVALID


def test_a_stamp_keeps_a_signature_valid_after_its_certificate_has_expired():
    later = NOW + 2 * YEAR
    assert verdicts(stamped(), at=later)["trust"] is Verdict.VALID
    assert verdicts(act(paper()), at=later)["trust"] is Verdict.INDETERMINATE


def test_a_revocation_after_the_stamp_does_no_harm_and_without_a_stamp_it_does():
    crl = revocation_list(WORLD.issuing, [WORLD.person.certificate], at=NOW + timedelta(days=1))
    trust = Trust(TRUST.roots, (crl, revocation_list(WORLD.root)))
    assert verdicts(stamped(), trust)["trust"] is Verdict.VALID
    assert verdicts(act(paper()), trust)["trust"] is Verdict.INVALID
