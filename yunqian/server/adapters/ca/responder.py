"""OCSP answers (RFC 6960), signed by the authority that issued the certificates in question.

Built on asn1crypto because a request may ask about several certificates at once, which the library that
signs certificates does not read.
"""

import hashlib
from datetime import datetime, timedelta

from asn1crypto import core, ocsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from yunqian.server.adapters.ca.profiles import Issuer
from yunqian.server.adapters.ca.store import Register

_LIFE = timedelta(hours=1)
_MOST_QUESTIONS = 32
_LONGEST_NONCE_BYTES = 128  # RFC 9654 §2.1
_DIGESTS = {"sha1", "sha256", "sha384", "sha512"}
_REASONS = {
    "unspecified": "unspecified",
    "keyCompromise": "key_compromise",
    "affiliationChanged": "affiliation_changed",
    "superseded": "superseded",
    "cessationOfOperation": "cessation_of_operation",
}


class _Malformed(ValueError):
    """The request is not one that RFC 6960 §4.1 describes."""


def answer(request: bytes, *, by: Issuer, register: Register, at: datetime) -> bytes:
    """The OCSPResponse in DER. Bytes that are no request get `malformedRequest`, unsigned (RFC 6960 §2.3)."""
    try:
        questions, nonce = _read(request)
    except _Malformed:
        return bytes(ocsp.OCSPResponse({"response_status": "malformed_request"}).dump())
    own = x509.Certificate.load(by.certificate.public_bytes(Encoding.DER))
    told = [_told(question, own, register, at=at) for question in questions]
    content = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_key", core.OctetString(own.public_key.sha1)),
            "produced_at": at,
            "responses": told,
            "response_extensions": [] if nonce is None else [_nonce(nonce)],
        }
    )
    if nonce is None:
        del content["response_extensions"]
    signature = by.key.sign(content.dump(), padding.PKCS1v15(), hashes.SHA256())
    signed = {
        "tbs_response_data": content,
        "signature_algorithm": {"algorithm": "sha256_rsa"},
        "signature": core.OctetBitString(signature),
        "certs": [own],
    }
    body = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(signed)}
    return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump())


def _read(request: bytes) -> tuple[list[ocsp.CertId], bytes | None]:
    """What is asked, and the nonce where one was sent."""
    try:
        asked = ocsp.OCSPRequest.load(request, strict=True)["tbs_request"]
        version, listed = asked["version"].native, asked["request_list"]
        questions = [question["req_cert"] for question in listed]
        extensions = list(asked["request_extensions"] or [])
        critical = {
            str(one["extn_id"].native)
            for one in [
                *extensions,
                *(one for each in listed for one in each["single_request_extensions"] or []),
            ]
            if one["critical"].native
        }
        nonces = [one["extn_value"].parsed.native for one in extensions if one["extn_id"].native == "nonce"]
        _ = [question.native for question in questions]  # asn1crypto reads late; what is wrong shows here
    except Exception as error:  # a stranger's bytes: asn1crypto raises many kinds
        raise _Malformed from error
    is_moderate = 1 <= len(questions) <= _MOST_QUESTIONS and len(nonces) <= 1
    if version != "v1" or critical - {"nonce"} or not is_moderate:
        raise _Malformed
    nonce = nonces[0] if nonces else None
    if nonce is not None and not (isinstance(nonce, bytes) and 1 <= len(nonce) <= _LONGEST_NONCE_BYTES):
        raise _Malformed
    return questions, nonce


def _nonce(nonce: bytes) -> ocsp.ResponseDataExtension:
    return ocsp.ResponseDataExtension(
        {
            "extn_id": "nonce",
            "critical": False,
            "extn_value": core.ParsableOctetString(core.OctetString(nonce).dump()),
        }
    )


def _told(
    question: ocsp.CertId, own: x509.Certificate, register: Register, *, at: datetime
) -> ocsp.SingleResponse:
    serial = question["serial_number"].native
    if not _is_ours(question, own) or serial not in register.issued:
        standing = ocsp.CertStatus("unknown", core.Null())
    elif serial in register.revoked:
        since, reason = register.revoked[serial]
        told = {"revocation_time": since, "revocation_reason": _REASONS[reason]}
        standing = ocsp.CertStatus("revoked", ocsp.RevokedInfo(told))
    else:
        standing = ocsp.CertStatus("good", core.Null())
    return ocsp.SingleResponse(
        {"cert_id": question, "cert_status": standing, "this_update": at, "next_update": at + _LIFE}
    )


def _is_ours(question: ocsp.CertId, own: x509.Certificate) -> bool:
    """Whether name and key of the issuer in question are ours, in the digest of the asker's choice."""
    digest = str(question["hash_algorithm"]["algorithm"].native)
    if digest not in _DIGESTS:
        return False
    name = hashlib.new(digest, own.subject.dump()).digest()
    key = hashlib.new(digest, own.public_key["public_key"].contents[1:]).digest()
    return bool(question["issuer_name_hash"].native == name and question["issuer_key_hash"].native == key)
