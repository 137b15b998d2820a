"""Mail by SMTP (RFC 5321) to one relay, by TLS from the start (RFC 8314) or by STARTTLS (RFC 3207), never without.

The relay of an inner network may be allowed to go without, by an address that says so.
"""

import logging
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server.adapters.mail.port import Letter
from yunqian.server.adapters.outside import refuse_inside_a_transaction
from yunqian.server.settings.mail import Relay, Security

SECONDS = 15.0
"""For one answer of the relay."""
SECONDS_IN_ALL = 60.0
"""For the whole letter: a relay that sends a byte now and then holds no worker for longer."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SmtpMail:
    """See Mail."""

    relay: Relay
    sender: str
    name: str = "smtp"
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def send(self, letter: Letter, *, key: str) -> None:
        """See Mail.send."""
        refuse_inside_a_transaction()
        try:
            message = written(letter, sender=self.sender, name=self.name, key=key)
        except ValueError:  # a header in two lines: no try makes it better
            raise _refusal(Problem.MAIL_REFUSED, "a header in two lines") from None
        try:
            with _Connection(self.relay, self.trust) as connection:
                connection.send(message, letter.to, sender=self.sender)
        except smtplib.SMTPAuthenticationError as error:
            raise _refusal(Problem.MAIL_UNAVAILABLE, f"login {error.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise _refusal(_by_code(code), f"recipient {code}") from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(_by_code(error.smtp_code), str(error.smtp_code)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _refusal(Problem.MAIL_UNAVAILABLE, type(error).__name__) from None


class _Connection:
    """One session with the relay, ended at the latest when its time is over."""

    def __init__(self, relay: Relay, trust: ssl.SSLContext) -> None:
        self._relay, self._trust = relay, trust
        self._client: smtplib.SMTP | None = None
        self._timer = threading.Timer(SECONDS_IN_ALL, self._cut)

    def __enter__(self) -> "_Connection":
        relay = self._relay
        self._timer.daemon = True
        self._timer.start()
        try:
            self._client = self._open()
            if relay.security is Security.STARTTLS:
                self._client.starttls(context=self._trust)  # refuses a relay that does not offer it
            if relay.user:
                self._client.login(relay.user, relay.secret)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._client is not None:
            try:
                self._client.quit()
            except (smtplib.SMTPException, OSError):
                self._client.close()

    def send(self, message: EmailMessage, to: str, *, sender: str) -> None:
        """Hand one message over. Raises what smtplib raises."""
        if self._client is None:
            raise smtplib.SMTPServerDisconnected("no connection")
        self._client.send_message(message, from_addr=sender, to_addrs=[to])

    def _open(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.security is Security.TLS:
            return smtplib.SMTP_SSL(relay.host, relay.port, timeout=SECONDS, context=self._trust)
        return smtplib.SMTP(relay.host, relay.port, timeout=SECONDS)

    def _cut(self) -> None:
        """The time is over: whoever waits for the relay gets an error at once."""
        opened = self._client.sock if self._client is not None else None
        if opened is not None:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                opened.close()


def written(letter: Letter, *, sender: str, name: str, key: str) -> EmailMessage:
    """The letter as it goes over the wire: plain text, its headers in one line each, never an answer to be expected."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((name, sender))
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="base64")
    return message


def _by_code(code: int) -> Problem:
    """4xx is "not now" (RFC 5321 §4.2.1), and whatever is no final no is tried again."""
    return Problem.MAIL_REFUSED if 500 <= code < 600 else Problem.MAIL_UNAVAILABLE


def _refusal(problem: Problem, said: str) -> Refused:
    """The refusal; the log gets what kind it was, and never to whom."""
    _log.warning("a letter is not sent: %s", said)
    return Refused(problem)
