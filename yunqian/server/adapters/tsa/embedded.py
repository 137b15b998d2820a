"""The demonstration's own time-stamp authority, certified by the demonstration's certificate authority.

Its clock is the clock of this machine, so its stamps prove nothing to anybody else; its name and its policy
say so, and production does not start with it.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import core, tsp
from cryptography.hazmat.primitives.serialization import Encoding

from yunqian.crypto import certificates
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.ca import embedded as authority
from yunqian.server.adapters.ca.embedded import EmbeddedAuthority
from yunqian.server.adapters.ca.profiles import Issuer
from yunqian.server.adapters.outside import refuse_inside_a_transaction
from yunqian.server.adapters.tsa import tokens
from yunqian.server.adapters.tsa.tokens import Failure, Stamper
from yunqian.server.settings import Config

_DIGESTS = {"sha256", "sha384", "sha512"}
_LARGEST_QUERY_BYTES = 16 * 1024
_LONGEST_NONCE_BITS = 256
_SERIAL_BITS = 120
_NONCE_BITS = 64


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def make(config: Config, *, clock: Callable[[], datetime] = _now) -> "EmbeddedStamper":
    """Make the demonstration's time-stamp authority, and the certificate authority above it; idempotent.

    Raises what `ca.embedded.make` raises.
    """
    above = authority.make(config, clock=clock)
    return _stamper(above, above.make_stamper(), clock=clock)


def load(config: Config, *, clock: Callable[[], datetime] = _now) -> "EmbeddedStamper":
    """The authority that `make` has made.

    Raises Refused(TIMESTAMP_UNAVAILABLE) where there is none, and what `ca.embedded.load` raises.
    """
    above = authority.load(config, clock=clock)
    part = above.stamper()
    if part is None:
        raise Refused(Problem.TIMESTAMP_UNAVAILABLE)
    return _stamper(above, part, clock=clock)


def _stamper(above: EmbeddedAuthority, part: Issuer, *, clock: Callable[[], datetime]) -> "EmbeddedStamper":
    certificate = certificates.read(part.certificate.public_bytes(Encoding.DER))
    chain = tuple(one for one in above.intermediates() if certificates.is_signed_by(certificate, one))
    return EmbeddedStamper(Stamper(part.key, certificate, chain), clock=clock)


class EmbeddedStamper:
    """See TimestampAuthority; answers other software's queries too."""

    def __init__(self, stamper: Stamper, *, clock: Callable[[], datetime] = _now) -> None:
        self._stamper = stamper
        self._clock = clock

    def stamp(self, imprint: bytes, digest: str) -> bytes:
        """See TimestampAuthority.stamp. Goes the way of every query, so that it is judged like a stranger's."""
        refuse_inside_a_transaction()
        nonce = secrets.randbits(_NONCE_BITS)
        response = self.respond(timestamp.request(imprint, nonce=nonce, digest=digest))
        return timestamp.read_response(response, imprint=imprint, nonce=nonce, digest=digest)

    def respond(self, query: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq, both DER; whatever is wrong with it is a status (RFC 3161 §2.4)."""
        try:
            asked = _Query(query)
        except _Unacceptable as error:
            return tokens.refused(error.failure)
        at = self._clock().astimezone(UTC)
        if not self._stamper.certificate.covers(at):
            return tokens.refused(Failure.TIME_NOT_AVAILABLE)
        serial = secrets.randbits(_SERIAL_BITS)
        told = tokens.content(asked.imprint, serial=serial, at=at, nonce=asked.nonce)
        return tokens.granted(tokens.token(told, self._stamper, with_certificates=asked.wants_certificates))


class _Unacceptable(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class _Query:
    """A TimeStampReq that can be answered. Raises _Unacceptable with the failure of RFC 3161 §2.4.2."""

    def __init__(self, query: bytes) -> None:
        try:
            if len(query) > _LARGEST_QUERY_BYTES:
                raise ValueError("size")
            asked = tsp.TimeStampReq.load(query, strict=True)
            told = asked.native
            self.imprint: bytes = asked["message_imprint"].dump()
            parameters = asked["message_imprint"]["hash_algorithm"]["parameters"]
        except Exception as error:  # a stranger's bytes: asn1crypto raises many kinds
            raise _Unacceptable(Failure.BAD_FORMAT) from error
        self.nonce: int | None = told["nonce"]
        self.wants_certificates = bool(told["cert_req"])
        _judge(told, has_plain_parameters=isinstance(parameters, core.Null | core.Void))


def _judge(told: dict[str, object], *, has_plain_parameters: bool) -> None:
    imprint = told["message_imprint"]
    assert isinstance(imprint, dict)
    digest, nonce = imprint["hash_algorithm"]["algorithm"], told["nonce"]
    if told["version"] != "v1":
        raise _Unacceptable(Failure.BAD_REQUEST)
    if digest not in _DIGESTS or not has_plain_parameters:
        raise _Unacceptable(Failure.BAD_ALGORITHM)
    if len(imprint["hashed_message"]) != hashlib.new(digest).digest_size:
        raise _Unacceptable(Failure.BAD_FORMAT)
    if isinstance(nonce, int) and nonce.bit_length() > _LONGEST_NONCE_BITS:
        raise _Unacceptable(Failure.BAD_REQUEST)
    if told["req_policy"] not in {None, tokens.POLICY}:
        raise _Unacceptable(Failure.UNACCEPTED_POLICY)
    if told["extensions"]:
        raise _Unacceptable(Failure.UNACCEPTED_EXTENSION)
