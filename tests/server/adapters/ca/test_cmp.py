"""An outside authority by CMP and OCSP, tried against OpenSSL's own CMP server and OCSP responder."""

import dataclasses
import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests import needs
from tests.pki.hierarchy import Holder, issue, rsa_key
from tests.pki.identified import holder
from tests.server.adapters.authorities import config_at
from yunqian.crypto import cmp
from yunqian.crypto.cmp import Body, Transaction
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.adapters import ca
from yunqian.server.adapters.ca.cmp import CmpAuthority, Credentials
from yunqian.server.adapters.ca.ocsp import StatusByOcsp
from yunqian.server.adapters.ca.port import Reason, Status
from yunqian.server.adapters.exchange import Exchange, Limits
from yunqian.server.settings import Config, Mode

pytestmark = needs.program("openssl")
SECRET, REFERENCE = "a secret of two parties", "yunqian-ra"
NOW = datetime.now(UTC).replace(microsecond=0)
VALID = {"begins": NOW - timedelta(days=1), "ends": NOW + timedelta(days=365)}
LIMITS = Limits(connect_seconds=2, whole_seconds=5)


@dataclass
class Place:
    """A root, the certificate that the server is to give, and the folder in which both lie as PEM."""

    folder: Path
    root: Holder
    leaf: Holder

    def pem(self, name: str, one: Holder) -> str:
        path = self.folder / f"{name}.pem"
        made = x509.load_der_x509_certificate(one.certificate.der)
        path.write_bytes(made.public_bytes(Encoding.PEM))
        return str(path)

    def key(self, name: str, one: Holder) -> str:
        path = self.folder / f"{name}.key"
        path.write_bytes(one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = issue(rsa_key("cmp-root"), "CMP 测试机构", is_ca=True, **VALID)
    return Place(tmp_path, root, holder("cmp-leaf", "李明", by=root, **VALID))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*arguments: str, port: int) -> Iterator[None]:
    """One of OpenSSL's servers, until the block ends. It accepts a connection as soon as it is there."""
    process = subprocess.Popen(
        ["openssl", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port, process)
        yield
    finally:
        process.kill()
        process.wait()


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(100):
        assert process.poll() is None, "the server ended"
        with Path("/proc/net/tcp").open() as listed:
            if any(f":{port:04X} " in line and " 0A " in line for line in listed):
                return
        with Path("/proc/net/tcp6").open() as listed:
            if any(f":{port:04X} " in line and " 0A " in line for line in listed):
                return
        time.sleep(0.05)
    raise AssertionError("the server did not come up")


@contextmanager
def authority(place: Place, *more: str, secret: str = SECRET, **changes: object) -> Iterator[CmpAuthority]:
    """Our driver, before OpenSSL's CMP server with these further options."""
    port = free_port()
    asked = [
        "cmp",
        *("-port", str(port), "-srv_ref", REFERENCE, "-srv_secret", f"pass:{SECRET}"),
        *("-rsp_cert", place.pem("leaf", place.leaf), "-rsp_extracerts", place.pem("root", place.root)),
        *("-accept_raverified", *more),
    ]
    with serving(*asked, port=port):
        yield driver(place, port=port, secret=secret, **changes)


def driver(place: Place, *, port: int, secret: str = SECRET, **changes: object) -> CmpAuthority:
    exchange = Exchange(
        f"http://127.0.0.1:{port}/",
        whose="authority",
        silence=Problem.CA_UNAVAILABLE,
        allowed_hosts=["127.0.0.1"],
        limits=LIMITS,
    )
    roots = (place.root.certificate,)
    status = StatusByOcsp(exchange, roots=roots)
    facts: dict[str, object] = {"roots": roots} | changes
    return CmpAuthority(
        exchange,
        Credentials(REFERENCE.encode(), secret.encode()),
        status,
        **facts,  # type: ignore[arg-type]
    )


def request(one: Holder) -> bytes:
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(one.key, hashes.SHA256())
    return made.public_bytes(Encoding.DER)


def problem_of(act: Callable[[], object]) -> tuple[Problem, dict[str, object]]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.problem, dict(caught.value.facts)


@pytest.mark.parametrize("more", [(), ("-grant_implicitconf",)], ids=["confirmed", "implicitly confirmed"])
def test_the_certificate_for_the_key_and_name_is_issued_and_led_to_the_root(
    place: Place, more: tuple[str, ...]
):
    with authority(place, *more) as asked:
        path = asked.issue(request(place.leaf), name="李明")
    assert path == (place.leaf.certificate, place.root.certificate)


def test_an_authority_that_thinks_is_polled_as_long_as_it_wants(place: Place):
    waited: list[float] = []
    with authority(place, "-poll_count", "2", "-check_after", "3", sleep=waited.append) as asked:
        assert asked.issue(request(place.leaf), name="李明")[0] == place.leaf.certificate
    assert 3 in waited


def test_an_authority_that_thinks_too_long_is_given_up(place: Place):
    with authority(place, "-poll_count", "9", "-check_after", "60") as asked:
        assert problem_of(lambda: asked.issue(request(place.leaf), name="李明"))[0] is Problem.CA_UNAVAILABLE


def test_what_the_authority_refuses_is_told_with_its_own_words(place: Place):
    with authority(place, "-pkistatus", "2", "-failure", "2", "-statusstring", "no such person") as asked:
        problem, facts = problem_of(lambda: asked.issue(request(place.leaf), name="李明"))
    assert problem is Problem.CA_REFUSED
    assert facts == {"detail": "no such person, failure 2"}


def test_an_error_message_is_a_refusal(place: Place):
    with authority(place, "-send_error") as asked:
        assert problem_of(lambda: asked.issue(request(place.leaf), name="李明"))[0] is Problem.CA_REFUSED


def test_a_certificate_for_another_key_or_name_is_refused_and_not_confirmed(place: Place):
    other = holder("cmp-other", "李明", by=place.root, **VALID)
    for one, name in ((other, "李明"), (place.leaf, "王芳")):
        with authority(place) as asked:
            problem, facts = problem_of(lambda: asked.issue(request(one), name=name))  # noqa: B023
        assert problem is Problem.CA_REFUSED
        assert facts["detail"] in ("another certificate than was asked for",) or "fail" in str(
            facts["detail"]
        )


def test_a_certificate_below_no_root_of_ours_is_refused(place: Place):
    stranger = issue(rsa_key("cmp-stranger"), "另一机构", is_ca=True, **VALID)
    with authority(place, roots=(stranger.certificate,)) as asked:
        assert problem_of(lambda: asked.issue(request(place.leaf), name="李明"))[0] is Problem.CA_REFUSED


def test_with_another_secret_nothing_is_said_and_nothing_believed(place: Place):
    with authority(place, secret="another secret") as asked:
        assert problem_of(lambda: asked.issue(request(place.leaf), name="李明"))[0] is Problem.CA_UNAVAILABLE


def test_an_answer_without_protection_is_not_believed(place: Place):
    with authority(place, "-send_unprotected") as asked:
        assert problem_of(lambda: asked.issue(request(place.leaf), name="李明"))[0] is Problem.CA_UNAVAILABLE


def test_a_revocation_is_taken_and_a_refused_one_told(place: Place):
    with authority(place) as asked:
        asked.revoke(place.leaf.certificate, reason=Reason.KEY_COMPROMISE)
    with authority(place, "-pkistatus", "2") as asked:
        problem = problem_of(lambda: asked.revoke(place.leaf.certificate))[0]
    assert problem is Problem.CA_REFUSED


def test_a_request_that_its_key_did_not_sign_is_never_sent(place: Place):
    broken = request(place.leaf)[:-1] + b"\x00"
    silent = driver(place, port=free_port())
    assert problem_of(lambda: silent.issue(broken, name="李明"))[0] is Problem.REQUEST_INVALID
    for odd in ("", " 李明", "李\n明", "李" * 22):
        assert problem_of(lambda: silent.issue(request(place.leaf), name=odd))[0] is Problem.REQUEST_INVALID  # noqa: B023


def test_nobody_there_is_no_answer(place: Place):
    silent = driver(place, port=free_port())
    assert problem_of(lambda: silent.issue(request(place.leaf), name="李明"))[0] is Problem.CA_UNAVAILABLE
    assert problem_of(lambda: silent.status(place.leaf.certificate))[0] is Problem.CA_UNAVAILABLE


def test_the_authority_is_never_waited_for_inside_a_transaction(place: Place, monkeypatch):
    monkeypatch.setattr(scope, "is_open", lambda: True)
    silent = driver(place, port=1)
    for act in (
        lambda: silent.issue(request(place.leaf), name="李明"),
        lambda: silent.status(place.leaf.certificate),
        lambda: silent.revoke(place.leaf.certificate),
    ):
        with pytest.raises(RuntimeError):
            act()


def test_neither_secret_nor_reference_is_told_by_accident(place: Place):
    assert SECRET not in repr(Credentials(REFERENCE.encode(), SECRET.encode()))


# OCSP


@contextmanager
def responder(
    place: Place, *, state: str = "V", lists: bool = True, by: Holder | None = None
) -> Iterator[int]:
    """OpenSSL's OCSP responder, which knows the leaf as valid (V) or revoked (R), or knows nothing of it."""
    leaf, ends = place.leaf.certificate, f"{NOW + timedelta(days=365):%y%m%d%H%M%SZ}"
    number = leaf.serial_hex if len(leaf.serial_hex) % 2 == 0 else f"0{leaf.serial_hex}"
    revoked = f"{NOW - timedelta(hours=1):%y%m%d%H%M%SZ}" if state == "R" else ""
    line = f"{state}\t{ends}\t{revoked}\t{number}\tunknown\t/CN=x\n"
    index = place.folder / "index.txt"
    index.write_text(line if lists else "", encoding="ascii")
    signer, port = by or place.root, free_port()
    asked = [
        "ocsp",
        *("-index", str(index), "-port", str(port), "-nmin", "10"),
        *("-CA", place.pem("issuer", place.root)),
        *("-rsigner", place.pem("signer", signer), "-rkey", place.key("signer", signer)),
    ]
    with serving(*asked, port=port):
        yield port


@pytest.mark.parametrize(
    ("state", "lists", "expected"),
    [("V", True, Status.GOOD), ("R", True, Status.REVOKED), ("V", False, Status.UNKNOWN)],
)
def test_the_responder_says_whether_a_certificate_holds(
    place: Place, state: str, lists: bool, expected: Status
):
    with responder(place, state=state, lists=lists) as port:
        assert driver(place, port=port).status(place.leaf.certificate) is expected


def test_an_answer_by_somebody_else_is_not_believed(place: Place):
    with responder(place, by=place.leaf) as port:
        assert problem_of(lambda: driver(place, port=port).status(place.leaf.certificate))[0] is (
            Problem.CA_UNAVAILABLE
        )


def test_of_a_certificate_of_another_authority_nothing_is_known(place: Place):
    stranger = issue(rsa_key("cmp-stranger"), "另一机构", is_ca=True, **VALID)
    one = holder("cmp-of-stranger", "李明", by=stranger, **VALID)
    assert driver(place, port=1).status(one.certificate) is Status.UNKNOWN


# What no server of OpenSSL's does


def message(talk: Transaction, kind: Body = Body.PKICONF, content: bytes = b"\x05\x00") -> bytes:
    return talk.message(kind, content, nonce=b"n" * 16, salt=b"s" * 16, at=NOW)


def answered(ours: Transaction, **changes: bytes) -> bytes:
    """A message of the other side in our conversation, or nearly."""
    facts = {"reference": b"", "secret": ours.secret, "identifier": ours.identifier, "heard": ours.said}
    return message(Transaction(**(facts | changes)))  # type: ignore[arg-type]


@pytest.fixture
def ours() -> Transaction:
    talk = Transaction(REFERENCE.encode(), SECRET.encode(), b"t" * 16)
    message(talk, Body.CR)
    return talk


def test_an_answer_of_this_conversation_is_read(ours: Transaction):
    assert ours.read(answered(ours)).body == Body.PKICONF
    assert ours.heard == b"n" * 16


@pytest.mark.parametrize(
    "changes", [{"secret": b"other"}, {"identifier": b"u" * 16}, {"heard": b"m" * 16}, {"heard": b""}]
)
def test_an_answer_of_another_conversation_is_none(ours: Transaction, changes: dict[str, bytes]):
    with pytest.raises(cmp.Wrong):
        ours.read(answered(ours, **changes))


def test_no_flipped_octet_of_an_answer_is_believed(ours: Transaction):
    whole = answered(ours)
    for at in range(0, len(whole), 7):
        spoilt = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(cmp.Wrong):
            ours.read(spoilt)
    for odd in (b"", b"\x30\x00", b"\x30\x80", bytes(100), whole[:-1], hashlib.sha512(b"").digest()):
        with pytest.raises(cmp.Wrong):
            ours.read(odd)


def test_the_key_is_taken_as_it_stands_in_the_request(place: Place):
    spki = place.leaf.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    asked = cmp.certificate_request(spki, name="李明", organization="广东示例科技有限公司")
    assert spki[4:] in asked
    assert "广东示例科技有限公司".encode() in asked


# Which authority is chosen


@pytest.fixture
def configured(place: Place, tmp_path: Path) -> Config:
    """Everything that an outside authority needs, in a production home."""
    config = dataclasses.replace(
        config_at(tmp_path / "home", Mode.PRODUCTION),
        ca_url="https://ca.example/pkix",
        ca_ocsp_url="https://ocsp.example/",
        ca_reference=REFERENCE,
        ca_secret=tmp_path / "secret",
    )
    config.trust_folder.mkdir(parents=True)
    shutil.copy(place.pem("trusted", place.root), config.trust_folder / "root.pem")
    config.ca_secret.write_text(SECRET, encoding="utf-8")
    config.ca_secret.chmod(0o600)
    return config


def test_the_outside_authority_is_chosen_where_it_is_named(configured: Config):
    assert isinstance(ca.chosen(configured), CmpAuthority)


@pytest.mark.parametrize("missing", ["ca_reference", "ca_ocsp_url"])
def test_nothing_starts_with_half_an_authority(configured: Config, missing: str):
    problem, facts = problem_of(lambda: ca.chosen(dataclasses.replace(configured, **{missing: ""})))
    assert problem is Problem.CONFIG_INSECURE
    assert "YUNQIAN_CA_OCSP_URL" in str(facts["detail"])


def test_nothing_starts_without_a_root_or_with_a_secret_that_is_none(configured: Config):
    configured.ca_secret.chmod(0o644)
    assert "read by others" in str(problem_of(lambda: ca.chosen(configured))[1]["detail"])
    configured.ca_secret.write_text("short", encoding="utf-8")
    configured.ca_secret.chmod(0o600)
    assert "16 octets" in str(problem_of(lambda: ca.chosen(configured))[1]["detail"])
    configured.ca_secret.unlink()
    assert "cannot be read" in str(problem_of(lambda: ca.chosen(configured))[1]["detail"])
    (configured.trust_folder / "root.pem").unlink()
    assert "root" in str(problem_of(lambda: ca.chosen(configured))[1]["detail"])


def test_without_an_address_production_has_no_authority(configured: Config):
    assert (
        problem_of(lambda: ca.chosen(dataclasses.replace(configured, ca_url="")))[0]
        is Problem.CONFIG_INSECURE
    )
