"""Certificates as Chinese authorities really make them: those inside real seals, and each known oddity by itself."""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

import pytest
from asn1crypto import x509

from tests import conformance
from tests.pki.hierarchy import NOW
from tests.pki.parties import (
    BIT_STRING,
    KINDS,
    SM2_WITH_SM3,
    UTF8,
    Odd,
    authority,
    extension,
    key,
    moment,
    name,
    person,
    spki,
)
from yunqian.crypto import certificates, der, schemes, sm2, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Refused

ROOT = authority(key("sm2", "root"), "根机构")
LEAF = key("sm2", "leaf")
IA5, TELETEX, BMP = 0x16, 0x14, 0x1E


# ------------------------------------------------------------------ inside real seals and documents


def real() -> Iterator[tuple[str, bytes]]:
    """Every file of the seals and inside the OFD documents."""
    for path in sorted((conformance.FOLDER / "seal").iterdir()):
        yield path.name, path.read_bytes()
    for path in sorted((conformance.FOLDER / "ofd").glob("*.ofd")):
        with zipfile.ZipFile(BytesIO(path.read_bytes())) as packed:
            yield from ((f"{path.name}/{one}", packed.read(one)) for one in packed.namelist())


def looks_like_certificates(content: bytes) -> Iterator[bytes]:
    """SEQUENCE{SEQUENCE{[0] version …}, SEQUENCE algorithm, BIT STRING}, wherever it stands."""
    for found in re.finditer(rb"\x30\x82..\x30\x82..\xa0\x03\x02\x01\x02\x02", content, re.DOTALL):
        at = found.start()
        end = at + 4 + int.from_bytes(content[at + 2 : at + 4], "big")
        try:
            parts = [tag for tag, _ in der.children(content[at + 4 : end])]
        except der.NotDer:
            continue
        if parts == [der.SEQUENCE, der.SEQUENCE, BIT_STRING]:
            yield content[at:end]


def found_in_the_field() -> dict[bytes, str]:
    return {one: where for where, content in real() for one in looks_like_certificates(content)}


@conformance.needed
def test_every_certificate_inside_real_seals_and_documents_is_read():
    found = {where: certificates.read(one) for one, where in found_in_the_field().items()}
    everybody = [certificates.read(one) for one in found_in_the_field()]
    assert len(everybody) >= 10
    for read in everybody:
        assert (read.key_algorithm, read.key_bits, read.may_sign, read.is_ca) == ("ec:sm2", 256, True, False)
        assert (read.unknown_critical, read.scheme) == ((), Suite.SM2_SM3.value)
        assert read.owner
        assert read.issuer_name
        assert "�" not in read.subject
        assert read.not_before_at < read.not_after_at
        assert suites.suite_of(read) is Suite.SM2_SM3
        assert sm2.PublicKey(read.public_key_der[-65:]).point == read.public_key_der[-65:]
    assert "CEGN_SEAL_CA" in {one.issuer_name for one in found.values()} | {
        one.issuer_name for one in everybody
    }
    assert "浙江省税务监制章电子证书" in {one.owner for one in everybody}


@conformance.needed
def test_where_another_reader_can_read_them_it_reads_the_same():
    agreed = 0
    for one in found_in_the_field():
        ours, theirs = certificates.read(one), x509.Certificate.load(one)
        body = theirs["tbs_certificate"]
        assert ours.signed_der == body.dump()
        assert ours.serial == body["serial_number"].native
        assert ours.not_after_at == body["validity"].native["not_after"]
        assert ours.subject_der == body["subject"].dump()
        assert ours.issuer_der == body["issuer"].dump()
        assert ours.signature == theirs["signature_value"].native
        try:
            common = body["issuer"].native["common_name"]
        except ValueError:  # a unique identifier that is no bit string: the reason for a reader of our own
            continue
        assert ours.issuer_name == common
        agreed += 1
    assert agreed >= 9


@conformance.needed
@pytest.mark.parametrize("prefix", ["sm2", "sm2-noza"])
def test_a_key_that_names_the_curve_as_its_algorithm_is_an_sm2_key(prefix: str):
    read = certificates.read(conformance.document(f"sm/{prefix}-cert.pem"))
    assert read.key_algorithm == "ec:sm2"
    assert suites.suite_of(read) is Suite.SM2_SM3


# ------------------------------------------------------------------ one oddity at a time


def with_(odd: Odd) -> Certificate:
    """A certificate of a person with that oddity; its path must hold."""
    read = person(LEAF, "李明", by=ROOT, odd=odd).certificate
    assert certificates.chain(read, [], [ROOT.certificate], at=NOW) == (read, ROOT.certificate)
    return read


CURVE = der.oid("1.2.156.10197.1.301")
POINT = der.tlv(BIT_STRING, b"\x00", LEAF.public.point)
SPELLINGS = {
    "usual": spki(LEAF),
    "curve alone": der.sequence(der.sequence(CURVE), POINT),
    "curve twice": der.sequence(der.sequence(CURVE, CURVE), POINT),
    "curve and NULL": der.sequence(der.sequence(CURVE, der.NULL), POINT),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_an_sm2_key_signs_alike(spelling: str):
    read = with_(Odd(spki=SPELLINGS[spelling]))
    assert read.public_key_der == SPELLINGS[spelling]
    assert suites.check(Suite.SM2_SM3, read, b"message", LEAF.sign(b"message"))
    assert not suites.check(Suite.SM2_SM3, read, b"massage", LEAF.sign(b"message"))
    assert not suites.check(Suite.SM2_SM3, read, b"message", LEAF.sign_e(sm2.sm3(b"message")))
    assert not suites.check(Suite.SM2_SM3, read, b"message", sm2.raw_value(LEAF.sign(b"message")))
    assert not suites.check(Suite.ECDSA_SHA256, read, b"message", LEAF.sign(b"message"))


SIGN = der.oid("1.2.156.10197.1.301.1")
NAMED = der.oid("1.2.156.10197.1.501")
ALGORITHMS = (SM2_WITH_SM3, der.sequence(NAMED, der.NULL), der.sequence(SIGN), der.sequence(SIGN, der.NULL))


@pytest.mark.parametrize("outer", ALGORITHMS)
@pytest.mark.parametrize("inner", ALGORITHMS)
def test_every_spelling_of_the_algorithm_is_sm2_with_sm3(outer: bytes, inner: bytes):
    assert with_(Odd(algorithm=outer, inner_algorithm=inner)).scheme == Suite.SM2_SM3.value
    assert schemes.read(outer).label == "SM2-SM3"


def test_other_parameters_and_the_wrong_number_of_a_library_are_not():
    assert schemes.read(der.sequence(NAMED, der.integer(1))) is None
    assert schemes.read(der.sequence(NAMED, der.NULL, der.NULL)) is None
    assert schemes.read(der.sequence(der.oid("1.2.156.10197.501"))) is None


def test_a_key_off_the_curve_is_shown_and_signs_nothing():
    off = der.tlv(BIT_STRING, b"\x00\x04", bytes(64))
    read = with_(Odd(spki=der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), CURVE), off)))
    assert not suites.check(Suite.SM2_SM3, read, b"message", LEAF.sign(b"message"))


@pytest.mark.parametrize(
    ("tag", "text", "wanted"),
    [
        (0x17, "200421143908Z", "2020-04-21T14:39:08"),
        (0x17, "2004211439Z", "2020-04-21T14:39:00"),
        (0x17, "200421223908+0800", "2020-04-21T14:39:08"),
        (0x17, "491231235959Z", "2049-12-31T23:59:59"),
        (0x17, "500101000000Z", "1950-01-01T00:00:00"),
        (0x18, "20200421143908Z", "2020-04-21T14:39:08"),
        (0x18, "202004211439Z", "2020-04-21T14:39:00"),
        (0x18, "20200421143908.25Z", "2020-04-21T14:39:08"),
        (0x18, "20200421113908-0300", "2020-04-21T14:39:08"),
        (0x18, "99991231235959Z", "9999-12-31T23:59:59"),
        (0x17, "20200421143908Z", None),
        (0x18, "200421143908Z", None),
        (0x18, "20201321143908Z", None),
        (0x0C, "20200421143908Z", None),
        (0x17, "", None),
    ],
)
def test_a_time_in_either_form(tag: int, text: str, wanted: str | None):
    plain = with_(Odd()).der
    parts = [one for _, one in der.children(der.only(plain, der.SEQUENCE))]
    fields = [one for _, one in der.children(der.only(parts[0], der.SEQUENCE))]
    fields[4] = der.sequence(der.tlv(tag, text.encode()), moment(Odd().ends))
    changed = der.sequence(der.sequence(*fields), *parts[1:])
    if wanted is None:
        with pytest.raises(Refused):
            certificates.read(changed)
    else:
        assert certificates.read(changed).not_before_at == datetime.fromisoformat(wanted + "+00:00")


def entry(dotted: str, tag: int, value: bytes) -> bytes:
    return der.set_of(der.sequence(der.oid(dotted), der.tlv(tag, value)))


@pytest.mark.parametrize(
    ("dotted", "tag", "value", "shown"),
    [
        ("2.5.4.45", UTF8, b"B00102", "x500UniqueIdentifier=B00102"),
        ("2.5.4.45", BIT_STRING, b"\x00\xb0\x01", "x500UniqueIdentifier=B001"),
        ("1.2.840.113549.1.9.1", IA5, "云南@ynca.cn".encode(), "emailAddress=云南@ynca.cn"),
        ("1.2.840.113549.1.9.1", IA5, "云南".encode("gb18030"), "emailAddress=云南"),
        ("1.2.840.113549.1.9.1", IA5, b"\xff\xff", "emailAddress=��"),
        ("2.5.4.10", TELETEX, "示例公司".encode("gb18030"), "O=示例公司"),
        ("2.5.4.10", BMP, "示例公司".encode("utf-16-be"), "O=示例公司"),
        ("2.5.4.10", BMP, b"\x4e", "O=�"),
        ("1.2.3.4.5", 0x02, b"\x05", "1.2.3.4.5=#020105"),
    ],
)
def test_a_text_in_an_unexpected_string_is_shown(dotted: str, tag: int, value: bytes, shown: str):
    subject = der.sequence(entry(dotted, tag, value), entry("2.5.4.3", UTF8, "李明".encode()))
    assert with_(Odd(subject=subject)).subject == f"{shown}, CN=李明"


def test_the_holder_is_the_last_common_name_or_the_organization_or_everything():
    two = der.sequence(entry("2.5.4.3", UTF8, b"first"), entry("2.5.4.3", UTF8, b"last"))
    assert with_(Odd(subject=two)).owner == "last"
    assert with_(Odd(subject=der.sequence(entry("2.5.4.10", UTF8, "公司".encode())))).owner == "公司"
    assert with_(Odd(subject=der.sequence(entry("2.5.4.7", UTF8, "广州".encode())))).owner == "L=广州"


@pytest.mark.parametrize("value", [b"", b"\x05\x00", b"\x30\x03\x82\x05a", b"\x82\x03a.b", b"\xff\xff\xff"])
@pytest.mark.parametrize("dotted", ["2.5.29.17", "2.5.29.18", "2.5.29.31", "1.3.6.1.5.5.7.1.1"])
def test_a_malformed_extension_that_decides_nothing_is_left_alone(dotted: str, value: bytes):
    assert with_(Odd(more=(extension(dotted, value),))).owner == "李明"


def test_all_five_usages_in_one_certificate_may_sign():
    usages = der.tlv(BIT_STRING, b"\x03", b"\xf8")
    odd = Odd(more=(extension("2.5.29.15", usages, critical=True),))
    read = person(LEAF, "税务监制章", by=ROOT, usages=(), odd=odd).certificate
    assert read.may_sign
    assert read.unknown_critical == ()


def test_white_space_and_zeros_behind_a_certificate_are_not_part_of_it():
    plain = with_(Odd())
    assert certificates.read(plain.der + b"\r\n") == plain
    assert certificates.read(plain.der + bytes(7)).sha256 == plain.sha256


def test_lengths_that_der_forbids_are_read_and_checked_as_they_stand():
    """BER of a certificate inside a signed object: the value is over the bytes as found, not over better ones."""
    plain = with_(Odd())
    signed = plain.signed_der
    assert signed[:2] == b"\x30\x82"
    longer = b"\x30\x83\x00" + signed[2:]
    for body, is_right in ((signed, True), (longer, False)):
        value = der.tlv(BIT_STRING, b"\x00", plain.signature)
        read = certificates.read(der.sequence(body, SM2_WITH_SM3, value))
        assert read.signed_der == body
        assert certificates.is_signed_by(read, ROOT.certificate) is is_right
    over_longer = der.tlv(BIT_STRING, b"\x00", ROOT.key.sign(longer))
    read = certificates.read(der.sequence(longer, SM2_WITH_SM3, over_longer))
    assert certificates.is_signed_by(read, ROOT.certificate)


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_the_issuer_is_copied_as_it_stands(kind: str):
    odd_name = name("机构", tag=TELETEX)
    top = authority(key(kind, "root"), "机构", odd=Odd(subject=odd_name))
    read = person(LEAF, "李明", by=top).certificate
    assert read.issuer_der == odd_name
    assert read.issuer_name == "机构"
