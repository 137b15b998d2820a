"""The trust folder: purposes by subfolder, what cannot be used is told, and nothing ever fails."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.engine.papers import WORLD, act, paper
from tests.engine.test_timestamp import stamped
from tests.pki.answers import response
from tests.pki.hierarchy import NOW
from yunqian.crypto.certificates import Certificate
from yunqian.engine import trust_folder
from yunqian.engine.report import Purpose, Trust, Verdict
from yunqian.engine.verify import verify

ROOT, ISSUING = WORLD.root.certificate, WORLD.issuing.certificate


def pem(*certificates: Certificate) -> bytes:
    loaded = [x509.load_der_x509_certificate(one.der) for one in certificates]
    return b"".join(one.public_bytes(Encoding.PEM) for one in loaded)


def folder(top: Path, **contents: bytes) -> Trust:
    """A folder with these files (`documents__root_pem` for documents/root.pem), read."""
    for name, content in contents.items():
        path = top / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return trust_folder.load(top)


def test_every_form_of_certificate_is_read(tmp_path: Path):
    read = folder(
        tmp_path,
        a_der=ROOT.der,
        b_pem=pem(ISSUING, WORLD.stamper.certificate),
        c_cer=WORLD.person.certificate.der,
    )
    assert read.roots == (ROOT, ISSUING, WORLD.stamper.certificate, WORLD.person.certificate)
    assert read.remarks == ()


def test_lists_and_answers_are_read_wherever_they_lie(tmp_path: Path):
    answer = response(WORLD.person.certificate, WORLD.issuing)
    read = folder(tmp_path, a_crl=WORLD.crl, b_ocsp=answer, timestamps__c_crl=WORLD.crls[1])
    assert (read.crls, read.ocsps) == (WORLD.crls, (answer,))


def test_a_subfolder_is_a_purpose(tmp_path: Path):
    read = folder(
        tmp_path, documents__a_der=ROOT.der, timestamps__b_der=ISSUING.der, intermediates__c_der=ISSUING.der
    )
    assert (read.roots, read.intermediates) == ((), (ISSUING,))
    wanted = {Purpose.DOCUMENTS: (ROOT,), Purpose.TIMESTAMPS: (ISSUING,), Purpose.SEALS: ()}
    assert {purpose: read.roots_for(purpose) for purpose in Purpose} == wanted


@pytest.mark.parametrize(
    ("place", "verdict", "is_stamped"),
    [
        ("root_der", Verdict.VALID, True),
        ("documents__root_der", Verdict.INDETERMINATE, False),
        ("timestamps__root_der", Verdict.INDETERMINATE, True),
        ("seals__root_der", Verdict.INDETERMINATE, False),
        ("intermediates__root_der", Verdict.INDETERMINATE, False),
    ],
)
def test_a_root_counts_for_its_purpose_alone(tmp_path: Path, place: str, verdict: Verdict, is_stamped: bool):
    read = folder(tmp_path, **{place: ROOT.der, "a_crl": WORLD.crls[0], "b_crl": WORLD.crls[1]})
    (one,) = verify(stamped(), trust=read, at=NOW).signatures
    assert (one.verdict, one.stamped_at is not None) == (verdict, is_stamped)


@pytest.mark.parametrize("name", ["a_pem", "a_der", "a_crl", "a_ocsp", "seals__a_cer"])
@pytest.mark.parametrize("content", [b"", b"junk", b"\x30\x80", b"-----BEGIN CERTIFICATE-----\nx\n-----END"])
def test_what_cannot_be_used_is_told_and_left_out(tmp_path: Path, name: str, content: bytes):
    read = folder(tmp_path, **{name: content, "root_der": ROOT.der})
    assert read.roots == (ROOT,)
    ((zh, en),) = read.remarks
    told = name.replace("__", "/").replace("_", ".")
    assert f"“{told}”" in zh
    assert f"“{told}”" in en


def test_the_rest_of_a_damaged_bundle_counts(tmp_path: Path):
    damaged = pem(ROOT).replace(b"MII", b"!!!", 1) + pem(ISSUING)
    read = folder(tmp_path, a_pem=damaged)
    assert (read.roots, len(read.remarks)) == ((ISSUING,), 1)


def test_other_files_and_folders_are_passed_over(tmp_path: Path):
    read = folder(tmp_path, README_md=b"whom we trust", other__a_der=ROOT.der)
    assert read == Trust(())
    (tmp_path / "dangling.pem").symlink_to(tmp_path / "nowhere.pem")
    (tmp_path / "folder.crl").mkdir()
    assert len(trust_folder.load(tmp_path).remarks) == 2


def test_what_was_left_out_stands_in_the_report_and_changes_no_verdict(tmp_path: Path):
    read = folder(tmp_path, a_der=ROOT.der, b_crl=WORLD.crls[0], c_crl=WORLD.crls[1], d_pem=b"junk")
    report = verify(act(paper()), trust=read, at=NOW + timedelta(minutes=1))
    assert (report.verdict, len(report.notes_zh), len(report.notes_en)) == (Verdict.VALID, 1, 1)
