"""RFC 3161: asking for a time stamp over a signature value, and judging the token that comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import tsp

from yunqian.crypto import der, digests
from yunqian.crypto.certificates import Certificate
from yunqian.engine import signed_message
from yunqian.engine.signed_message import SignedMessage, Unreadable
from yunqian.problems import Problem, Refused

_TRUE = b"\x01\x01\xff"
_GRANTED = (0, 1)  # granted, granted with modifications (RFC 3161 §2.4.2)
_REFUSALS = {2: "rejection", 3: "waiting", 4: "revocation warning", 5: "revocation notification"}


class Wrong(Unreadable):
    """A token that can be read and is not right."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token whose own signature is right: what it attests, and who says so.

    Whether the authority is trusted is for the reader of the report to say (`others` helps to build its chain).
    """

    at: datetime
    digest: str
    imprint: bytes
    nonce: int | None
    authority: Certificate
    others: tuple[Certificate, ...]


def timestamp_imprint(signature: bytes, digest: str = "sha256") -> bytes:
    """What a signature time stamp is over: the digest of the signature value (RFC 3161 appendix A)."""
    return digests.of(digest, signature)


def request(imprint: bytes, *, nonce: int, digest: str = "sha256") -> bytes:
    """A TimeStampReq in DER that asks for the authority's certificate too (RFC 3161 §2.4.1)."""
    algorithm = der.sequence(der.oid(digests.OIDS[digest]), der.NULL)
    message = der.sequence(algorithm, der.octets(imprint))
    return der.sequence(der.integer(1), message, der.integer(nonce), _TRUE)


def read_response(response: bytes, *, imprint: bytes, nonce: int, digest: str = "sha256") -> bytes:
    """The TimeStampToken out of a TimeStampResp, checked against what was asked (RFC 3161 §2.4.2).

    Raises Refused(TIMESTAMP_INVALID).
    """
    try:
        parts = der.children(der.only(response, der.SEQUENCE))
        stated = der.children(der.only(parts[0][1], der.SEQUENCE))
        status = int.from_bytes(der.only(stated[0][1], der.INTEGER), "big")
        token = parts[1][1] if status in _GRANTED else b""
    except (der.NotDer, IndexError) as error:
        raise Refused(Problem.TIMESTAMP_INVALID, detail="unreadable") from error
    if status not in _GRANTED:
        raise Refused(Problem.TIMESTAMP_INVALID, detail=_REFUSALS.get(status, f"status {status}"))
    check(token, imprint=imprint, nonce=nonce, digest=digest)
    return token


def check(token: bytes, *, imprint: bytes, nonce: int | None = None, digest: str = "sha256") -> Stamp:
    """Judge a TimeStampToken against an imprint, and against a nonce where one was sent.

    Raises Refused(TIMESTAMP_INVALID) unless the token's signature is right, its certificate is one for time
    stamping alone (RFC 3161 §2.3) and named in the signed attributes, and the imprint is the one asked for.
    """
    try:
        stamp = read(token)
    except Unreadable as error:
        raise Refused(Problem.TIMESTAMP_INVALID, detail=str(error)) from error
    if (stamp.digest, stamp.imprint) != (digest, imprint):
        raise Refused(Problem.TIMESTAMP_INVALID, detail="imprint")
    if nonce is not None and stamp.nonce != nonce:
        raise Refused(Problem.TIMESTAMP_INVALID, detail="nonce")
    return stamp


def read(token: bytes) -> Stamp:
    """Read a token and check everything that can be checked without knowing what was stamped.

    Raises signed_message.Unreadable with the reason.
    """
    return judged(signed_message.read(token))


def judged(message: SignedMessage) -> Stamp:
    """A token that was read as CMS already. Raises signed_message.Unreadable with the reason."""
    if message.content_type != "tst_info" or message.content is None:
        raise Unreadable("not a time-stamp token")
    if message.is_weak:
        raise Unreadable("the token uses SHA-1, which is no longer safe")
    if not message.is_right_over([message.content]):
        raise Wrong("the token's signature")
    if not message.names_certificate or not message.certificate.may_stamp:
        raise Wrong("the token's certificate")
    return _stamp(message, message.content)


def _stamp(message: SignedMessage, content: bytes) -> Stamp:
    try:
        told = tsp.TSTInfo.load(content)
        imprint = told["message_imprint"]
        stated = str(imprint["hash_algorithm"]["algorithm"].native)
        stamp = Stamp(
            at=told["gen_time"].native,
            digest=digests.name_of(stated) or stated,
            imprint=imprint["hashed_message"].native,
            nonce=told["nonce"].native,
            authority=message.certificate,
            others=message.others,
        )
    except Exception as error:  # a stranger's bytes: asn1crypto raises many kinds
        raise Unreadable("not a readable time-stamp token") from error
    if stamp.digest == "sha1" or stamp.digest not in digests.SIZES:
        raise Unreadable(f"a digest by {stamp.digest}, which is not safe")
    if not stamp.authority.covers(stamp.at):
        raise Wrong("the authority's certificate is not valid at that time")
    return stamp


def imprint_of(pieces: Sequence[bytes | memoryview], digest: str) -> bytes:
    """The digest of a content given in pieces, as a document time stamp carries it."""
    running = digests.new(digest)
    for piece in pieces:
        running.update(piece)
    return running.digest()
