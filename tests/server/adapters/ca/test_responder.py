"""OCSP: what openssl asks and believes, and what a responder says to nonsense."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from asn1crypto import core, ocsp, x509
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests import needs
from tests.pki.hierarchy import built
from tests.server.adapters.authorities import issued, openssl, write_pem
from yunqian.server.adapters.ca.port import Reason

pytestmark = pytest.mark.usefixtures("no_database")
MALFORMED = bytes.fromhex("30030a0101")


def question(leaf, issuer, *, digest: str = "sha1") -> dict:
    own = x509.Certificate.load(issuer.der)
    return {
        "req_cert": {
            "hash_algorithm": {"algorithm": digest},
            "issuer_name_hash": getattr(own.subject, digest),
            "issuer_key_hash": getattr(own.public_key, digest),
            "serial_number": leaf.serial,
        }
    }


def asked(*questions: dict, nonce: bytes | None = None, version: str = "v1", extensions=()) -> bytes:
    content: dict = {"version": version, "request_list": list(questions)}
    listed = list(extensions)
    if nonce is not None:
        listed.append({"extn_id": "nonce", "critical": False, "extn_value": core.OctetString(nonce)})
    if listed:
        content["request_extensions"] = listed
    return ocsp.OCSPRequest({"tbs_request": content}).dump()


def read(response: bytes) -> ocsp.ResponseData:
    answer = ocsp.OCSPResponse.load(response)
    assert answer["response_status"].native == "successful"
    return answer.basic_ocsp_response["tbs_response_data"]


def said(response: bytes) -> list[str]:
    return [one["cert_status"].name for one in read(response)["responses"]]


@contextlib.contextmanager
def served(respond):
    """An OCSP responder over HTTP (RFC 6960 appendix A), as openssl asks one; gives its address."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = respond(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            """A test's output is the test's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@needs.program("openssl")
class TestOpenssl:
    ASK = ("-issuer", "issuing.pem", "-cert", "leaf.pem", "-CAfile", "root.pem")

    @pytest.mark.parametrize("option", ["-nonce", "-no_nonce", "-sha256"])
    def test_believes_good_and_revoked(self, ca, tmp_path, option):
        chain = issued(ca)
        write_pem(tmp_path, chain)
        with served(ca.ocsp) as url:
            good = openssl(tmp_path, "ocsp", option, *self.ASK, "-url", url)
            ca.revoke(chain[0], reason=Reason.KEY_COMPROMISE)
            revoked = openssl(tmp_path, "ocsp", option, *self.ASK, "-url", url)
        assert "leaf.pem: good" in good
        assert "Response verify OK" in good
        assert "WARNING" not in good
        assert "leaf.pem: revoked" in revoked
        assert "Reason: keyCompromise" in revoked
        assert "Response verify OK" in revoked

    def test_notices_an_answer_to_another_question(self, ca, tmp_path):
        write_pem(tmp_path, issued(ca))
        answers: list[bytes] = []

        def replaying(request: bytes) -> bytes:
            answers.append(ca.ocsp(request))
            return answers[0]

        with served(replaying) as url:
            first = openssl(tmp_path, "ocsp", "-nonce", *self.ASK, "-url", url)
            second = openssl(tmp_path, "ocsp", "-nonce", *self.ASK, "-url", url)
        assert "Response verify OK" in first
        assert "Nonce Verify error" in second


class TestAnswers:
    @pytest.mark.parametrize("digest", ["sha1", "sha256"])
    def test_know_the_issuer_by_the_digest_that_was_sent(self, ca, digest):
        leaf, issuing, _ = issued(ca)
        assert said(ca.ocsp(asked(question(leaf, issuing, digest=digest)))) == ["good"]

    def test_several_questions_get_as_many_answers_in_their_order(self, ca):
        first, issuing, _ = issued(ca)
        second = issued(ca)[0]
        ca.revoke(second)
        stranger = built().person.certificate
        listed = [question(one, issuing) for one in (first, second, stranger)]
        assert said(ca.ocsp(asked(*listed))) == ["good", "revoked", "unknown"]

    def test_of_another_issuer_nothing_is_known(self, ca):
        leaf, _, root = issued(ca)
        assert said(ca.ocsp(asked(question(leaf, root)))) == ["unknown"]
        assert said(ca.ocsp(asked(question(leaf, built().issuing.certificate)))) == ["unknown"]

    @pytest.mark.parametrize("nonce", [b"\x00", bytes(range(32)), bytes(128)], ids=["1", "32", "128"])
    def test_a_nonce_comes_back(self, ca, nonce):
        leaf, issuing, _ = issued(ca)
        told = read(ca.ocsp(asked(question(leaf, issuing), nonce=nonce)))
        (extension,) = told["response_extensions"]
        assert extension["extn_id"].native == "nonce"
        assert extension["extn_value"].parsed.native == nonce

    def test_times_are_now_and_soon(self, ca, clock):
        leaf, issuing, _ = issued(ca)
        told = read(ca.ocsp(asked(question(leaf, issuing))))
        (one,) = told["responses"]
        assert told["produced_at"].native == one["this_update"].native == clock.now
        assert one["next_update"].native > clock.now


class TestNonsense:
    @pytest.mark.parametrize("request_der", [b"", b"junk", b"\x30\x00", b"\x30\x02\x30\x00", bytes(5000)])
    def test_is_malformed(self, ca, request_der):
        assert ca.ocsp(request_der) == MALFORMED

    def test_more_bytes_after_the_request_are_malformed(self, ca):
        leaf, issuing, _ = issued(ca)
        assert ca.ocsp(asked(question(leaf, issuing)) + b"\x00") == MALFORMED

    def test_no_question_and_too_many_are_malformed(self, ca):
        leaf, issuing, _ = issued(ca)
        assert ca.ocsp(asked()) == MALFORMED
        assert ca.ocsp(asked(*[question(leaf, issuing)] * 33)) == MALFORMED

    @pytest.mark.parametrize("nonce", [b"", bytes(129)], ids=["empty", "129"])
    def test_a_nonce_of_a_wrong_size_is_malformed(self, ca, nonce):
        leaf, issuing, _ = issued(ca)
        assert ca.ocsp(asked(question(leaf, issuing), nonce=nonce)) == MALFORMED

    def test_a_critical_extension_nobody_knows_is_malformed_and_another_is_ignored(self, ca):
        leaf, issuing, _ = issued(ca)
        for is_critical in (True, False):
            strange = {
                "extn_id": "2.999.7",
                "critical": is_critical,
                "extn_value": core.ParsableOctetString(b"\xff"),
            }
            answer = ca.ocsp(asked(question(leaf, issuing), extensions=[strange]))
            assert (answer == MALFORMED) is is_critical

    @given(at=st.integers(0, 200), bits=st.integers(1, 255))
    @hypothesis_settings(
        max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_a_request_with_one_octet_changed_gets_some_answer(self, ca, at, bits):
        issuing = ca.intermediates()[0]
        spoiled = bytearray(asked(question(built().person.certificate, issuing), nonce=bytes(16)))
        spoiled[at % len(spoiled)] ^= bits
        answer = ocsp.OCSPResponse.load(ca.ocsp(bytes(spoiled)))
        assert answer["response_status"].native in {"successful", "malformed_request"}
