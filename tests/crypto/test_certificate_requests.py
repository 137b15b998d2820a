"""Certificate requests: every kind of key proves itself, and openssl's program reads what we write."""

import subprocess

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests import needs
from tests.pki import parties
from yunqian.crypto import certificate_requests
from yunqian.problems import Problem, Refused


def request(kind: str, *, proof: str | None = None) -> bytes:
    """A request for one key, proven by the same or by another."""
    own, by = parties.key(kind, "applicant"), parties.key(kind, proof or "applicant")
    return certificate_requests.build(
        "公章（国密）",
        public_key_der=parties.spki(own),
        identifier=parties.algorithm_of(by),
        sign=lambda asked: parties.sign(by, asked),
    )


@pytest.mark.parametrize("kind", parties.KINDS)
def test_what_is_asked_is_read_again_and_proven(kind: str):
    read = certificate_requests.read(request(kind))
    assert read.owner == "公章（国密）"
    assert read.public_key_der == parties.spki(parties.key(kind, "applicant"))
    assert read.is_proven


@pytest.mark.parametrize("kind", parties.KINDS)
def test_a_request_signed_by_another_key_proves_nothing(kind: str):
    assert not certificate_requests.read(request(kind, proof="somebody else")).is_proven


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_an_independent_reader_agrees(kind: str):
    theirs = x509.load_pem_x509_csr(request(kind))
    assert theirs.is_signature_valid
    assert theirs.subject.rfc4514_string() == "CN=公章（国密）"


@needs.program("openssl")
def test_openssl_finds_the_sm2_request_right():
    command = ["openssl", "req", "-verify", "-noout", "-subject", "-vfyopt", "distid:1234567812345678"]
    ran = subprocess.run(command, input=request("sm2"), capture_output=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    assert b"verify OK" in ran.stdout + ran.stderr


@given(st.binary(max_size=300))
def test_other_bytes_are_no_request(encoded: bytes):
    with pytest.raises(Refused) as refused:
        certificate_requests.read(encoded)
    assert refused.value.problem is Problem.REQUEST_INVALID


def test_a_request_cut_short_or_of_another_shape_is_none():
    for encoded in (b"", request("sm2")[:-80], b"\x30\x00", b"\x30\x09" + b"\x30\x00" * 3 + b"\x00" * 3):
        with pytest.raises(Refused):
            certificate_requests.read(encoded)
