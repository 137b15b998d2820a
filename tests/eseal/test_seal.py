"""Reading seal objects: three structures told apart, field variants understood, bytes given back as found."""

from datetime import UTC, datetime

import pytest

from tests.eseal import making
from tests.eseal.making import PLAIN
from yunqian.crypto import der
from yunqian.eseal import seal
from yunqian.eseal.fields import Extension
from yunqian.eseal.seal import CertificateDigest, SealPicture, Version
from yunqian.problems import Problem, Refused

EXTENSION = der.sequence(der.oid("1.2.156.10197.6.7.2.2.1"), b"\x01\x01\x00", der.octets(b"2.1"))
EXTENSION_READ = Extension("1.2.156.10197.6.7.2.2.1", False, b"2.1")


@pytest.mark.parametrize("version", Version)
def test_every_field_of_every_version_is_read(version: Version):
    encoded = making.seal(PLAIN.but(version=version))
    found = seal.read(encoded)
    assert (found.version, found.stated_version) == (version, version)
    assert (found.es_id, found.vendor_id, found.kind) == ("44010000000001", "YUNQIAN", 1)
    assert found.name == "广东示例科技有限公司"
    assert found.picture == SealPicture("PNG", b"\x89PNG", 40, 30)
    assert found.certificates == (making.signer().certificate.der,)
    assert (found.certificate_digests, found.unknown_signers) == ((), ())
    assert found.created_at == found.valid_from_at == making.BEGINS.replace(microsecond=0)
    assert found.valid_until_at == making.ENDS.replace(microsecond=0)
    assert found.maker_certificate == making.maker().certificate.der
    assert found.algorithm == "1.2.156.10197.1.501"
    assert found.whole == encoded


def test_the_structure_decides_and_not_the_stated_version():
    assert seal.read(making.seal(PLAIN.but(version=Version.V1, stated=11))).version is Version.V1
    assert seal.read(making.seal(PLAIN.but(version=Version.V1, stated=5))).version is Version.V1
    assert seal.read(making.seal(PLAIN.but(version=Version.V4, stated=1))).version is Version.V4


def test_the_newer_makers_sign_the_contents_alone_and_the_first_sign_certificate_and_algorithm_too():
    newer, first = (making.seal(PLAIN.but(version=version)) for version in (Version.V4, Version.V1))
    assert seal.read(newer).signed == making.seal_info(PLAIN)
    certificate, algorithm = der.octets(making.maker().certificate.der), der.oid("1.2.156.10197.1.501")
    info = making.seal_info(PLAIN.but(version=Version.V1))
    assert seal.read(first).signed == der.sequence(info, certificate, algorithm)


@pytest.mark.parametrize(
    "written",
    [
        der.explicit(0, der.sequence(EXTENSION)),
        der.explicit(0, EXTENSION),
        der.sequence(EXTENSION),
    ],
    ids=["explicit", "implicit", "untagged"],
)
def test_extensions_are_read_under_any_tag_with_their_default_written_out(written: bytes):
    assert seal.read(making.seal(PLAIN.but(extensions=written))).extensions == (EXTENSION_READ,)


def test_a_list_of_digests_is_read_whatever_its_kind_says():
    entries = (
        making.digest_entry("SM3", b"d" * 32),
        der.sequence(der.oid("1.2.156.10197.1.401"), der.octets(b"e" * 32)),
    )
    for list_kind in (1, 2):
        found = seal.read(making.seal(PLAIN.but(signers=entries, list_kind=list_kind)))
        assert found.certificate_digests == (
            CertificateDigest("SM3", b"d" * 32),
            CertificateDigest("1.2.156.10197.1.401", b"e" * 32),
        )
        assert found.certificates == ()


def test_certificates_are_found_in_ia5_strings_and_standing_bare():
    certificate = making.signer().certificate.der
    members = (der.tlv(making.IA5, certificate), certificate, making.text(making.IA5, "0001"))
    found = seal.read(making.seal(PLAIN.but(version=Version.V1, signers=members)))
    assert found.certificates == (certificate, certificate)
    assert found.unknown_signers == (b"0001",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"\x18\x0f20260102030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (b"\x18\x1320260102030405.763Z", datetime(2026, 1, 2, 3, 4, 5, 763000, tzinfo=UTC)),
        (b"\x18\x1320260102030405+0800", datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)),
        (b"\x18\x0e20260102030405", datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)),
        (b"\x17\x0d260102030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (b"\x17\x0b2601020304Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        (b"\x17\x0f20260102030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (b"\x17\x0d990102030405Z", datetime(1999, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (b"\x18\x0f20261302030405Z", None),
        (b"\x18\x1300010101000000+2300", None),
        (b"\x18\x1320260102030405+9900", None),
        (b"\x18\x06always", None),
    ],
)
def test_times_in_every_spelling_are_read_and_others_are_none(written: bytes, meant: datetime | None):
    written = written[:1] + bytes([len(written) - 2]) + written[2:]
    assert seal.read(making.seal(PLAIN.but(begins=written))).valid_from_at == meant


def test_a_time_stamp_behind_the_value_is_kept_as_found():
    stamped = seal.read(
        making.seal(PLAIN.but(version=Version.V5, stamp=der.explicit(0, making.bits(b"token"))))
    )
    assert stamped.timestamp == b"token"
    assert seal.read(making.seal(PLAIN.but(version=Version.V5))).timestamp is None


def test_ber_with_long_and_indefinite_lengths_is_read_as_found():
    info = making.seal_info(PLAIN)
    content = der.only(making.seal(), der.SEQUENCE)
    unbounded = b"\x30\x80" + content + b"\x00\x00"
    padded = b"\x30\x84" + len(content).to_bytes(4, "big") + content
    for encoded in (unbounded, padded):
        found = seal.read(encoded)
        assert (found.whole, found.signed) == (encoded, info)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"0",
        der.sequence(),
        der.sequence(der.integer(1), der.integer(2)),
        der.sequence(*[der.sequence()] * 3),
        making.seal() + b"\x00",
        making.seal()[:-1],
        b"<?xml version='1.0'?>",
        making.signature(),
    ],
    ids=[
        "empty",
        "a letter",
        "nothing in it",
        "a bare value",
        "three",
        "more behind",
        "cut",
        "xml",
        "signature",
    ],
)
def test_what_is_no_seal_is_refused(encoded: bytes):
    with pytest.raises(Refused) as refused:
        seal.read(encoded)
    assert refused.value.problem is Problem.SEAL_UNREADABLE


def test_a_seal_beyond_the_limit_is_refused_before_it_is_taken_apart():
    with pytest.raises(Refused) as refused:
        seal.read(bytes(seal.MAX_BYTES + 1))
    assert refused.value.problem is Problem.SEAL_UNREADABLE


def test_elements_without_number_are_refused_before_they_fill_the_memory():
    crowded = making.seal(PLAIN.but(signers=(der.octets(b""),) * 4097))
    for encoded in (der.sequence(der.NULL * 4_000_000), crowded):
        with pytest.raises(Refused) as refused:
            seal.read(encoded)
        assert refused.value.problem is Problem.SEAL_UNREADABLE
    assert len(seal.read(making.seal(PLAIN.but(signers=(der.octets(b""),) * 4096))).certificates) == 4096
