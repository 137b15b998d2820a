"""Revocation lists: whose they are, whom they name, and how long they speak."""

from datetime import timedelta

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import hierarchy, parties
from tests.pki.hierarchy import NOW, revocation_list
from yunqian.crypto import der, revocation
from yunqian.crypto.certificates import Certificate
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


def test_a_list_made_after_a_certificate_has_expired_no_longer_speaks_of_it():
    late = revocation_list(WORLD.issuing, at=PERSON.not_after_at + timedelta(days=1))
    assert standing(late) is Standing.UNKNOWN
    assert standing(revocation_list(WORLD.issuing, at=PERSON.not_after_at)) is Standing.GOOD


def test_the_reason_is_told_and_decides_what_falls_with_it():
    for reason, spoils in ((None, True), ("key_compromise", True), ("superseded", False)):
        stated = None if reason is None else getattr(x509.ReasonFlags, reason)
        listed = revocation_list(WORLD.issuing, [PERSON], reason=stated)
        said = revocation.told(PERSON, ISSUING, [listed], at=NOW)
        assert (said.reason, said.spoils_what_went_before) == (reason, spoils)


def scoped(address: str | None = None, **flags: bool) -> x509.IssuingDistributionPoint:
    names = None if address is None else [x509.UniformResourceIdentifier(address)]
    fixed = {
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(
        full_name=names, relative_name=None, only_some_reasons=None, **{**fixed, **flags}
    )


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (scoped(only_contains_user_certs=True), Standing.GOOD),
        (scoped(only_contains_ca_certs=True), Standing.UNKNOWN),
        (scoped(only_contains_attribute_certs=True), Standing.UNKNOWN),
        (scoped(indirect_crl=True), Standing.UNKNOWN),
        (scoped("http://lists.example/1.crl"), Standing.UNKNOWN),
    ],
    ids=["people", "authorities", "attributes", "of others", "another part"],
)
def test_a_list_with_limits_speaks_only_within_them(scope, expected: Standing):
    assert standing(revocation_list(WORLD.issuing, scope=scope)) is expected


def test_a_part_of_a_divided_list_speaks_of_the_certificates_that_name_it():
    here = [x509.UniformResourceIdentifier("http://lists.example/1.crl")]
    points = x509.CRLDistributionPoints([x509.DistributionPoint(here, None, None, None)])
    holder = hierarchy.issue(hierarchy.rsa_key("person"), "分片", by=WORLD.issuing, extra=points).certificate
    for address, expected in (("1", Standing.GOOD), ("2", Standing.UNKNOWN)):
        part = revocation_list(WORLD.issuing, scope=scoped(f"http://lists.example/{address}.crl"))
        assert revocation.told(holder, ISSUING, [part], at=NOW).standing is expected


@given(st.binary(max_size=200))
def test_other_bytes_are_no_list(encoded: bytes):
    assert revocation.read(encoded) is None


# ------------------------------------------------------------------ lists by every kind of key


def handmade(by: parties.Party, revoked: int, *, issuer: bytes, spoilt: bool = False) -> bytes:
    algorithm = parties.algorithm_of(by.key)
    signed = der.sequence(
        der.integer(1),
        algorithm,
        issuer,
        parties.moment(NOW),
        parties.moment(NOW + timedelta(days=30)),
        der.sequence(der.sequence(der.integer(revoked), parties.moment(NOW))),
    )
    value = parties.sign(by.key, signed + (b"x" if spoilt else b""))
    return der.sequence(signed, algorithm, der.tlv(parties.BIT_STRING, b"\x00", value))


@pytest.mark.parametrize("kind", parties.KINDS)
def test_a_list_by_any_kind_of_key_names_its_certificates(kind: str):
    top = parties.authority(parties.key(kind, "root"), "Root CA")
    one, other = (
        parties.person(parties.key(kind, "leaf"), who, by=top).certificate for who in ("李明", "王芳")
    )

    def told(certificate: Certificate, listed: bytes) -> Standing:
        return revocation.standing(certificate, top.certificate, [listed], at=NOW)[0]

    listed = handmade(top, one.serial, issuer=top.subject)
    assert (told(one, listed), told(other, listed)) == (Standing.REVOKED, Standing.GOOD)
    printable = handmade(top, one.serial, issuer=parties.name("ROOT CA", tag=0x13))
    assert told(one, printable) is Standing.REVOKED
    assert told(one, handmade(top, one.serial, issuer=top.subject, spoilt=True)) is Standing.UNKNOWN
    assert told(one, handmade(top, one.serial, issuer=parties.name("另一家"))) is Standing.UNKNOWN
