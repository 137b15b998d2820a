"""Signed attributes: three and no more, and nothing else is ever parsed as such."""

import hashlib

import pytest
from asn1crypto import cms, tsp  # noqa: F401  tsp teaches cms the newer attributes
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import hierarchy, parties
from yunqian.crypto import attributes, der, sm2
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

DIGEST = hashlib.sha256(b"document").digest()


def built() -> bytes:
    return attributes.build(DIGEST, hierarchy.built().person.certificate, Suite.RSA_SHA256)


def test_they_are_exactly_three_and_an_independent_reader_agrees():
    read = {one["type"].native: one["values"][0] for one in cms.CMSAttributes.load(built(), strict=True)}
    assert set(read) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert read["content_type"].native == "data"
    assert read["message_digest"].native == DIGEST
    named = read["signing_certificate_v2"]["certs"][0]
    certificate = hierarchy.built().person.certificate
    assert named["cert_hash"].native == bytes.fromhex(certificate.sha256)
    assert named["issuer_serial"]["serial_number"].native == certificate.serial
    assert named["issuer_serial"]["issuer"][0].chosen.untag().dump() == certificate.issuer_der


def test_what_was_built_is_parsed():
    said = attributes.parse(built())
    assert said.message_digest == DIGEST
    assert said.certificate_sha256 == hierarchy.built().person.certificate.sha256


def test_a_digest_of_another_suite_is_a_defect_of_the_caller():
    with pytest.raises(ValueError, match="suite"):
        attributes.build(DIGEST, hierarchy.built().elliptic_384.certificate, Suite.ECDSA_SHA384)


def with_signing_time() -> bytes:
    time = der.sequence(der.oid("1.2.840.113549.1.9.5"), der.set_of(der.tlv(0x17, b"261122100000Z")))
    return der.set_of(*(one for _, one in der.children(der.only(built(), der.SET))), time)


def without_certificate() -> bytes:
    kept = [one for _, one in der.children(der.only(built(), der.SET)) if b"\x10\x02\x2f" not in one]
    return der.set_of(*kept)


def twice_the_digest() -> bytes:
    parts = [one for _, one in der.children(der.only(built(), der.SET))]
    second = der.sequence(der.oid("1.2.840.113549.1.9.4"), der.set_of(der.octets(b"2" * 32)))
    return der.set_of(*parts, second)


def unsorted() -> bytes:
    parts = [one for _, one in der.children(der.only(built(), der.SET))]
    return der.tlv(der.SET, *sorted(parts, reverse=True))


@pytest.mark.parametrize(
    "encoded",
    [with_signing_time, without_certificate, twice_the_digest, unsorted, lambda: DIGEST, lambda: b""],
    ids=["one more", "one less", "two digests", "not sorted", "a bare digest", "nothing"],
)
def test_anything_more_or_less_is_not_accepted(encoded):
    with pytest.raises(Refused) as refused:
        attributes.parse(encoded())
    assert refused.value.problem is Problem.ATTRIBUTES_NOT_ACCEPTED


@given(st.binary(max_size=400))
def test_no_bytes_give_anything_but_the_refusal(encoded: bytes):
    with pytest.raises(Refused):
        attributes.parse(encoded)


# ------------------------------------------------------------------ with SM2, the certificate by its SM3

TOP = parties.authority(parties.key("sm2", "root"), "根机构")
SIGNER = parties.person(parties.key("sm2", "leaf"), "李明", by=TOP)
SM3_DIGEST = sm2.sm3(b"document")


def built_with_sm3() -> bytes:
    return attributes.build(SM3_DIGEST, SIGNER.certificate, Suite.SM2_SM3)


def test_with_sm2_the_certificate_is_named_by_its_sm3_and_an_independent_reader_agrees():
    read = {
        one["type"].native: one["values"][0] for one in cms.CMSAttributes.load(built_with_sm3(), strict=True)
    }
    assert read["message_digest"].native == SM3_DIGEST
    named = read["signing_certificate_v2"]["certs"][0]
    assert named["hash_algorithm"]["algorithm"].native == "1.2.156.10197.1.401"
    assert named["cert_hash"].native == sm2.sm3(SIGNER.certificate.der)
    assert named["issuer_serial"]["serial_number"].native == SIGNER.certificate.serial


def test_what_was_built_with_sm3_is_parsed_and_names_one_certificate():
    said = attributes.parse(built_with_sm3())
    assert (said.message_digest, said.certificate_sha256) == (SM3_DIGEST, "")
    assert said.names(SIGNER.certificate)
    assert not said.names(TOP.certificate)


def test_what_was_built_with_sha256_names_one_certificate_too():
    said = attributes.parse(built())
    assert said.names(hierarchy.built().person.certificate)
    assert not said.names(hierarchy.built().company.certificate)


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("06082a811ccf55018311", "06082a811ccf55018312"),
        ("300a06082a811ccf55018311", "300c06082a811ccf550183110500"),
    ],
    ids=["another digest", "with NULL"],
)
def test_another_way_to_name_the_digest_is_not_accepted(found: str, instead: str):
    encoded = bytes.fromhex(built_with_sm3().hex().replace(found, instead))
    assert encoded != built_with_sm3()
    with pytest.raises(Refused):
        attributes.parse(encoded)


def test_an_sm3_digest_has_32_bytes():
    with pytest.raises(ValueError, match="suite"):
        attributes.build(SM3_DIGEST + b"0", SIGNER.certificate, Suite.SM2_SM3)


def test_the_chinese_content_type_goes_with_sm2_alone():
    encoded = attributes.build(SM3_DIGEST, SIGNER.certificate, Suite.SM2_SM3, content_type=attributes.GM_DATA)
    said = attributes.parse(encoded)
    assert (said.content_type, said.names(SIGNER.certificate)) == (attributes.GM_DATA, True)
    with pytest.raises(ValueError, match="content type"):
        attributes.build(DIGEST, SIGNER.certificate, Suite.ECDSA_SHA256, content_type=attributes.GM_DATA)
    with pytest.raises(ValueError, match="content type"):
        attributes.build(SM3_DIGEST, SIGNER.certificate, Suite.SM2_SM3, content_type="1.2.3")
    plain = attributes.build(DIGEST, SIGNER.certificate, Suite.ECDSA_SHA256)
    swapped = plain.replace(der.oid(attributes.DATA), der.oid(attributes.GM_DATA))
    with pytest.raises(Refused):
        attributes.parse(swapped)
