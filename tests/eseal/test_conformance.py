"""Real seals and seal signatures that nobody here made: the answers of the conformance README for seal objects.

The OFD packages are opened here as plain ZIPs: what else they say is the package's own matter.
"""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from tests import conformance
from yunqian.eseal import seal, signature, verdicts
from yunqian.eseal.seal import Seal, Version
from yunqian.eseal.signature import SealSignature
from yunqian.eseal.verdicts import Verdict
from yunqian.problems import Problem, Refused

pytestmark = conformance.needed

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
SEALS = {  # version, name, end of the validity
    "UserV1": (Version.V1, "OFDRW测试用印章", datetime(2022, 4, 22, 2, 18, 7, tzinfo=UTC)),
    "UserV4": (Version.V4, "OFD R&W 测试用印章", datetime(2022, 4, 22, 2, 9, tzinfo=UTC)),
    "UserV5": (Version.V5, "OFD R&W V5测试用印章", datetime(2028, 4, 24, 8, 53, 23, tzinfo=UTC)),
}
SIGNED = {  # package, signature: seal's name, picture, answers (maker, validity, membership, value, content)
    ("signedFile.ofd", 0): ("国家税务总局江苏省税务局", ("ofd", 30, 20), (V, V, V, V, V)),
    ("1.ofd", 0): ("国家税务总局浙江省税务局", ("ofd", 30, 20), (V, V, V, V, V)),
    ("v4signed.ofd", 0): ("测试全国统一发票监制章国家税务总局重庆市税务局", ("ofd", 30, 20), (V, V, V, V, V)),
    # Only its Document.xml was changed: that is between the package and Signature.xml, which is as signed.
    ("发票示例.ofd", 0): ("测试全国统一发票监制章国家税务总局重庆市税务局", ("ofd", 30, 20), (V, V, V, V, V)),
    # Signed in 2026 by its own claim, with a seal that ended in 2022: said, while all else is right.
    ("SESV4SignDoc.ofd", 0): ("OFD R&W 测试用印章", ("PNG", 40, 40), (V, I, V, V, V)),
    ("V4RideRight.ofd", 0): ("OFD R&W 测试用印章", ("PNG", 40, 40), (V, V, V, V, V)),
    ("keyword.ofd", 1): ("淄博市周村区自然资源局(不动产登记专用章)", ("PNG", 42, 42), (V, V, V, V, V)),
}
NOT_SEALS = [("DigitalSign.ofd", 0), ("keyword.ofd", 3), ("testPathClip.ofd", 0), ("testPathClip.ofd", 1)]


def member(package: str, path: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(conformance.document(f"ofd/{package}"))) as opened:
        return opened.read(path)


def signed_value(package: str, number: int) -> bytes:
    return member(package, f"Doc_0/Signs/Sign_{number}/SignedValue.dat")


def changed(encoded: bytes, part: bytes) -> bytes:
    """The same bytes with the last bit of one part of them turned over."""
    at = encoded.index(part) + len(part) - 1
    return encoded[:at] + bytes([encoded[at] ^ 1]) + encoded[at + 1 :]


@pytest.mark.parametrize("name", SEALS)
def test_the_three_versions_of_a_seal_are_right_until_they_end(name: str):
    encoded = conformance.document(f"seal/{name}.esl")
    found = seal.read(encoded)
    assert (found.version, found.name, found.valid_until_at) == SEALS[name]
    assert (found.picture.kind, found.picture.width_mm, found.picture.height_mm) == ("PNG", 40, 40)
    assert found.picture.content.startswith(b"\x89PNG")
    assert found.whole == encoded
    at = (found.valid_from_at, found.valid_until_at + timedelta(seconds=1))
    assert [[one.verdict for one in verdicts.judge_seal(found, at=each)] for each in at] == [[V, V], [V, I]]


@pytest.mark.parametrize("name", SEALS)
def test_a_seal_with_one_byte_changed_is_not_its_makers(name: str):
    encoded = conformance.document(f"seal/{name}.esl")
    found = seal.read(encoded)
    for part in (found.picture.content, found.name.encode(), found.es_id.encode(), found.certificates[0]):
        assert verdicts.judge_maker(seal.read(changed(encoded, part))).verdict is I
    assert verdicts.judge_maker(seal.read(changed(encoded, found.value))).verdict is I


def test_a_first_seals_maker_signature_covers_more_than_its_contents():
    found = seal.read(conformance.document("seal/UserV1.esl"))
    assert found.maker_certificate in found.signed


def test_a_signature_over_a_digest_of_zeros_does_not_fit_any_document():
    encoded = conformance.document("seal/SignedValueV4.dat")
    found = signature.read(encoded)
    assert (found.version, found.data_hash, found.whole) == (Version.V4, bytes(32), encoded)
    verdicts_found = [one.verdict for one in verdicts.judge(found, b"any document")]
    assert verdicts_found == [V, V, V, V, I]


@pytest.mark.parametrize(("package", "number"), SIGNED)
def test_a_signature_in_an_ofd_package_gets_its_answers(package: str, number: int):
    name, picture, answers = SIGNED[package, number]
    encoded = signed_value(package, number)
    found = signature.read(encoded)
    assert (found.version, found.seal.name, found.whole) == (Version.V4, name, encoded)
    shown = found.seal.picture
    assert (shown.kind, shown.width_mm, shown.height_mm) == picture
    content = member(package, found.property_info.lstrip("/"))
    assert tuple(one.verdict for one in verdicts.judge(found, content)) == answers


@pytest.mark.parametrize(("package", "number"), SIGNED)
def test_a_changed_copy_of_it_gets_the_matching_no(package: str, number: int):
    encoded = signed_value(package, number)
    found = signature.read(encoded)
    content = member(package, found.property_info.lstrip("/"))
    usual = list(SIGNED[package, number][2])
    expected = {
        found.data_hash: [usual[0], usual[1], usual[2], I, I],
        found.property_info.encode(): [*usual[:3], I, V],
        found.value: [*usual[:3], I, V],
        found.seal.value: [I, *usual[1:3], I, V],
        found.seal.picture.content: [I, *usual[1:3], I, V],
    }
    for part, answers in expected.items():
        spoilt = signature.read(changed(encoded, part))
        assert [one.verdict for one in verdicts.judge(spoilt, content)] == answers
    assert verdicts.judge_content(found, content + b"\n").verdict is I


@pytest.mark.parametrize(("package", "number"), NOT_SEALS)
def test_a_signature_of_another_kind_is_refused_as_no_seal(package: str, number: int):
    with pytest.raises(Refused) as refused:
        signature.read(signed_value(package, number))
    assert refused.value.problem is Problem.SEAL_UNREADABLE


@pytest.mark.parametrize("package", ["SESV4SignDoc.ofd", "V4RideRight.ofd"])
def test_the_seal_beside_a_signature_is_the_one_inside(package: str):
    beside = seal.read(member(package, "Doc_0/Signs/Sign_0/Seal.esl"))
    assert signature.read(signed_value(package, 0)).seal == beside


def test_what_real_makers_write_differently_is_read():
    invoice: Seal = signature.read(signed_value("1.ofd", 0)).seal
    assert [(one.identifier, one.is_critical) for one in invoice.extensions] == [
        ("1.2.156.10197.6.7.2.2.1", False)  # untagged, with its default written out
    ]
    survey: SealSignature = signature.read(signed_value("keyword.ofd", 1))
    assert len(survey.value) == 64
    assert [(one.identifier, one.is_critical) for one in survey.extensions] == [("1.3.6.1.5.5.7.1.4", True)]
