"""Prepared + signature value (+ time-stamp token) → the final tail of the next revision."""

import hashlib
from collections.abc import Sequence

from yunqian.crypto import attributes, suites
from yunqian.crypto.certificates import Certificate
from yunqian.engine import cms
from yunqian.engine.prepared import Prepared
from yunqian.problems import Problem, Refused


def embed(
    document: bytes,
    prepared: Prepared,
    signature: bytes,
    *,
    certificate: Certificate,
    chain: Sequence[Certificate],
    timestamp: bytes | None = None,
) -> bytes:
    """The bytes to put behind `document`, the gap filled; nothing is embedded that was not checked first.

    `signature` is the raw value: a PKCS#1 v1.5 block, or DER SEQUENCE{r,s}. The document must be the base that
    was prepared, and the pinned tail must still have the digest that the signed attributes name.
    Raises Refused(SIGNATURE_INVALID), or Refused(SIGNATURE_TOO_LARGE) when the gap is too small.
    """
    require_signature(prepared, signature, certificate=certificate)
    if not _is_as_prepared(document, prepared):
        raise Refused(Problem.SIGNATURE_INVALID)
    envelope = cms.build(
        prepared.signed_attributes,
        signature,
        suite=prepared.suite,
        certificate=certificate,
        chain=chain,
        timestamp=timestamp,
    )
    if len(envelope) > prepared.reserved_bytes:
        raise Refused(
            Problem.SIGNATURE_TOO_LARGE, size_bytes=len(envelope), reserved_bytes=prepared.reserved_bytes
        )
    at = prepared.gap_start - prepared.base_size + 1
    shown = envelope.hex().encode("ascii")
    return prepared.tail[:at] + shown + prepared.tail[at + len(shown) :]


def require_signature(prepared: Prepared, signature: bytes, *, certificate: Certificate) -> None:
    """Check a raw value before anything else is done with it, such as asking for a time stamp.

    It must be made with this certificate's key over the pinned attributes, which must name this certificate
    and the pinned digest. Raises Refused(SIGNATURE_INVALID).
    """
    said = attributes.parse(prepared.signed_attributes)
    names_both = said.names(certificate) and said.message_digest == prepared.digest
    if not names_both or suites.suite_of(certificate) is not prepared.suite:
        raise Refused(Problem.SIGNATURE_INVALID)
    if not suites.check(prepared.suite, certificate, prepared.signed_attributes, signature):
        raise Refused(Problem.SIGNATURE_INVALID)


def _is_as_prepared(document: bytes, prepared: Prepared) -> bool:
    """Whether base and tail are the pinned ones.

    With SHA-256 the signed digest itself tells, in one pass. The other digests cost up to six times as much, so
    there base and tail are held against the SHA-256 that each had when the signed digest was made of them.
    The very object that was prepared is not digested again: bytes do not change.
    """
    if type(document) is bytes and document is prepared.base:
        return prepared.tail_sha256 == _sha256(prepared.tail)
    if len(document) != prepared.base_size:
        return False
    if prepared.suite.digest != "sha256":
        pinned = (prepared.base_sha256, prepared.tail_sha256)
        return pinned == (_sha256(document), _sha256(prepared.tail))
    signed = hashlib.sha256(document)
    tail = memoryview(prepared.tail)
    signed.update(tail[: prepared.gap_start - prepared.base_size])
    signed.update(tail[prepared.gap_end - prepared.base_size :])
    return signed.digest() == prepared.digest


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
