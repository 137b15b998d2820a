"""The embedded authorities over HTTP, as the addresses in their certificates promise."""

import secrets
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.server.browsing import Browser, code
from yunqian.crypto import certificates, revocation
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.ca import embedded as own_ca
from yunqian.server.adapters.tsa import embedded as own_tsa
from yunqian.server.api import pki
from yunqian.server.api.pace import Pace


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    config = replace(settings.current(), home=tmp_path_factory.mktemp("home"))
    authority = own_ca.make(config)
    return SimpleNamespace(ca=authority, tsa=own_tsa.make(config))


@pytest.fixture(autouse=True)
def _configured(own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pki, "ca", SimpleNamespace(current=lambda: own.ca))
    monkeypatch.setattr(pki, "tsa", SimpleNamespace(current=lambda: own.tsa))


def ask(path: str, query: bytes, content_type: str):
    return Browser().client.post(path, query, content_type=content_type)


def test_certificates_and_lists_are_given_to_everybody():
    root = Browser().get("/pki/root.cer")
    issuing = Browser().get("/pki/issuing.cer")
    assert root.headers["Content-Type"] == "application/pkix-cert"
    x509.load_der_x509_certificate(issuing.content).verify_directly_issued_by(
        x509.load_der_x509_certificate(root.content)
    )
    listed = Browser().get("/pki/issuing.crl")
    assert listed.headers["Content-Type"] == "application/pkix-crl"
    key = x509.load_der_x509_certificate(issuing.content).public_key()
    assert x509.load_der_x509_crl(listed.content).is_signature_valid(key)


def test_the_sm2_authority_is_found_where_its_certificates_say():
    root, issuing = (
        certificates.read(Browser().get(f"/pki/sm2-{name}.cer").content) for name in ("root", "issuing")
    )
    assert certificates.is_signed_by(issuing, root)
    for name, by in (("root", root), ("issuing", issuing)):
        listed = revocation.read(Browser().get(f"/pki/sm2-{name}.crl").content)
        assert listed is not None
        assert listed.is_by(by)


def test_a_part_that_does_not_exist_is_not_found():
    assert code(Browser().get("/pki/other.cer")) == "NOT_FOUND"
    assert code(Browser().get("/pki/other.crl")) == "NOT_FOUND"


def test_ocsp_answers_about_a_certificate():
    issuing = x509.load_der_x509_certificate(Browser().get("/pki/issuing.cer").content)
    query = ocsp.OCSPRequestBuilder().add_certificate(issuing, issuing, hashes.SHA256()).build()
    answer = ask("/pki/ocsp", query.public_bytes(Encoding.DER), "application/ocsp-request")
    assert answer.headers["Content-Type"] == "application/ocsp-response"
    told = ocsp.load_der_ocsp_response(answer.content)
    assert told.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert told.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_a_time_stamp_is_over_what_was_asked():
    imprint, nonce = secrets.token_bytes(32), secrets.randbits(63)
    query = timestamp.request(imprint, nonce=nonce)
    answer = ask("/pki/tsa", query, "application/timestamp-query")
    assert answer.headers["Content-Type"] == "application/timestamp-reply"
    assert timestamp.read_response(answer.content, imprint=imprint, nonce=nonce)


@pytest.mark.parametrize("path", ["/pki/ocsp", "/pki/tsa"])
def test_what_is_no_query_gets_an_error_status_and_what_is_too_long_is_not_read(path):
    assert ask(path, b"\x30\x00nonsense", "application/octet-stream").status_code == 200
    assert code(ask(path, b"x" * 20_000, "application/octet-stream")) == "REQUEST_INVALID"


def test_an_installation_without_authorities_has_no_such_addresses(monkeypatch):
    def none():
        raise Refused(Problem.CONFIG_INSECURE, detail="x")

    monkeypatch.setattr(pki, "ca", SimpleNamespace(current=none))
    monkeypatch.setattr(pki, "tsa", SimpleNamespace(current=none))
    assert code(Browser().get("/pki/root.cer")) == "NOT_FOUND"
    assert code(ask("/pki/tsa", b"x", "application/timestamp-query")) == "NOT_FOUND"


def test_an_outside_authority_is_not_passed_off_as_our_own(monkeypatch):
    monkeypatch.setattr(pki, "tsa", SimpleNamespace(current=object))
    assert code(ask("/pki/tsa", b"x", "application/timestamp-query")) == "NOT_FOUND"


@pytest.mark.parametrize("service", ["ocsp", "tsa"])
def test_one_address_may_ask_for_so_many_signatures_and_then_waits(monkeypatch, service):
    monkeypatch.setitem(pki.PACES, service, Pace(most=2, seconds=60))
    answers = [ask(f"/pki/{service}", b"x", "application/octet-stream") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert code(answers[2]) == "REQUESTS_TOO_MANY"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    elsewhere = Browser(address="203.0.113.7").client.post(
        f"/pki/{service}", b"x", content_type="application/octet-stream"
    )
    assert elsewhere.status_code == 200
