"""Acts with SM2 and SM3 end to end: by message and by bare e, stamped, mixed with RSA; judged by others too."""

import io
from dataclasses import replace

import pikepdf
import pytest
from asn1crypto import cms

from tests import needs
from tests.engine import judges, judges_sm2
from tests.engine.papers import DATE, SEAL, WORLD, act, paper, seal
from tests.engine.test_signed_message import GM, HABITS, PKCS7, message, signed_attributes
from tests.pki import guomi, hierarchy, stamps
from tests.pki.hierarchy import NOW, YEAR
from yunqian.crypto import attributes, der, digests, sm2
from yunqian.engine import timestamp
from yunqian.engine.embed import embed
from yunqian.engine.marks import Box, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.prepared import Prepared
from yunqian.engine.report import Report, Trust, Verdict
from yunqian.engine.verify import verify
from yunqian.problems import Problem, Refused

GUOMI = guomi.built()
FIRST, SECOND = GUOMI.signer("国密签章人"), GUOMI.signer("国密第二人")
ROOTS = (GUOMI.root.certificate, WORLD.root.certificate)
LISTS = (*GUOMI.crls, WORLD.crl, hierarchy.revocation_list(WORLD.root))
TRUST = Trust(ROOTS, LISTS)


def judged(document: bytes, trust: Trust = TRUST) -> Report:
    return verify(document, trust=trust, at=NOW)


def stamped(signature: bytes) -> bytes:
    """A token with SM3 imprint by an SM2 stamper."""
    return stamps.token(GUOMI.stamper, timestamp.timestamp_imprint(signature, "sm3"), digest="sm3")


def asked(document: bytes, *, lists: tuple[bytes, ...] = LISTS) -> list[judges_sm2.Answer]:
    roots = [root.der for root in ROOTS]
    return judges_sm2.answers(document, roots=roots, crls=list(lists), at=NOW)


def message_of(document: bytes, number: int = 0) -> cms.SignerInfo:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        contents = bytes(pdf.Root.AcroForm.Fields[number].V.Contents)
    (signer,) = cms.ContentInfo.load(contents)["content"]["signer_infos"]
    return signer


@needs.program("openssl")
@needs.program("qpdf")
@pytest.mark.parametrize("shape", [{}, {"is_streamed": True}, {"rotation": 90, "form": "direct"}], ids=str)
def test_a_stamped_sm2_signature_is_good_for_us_and_for_pyhanko(shape):
    document = act(paper(**shape), FIRST, [SEAL, DATE], timestamp=stamped)
    (one,) = judged(document).signatures
    assert (one.verdict, one.algorithm, one.signer) == (Verdict.VALID, "SM2-SM3", "国密签章人"), one.findings
    assert one.stamped_at == NOW
    (theirs,) = asked(document)
    assert (theirs.is_good, theirs.is_intact, theirs.is_trusted, theirs.is_stamp_good) == (True,) * 4
    assert judges.qpdf(document) == ""


@needs.program("openssl")
def test_openssl_finds_the_value_right_over_the_extracted_attributes():
    signer = message_of(act(paper(), FIRST))
    signed = der.tlv(der.SET, signer["signed_attrs"].contents)
    spki, value = FIRST.certificate.public_key_der, signer["signature"].native
    assert judges_sm2.openssl_says_right(spki, signed, value)
    assert not judges_sm2.openssl_says_right(spki, signed[:-1] + bytes([signed[-1] ^ 1]), value)
    assert signer["digest_algorithm"]["algorithm"].dotted == digests.OIDS["sm3"]
    assert signer["signature_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.501"


def prepared(document: bytes) -> Prepared:
    return prepare(
        document, [SEAL], certificate=FIRST.certificate, chain=FIRST.chain, field="yunqian", at=NOW
    )


def test_a_device_that_signs_a_bare_e_gives_the_same_kind_of_value():
    """SKF's ECCSignData takes 32 bytes; e is computed here from Z and the attributes, never by the device."""
    document, one = paper(), prepared(paper())
    value = FIRST.key.sign_e(FIRST.key.public.e_value(one.signed_attributes))
    tail = embed(document, one, value, certificate=FIRST.certificate, chain=FIRST.chain)
    assert judged(document + tail).verdict is Verdict.VALID


def test_what_is_not_over_e_is_never_embedded():
    document, one = paper(), prepared(paper())
    right = FIRST.sign(one.signed_attributes)
    for value in (
        FIRST.key.sign_e(sm2.sm3(one.signed_attributes)),  # SM3 of the message, without Z
        FIRST.key.sign_e(one.digest),
        FIRST.key.sign(one.signed_attributes, b""),  # Z over an empty identity, as openssl has it unasked
        SECOND.sign(one.signed_attributes),
        sm2.raw_value(right),
        right + b"\x00",
        right[:-1] + bytes([right[-1] ^ 1]),
    ):
        with pytest.raises(Refused) as refused:
            embed(document, one, value, certificate=FIRST.certificate, chain=FIRST.chain)
        assert refused.value.problem is Problem.SIGNATURE_INVALID
    with pytest.raises(Refused):
        embed(document, one, right, certificate=SECOND.certificate, chain=SECOND.chain)


def test_what_is_prepared_names_the_certificate_and_the_document_by_sm3():
    one = prepared(paper())
    assert one.digest != digests.of("sha256", paper() + one.tail)
    gap = slice(one.gap_start, one.gap_end)
    whole = bytearray(paper() + one.tail)
    del whole[gap]
    assert one.digest == sm2.sm3(bytes(whole))
    assert sm2.sm3(FIRST.certificate.der) in one.signed_attributes
    assert Prepared.from_json(one.to_json(), one.tail) == one


@needs.program("openssl")
@needs.program("qpdf")
def test_sm2_rsa_and_sm2_stand_together_in_one_document():
    first = act(paper(), FIRST, [SEAL, DATE], timestamp=stamped)
    second = act(first, WORLD.person, [SealMark(2, Box(200, 200, 113, 113), seal())])
    third = act(second, SECOND, [SealMark(2, Box(60, 60, 113, 113), seal("另一枚"))])
    report = judged(third)
    assert report.verdict is Verdict.VALID, report
    assert [one.algorithm for one in report.signatures] == ["SM2-SM3", "RSA-SHA256", "SM2-SM3"]
    theirs = asked(third)
    assert [one.is_good for one in theirs] == [True] * 3
    assert [one.later for one in theirs] == ["FORM_FILLING", "FORM_FILLING", "NONE"]
    assert judges.qpdf(third) == ""


@needs.program("openssl")
def test_no_changed_byte_passes():
    document = act(paper(), FIRST, [SEAL, DATE], timestamp=stamped)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        _, size, resumed, rest = (int(one) for one in pdf.Root.AcroForm.Fields[0].V.ByteRange)
    signer = message_of(document)
    value = document.index(signer["signature"].native.hex().encode())
    attributes = document.index(signer["signed_attrs"].contents.hex().encode())
    for at in (
        12,
        size // 2,
        size - 20,
        value + 20,
        value + 120,
        attributes + 90,
        resumed + 1,
        resumed + rest - 9,
    ):
        digit = b"0" if document[at : at + 1] != b"0" else b"1"
        changed = document[:at] + digit + document[at + 1 :]
        assert judged(changed).verdict is not Verdict.VALID, at
    digit = b"0" if document[value + 20 : value + 21] != b"0" else b"1"
    spoilt = document[: value + 20] + digit + document[value + 21 :]
    assert [one.is_intact for one in asked(spoilt)] == [False]


@needs.program("openssl")
def test_a_signer_on_the_sm2_list_is_revoked_for_both():
    document = act(paper(), FIRST)
    lists = (GUOMI.crl([FIRST.certificate], at=NOW - YEAR / 4), GUOMI.crls[1])
    (one,) = judged(document, Trust(ROOTS, lists)).signatures
    assert one.verdict is Verdict.INVALID
    assert [theirs.is_good for theirs in asked(document, lists=lists)] == [False]


def test_without_the_sm2_root_nothing_is_confirmed():
    document = act(paper(), FIRST)
    assert judged(document, Trust((WORLD.root.certificate,), LISTS)).verdict is Verdict.INDETERMINATE


def test_a_stamp_with_another_imprint_or_an_untrue_token_is_not_right():
    def of_something_else(_signature: bytes) -> bytes:
        return stamps.token(GUOMI.stamper, sm2.sm3(b"something else"), digest="sm3")

    def tampered(signature: bytes) -> bytes:
        imprint = timestamp.timestamp_imprint(signature, "sm3")
        return stamps.token(GUOMI.stamper, imprint, digest="sm3", tampered=True)

    for cheat in (of_something_else, tampered):
        assert judged(act(paper(), FIRST, timestamp=cheat)).verdict is Verdict.INVALID


def test_an_sm2_token_over_sha256_and_an_rsa_token_over_sm3_are_read():
    for by, digest in ((GUOMI.stamper, "sha256"), (WORLD.stamper, "sm3")):

        def mixed(signature: bytes, by=by, digest=digest) -> bytes:
            return stamps.token(by, timestamp.timestamp_imprint(signature, digest), digest=digest)

        (one,) = judged(act(paper(), FIRST, timestamp=mixed)).signatures
        assert (one.verdict, one.stamped_at) == (Verdict.VALID, NOW), one.findings


def test_an_sm3_time_stamp_request_is_answered_and_checked():
    imprint = timestamp.timestamp_imprint(b"value", "sm3")
    assert digests.OIDS["sm3"] in _dotted(timestamp.request(imprint, nonce=5, digest="sm3"))
    token = stamps.token(GUOMI.stamper, imprint, digest="sm3", nonce=5)
    answered = timestamp.read_response(stamps.response(token), imprint=imprint, nonce=5, digest="sm3")
    assert answered == token
    with pytest.raises(Refused):
        timestamp.read_response(stamps.response(token), imprint=sm2.sm3(b"other"), nonce=5, digest="sm3")


def _dotted(request: bytes) -> str:
    from asn1crypto import tsp

    return tsp.TimeStampReq.load(request)["message_imprint"]["hash_algorithm"]["algorithm"].dotted


def test_a_base_or_tail_that_changed_since_it_was_prepared_is_never_embedded():
    """The dear digest is not made again, so each half must be bound by its own."""
    document, one = paper(), prepared(paper())
    right = FIRST.sign(one.signed_attributes)

    def refuses(base: bytes, pinned: Prepared) -> bool:
        with pytest.raises(Refused) as refused:
            embed(base, pinned, right, certificate=FIRST.certificate, chain=FIRST.chain)
        return refused.value.problem is Problem.SIGNATURE_INVALID

    for at in (0, 100, len(document) - 1):
        assert refuses(document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :], one)
    for at in (0, 50, len(one.tail) - 1):
        assert refuses(
            document, replace(one, tail=one.tail[:at] + bytes([one.tail[at] ^ 1]) + one.tail[at + 1 :])
        )
    assert refuses(document + b" ", one)
    assert refuses(document, replace(one, tail=one.tail + b" "))


# ------------------------------------------------------------------ as other vendors write it


def foreign(build, *, content: bytes | None = None) -> bytes:
    """A document whose CMS is another vendor's: `build` gets the signed bytes and gives the whole CMS."""
    base, one = paper(), prepared(paper())
    tail = one.tail.replace(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.detached")
    gap = slice(one.gap_start - len(base), one.gap_end - len(base))
    signed = base + tail[: gap.start] + tail[gap.stop :]
    contents = b"<" + build(content or signed).hex().encode().ljust(gap.stop - gap.start - 2, b"0") + b">"
    return base + tail[: gap.start] + contents + tail[gap.stop :]


def vendor(family: str, *, has_attributes: bool, is_raw: bool):
    """CMS of version 1 by FIRST, in either family of identifiers, the value DER or r ‖ s."""

    def build(signed: bytes) -> bytes:
        stated = signed_attributes(signed, family + "1", FIRST.party) if has_attributes else None
        value = FIRST.sign(signed if stated is None else stated)
        return message(
            family=family,
            signed=stated,
            algorithm=HABITS["sm2Sign"],
            value=sm2.raw_value(value) if is_raw else value,
            who=FIRST.party,
            issuer=GUOMI.issuing.subject,
        )

    return build


def crypto_of(document: bytes) -> Verdict:
    (one,) = judged(document).signatures
    return next(finding.verdict for finding in one.findings if finding.check == "crypto")


@pytest.mark.parametrize("is_raw", [False, True], ids=["der", "raw"])
@pytest.mark.parametrize("has_attributes", [False, True], ids=["bare", "attributes"])
@pytest.mark.parametrize("family", [PKCS7, GM], ids=["CMS", "GB/T 35275"])
def test_other_vendors_sm2_signatures_in_a_pdf_are_judged(family: str, has_attributes: bool, is_raw: bool):
    build = vendor(family, has_attributes=has_attributes, is_raw=is_raw)
    assert crypto_of(foreign(build)) is Verdict.VALID
    assert crypto_of(foreign(build, content=b"another document")) is Verdict.INVALID


# ------------------------------------------------------------------ written with GB/T 35275's identifiers


def gm_prepared(document: bytes, who=FIRST) -> Prepared:
    return prepare(
        document,
        [SEAL],
        certificate=who.certificate,
        chain=who.chain,
        field="yunqian",
        at=NOW,
        content_type=attributes.GM_DATA,
    )


@needs.program("openssl")
@needs.program("qpdf")
def test_the_chinese_identifiers_are_written_where_asked_and_read_again():
    document, one = paper(), gm_prepared(paper())
    tail = embed(
        document, one, FIRST.sign(one.signed_attributes), certificate=FIRST.certificate, chain=FIRST.chain
    )
    signed = document + tail
    (told,) = judged(signed).signatures
    assert (told.verdict, told.algorithm) == (Verdict.VALID, "SM2-SM3"), told.findings
    assert judges.qpdf(signed) == ""
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        value = pdf.Root.AcroForm.Fields[0].V
        contents = bytes(value.Contents)
        assert value.SubFilter == pikepdf.Name("/adbe.pkcs7.detached")  # it is no PAdES, and does not say so
    for dotted in ("1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.2", "1.2.156.10197.1.301.1"):
        assert der.oid(dotted) in contents
    for dotted in ("1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.156.10197.1.501"):
        assert der.oid(dotted) not in contents.replace(FIRST.certificate.der, b"").replace(
            GUOMI.issuing.certificate.der, b""
        )
    at = document.index(b"/MediaBox")
    assert judged(signed[:at] + b"/mediaBox" + signed[at + 9 :]).verdict is not Verdict.VALID


def test_the_chinese_identifiers_are_for_sm2_alone():
    with pytest.raises(ValueError, match="content type"):
        gm_prepared(paper(), WORLD.person)
