"""Mail by SMTP against a real server of the other kind: what arrives, what is tried again, what is given up."""

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.adapters.mail import smtp
from yunqian.server.adapters.mail.port import Letter
from yunqian.server.adapters.mail.smtp import SmtpMail, written
from yunqian.server.settings.mail import Relay, Security

SENDER, TO = "no-reply@yunqian.example", "wangfang@example.cn"
LETTER = Letter(TO, "李明 请您签署《采购合同》", "请登录后查看。\nLog in to see it.\n")
USER, SECRET = "platform", "correct horse battery"


class Mailbox:
    """What the server was given, and what it answers instead of taking it."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.to: list[list[str]] = []
        self.refuse_recipient = ""
        self.refuse_letter = ""

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refuse_letter:
            return self.refuse_letter
        self.to.append(list(envelope.rcpt_tos))
        self.letters.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A certificate for this machine's own name, and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("relay")
    pem = folder / "relay.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    trusting = ssl.create_default_context()
    trusting.load_verify_locations(pem)
    return SimpleNamespace(serving=serving, trusting=trusting, pem=pem)


def authenticated(server: SMTP, session, envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    is_right = (data.login, data.password) == (USER.encode(), SECRET.encode())
    return AuthResult(success=is_right)


Serve = Callable[..., tuple[Mailbox, SmtpMail]]


@pytest.fixture
def serve(identity: SimpleNamespace) -> Iterator[Serve]:
    """A server of a security, and the platform's way to it."""
    started: list[Controller] = []

    def run(
        security: Security = Security.NONE, *, needs_login: bool = False, user: str = "", secret: str = ""
    ) -> tuple[Mailbox, SmtpMail]:
        mailbox, port = Mailbox(), free_port()
        options: dict[str, object] = {"authenticator": authenticated, "auth_required": needs_login}
        if security is Security.TLS:
            options |= {"ssl_context": identity.serving, "auth_require_tls": False}
        if security is Security.STARTTLS:
            options |= {"tls_context": identity.serving, "require_starttls": True}
        controller = Controller(mailbox, hostname="localhost", port=port, **options)
        controller.start()
        started.append(controller)
        relay = Relay("localhost", port, security, user, secret)
        return mailbox, SmtpMail(relay, sender=SENDER, name="云签", trust=identity.trusting)

    yield run
    for controller in started:
        controller.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def refusal(mail: SmtpMail, letter: Letter = LETTER) -> Problem:
    with pytest.raises(Refused) as refused:
        mail.send(letter, key="1")
    return refused.value.problem


pytestmark = pytest.mark.usefixtures("no_database")


class TestArriving:
    @pytest.mark.parametrize("security", list(Security))
    def test_a_letter_in_chinese_arrives_as_it_was_written_by_every_security(
        self, serve: Serve, security: Security
    ):
        mailbox, mail = serve(security)
        mail.send(LETTER, key="f00d")
        (letter,) = mailbox.letters
        assert str(make_header(decode_header(letter["Subject"]))) == LETTER.subject
        assert base64.b64decode(letter.get_payload()).decode().replace("\r\n", "\n") == LETTER.text
        assert (letter["To"], letter["Message-ID"]) == (TO, "<f00d@yunqian.example>")
        assert (letter["Auto-Submitted"], mailbox.to) == ("auto-generated", [[TO]])
        assert "云签" in str(make_header(decode_header(letter["From"])))

    def test_a_login_goes_over_a_closed_line(self, serve: Serve):
        mailbox, mail = serve(Security.STARTTLS, needs_login=True, user=USER, secret=SECRET)
        mail.send(LETTER, key="1")
        assert len(mailbox.letters) == 1

    def test_a_wrong_password_may_be_put_right_and_is_tried_again(self, serve: Serve, caplog):
        mailbox, mail = serve(Security.TLS, needs_login=True, user=USER, secret="wrong wrong")
        assert refusal(mail) is Problem.MAIL_UNAVAILABLE
        assert (mailbox.letters, "wrong wrong" in caplog.text) == ([], False)


class TestNotArriving:
    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ("450 4.2.0 Greylisted, try again in 5 minutes", Problem.MAIL_UNAVAILABLE),
            ("452 4.2.2 Mailbox full", Problem.MAIL_UNAVAILABLE),
            ("550 5.1.1 No such user", Problem.MAIL_REFUSED),
            ("553 5.1.3 Bad address", Problem.MAIL_REFUSED),
        ],
    )
    def test_a_recipient_that_is_refused_for_now_is_tried_again_and_for_good_is_given_up(
        self, serve: Serve, said: str, problem: Problem
    ):
        mailbox, mail = serve()
        mailbox.refuse_recipient = said
        assert (refusal(mail), mailbox.letters) == (problem, [])

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ("451 4.3.0 Local error", Problem.MAIL_UNAVAILABLE),
            ("554 5.7.1 Refused", Problem.MAIL_REFUSED),
        ],
    )
    def test_a_letter_that_is_refused_likewise(self, serve: Serve, said: str, problem: Problem):
        mailbox, mail = serve()
        mailbox.refuse_letter = said
        assert refusal(mail) is problem

    def test_a_relay_without_starttls_gets_no_letter_in_the_open(
        self, serve: Serve, identity: SimpleNamespace
    ):
        mailbox, plain = serve(Security.NONE)
        relay = Relay(plain.relay.host, plain.relay.port, Security.STARTTLS)
        mail = SmtpMail(relay, sender=SENDER, trust=identity.trusting)
        assert (refusal(mail), mailbox.letters) == (Problem.MAIL_UNAVAILABLE, [])

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_a_relay_that_nobody_trusts_gets_nothing(self, serve: Serve, security: Security):
        mailbox, trusted = serve(security)
        mail = SmtpMail(trusted.relay, sender=SENDER)
        assert (refusal(mail), mailbox.letters) == (Problem.MAIL_UNAVAILABLE, [])

    def test_nobody_there_is_tried_again(self):
        mail = SmtpMail(Relay("localhost", free_port(), Security.NONE), sender=SENDER)
        assert refusal(mail) is Problem.MAIL_UNAVAILABLE

    def test_a_relay_that_drips_holds_nobody_for_long(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(smtp, "SECONDS_IN_ALL", 0.5)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            port, held = int(listening.getsockname()[1]), []

            def drip() -> None:
                connection, _ = listening.accept()
                held.append(connection)
                connection.sendall(b"220 slow\r\n")

            threading.Thread(target=drip, daemon=True).start()
            mail = SmtpMail(Relay("127.0.0.1", port, Security.NONE), sender=SENDER)
            began = datetime.now(UTC)
            assert refusal(mail) is Problem.MAIL_UNAVAILABLE
            assert datetime.now(UTC) - began < timedelta(seconds=8)

    def test_no_log_tells_to_whom(self, serve: Serve, caplog):
        mailbox, mail = serve()
        mailbox.refuse_recipient = f"550 5.1.1 <{TO}> unknown"
        refusal(mail)
        ours = [one.getMessage() for one in caplog.records if one.name.startswith("yunqian")]
        assert ours == ["a letter is not sent: recipient 550"]


class TestHeaders:
    @pytest.mark.parametrize("text", ["合同\r\nBcc: everybody@example.cn", "合同\nX-Evil: 1", "合同\rX: 1"])
    def test_a_subject_that_would_be_two_headers_is_never_sent(self, serve: Serve, text: str):
        mailbox, mail = serve()
        assert (refusal(mail, Letter(TO, text, "x")), mailbox.letters) == (Problem.MAIL_REFUSED, [])

    def test_a_title_with_a_line_in_it_becomes_one_line_before_that(self):
        from yunqian.server.actions.letters import _one_line

        assert _one_line("合同\r\nBcc: a@b.cn\u2028\x00尾") == "合同 Bcc: a@b.cn 尾"

    def test_a_recipient_with_a_line_in_it_is_none(self):
        with pytest.raises(ValueError, match="carriage return"):
            written(Letter("a@b.cn\r\nBcc: c@d.cn", "x", "x"), sender=SENDER, name="云签", key="1")


def test_inside_a_transaction_nothing_is_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scope, "is_open", lambda: True)
    with pytest.raises(RuntimeError, match="never inside"):
        SmtpMail(Relay("localhost", 1, Security.NONE), sender=SENDER).send(LETTER, key="1")


def test_the_secret_of_the_relay_never_shows(tmp_path: Path):
    assert "hidden" not in repr(Relay("h", 1, Security.TLS, "u", "hidden"))
