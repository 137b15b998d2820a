"""Asking an outside time-stamp authority: every way it can lie, be slow or be away, over real sockets."""

import dataclasses
import functools
import hashlib
import socket
import ssl
import threading
import time
from datetime import timedelta

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.pki import stamps
from tests.pki.hierarchy import built, issue, rsa_key
from tests.server.adapters.authorities import config_at
from yunqian.crypto import certificates
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.adapters import tsa as tsa_adapter
from yunqian.server.adapters.tsa import embedded, fake
from yunqian.server.adapters.tsa.embedded import EmbeddedStamper
from yunqian.server.adapters.tsa.fake import Lie
from yunqian.server.adapters.tsa.http import HttpStamper, Limits

pytestmark = pytest.mark.usefixtures("no_database")
LOCAL = ("127.0.0.1",)
IMPRINT = hashlib.sha256("签名值".encode()).digest()
QUICK = Limits(connect_seconds=1.0, whole_seconds=0.5)
SLACK_SECONDS = 5.0  # the machine may be busy; without a limit these answers take a minute or for ever


@pytest.fixture
def roots(config):
    return certificates.read_all((config.trust_folder / "root.pem").read_bytes())


@pytest.fixture
def outside(tsa):
    with fake.serving(tsa.respond) as told:
        yield told


@pytest.fixture
def client(outside, roots, clock) -> HttpStamper:
    return HttpStamper(
        outside.url, allowed_hosts=LOCAL, roots=roots, limits=Limits(whole_seconds=20), clock=clock
    )


def refused_with(problem: Problem, act) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem
    return caught.value


def test_an_honest_answer_is_a_token_over_what_was_asked(client, outside):
    stamp = timestamp.check(client.stamp(IMPRINT, "sha256"), imprint=IMPRINT)
    assert stamp.nonce is not None
    over = hashlib.sha384(b"").digest()
    assert timestamp.check(client.stamp(over, "sha384"), imprint=over, digest="sha384").nonce != stamp.nonce
    assert len(outside.queries) == 2


@pytest.mark.parametrize(
    ("lie", "detail"),
    [
        (Lie.OTHER_IMPRINT, "imprint"),
        (Lie.OTHER_NONCE, "nonce"),
        (Lie.NO_NONCE, "nonce"),
        (Lie.NO_CERTIFICATE, "the signer's certificate is not inside"),
        (Lie.REJECTION, "rejection"),
        (Lie.GARBAGE, "unreadable"),
        (Lie.EMPTY, "unreadable"),
        (Lie.TAMPERED, "the token's signature"),
        (Lie.TOO_MUCH, "size"),
    ],
)
def test_a_wrong_answer_is_not_used(client, outside, lie, detail):
    outside.lie = lie
    refusal = refused_with(Problem.TIMESTAMP_INVALID, lambda: client.stamp(IMPRINT, "sha256"))
    assert refusal.facts["detail"] == detail


@pytest.mark.parametrize("lie", [Lie.ERROR, Lie.REDIRECT, Lie.HANG_UP])
def test_no_answer_is_unavailable_and_asked_for_once(client, outside, lie):
    outside.lie = lie
    refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: client.stamp(IMPRINT, "sha256"))
    assert len(outside.queries) == 1


@pytest.mark.parametrize("lie", [Lie.SILENCE, Lie.SLOW_HEADERS, Lie.SLOW_BODY])
def test_a_slow_answer_is_cut_off_in_time_however_it_drips(outside, roots, clock, lie):
    outside.lie = lie
    client = HttpStamper(outside.url, allowed_hosts=LOCAL, roots=roots, limits=QUICK, clock=clock)
    began = time.monotonic()
    refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: client.stamp(IMPRINT, "sha256"))
    assert time.monotonic() - began < QUICK.whole_seconds + SLACK_SECONDS


def test_a_closed_port_is_unavailable(roots):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = HttpStamper(f"http://127.0.0.1:{port}/", allowed_hosts=LOCAL, roots=roots, limits=QUICK)
    refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: client.stamp(IMPRINT, "sha256"))


def test_an_authority_below_another_root_is_not_believed(outside, clock, tmp_path):
    client = HttpStamper(outside.url, allowed_hosts=LOCAL, roots=(built().root.certificate,), clock=clock)
    refusal = refused_with(Problem.TIMESTAMP_INVALID, lambda: client.stamp(IMPRINT, "sha256"))
    assert refusal.facts["detail"] == "certificate"


def test_another_authority_with_the_same_names_is_not_believed(roots, tmp_path, clock):
    impostor = embedded.make(config_at(tmp_path / "impostor"), clock=clock)
    with fake.serving(impostor.respond) as told:
        client = HttpStamper(told.url, allowed_hosts=LOCAL, roots=roots, clock=clock)
        refusal = refused_with(Problem.TIMESTAMP_INVALID, lambda: client.stamp(IMPRINT, "sha256"))
    assert refusal.facts["detail"] == "certificate"


@pytest.mark.parametrize("away", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_time_far_from_ours_is_not_used(outside, roots, clock, away):
    client = HttpStamper(outside.url, allowed_hosts=LOCAL, roots=roots, clock=lambda: clock.now + away)
    refusal = refused_with(Problem.TIMESTAMP_INVALID, lambda: client.stamp(IMPRINT, "sha256"))
    assert refusal.facts["detail"] == "time"


def test_an_expired_authority_is_not_believed(roots, clock):
    expired = issue(
        rsa_key("stamper"),
        "过期的时间戳机构",
        by=built().issuing,
        extended=ExtendedKeyUsageOID.TIME_STAMPING,
        begins=clock.now - timedelta(days=400),
        ends=clock.now - timedelta(days=1),
    )

    def respond(query: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(query)
        imprint = asked["message_imprint"]["hashed_message"].native
        return stamps.response(stamps.token(expired, imprint, at=clock.now, nonce=asked["nonce"].native))

    with fake.serving(respond) as told:
        client = HttpStamper(told.url, (built().root.certificate,), allowed_hosts=LOCAL, clock=clock)
        refusal = refused_with(Problem.TIMESTAMP_INVALID, lambda: client.stamp(IMPRINT, "sha256"))
    assert refusal.facts["detail"] == "the authority's certificate is not valid at that time"


def test_plain_http_is_only_for_hosts_that_are_allowed_by_name(outside, roots):
    for hosts in ((), ("localhost",), ("tsa.example",)):
        made = functools.partial(HttpStamper, outside.url, roots, allowed_hosts=hosts)
        refused_with(Problem.CONFIG_INSECURE, made)


def test_the_network_behind_this_machine_is_not_asked_unless_it_is_allowed_by_name(outside, roots):
    port = outside.url.split(":")[2].split("/")[0]
    client = HttpStamper(f"https://127.0.0.1:{port}/", roots, limits=QUICK)
    refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: client.stamp(IMPRINT, "sha256"))
    assert outside.queries == []


def test_the_setting_chooses_the_authority(config, outside, clock):
    assert isinstance(tsa_adapter.chosen(config), EmbeddedStamper)
    told = dataclasses.replace(config, tsa_url=outside.url, tsa_allowed_hosts=LOCAL)
    stamper = tsa_adapter.chosen(told)
    assert isinstance(stamper, HttpStamper)
    assert timestamp.check(stamper.stamp(IMPRINT, "sha256"), imprint=IMPRINT).nonce
    assert len(outside.queries) == 1


def test_without_a_root_no_outside_authority_can_be_judged(config, tmp_path):
    told = dataclasses.replace(config, tsa_url="https://tsa.example/", home=tmp_path / "empty")
    refusal = refused_with(Problem.CONFIG_INSECURE, lambda: tsa_adapter.chosen(told))
    assert "ca/trust/" in str(refusal.facts["detail"])


def test_the_network_is_never_waited_for_inside_a_transaction(client, outside, monkeypatch):
    monkeypatch.setattr(scope, "is_open", lambda: True)
    with pytest.raises(RuntimeError, match="transaction"):
        client.stamp(IMPRINT, "sha256")
    assert outside.queries == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tsa.example",
        "ftp://tsa.example/",
        "http://",
        "http://a:b@tsa.example/",
        "http://tsa.example:x/",
        "http://tsa.example/a b",
        "http://tsa.example/\r\nX: y",
        "file:///etc/passwd",
    ],
)
def test_an_odd_address_is_refused_at_the_start(roots, url):
    refused_with(Problem.CONFIG_INSECURE, lambda: HttpStamper(url, roots))


@pytest.fixture
def tls_server(tmp_path):
    """A TLS certificate for localhost in PEM with its key."""
    holder = issue(rsa_key("tls"), "localhost", extra=None)
    key = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "certificate.pem").write_text(ssl.DER_cert_to_PEM_cert(holder.certificate.der))
    return tmp_path


def test_a_tls_server_that_nobody_vouches_for_is_unavailable_and_gets_no_query(tls_server, roots):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls_server / "certificate.pem", tls_server / "key.pem")
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            plain, _ = listening.accept()
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as line:
                        heard.append(line.recv(100))
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = HttpStamper(
            f"https://127.0.0.1:{listening.getsockname()[1]}/", allowed_hosts=LOCAL, roots=roots
        )
        refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: client.stamp(IMPRINT, "sha256"))
        thread.join(SLACK_SECONDS)
    assert heard in ([], [b""])


def test_a_handshake_that_never_ends_is_cut_off_in_time(roots):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = HttpStamper(
            f"https://127.0.0.1:{listening.getsockname()[1]}/", allowed_hosts=LOCAL, roots=roots, limits=QUICK
        )
        began = time.monotonic()
        refused_with(Problem.TIMESTAMP_UNAVAILABLE, lambda: client.stamp(IMPRINT, "sha256"))
    assert time.monotonic() - began < QUICK.whole_seconds + SLACK_SECONDS
