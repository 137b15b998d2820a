"""What a document brings along to be judged by: the security store and Adobe's attribute, as pyHanko writes them."""

import io
import zlib
from dataclasses import replace

import pikepdf
import pytest
from asn1crypto import crl, ocsp, pdf
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.sign.fields import SigSeedSubFilter

from tests.engine import archives
from tests.engine.papers import WORLD, act, paper
from tests.pki.answers import response
from tests.pki.hierarchy import NOW, revocation_list
from yunqian.crypto import der
from yunqian.engine import longterm, material, signed_message
from yunqian.engine.report import SignatureReport, Trust, Verdict
from yunqian.engine.verify import verify

with pikepdf.open(io.BytesIO(act(paper()))) as _signed:
    CMS = bytes(_signed.Root.AcroForm.Fields[0].V.Contents).rstrip(b"\x00")
BARE = Trust((WORLD.root.certificate,))
ROOT_LIST = revocation_list(WORLD.root)
ANSWERS = tuple(response(one, WORLD.issuing) for one in (WORLD.person.certificate, WORLD.stamper.certificate))


def only(document: bytes, trust: Trust = BARE) -> SignatureReport:
    (one,) = verify(document, trust=trust, at=NOW).signatures
    return one


@pytest.mark.parametrize("subfilter", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
def test_lists_that_pyhanko_puts_into_the_document_are_enough(subfilter: SigSeedSubFilter):
    document = archives.signed(subfilter=subfilter, crls=WORLD.crls)
    assert (b"/DSS" in document) is (subfilter is SigSeedSubFilter.PADES)
    assert only(document).verdict is Verdict.VALID, only(document).findings


def test_ocsp_responses_in_the_security_store_are_enough():
    bare = act(paper())
    lasting = bare + longterm.add_validation_material(bare, crls=[ROOT_LIST], ocsps=ANSWERS)
    assert (only(bare).verdict, only(lasting).verdict) == (Verdict.INDETERMINATE, Verdict.VALID)


def test_ocsp_responses_in_adobes_attribute_are_found():
    archived = pdf.RevocationInfoArchival(
        {
            "ocsp": [ocsp.OCSPResponse.load(one) for one in ANSWERS],
            "crl": [crl.CertificateList.load(ROOT_LIST)],
        }
    )
    attribute = der.sequence(der.oid("1.2.840.113583.1.1.8"), der.set_of(archived.dump()))
    found = material.of_message(replace(signed_message.read(CMS), attributes=der.set_of(attribute)))
    assert (found.crls, found.ocsps) == ((ROOT_LIST,), ANSWERS)


def test_the_readers_own_list_outweighs_what_the_document_brings():
    revoking = revocation_list(WORLD.issuing, [WORLD.person.certificate], at=NOW.replace(year=2025))
    trust = Trust(BARE.roots, (revoking,))
    assert only(archives.signed(crls=WORLD.crls), trust).verdict is Verdict.INVALID


def test_ocsp_responses_of_the_reader_count():
    bare = act(paper())
    assert only(bare).verdict is Verdict.INDETERMINATE
    assert only(bare, Trust(BARE.roots, (ROOT_LIST,), ANSWERS)).verdict is Verdict.VALID
    revoked = response(WORLD.person.certificate, WORLD.issuing, revoked_at=NOW)
    assert only(bare, Trust(BARE.roots, WORLD.crls, (revoked,))).verdict is Verdict.INVALID


def test_certificates_of_the_security_store_help_to_build_the_chain():
    opened = pikepdf.open(io.BytesIO(paper()))
    stream = opened.make_stream
    opened.Root.DSS = pikepdf.Dictionary(
        Certs=pikepdf.Array([stream(WORLD.issuing.certificate.der), stream(b"junk"), pikepdf.Name.No]),
        CRLs=pikepdf.Array([stream(one) for one in WORLD.crls]),
        OCSPs=pikepdf.Name.No,
    )
    found = material.of_document(opened)
    assert found == material.Material((WORLD.issuing.certificate,), WORLD.crls, ())


@pytest.mark.parametrize("store", [pikepdf.Name.No, pikepdf.Dictionary(), pikepdf.Dictionary(CRLs=5)])
def test_a_store_that_is_none_brings_nothing(store):
    opened = pikepdf.new()
    opened.Root.DSS = store
    assert material.of_document(opened) == material.Material()


def test_a_piece_that_unfolds_without_end_and_odd_filters_bring_nothing():
    opened = pikepdf.new()
    bomb = opened.make_stream(zlib.compress(bytes(40_000_000)), Filter=pikepdf.Name.FlateDecode)
    odd = opened.make_stream(WORLD.crls[0].hex().encode(), Filter=pikepdf.Name.ASCIIHexDecode)
    cut = opened.make_stream(zlib.compress(WORLD.crls[0])[:-9], Filter=pikepdf.Name.FlateDecode)
    good = opened.make_stream(zlib.compress(WORLD.crls[0]), Filter=pikepdf.Name.FlateDecode)
    opened.Root.DSS = pikepdf.Dictionary(CRLs=pikepdf.Array([bomb, odd, cut, good]))
    assert material.of_document(opened).crls == WORLD.crls[:1]


@given(st.binary(max_size=200))
def test_other_bytes_are_no_attributes(attributes: bytes):
    message = replace(signed_message.read(CMS), attributes=attributes)
    assert material.of_message(message).ocsps == ()
