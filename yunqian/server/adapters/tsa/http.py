"""An outside time-stamp authority over HTTP (RFC 3161 §3.4), asked with time limits and believed in nothing."""

import secrets
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import exchange
from yunqian.server.adapters.exchange import Exchange
from yunqian.server.adapters.outside import refuse_inside_a_transaction

_NONCE_BITS = 64
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(frozen=True)
class Limits(exchange.Limits):
    """As for every exchange, and how far the authority's clock may be from ours."""

    clock_skew: timedelta = timedelta(minutes=5)


class HttpStamper:
    """See TimestampAuthority. The token proves itself, or is not used; the way there is the operator's decision."""

    def __init__(
        self,
        url: str,
        roots: tuple[Certificate, ...],
        *,
        allowed_hosts: Collection[str] = (),
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`roots` are those above the authority's certificate.

        Only https to a public address is asked, or whatever `allowed_hosts` names. Raises
        Refused(CONFIG_INSECURE) for any other address, and for an odd one.
        """
        self._limits = limits or Limits()
        self._exchange = Exchange(
            url,
            whose="time-stamp authority",
            silence=Problem.TIMESTAMP_UNAVAILABLE,
            allowed_hosts=allowed_hosts,
            limits=self._limits,
            tls=tls,
        )
        self._roots = roots
        self._clock = clock

    def stamp(self, imprint: bytes, digest: str) -> bytes:
        """See TimestampAuthority.stamp; the authority must lead to one of the roots, and its time be near ours.

        A signature that seems to be of another day helps nobody.
        """
        refuse_inside_a_transaction()
        nonce = secrets.randbits(_NONCE_BITS)
        response = self._answer_to(timestamp.request(imprint, nonce=nonce, digest=digest))
        token = timestamp.read_response(response, imprint=imprint, nonce=nonce, digest=digest)
        stamp = timestamp.check(token, imprint=imprint, nonce=nonce, digest=digest)
        try:
            certificates.chain(stamp.authority, stamp.others, self._roots, at=stamp.at)
        except Refused as refusal:
            raise Refused(Problem.TIMESTAMP_INVALID, detail="certificate") from refusal
        if abs(self._clock() - stamp.at) > self._limits.clock_skew:
            raise Refused(Problem.TIMESTAMP_INVALID, detail="time")
        return token

    def _answer_to(self, query: bytes) -> bytes:
        """The body of a 200. A redirect is not followed: the address is the operator's decision."""
        body = self._exchange.post(query, _HEADERS)
        if len(body) > self._limits.response_bytes:
            raise Refused(Problem.TIMESTAMP_INVALID, detail="size")
        return body
