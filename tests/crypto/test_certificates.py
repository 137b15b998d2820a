"""Reading certificates of friends and strangers, and building chains."""

from datetime import timedelta

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import hierarchy
from tests.pki.hierarchy import NOW, YEAR
from yunqian.crypto import certificates
from yunqian.problems import Problem, Refused

WORLD = hierarchy.built()


def test_a_certificate_is_read_with_its_chinese_names():
    read = certificates.read(WORLD.person.certificate.der)
    assert (read.owner, read.issuer_name) == ("李明", "测试签发机构")
    assert (read.key_algorithm, read.key_bits, read.may_sign, read.is_ca) == ("rsa", 2048, True, False)
    assert read.not_after_at == NOW + YEAR
    assert read == WORLD.person.certificate


def test_pem_is_read_like_der():
    pem = x509.load_der_x509_certificate(WORLD.person.certificate.der).public_bytes(hierarchy.Encoding.PEM)
    assert certificates.read(pem) == WORLD.person.certificate
    assert certificates.read_all(pem * 2) == (WORLD.person.certificate,) * 2


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(encoded: bytes):
    with pytest.raises(Refused) as refused:
        certificates.read(encoded)
    assert refused.value.problem is Problem.CERTIFICATE_UNREADABLE


def test_usage_tells_who_may_sign_and_who_may_stamp():
    assert not WORLD.wrong_usage.certificate.may_sign
    assert not WORLD.issuing.certificate.may_sign
    assert WORLD.stamper.certificate.may_stamp
    assert not WORLD.person.certificate.may_stamp


def path(holder: hierarchy.Holder, *, at=NOW, others=(WORLD.issuing.certificate,)):
    return certificates.chain(holder.certificate, others, [WORLD.root.certificate], at=at)


def test_the_chain_runs_from_leaf_to_root():
    assert path(WORLD.person) == (WORLD.person.certificate, *WORLD.person.above)


def refusal(action) -> Problem:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.problem


def test_a_stranger_and_a_missing_link_are_untrusted():
    assert refusal(lambda: path(WORLD.stranger)) is Problem.CERTIFICATE_UNTRUSTED
    assert refusal(lambda: path(WORLD.person, others=())) is Problem.CERTIFICATE_UNTRUSTED


def test_a_path_that_fails_only_by_time_is_expired():
    assert refusal(lambda: path(WORLD.expired)) is Problem.CERTIFICATE_EXPIRED
    assert refusal(lambda: path(WORLD.person, at=NOW + 2 * YEAR)) is Problem.CERTIFICATE_EXPIRED
    assert len(path(WORLD.expired, at=NOW - timedelta(days=200))) == 3


def test_a_person_cannot_issue():
    forged = hierarchy.issue(hierarchy.rsa_key("company"), "冒充者", by=WORLD.person)
    others = (WORLD.person.certificate, WORLD.issuing.certificate)
    assert refusal(lambda: path(forged, others=others)) is Problem.CERTIFICATE_UNTRUSTED


def test_the_path_length_of_an_authority_is_kept():
    below = hierarchy.issue(hierarchy.rsa_key("company"), "第三级机构", by=WORLD.issuing, is_ca=True)
    leaf = hierarchy.issue(hierarchy.rsa_key("person"), "过长链上的人", by=below)
    others = (below.certificate, WORLD.issuing.certificate)
    assert refusal(lambda: path(leaf, others=others)) is Problem.CERTIFICATE_UNTRUSTED


def test_the_same_name_with_another_key_does_not_pass_for_the_issuer():
    twin = hierarchy.issue(hierarchy.rsa_key("foreign"), "测试签发机构", by=WORLD.root, is_ca=True)
    assert refusal(lambda: path(WORLD.person, others=(twin.certificate,))) is Problem.CERTIFICATE_UNTRUSTED


def test_a_critical_extension_we_do_not_know_breaks_the_path():
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    holder = hierarchy.issue(hierarchy.rsa_key("person"), "特殊证书", by=WORLD.issuing, extra=strange)
    assert refusal(lambda: path(holder)) is Problem.CERTIFICATE_UNTRUSTED
