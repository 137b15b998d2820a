"""OCSP responses (RFC 6960): may this responder speak for that issuer, and what does it say of a certificate.

Only responses that somebody handed in are judged: one that was captured when a document was signed still speaks of
that time. No nonce is asked for, because nobody here has asked a question.
"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from asn1crypto import ocsp

from yunqian.crypto import ber, certificates, digests, names, revocation, schemes
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.revocation import Standing, Told
from yunqian.problems import Refused

_MAX_CERTIFICATES = 16
_MAX_ANSWERS = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says of one certificate, which it names by CertID (§4.1.1)."""

    digest: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    told: Told
    updated_at: datetime
    next_update_at: datetime | None

    def is_of(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether it names this certificate of this issuer; both hashes must fit."""
        return (
            self.serial == certificate.serial
            and self.issuer_name_hash == digests.of(self.digest, issuer.subject_der)
            and self.issuer_key_hash == digests.of(self.digest, _key_bits(issuer))
        )

    def speaks_of(self, at: datetime, certificate: Certificate) -> bool:
        """Whether it says anything of that time.

        Made later, it knows of the time too, but not of a certificate that had expired by then; made earlier, only
        until its next update, and not at all where it states none (§4.2.2.1).
        """
        is_later = self.updated_at >= at and self.updated_at <= certificate.not_after_at
        is_fresh = self.updated_at <= at and self.next_update_at is not None and self.next_update_at >= at
        return is_later or is_fresh


@dataclass(frozen=True, slots=True)
class Response:
    """A basic response as read once."""

    by_name: bytes | None
    by_key: bytes | None
    produced_at: datetime
    answers: tuple[Answer, ...]
    certificates: tuple[Certificate, ...]
    scheme: schemes.Scheme | None
    signed_der: bytes
    signature: bytes

    def is_named(self, responder: Certificate) -> bool:
        """Whether its ResponderID means this certificate: by name, or by the SHA-1 of the key (§4.2.1)."""
        if self.by_name is not None:
            return names.match(self.by_name, responder.subject_der)
        return self.by_key == digests.of("sha1", _key_bits(responder))

    def is_signed_by(self, responder: Certificate) -> bool:
        """Whether the responder made it."""
        if self.scheme is None or self.scheme.is_weak:
            return False
        return schemes.verify(self.scheme, responder.public_key_der, self.signed_der, self.signature)


def _key_bits(certificate: Certificate) -> bytes:
    """The public key without tag, length and unused bits: what CertID and ResponderID hash."""
    return ber.bits(ber.only(certificate.public_key_der, ber.SEQUENCE).children()[1])


@lru_cache(maxsize=128)
def read(encoded: bytes) -> Response | None:
    """Read a response from DER or PEM, an OCSPResponse or the BasicOCSPResponse in it; None for other bytes."""
    try:
        if encoded.lstrip().startswith(b"-----BEGIN"):
            encoded = b64decode(b"".join(encoded.strip().splitlines()[1:-1]))
        return _read(_basic(encoded))
    except Exception:  # noqa: BLE001  a stranger's bytes: asn1crypto raises many kinds
        return None


def _basic(encoded: bytes) -> ocsp.BasicOCSPResponse:
    first = ber.only(encoded, ber.SEQUENCE).children()[0]
    if first.tag == ber.SEQUENCE:
        return ocsp.BasicOCSPResponse.load(encoded, strict=True)
    whole = ocsp.OCSPResponse.load(encoded, strict=True)
    if whole["response_status"].native != "successful":
        raise ValueError("no answer")
    return whole["response_bytes"]["response"].parsed


def _read(basic: ocsp.BasicOCSPResponse) -> Response | None:
    body = basic["tbs_response_data"]
    listed = body["responses"]
    if len(listed) > _MAX_ANSWERS or any(one["critical"].native for one in body["response_extensions"] or []):
        return None
    who = body["responder_id"]
    held = list(basic["certs"] or [])[:_MAX_CERTIFICATES]
    return Response(
        by_name=who.chosen.chosen.dump() if who.name == "by_name" else None,
        by_key=who.chosen.native if who.name == "by_key" else None,
        produced_at=body["produced_at"].native,
        answers=tuple(filter(None, map(_answer, listed))),
        certificates=tuple(filter(None, (_certificate(one.dump()) for one in held))),
        scheme=schemes.read(basic["signature_algorithm"].dump()),
        signed_der=body.dump(),
        signature=basic["signature"].native,
    )


def _certificate(encoded: bytes) -> Certificate | None:
    try:
        return certificates.read(encoded)
    except Refused:
        return None


def _answer(one: ocsp.SingleResponse) -> Answer | None:
    """None for an answer with a critical extension, or with a digest that we do not know."""
    named, status = one["cert_id"], one["cert_status"]
    digest = digests.name_of(str(named["hash_algorithm"]["algorithm"].native))
    if digest is None or any(each["critical"].native for each in one["single_extensions"] or []):
        return None
    return Answer(
        digest=digest,
        issuer_name_hash=named["issuer_name_hash"].native,
        issuer_key_hash=named["issuer_key_hash"].native,
        serial=int(named["serial_number"].native),
        told=_told(status),
        updated_at=one["this_update"].native,
        next_update_at=one["next_update"].native,
    )


def _told(status: ocsp.CertStatus) -> Told:
    if status.name == "good":
        return Told(Standing.GOOD)
    if status.name != "revoked":
        return Told(Standing.UNKNOWN)
    return Told(
        Standing.REVOKED,
        status.chosen["revocation_time"].native,
        status.chosen["revocation_reason"].native,
    )


def told(
    certificate: Certificate,
    issuer: Certificate,
    responses: Sequence[bytes],
    lists: Sequence[bytes],
    *,
    at: datetime,
) -> Told:
    """What the given responses say of a certificate at a time.

    `issuer` is the certificate above it. `lists` tell whether a responder that the issuer has appointed was itself
    revoked; one that is not exempt and of which nobody tells is not heard (§4.2.2.2.1).
    """
    return revocation.worst([_by_response(certificate, issuer, one, lists, at) for one in responses])


def _by_response(
    certificate: Certificate, issuer: Certificate, encoded: bytes, lists: Sequence[bytes], at: datetime
) -> Told:
    response = read(encoded)
    if response is None:
        return Told(Standing.UNKNOWN)
    mine = [one for one in response.answers if one.is_of(certificate, issuer)]
    if not mine or not _may_speak(response, issuer, lists):
        return Told(Standing.UNKNOWN)
    return revocation.worst(
        [
            one.told
            if one.told.standing is Standing.REVOKED or one.speaks_of(at, certificate)
            else Told(Standing.UNKNOWN)
            for one in mine
        ]
    )


def _may_speak(response: Response, issuer: Certificate, lists: Sequence[bytes]) -> bool:
    """The issuer itself, or somebody whom it has certified directly for this and has not revoked since."""
    if response.is_named(issuer) and response.is_signed_by(issuer):
        return True
    return any(
        response.is_named(one) and _is_appointed(one, response, issuer, lists) and response.is_signed_by(one)
        for one in response.certificates
    )


def _is_appointed(
    responder: Certificate, response: Response, issuer: Certificate, lists: Sequence[bytes]
) -> bool:
    if not responder.may_answer or responder.unknown_critical:
        return False
    is_below = names.match(responder.issuer_der, issuer.subject_der)
    if not is_below or not certificates.is_signed_by(responder, issuer):
        return False
    if not responder.covers(response.produced_at):
        return False
    known = revocation.told(responder, issuer, lists, at=response.produced_at)
    if known.standing is Standing.REVOKED:
        return False
    return known.standing is Standing.GOOD or responder.is_exempt_from_revocation
