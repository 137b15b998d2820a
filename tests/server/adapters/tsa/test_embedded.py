"""The demonstration's time-stamp authority, judged by openssl, by pyHanko and by our own engine."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from tests import needs
from tests.server.adapters.authorities import config_at, openssl
from yunqian.crypto import certificates, der
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import tsa as configured
from yunqian.server.adapters.ca import embedded as ca_embedded
from yunqian.server.adapters.ca.port import Status
from yunqian.server.adapters.tsa import embedded, tokens
from yunqian.server.settings import Mode

pytestmark = pytest.mark.usefixtures("no_database")
CONTENT = "签名值".encode()
IMPRINT = hashlib.sha256(CONTENT).digest()


def refused_with(problem: Problem, act) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem
    return caught.value


class Response(core.Sequence):
    """A TimeStampResp; asn1crypto's own one cannot be read where there is no token."""

    _fields = [  # noqa: RUF012
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def query(**changes) -> bytes:
    """A right TimeStampReq with these changes."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": IMPRINT}
    asked = {"version": 1, "message_imprint": imprint, "nonce": 7, "cert_req": True} | changes
    return tsp.TimeStampReq({name: value for name, value in asked.items() if value is not None}).dump()


def imprint(algorithm: str, octets: bytes) -> dict:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": octets}


def told(response: bytes) -> tsp.TSTInfo:
    answer = Response.load(response, strict=True)
    assert answer["status"]["status"].native == "granted"
    return answer["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


def failure(response: bytes) -> set[str]:
    answer = Response.load(response, strict=True)
    assert answer["status"]["status"].native == "rejection"
    assert answer["time_stamp_token"].native is None
    return answer["status"]["fail_info"].native


class TestMaking:
    def test_is_certified_by_the_demonstrations_authority(self, config, ca, tsa, clock):
        stamp = timestamp.check(tsa.stamp(IMPRINT, "sha256"), imprint=IMPRINT)
        root = certificates.read((config.trust_folder / "root.pem").read_bytes())
        assert certificates.chain(stamp.authority, stamp.others, [root], at=clock.now)
        assert ca.status(stamp.authority) is Status.GOOD
        assert stamp.authority.may_stamp
        assert "演示" in stamp.authority.subject

    def test_a_second_making_changes_nothing(self, config):
        before = (config.home / "ca" / "tsa.pem").read_bytes()
        embedded.make(config)
        assert (config.home / "ca" / "tsa.pem").read_bytes() == before

    def test_makes_the_authority_above_it_where_there_is_none(self, tmp_path):
        made = embedded.make(config_at(tmp_path))
        assert timestamp.check(made.stamp(IMPRINT, "sha256"), imprint=IMPRINT)

    def test_an_absent_one_is_unavailable(self, tmp_path):
        ca_embedded.make(config_at(tmp_path))
        refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: embedded.load(config_at(tmp_path)))

    def test_production_refuses_it(self, config):
        production = config_at(config.home, Mode.PRODUCTION)
        refused_with(Problem.CONFIG_INSECURE, lambda: embedded.load(production))

    def test_the_configured_one_is_that_of_the_home(self, config, monkeypatch):
        monkeypatch.setattr(settings, "current", lambda: config)
        configured.current.cache_clear()
        try:
            assert timestamp.check(configured.current().stamp(IMPRINT, "sha256"), imprint=IMPRINT)
        finally:
            configured.current.cache_clear()


class TestTokens:
    def test_are_what_the_engine_accepts(self, tsa, clock):
        for digest in ("sha256", "sha384"):
            over = hashlib.new(digest, CONTENT).digest()
            stamp = timestamp.check(tsa.stamp(over, digest), imprint=over, digest=digest)
            assert stamp.at == clock.now

    def test_are_never_asked_for_inside_a_transaction(self, tsa, monkeypatch):
        monkeypatch.setattr(scope, "is_open", lambda: True)
        with pytest.raises(RuntimeError, match="transaction"):
            tsa.stamp(IMPRINT, "sha256")

    @needs.program("openssl")
    @pytest.mark.parametrize("options", [("-sha256",), ("-sha384",), ("-sha512", "-no_nonce")])
    def test_are_what_openssl_asked_for(self, tsa, config, tmp_path, options):
        (tmp_path / "content").write_bytes(CONTENT)
        openssl(tmp_path, "ts", "-query", "-data", "content", "-cert", *options, "-out", "query")
        (tmp_path / "answer").write_bytes(tsa.respond((tmp_path / "query").read_bytes()))
        root = str(config.trust_folder / "root.pem")
        by_query = openssl(tmp_path, "ts", "-verify", "-queryfile", "query", "-in", "answer", "-CAfile", root)
        by_content = openssl(tmp_path, "ts", "-verify", "-data", "content", "-in", "answer", "-CAfile", root)
        assert "Verification: OK" in by_query
        assert "Verification: OK" in by_content

    @needs.program("openssl")
    def test_of_another_content_are_refused_by_openssl(self, tsa, config, tmp_path):
        (tmp_path / "other").write_bytes(b"other")
        (tmp_path / "answer").write_bytes(tsa.respond(query()))
        root = str(config.trust_folder / "root.pem")
        said = openssl(tmp_path, "ts", "-verify", "-data", "other", "-in", "answer", "-CAfile", root)
        assert "message imprint mismatch" in said

    def test_are_intact_and_trusted_for_pyhanko(self, tsa, ca, config, clock):
        token = cms.ContentInfo.load(tsa.stamp(IMPRINT, "sha256"))
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(ca.certificate("root"))],
            crls=[ca.crl("root"), ca.crl("issuing")],
            moment=clock.now,
            revocation_mode="require",
            allow_fetching=False,
        )
        told = asyncio.run(validate_tst_signed_data(token["content"], context, lambda digest: IMPRINT))
        status = TimestampSignatureStatus(**told)
        assert status.intact
        assert status.valid
        assert status.trusted

    def test_are_der_to_the_last_set(self, tsa):
        token = Response.load(tsa.respond(query()))["time_stamp_token"]
        body = token["content"]
        held = [one.chosen.dump() for one in body["certificates"]]
        assert len(held) == 2
        assert held == sorted(held)
        attributes = [one.dump() for one in body["signer_infos"][0]["signed_attrs"]]
        assert attributes == sorted(attributes)
        assert token.dump(force=True) == token.dump()

    def test_carry_no_certificate_where_none_was_asked_for(self, tsa):
        token = Response.load(tsa.respond(query(cert_req=False)))["time_stamp_token"]
        assert token["content"]["certificates"].native is None
        assert isinstance(token["content"]["certificates"], core.Void)


class TestAnswers:
    def test_say_what_was_asked_and_when(self, tsa, clock):
        info = told(tsa.respond(query(nonce=2**63)))
        assert info["message_imprint"]["hashed_message"].native == IMPRINT
        assert info["nonce"].native == 2**63
        assert info["gen_time"].native == clock.now
        assert info["accuracy"]["seconds"].native == 1
        assert info["policy"].native == tokens.POLICY

    def test_without_a_nonce_have_none(self, tsa):
        assert told(tsa.respond(query(nonce=None)))["nonce"].native is None

    def test_never_repeat_a_serial(self, tsa):
        serials = {told(tsa.respond(query()))["serial_number"].native for _ in range(20)}
        assert len(serials) == 20

    def test_take_the_policy_by_its_name(self, tsa):
        assert told(tsa.respond(query(req_policy=tokens.POLICY)))["policy"].native == tokens.POLICY


PARAMETERS = der.sequence(  # a digest does not take an INTEGER as its parameters
    der.integer(1),
    der.sequence(der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.integer(1)), der.octets(IMPRINT)),
)


class TestFailures:
    @pytest.mark.parametrize(
        "octets",
        [b"", b"junk", b"\x30\x00", bytes(20_000), query() + b"\x00", PARAMETERS],
        ids=["empty", "junk", "other DER", "large", "too long", "parameters"],
    )
    def test_what_is_no_query_is_bad_data(self, tsa, octets):
        assert failure(tsa.respond(octets)) == {"bad_data_format"}

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"version": 2}, "bad_request"),
            ({"nonce": 2**300}, "bad_request"),
            ({"message_imprint": imprint("sha1", bytes(20))}, "bad_alg"),
            ({"message_imprint": imprint("md5", bytes(16))}, "bad_alg"),
            ({"message_imprint": imprint("1.2.3.4", bytes(32))}, "bad_alg"),
            ({"message_imprint": imprint("sha256", bytes(31))}, "bad_data_format"),
            ({"message_imprint": imprint("sha384", bytes(32))}, "bad_data_format"),
            ({"req_policy": "1.2.3.4"}, "unaccepted_policy"),
            ({"extensions": [{"extn_id": "2.999.7", "extn_value": b"\x05\x00"}]}, "unaccepted_extensions"),
        ],
    )
    def test_each_has_its_reason(self, tsa, changes, why):
        if changes.get("version"):
            octets = query().replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)
        else:
            octets = query(**changes)
        assert failure(tsa.respond(octets)) == {why}

    @needs.program("openssl")
    def test_openssl_reads_the_reason(self, tsa, tmp_path):
        (tmp_path / "answer").write_bytes(tsa.respond(query(req_policy="1.2.3.4")))
        said = openssl(tmp_path, "ts", "-reply", "-in", "answer", "-text")
        assert "Status: Rejected" in said
        assert "the requested TSA policy is not supported" in said

    def test_after_its_certificates_end_there_is_no_time(self, tsa, clock):
        clock.forward(timedelta(days=3650))
        assert failure(tsa.respond(query())) == {"time_not_available"}
        refused_with(Problem.TIMESTAMP_INVALID, lambda: tsa.stamp(IMPRINT, "sha256"))

    @given(at=st.integers(0, 200), bits=st.integers(1, 255))
    @hypothesis_settings(
        max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_a_query_with_one_octet_changed_gets_some_answer(self, tsa, at, bits):
        spoiled = bytearray(query())
        spoiled[at % len(spoiled)] ^= bits
        answer = Response.load(tsa.respond(bytes(spoiled)), strict=True)
        assert answer["status"]["status"].native in {"granted", "rejection"}
