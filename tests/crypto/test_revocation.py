"""Revocation lists: whose they are, whom they name, and how long they speak."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.pki import hierarchy
from tests.pki.hierarchy import NOW, revocation_list
from yunqian.crypto import revocation
from yunqian.crypto.revocation import Standing

WORLD = hierarchy.built()
PERSON, ISSUING = WORLD.person.certificate, WORLD.issuing.certificate


def standing(*lists: bytes, at=NOW) -> Standing:
    return revocation.standing(PERSON, ISSUING, lists, at=at)[0]


def test_a_certificate_on_its_issuers_list_is_revoked_though_it_names_no_list():
    assert standing(revocation_list(WORLD.issuing, [PERSON])) is Standing.REVOKED


def test_a_certificate_not_on_the_list_is_good():
    assert standing(WORLD.crl) is Standing.GOOD


def test_without_a_list_or_with_somebody_elses_nothing_is_known():
    assert standing() is Standing.UNKNOWN
    assert standing(revocation_list(WORLD.root, [PERSON])) is Standing.UNKNOWN
    forged = hierarchy.issue(hierarchy.rsa_key("foreign"), "测试签发机构", is_ca=True)
    assert standing(revocation_list(forged, [PERSON])) is Standing.UNKNOWN


def test_a_list_that_has_run_out_says_nothing_of_later_times():
    assert standing(WORLD.crl, at=NOW + timedelta(days=31)) is Standing.UNKNOWN
    assert standing(WORLD.crl, at=NOW - timedelta(days=31)) is Standing.GOOD


@given(st.binary(max_size=200))
def test_other_bytes_are_no_list(encoded: bytes):
    assert revocation.read(encoded) is None
