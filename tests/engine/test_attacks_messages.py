"""Attacks on the signature value itself, and on who may have made it: what is in the gap nobody signed."""

import io
from collections.abc import Callable
from datetime import timedelta

import pikepdf
import pytest
from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from tests.engine.papers import TRUST, WORLD, act, judged, paper
from tests.pki import answers, stamps
from tests.pki.hierarchy import NOW, YEAR, Holder, issue, revocation_list, rsa_key
from yunqian.crypto import digests
from yunqian.engine.report import Finding, Report, Trust, Verdict

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
SIGNED = act(paper())
Change = Callable[[cms.SignedData], None]


def spans(document: bytes) -> list[int]:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [int(one) for one in pdf.Root.AcroForm.Fields[0].V.ByteRange]


def filled(document: bytes, value: bytes) -> bytes:
    """The document with another value in its gap; what was signed stays as it is."""
    _, left, resumed, _ = spans(document)
    digits = value.hex().encode().ljust(resumed - left - 2, b"0")
    assert len(digits) == resumed - left - 2
    return document[: left + 1] + digits + document[resumed - 1 :]


def message_of(document: bytes) -> cms.ContentInfo:
    _, left, resumed, _ = spans(document)
    return cms.ContentInfo.load(bytes.fromhex(document[left + 1 : resumed - 1].decode()))


def altered(change: Change, document: bytes = SIGNED) -> Report:
    whole = message_of(document)
    change(whole["content"])
    return judged(filled(document, whole.dump()))


def finding(report: Report, check: str) -> Finding:
    return next(one for one in report.signatures[0].findings if one.check == check)


def signer(body: cms.SignedData) -> cms.SignerInfo:
    return body["signer_infos"][0]


def signed_again(body: cms.SignedData, attributes: list[cms.CMSAttribute], digest: str = "sha256") -> None:
    """The signer's own key over other attributes: a careless or hostile signer."""
    one = signer(body)
    one["signed_attrs"] = cms.CMSAttributes(attributes)
    one["signature"] = WORLD.person.sign(cms.CMSAttributes(attributes).dump(), digest)


def attributes_of(body: cms.SignedData) -> list[cms.CMSAttribute]:
    return list(signer(body)["signed_attrs"])


# ------------------------------------------------------------------ what may stand in the gap


def two_signers(body: cms.SignedData) -> None:
    body["signer_infos"] = [signer(body), signer(body).copy()]


def no_signer(body: cms.SignedData) -> None:
    body["signer_infos"] = []


def attached_content(body: cms.SignedData) -> None:
    document = SIGNED
    _, left, resumed, size = spans(document)
    content = document[:left] + document[resumed : resumed + size]
    body["encap_content_info"] = {
        "content_type": "data",
        "content": core.OctetString(content[:200]),
    }


def no_certificate(body: cms.SignedData) -> None:
    body["certificates"] = []


def somebody_elses_certificate(body: cms.SignedData) -> None:
    body["certificates"] = [x509.Certificate.load(WORLD.company.certificate.der)]
    other = body["certificates"][0].chosen
    signer(body)["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number", {"issuer": other.issuer, "serial_number": other.serial_number}
    )


def another_certificate_of_the_same_key(body: cms.SignedData) -> None:
    """The key was certified twice: the attributes name the one that was meant."""
    again = issue(rsa_key("person"), "李明之二", by=WORLD.issuing).certificate
    body["certificates"] = [x509.Certificate.load(again.der)]
    other = body["certificates"][0].chosen
    signer(body)["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number", {"issuer": other.issuer, "serial_number": other.serial_number}
    )


def twice_the_digest(body: cms.SignedData) -> None:
    attributes = attributes_of(body)
    other = cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]})
    signed_again(body, [*attributes, other])


def two_digests_in_one_attribute(body: cms.SignedData) -> None:
    attributes = [one for one in attributes_of(body) if one["type"].native != "message_digest"]
    (right,) = (one for one in attributes_of(body) if one["type"].native == "message_digest")
    both = cms.CMSAttribute({"type": "message_digest", "values": [right["values"][0], bytes(32)]})
    signed_again(body, [*attributes, both])


def no_digest(body: cms.SignedData) -> None:
    signed_again(body, [one for one in attributes_of(body) if one["type"].native != "message_digest"])


def no_content_type(body: cms.SignedData) -> None:
    signed_again(body, [one for one in attributes_of(body) if one["type"].native != "content_type"])


def no_certificate_named(body: cms.SignedData) -> None:
    signed_again(body, [one for one in attributes_of(body) if one["type"].native != "signing_certificate_v2"])


def attributes_taken_away(body: cms.SignedData) -> None:
    signer(body)["signed_attrs"] = cms.CMSAttributes([])


def digest_by_sha1(body: cms.SignedData) -> None:
    _, left, resumed, size = spans(SIGNED)
    content = SIGNED[:left] + SIGNED[resumed : resumed + size]
    attributes = [one for one in attributes_of(body) if one["type"].native != "message_digest"]
    digest = cms.CMSAttribute({"type": "message_digest", "values": [digests.of("sha1", content)]})
    signer(body)["digest_algorithm"] = {"algorithm": "sha1"}
    signer(body)["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    signed_again(body, [*attributes, digest], "sha1")


def another_algorithm_named(body: cms.SignedData) -> None:
    signer(body)["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha512_rsa"})


def value_of_nothing(body: cms.SignedData) -> None:
    signer(body)["signature"] = b""


def stamp_of_another_signature(body: cms.SignedData) -> None:
    token = stamps.token(WORLD.stamper, digests.of("sha256", b"another value"))
    signer(body)["unsigned_attrs"] = [
        {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
    ]


def stamp_by_a_key_of_nobody(body: cms.SignedData) -> None:
    foreign = issue(rsa_key("foreign"), "别家根证书机构", is_ca=True)
    by = issue(rsa_key("stamper"), "别家时间戳", by=foreign, extended=ExtendedKeyUsageOID.TIME_STAMPING)
    token = stamps.token(by, digests.of("sha256", signer(body)["signature"].native))
    signer(body)["unsigned_attrs"] = [
        {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
    ]


@pytest.mark.parametrize(
    ("change", "check", "verdict"),
    [
        (two_signers, "crypto", U),
        (no_signer, "crypto", U),
        (attached_content, "crypto", U),
        (no_certificate, "crypto", U),
        (somebody_elses_certificate, "crypto", I),
        (another_certificate_of_the_same_key, "crypto", I),
        (twice_the_digest, "crypto", I),
        (two_digests_in_one_attribute, "crypto", I),
        (no_digest, "crypto", I),
        (no_content_type, "crypto", I),
        (no_certificate_named, "crypto", U),
        (attributes_taken_away, "crypto", I),
        (digest_by_sha1, "crypto", U),
        (another_algorithm_named, "crypto", I),
        (value_of_nothing, "crypto", I),
        (stamp_of_another_signature, "trust", I),
        (stamp_by_a_key_of_nobody, "trust", U),
    ],
)
def test_a_value_put_in_the_gap_gets_its_answer(change: Change, check: str, verdict: Verdict):
    report = altered(change)
    assert finding(report, check).verdict is verdict
    assert report.verdict is not V


def test_the_same_message_put_back_is_what_it_was():
    assert altered(lambda body: None).verdict is V


@pytest.mark.parametrize("behind", [b"\x01", b"\x30\x00", b"\x00\x00\x01"])
def test_nothing_but_zeros_may_follow_the_value(behind: bytes):
    assert judged(filled(SIGNED, message_of(SIGNED).dump() + behind)).verdict is not V


@pytest.mark.parametrize(
    "value", [b"", b"\x00", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\xff" * 40]
)
def test_a_gap_of_rubbish_is_not_confirmed(value: bytes):
    assert judged(filled(SIGNED, value)).verdict is not V


def test_nested_without_end_is_refused_and_not_followed():
    deep = b"\x05\x00"
    for _ in range(3_000):
        length = len(deep)
        deep = b"\x30\x82" + length.to_bytes(2, "big") + deep
    assert judged(filled(SIGNED, deep[:8_000])).verdict is not V


def test_the_other_of_two_values_that_are_both_right_changes_nothing():
    """ECDSA: (r, n-s) is as right as (r, s); the signer and what was signed are the same."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    document = act(paper(), WORLD.elliptic)

    def mirrored(body: cms.SignedData) -> None:
        r, s = decode_dss_signature(signer(body)["signature"].native)
        signer(body)["signature"] = encode_dss_signature(r, order - s)

    report = altered(mirrored, document)
    assert (report.verdict, report.signatures[0].signer) == (V, "王芳")


def test_a_value_from_another_document_fits_nothing():
    other = act(paper(3))
    assert finding(judged(filled(SIGNED, message_of(other).dump())), "crypto").verdict is I


# ------------------------------------------------------------------ who may have made it


def by(holder: Holder, trust: Trust = TRUST) -> Verdict:
    return finding(judged(act(paper(), holder), trust), "trust").verdict


@pytest.mark.parametrize(
    ("purpose", "verdict"),
    [
        (ExtendedKeyUsageOID.TIME_STAMPING, I),
        (ExtendedKeyUsageOID.OCSP_SIGNING, I),
        (ExtendedKeyUsageOID.SERVER_AUTH, V),  # so does a government's system for making seals
        (ExtendedKeyUsageOID.EMAIL_PROTECTION, V),
        (ExtendedKeyUsageOID.CLIENT_AUTH, V),
        (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, V),
        (ObjectIdentifier("1.3.6.1.5.5.7.3.36"), V),
        (ObjectIdentifier("1.2.156.112600.1"), V),
    ],
)
def test_a_key_for_machines_signs_no_document(purpose: ObjectIdentifier, verdict: Verdict):
    assert by(issue(rsa_key("person"), "某人", by=WORLD.issuing, extended=purpose)) is verdict


def test_an_authority_signs_no_document():
    for authority in (WORLD.issuing, WORLD.root):
        assert by(Holder(authority.key, authority.certificate, authority.above)) is I


def test_a_person_certifies_nobody():
    below = issue(rsa_key("company"), "下级", by=WORLD.person)
    assert by(below) is U


def test_an_authority_below_its_allowed_depth_is_not_followed():
    deep = issue(rsa_key("foreign"), "再下级机构", by=WORLD.issuing, is_ca=True)
    assert by(issue(rsa_key("company"), "某公司", by=deep)) is U


ABOUT = (WORLD.person.certificate, WORLD.issuing)
ROOT_LIST = revocation_list(WORLD.root)


@pytest.mark.parametrize(
    ("lists", "said", "verdict"),
    [
        ((revocation_list(WORLD.issuing, at=NOW - YEAR / 2),), (), U),  # long outdated
        ((revocation_list(Holder(rsa_key("foreign"), WORLD.issuing.certificate)),), (), U),  # forged
        ((), (answers.response(*ABOUT),), V),
        ((), (answers.response(WORLD.company.certificate, WORLD.issuing),), U),
        ((), (answers.response(*ABOUT, by=WORLD.company),), U),
        ((), (answers.response(*ABOUT, by=WORLD.stamper),), U),
        ((), (answers.response(*ABOUT, is_unknown=True),), U),
        ((), (answers.response(*ABOUT, at=NOW - timedelta(days=30)),), U),
        ((), (answers.response(*ABOUT, days=None, at=NOW - timedelta(days=1)),), U),
        ((), (answers.response(WORLD.person.certificate, WORLD.root),), U),
        ((WORLD.crl,), (answers.response(*ABOUT, revoked_at=NOW - timedelta(days=1)),), I),
        ((revocation_list(WORLD.issuing, [WORLD.person.certificate]),), (answers.response(*ABOUT),), I),
    ],
)
def test_who_says_that_a_certificate_stands_must_be_the_one_to_say_it(
    lists: tuple[bytes, ...], said: tuple[bytes, ...], verdict: Verdict
):
    trust = Trust(TRUST.roots, (*lists, ROOT_LIST), said)
    assert finding(judged(SIGNED, trust), "trust").verdict is verdict
