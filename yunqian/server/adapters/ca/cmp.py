"""An outside certificate authority that speaks CMP over HTTP (RFC 4210, RFC 6712).

The platform is its registration authority: it has verified who holds the key, and says so.
It is asked with time limits and believed in nothing: an answer is protected by the shared secret, the certificate is
for the key and the name that were asked for and leads to a trusted root, or it is refused, to the authority too.
Whether a certificate holds is asked by OCSP.
"""

import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from yunqian.crypto import certificate_requests, certificates, cmp
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.cmp import Body, Issued, Told, Transaction
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.ca.ocsp import StatusByOcsp
from yunqian.server.adapters.ca.port import Reason, Status
from yunqian.server.adapters.exchange import Conversation, Exchange
from yunqian.server.adapters.outside import refuse_inside_a_transaction

_HEADERS = {
    "Content-Type": "application/pkixcmp",
    "Accept": "application/pkixcmp",
    "Connection": "keep-alive",  # some servers know a transaction only as long as its connection
}
_NONCE_BYTES = 16
_ACCEPTED, _WITH_CHANGES, _WAITING = 0, 1, 3
_LONGEST_NAME_OCTETS = 64
_UNAUTHORIZED = bytes.fromhex("30030a0106")
"""OCSPResponse, status unauthorized: this platform does not answer for another authority (RFC 6960 §2.3)."""
_REASONS = {
    Reason.UNSPECIFIED: 0,
    Reason.KEY_COMPROMISE: 1,
    Reason.AFFILIATION_CHANGED: 3,
    Reason.SUPERSEDED: 4,
    Reason.CESSATION_OF_OPERATION: 5,
}
_log = logging.getLogger(__name__)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Credentials:
    """By which the authority knows its registration authority."""

    reference: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "Credentials(…)"


class CmpAuthority:
    """See CertificateAuthority."""

    def __init__(
        self,
        exchange: Exchange,
        credentials: Credentials,
        status: StatusByOcsp,
        *,
        roots: tuple[Certificate, ...],
        intermediates: tuple[Certificate, ...] = (),
        patience_seconds: float = 30.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`patience_seconds` is how long an authority may think before its certificate is given up."""
        self._exchange, self._credentials, self._status = exchange, credentials, status
        self._roots, self._intermediates = roots, intermediates
        self._patience, self._clock, self._sleep = patience_seconds, clock, sleep

    def issue(self, request: bytes, *, name: str, organization: str | None = None) -> tuple[Certificate, ...]:
        """See CertificateAuthority.issue. Raises Refused(CA_UNAVAILABLE or CA_REFUSED) as well."""
        refuse_inside_a_transaction()
        for what, text in (("name", name), ("organization", organization)):
            _require_name(what, text)
        asked = certificate_requests.read(request)
        if not asked.is_proven:
            raise Refused(Problem.REQUEST_INVALID, detail="PKCS#10, signature")
        content = cmp.certificate_request(asked.public_key_der, name=name, organization=organization)
        with self._talk() as talk:
            told = self._awaited(talk, self._asked(talk, Body.CR, content))
            found = _certified(told)
            leaf = _read(found.certificate)
            path = self._path(leaf, found, key_der=asked.public_key_der, name=name)
            if path is None or not told.is_confirmed:
                self._confirm(talk, leaf, is_accepted=path is not None)
        if path is None:
            raise Refused(Problem.CA_REFUSED, detail="another certificate than was asked for")
        return path

    def intermediates(self) -> tuple[Certificate, ...]:
        """See CertificateAuthority.intermediates."""
        return self._intermediates

    def status(self, certificate: Certificate) -> Status:
        """See CertificateAuthority.status."""
        refuse_inside_a_transaction()
        return self._status.of(certificate, at=self._clock())

    def revoke(self, certificate: Certificate, *, reason: Reason = Reason.UNSPECIFIED) -> None:
        """See CertificateAuthority.revoke. Raises Refused(CA_UNAVAILABLE or CA_REFUSED) as well."""
        refuse_inside_a_transaction()
        content = cmp.revocation_request(certificate.issuer_der, certificate.serial, reason=_REASONS[reason])
        with self._talk() as talk:
            told = self._asked(talk, Body.RR, content)
        if told.body != Body.RP:
            raise Refused(Problem.CA_UNAVAILABLE)
        status, said = _told(lambda: cmp.revoked(told))
        if status not in (_ACCEPTED, _WITH_CHANGES):
            raise Refused(Problem.CA_REFUSED, detail=said or f"status {status}")

    def certificate(self, name: str) -> bytes | None:
        """None: the authority publishes its own certificates itself."""

    def crl(self, name: str = "issuing") -> bytes | None:
        """None: the authority publishes its own lists itself."""

    def renew_lists(self) -> None:
        """Nothing to do here."""

    def ocsp(self, request: bytes) -> bytes:
        """Whoever asks here asks the wrong one."""
        return _UNAUTHORIZED

    @contextlib.contextmanager
    def _talk(self) -> Iterator["_Talk"]:
        """One transaction, on one connection where the authority keeps it."""
        given = self._credentials
        transaction = Transaction(given.reference, given.secret, secrets.token_bytes(_NONCE_BYTES))
        with contextlib.closing(self._exchange.conversation()) as line:
            yield _Talk(transaction, line)

    def _asked(self, talk: "_Talk", kind: Body, content: bytes) -> Told:
        """The checked answer to one message. Raises Refused(CA_UNAVAILABLE or CA_REFUSED)."""
        message = talk.transaction.message(
            kind,
            content,
            nonce=secrets.token_bytes(_NONCE_BYTES),
            salt=secrets.token_bytes(_NONCE_BYTES),
            at=self._clock(),
        )
        answer = talk.line.post(message, _HEADERS)
        told = _told(lambda: talk.transaction.read(answer))
        if told.body == Body.ERROR:
            raise Refused(Problem.CA_REFUSED, detail=_told(lambda: cmp.error(told)))
        return told

    def _awaited(self, talk: "_Talk", told: Told) -> Told:
        """The `cp`, polled for as long as the authority thinks and our patience lasts (§5.3.22)."""
        ends = time.monotonic() + self._patience
        while True:
            if told.body == Body.CP and _told(lambda: cmp.issued(told)).status != _WAITING:  # noqa: B023
                return told
            if told.body not in (Body.CP, Body.POLL_REP):
                raise Refused(Problem.CA_UNAVAILABLE)
            wait = 0 if told.body == Body.CP else _told(lambda: cmp.check_after(told))  # noqa: B023
            if time.monotonic() + wait >= ends:
                raise Refused(Problem.CA_UNAVAILABLE)
            self._sleep(wait)
            told = self._asked(talk, Body.POLL_REQ, cmp.poll_request())

    def _path(
        self, leaf: Certificate, found: Issued, *, key_der: bytes, name: str
    ) -> tuple[Certificate, ...] | None:
        """Leaf to root where it is the certificate that was asked for; None for any other."""
        if leaf.public_key_der != key_der or leaf.owner != name or not leaf.may_sign:
            return None
        others = [*self._intermediates]
        for der in found.others:
            try:
                others.append(certificates.read(der))
            except Refused:
                continue
        try:
            return certificates.chain(leaf, others, self._roots, at=self._clock())
        except Refused:
            return None

    def _confirm(self, talk: "_Talk", leaf: Certificate, *, is_accepted: bool) -> None:
        """Tell the authority that the certificate is taken or not; it is worth nothing before (§5.3.18)."""
        digest = leaf.scheme.digest if leaf.scheme else "sha256"
        content = cmp.confirmation(leaf.der, digest=digest, is_accepted=is_accepted)
        told = self._asked(talk, Body.CERT_CONF, content)
        if told.body != Body.PKICONF:
            raise Refused(Problem.CA_UNAVAILABLE)


@dataclass(frozen=True)
class _Talk:
    """A transaction and the connection that it is held on."""

    transaction: Transaction
    line: Conversation


def _certified(told: Told) -> Issued:
    """What was issued. Raises Refused(CA_REFUSED) with what the authority said where it was nothing."""
    found = _told(lambda: cmp.issued(told))
    if found.status not in (_ACCEPTED, _WITH_CHANGES) or found.certificate is None:
        raise Refused(Problem.CA_REFUSED, detail=found.said or f"status {found.status}")
    return found


def _read(der: bytes | None) -> Certificate:
    try:
        return certificates.read(der or b"")
    except Refused:
        raise Refused(Problem.CA_REFUSED, detail="a certificate that cannot be read") from None


def _require_name(what: str, text: str | None) -> None:
    """The same names as the demonstration's authority takes (see the port)."""
    if text is None:
        return
    is_fit = 1 <= len(text.encode("utf-8", "replace")) <= _LONGEST_NAME_OCTETS
    if not (is_fit and text.isprintable() and text == text.strip()):
        raise Refused(Problem.REQUEST_INVALID, detail=what)


def _told(reading: Callable[[], Found]) -> Found:
    """What was read; an answer that is none is as good as no answer."""
    try:
        return reading()
    except cmp.Wrong as wrong:
        _log.warning("the certificate authority's answer was not believed: %s", wrong)
        raise Refused(Problem.CA_UNAVAILABLE) from None
