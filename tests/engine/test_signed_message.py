"""Reading CMS as the field writes it: SM2 in every habit, GB/T 35275's identifiers, raw values, RSA with SM3."""

import io
import zipfile

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests import conformance
from tests.pki import parties
from yunqian.crypto import attributes, der, digests, sm2
from yunqian.crypto.suites import Suite
from yunqian.engine import signed_message
from yunqian.engine.signed_message import SignedMessage, Unreadable

CONTENT = b"what was signed"
GM = "1.2.156.10197.6.1.4.2."
PKCS7 = "1.2.840.113549.1.7."
SM3 = der.sequence(der.oid("1.2.156.10197.1.401"))
CURVE = der.oid("1.2.156.10197.1.301")
HABITS = {
    "SM2 with SM3": der.sequence(der.oid("1.2.156.10197.1.501")),
    "SM2 with SM3, NULL": der.sequence(der.oid("1.2.156.10197.1.501"), der.NULL),
    "sm2Sign": der.sequence(der.oid("1.2.156.10197.1.301.1")),
    "the curve": der.sequence(CURVE),
    "the key's algorithm": der.sequence(der.oid("1.2.840.10045.2.1"), CURVE),
}
ROOT = parties.authority(parties.key("sm2", "message root"), "国密根机构")
SIGNER = parties.person(parties.key("sm2", "message signer"), "国密签名人", by=ROOT)
RSA = parties.person(parties.key("rsa", "message rsa"), "RSA签名人", by=ROOT)


def signed_attributes(
    content: bytes = CONTENT, content_type: str = PKCS7 + "1", who: parties.Party = SIGNER
) -> bytes:
    built = attributes.build(sm2.sm3(content), who.certificate, Suite.SM2_SM3)
    parts = [one for _, one in der.children(der.only(built, der.SET))]
    kept = [one for one in parts if der.oid("1.2.840.113549.1.9.3") not in one]
    stated = der.sequence(der.oid("1.2.840.113549.1.9.3"), der.set_of(der.oid(content_type)))
    return der.set_of(stated, *kept)


def message(
    *,
    family: str = PKCS7,
    inner: str | None = None,
    content: bytes = b"",
    signed: bytes | None = None,
    digest: bytes = SM3,
    algorithm: bytes = HABITS["SM2 with SM3"],
    value: bytes | None = None,
    who: parties.Party = SIGNER,
    issuer: bytes = ROOT.subject,
) -> bytes:
    """A SignedData of version 1 with one signer; `signed` are his attributes, None where he has none."""
    if value is None:
        value = who.key.sign(CONTENT if signed is None else signed)
    signer = der.sequence(
        der.integer(1),
        der.sequence(issuer, der.integer(who.certificate.serial)),
        digest,
        b"" if signed is None else b"\xa0" + signed[1:],
        algorithm,
        der.octets(value),
    )
    body = der.sequence(
        der.integer(1),
        der.set_of(digest),
        der.sequence(der.oid(inner or family + "1"), content),
        der.explicit(0, who.certificate.der),
        der.set_of(signer),
    )
    return der.sequence(der.oid(family + "2"), der.explicit(0, body))


def verdicts(encoded: bytes) -> tuple[bool, bool]:
    """Whether it is right over the content, and over another one."""
    found = signed_message.read(encoded)
    return found.is_right_over([CONTENT[:4], CONTENT[4:]]), found.is_right_over([CONTENT + b"!"])


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("family", [PKCS7, GM])
def test_every_habit_of_naming_sm2_is_read_with_and_without_attributes(family: str, habit: str):
    algorithm = HABITS[habit]
    with_attributes = message(
        family=family, signed=signed_attributes(content_type=family + "1"), algorithm=algorithm
    )
    assert verdicts(with_attributes) == (True, False)
    assert verdicts(message(family=family, algorithm=algorithm)) == (True, False)


def test_the_attributes_name_the_certificate_by_its_sm3():
    found = signed_message.read(message(signed=signed_attributes()))
    assert (found.names_certificate, found.digest, found.scheme.label) == (True, "sm3", "SM2-SM3")
    assert signed_message.read(message()).names_certificate is None


@pytest.mark.parametrize(("family", "inner", "stated"), [(GM, PKCS7, GM), (GM, GM, PKCS7), (PKCS7, GM, GM)])
def test_both_families_of_identifiers_may_be_mixed(family: str, inner: str, stated: str):
    encoded = message(family=family, inner=inner + "1", signed=signed_attributes(content_type=stated + "1"))
    assert verdicts(encoded) == (True, False)
    assert signed_message.read(encoded).content_type == "data"


def test_another_content_type_in_the_attributes_does_not_fit():
    encoded = message(family=GM, signed=signed_attributes(content_type=GM + "3"))
    assert verdicts(encoded) == (False, False)


def test_a_raw_value_of_64_bytes_is_as_good_as_der():
    signed = signed_attributes()
    for covered, given in ((signed, signed), (CONTENT, None)):
        raw = sm2.raw_value(SIGNER.key.sign(covered))
        assert verdicts(message(signed=given, value=raw)) == (True, False)
        spoilt = raw[:-1] + bytes([raw[-1] ^ 1])
        assert verdicts(message(signed=given, value=spoilt)) == (False, False)


@pytest.mark.parametrize("value", [b"", bytes(64), bytes(63), b"\x30\x06\x02\x01\x01\x02\x01\x01"])
def test_a_value_that_is_none_is_a_no(value: bytes):
    assert verdicts(message(signed=signed_attributes(), value=value)) == (False, False)
    assert verdicts(message(value=value)) == (False, False)


def test_a_value_over_the_digest_without_z_is_wrong():
    signed = signed_attributes()
    assert verdicts(message(signed=signed, value=SIGNER.key.sign_e(sm2.sm3(signed)))) == (False, False)
    assert verdicts(message(value=SIGNER.key.sign_e(sm2.sm3(CONTENT)))) == (False, False)


def test_content_inside_is_an_octet_string_in_either_family():
    for family in (PKCS7, GM):
        found = signed_message.read(message(family=family, content=der.explicit(0, der.octets(CONTENT))))
        assert found.content == CONTENT
        assert found.is_right_over([found.content])
    assert signed_message.read(message(family=GM)).content is None


def test_rsa_with_sm3_is_read_by_its_own_name_and_by_the_keys():
    value = RSA.key.sign(CONTENT, padding.PKCS1v15(), hashes.SM3())
    for dotted in ("1.2.156.10197.1.504", "1.2.840.113549.1.1.1"):
        encoded = message(algorithm=der.sequence(der.oid(dotted), der.NULL), value=value, who=RSA)
        assert verdicts(encoded) == (True, False)
        assert signed_message.read(encoded).scheme.label == "RSA-SM3"


@pytest.mark.parametrize(
    ("digest", "algorithm", "who"),
    [
        (SM3, "1.2.840.10045.4.3.2", SIGNER),  # ECDSA with an SM2 key
        (SM3, "1.2.156.10197.1.301.3", SIGNER),  # the curve's use for encryption
        (der.sequence(der.oid("2.16.840.1.101.3.4.2.1")), "1.2.840.10045.2.1", SIGNER),
        (der.sequence(der.oid("1.2.840.113549.2.5")), "1.2.840.113549.1.1.1", RSA),  # MD5
    ],
)
def test_pairs_that_nobody_defines_are_not_readable(digest: bytes, algorithm: str, who: parties.Party):
    kind = der.sequence(der.oid(algorithm))
    with pytest.raises(Unreadable):
        signed_message.read(message(digest=digest, algorithm=kind, value=b"x", who=who))


@pytest.mark.parametrize("dotted", [PKCS7 + "1", GM + "3", "1.2.3"])
def test_what_is_no_signed_data_is_not_readable(dotted: str):
    with pytest.raises(Unreadable, match="not a CMS SignedData"):
        signed_message.read(der.sequence(der.oid(dotted), der.explicit(0, der.sequence())))


def test_no_changed_byte_of_attributes_value_or_digest_passes():
    encoded = message(family=GM, signed=signed_attributes(content_type=GM + "1"))
    start = encoded.index(digests.of("sm3", CONTENT)) - 40
    for at in range(start, len(encoded), 7):
        changed = encoded[:at] + bytes([encoded[at] ^ 4]) + encoded[at + 1 :]
        assert not _is_right(changed) or _same(changed, encoded)


def _is_right(encoded: bytes) -> bool:
    try:
        return signed_message.read(encoded).is_right_over([CONTENT])
    except Unreadable:
        return False


def _same(changed: bytes, encoded: bytes) -> bool:
    """Whether both say the same by another spelling: .501 for .301 is a habit, not a change."""
    one, other = signed_message.read(changed), signed_message.read(encoded)
    return (one.attributes, one.signature, one.certificate) == (
        other.attributes,
        other.signature,
        other.certificate,
    )


@conformance.needed
@pytest.mark.parametrize(
    ("package", "number"), [("keyword.ofd", 3), ("testPathClip.ofd", 0), ("testPathClip.ofd", 1)]
)
def test_signatures_of_the_field_in_this_form_are_right(package: str, number: int):
    """Forms B1 and B2: a digest inside with a raw value, and detached with mixed identifiers."""
    folder = f"Doc_0/Signs/Sign_{number}"
    with zipfile.ZipFile(io.BytesIO(conformance.document(f"ofd/{package}"))) as opened:
        value, described = opened.read(f"{folder}/SignedValue.dat"), opened.read(f"{folder}/Signature.xml")
    found: SignedMessage = signed_message.read(value)
    assert found.content in (None, sm2.sm3(described))
    assert found.is_right_over([found.content or described])
    assert not found.is_right_over([described + b" "])
