"""Is this order genuine, for this page, in time, and about a document? Asked before any key is touched."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from pydantic import ValidationError

from yunqian.agent.config import Platform
from yunqian.crypto import attributes, digests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import PROTOCOL
from yunqian.wire.orders import ORDER_LIFETIME_SECONDS, SignedOrder, SignOrder, check_code

CLOCK_TOLERANCE = timedelta(seconds=60)
_LIFETIME = timedelta(seconds=ORDER_LIFETIME_SECONDS)


@dataclass(frozen=True, slots=True)
class Genuine:
    """An order that its platform signed for the page that brought it. `fingerprint` names its exact text."""

    order: SignOrder
    platform: Platform
    to_be_signed: bytes
    fingerprint: str

    @property
    def check_code(self) -> str:
        """The code that page and window both show."""
        return check_code(self.to_be_signed)


def read(signed: SignedOrder, *, origin: str, platforms: Mapping[str, Platform]) -> Genuine:
    """Check signature and origin of an order brought by a page of `origin`.

    The signature is checked over the text as sent, and only then is the text parsed.
    Raises Refused(PLATFORM_NOT_PAIRED | ORDER_NOT_GENUINE | CLIENT_TOO_OLD | ATTRIBUTES_NOT_ACCEPTED).
    """
    platform = platforms.get(origin)
    if platform is None:
        raise Refused(Problem.PLATFORM_NOT_PAIRED, origin=origin)
    text = _signed_text(signed, platform)
    try:
        order = SignOrder.model_validate_json(text)
    except ValidationError as error:
        # Signed by the platform and still unknown to us: it is newer than this client.
        raise Refused(Problem.CLIENT_TOO_OLD, protocol=PROTOCOL) from error
    if order.origin != origin:
        raise Refused(Problem.ORDER_NOT_GENUINE)
    return Genuine(order, platform, _attributes(order), hashlib.sha256(text).hexdigest())


def in_time(order: SignOrder, now: datetime) -> None:
    """Refuse an order that is over, lives longer than any order may, or comes from our future."""
    if order.issued_at - now > CLOCK_TOLERANCE:
        raise Refused(Problem.CLOCK_WRONG, minutes=round((order.issued_at - now).total_seconds() / 60))
    if order.expires_at - order.issued_at > _LIFETIME:
        raise Refused(Problem.ORDER_NOT_GENUINE)
    if now >= order.expires_at:
        raise Refused(Problem.ORDER_EXPIRED)


def fits(genuine: Genuine, certificate: Certificate, offered: Sequence[Suite]) -> Suite:
    """The suite to sign with, once order, attributes and the certificate on the key all name one another.

    `offered` is what the key that holds the certificate signs with.

    Raises Refused(CERTIFICATE_MISMATCH | ALGORITHM_UNSUPPORTED | ATTRIBUTES_NOT_ACCEPTED).
    """
    suite = suites.suite_of(certificate)
    if certificate.sha256 != genuine.order.certificate_sha256:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    if suite.name != genuine.order.algorithm or suite not in offered:
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=genuine.order.algorithm)
    _only_the_digest_is_theirs(genuine.to_be_signed, certificate, suite)
    return suite


def _only_the_digest_is_theirs(encoded: bytes, certificate: Certificate, suite: Suite) -> None:
    """Build the attributes once more from the key's own certificate: but for the digest they must be the same."""
    said = attributes.parse(encoded)
    digest = said.message_digest
    if len(digest) != digests.SIZES[suite.digest]:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="message-digest")
    is_gm = said.content_type == attributes.GM_DATA
    if is_gm and suite is not Suite.SM2_SM3:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="content-type")
    if attributes.build(digest, certificate, suite, content_type=said.content_type) != encoded:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="signing-certificate-v2")


def _signed_text(signed: SignedOrder, platform: Platform) -> bytes:
    try:
        text = signed.payload.encode("utf-8")
        platform.verifier().verify(base64.b64decode(signed.signature, validate=True), text)
    except (InvalidSignature, binascii.Error, UnicodeEncodeError):
        raise Refused(Problem.ORDER_NOT_GENUINE) from None
    return text


def _attributes(order: SignOrder) -> bytes:
    """The signed attributes, parsed by our own hand: the client never signs what it cannot read.

    With SM2 they name the certificate by its SM3, which the order does not tell: `fits` compares it with the
    certificate on the key.
    """
    try:
        encoded = base64.b64decode(order.to_be_signed, validate=True)
    except binascii.Error as error:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="base64") from error
    parsed = attributes.parse(encoded)
    if not parsed.certificate_sm3 and parsed.certificate_sha256 != order.certificate_sha256:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="signing-certificate-v2")
    return encoded
