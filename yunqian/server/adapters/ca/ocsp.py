"""Asking an authority's OCSP responder whether a certificate holds now (RFC 6960)."""

import secrets
from datetime import datetime

from asn1crypto import core, ocsp, x509

from yunqian.crypto import certificates
from yunqian.crypto import ocsp as answers
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.revocation import Standing
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.ca.port import Status
from yunqian.server.adapters.exchange import Exchange

_HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
_NONCE_BYTES = 32


class StatusByOcsp:
    """Asks one responder about the certificates below the given authorities."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        roots: tuple[Certificate, ...],
        intermediates: tuple[Certificate, ...] = (),
    ) -> None:
        self._exchange, self._roots, self._intermediates = exchange, roots, intermediates

    def of(self, certificate: Certificate, *, at: datetime) -> Status:
        """What the responder says. UNKNOWN where no path leads up, or where it knows nothing.

        Raises Refused(CA_UNAVAILABLE) for no answer, and for one that cannot be believed: without our nonce, by
        somebody else, or too old.
        """
        try:
            issuer = certificates.chain(certificate, self._intermediates, self._roots, at=at)[1]
        except (Refused, IndexError):
            return Status.UNKNOWN
        nonce = secrets.token_bytes(_NONCE_BYTES)
        answer = self._exchange.post(_question(certificate, issuer, nonce), _HEADERS)
        response = answers.read(answer)
        if response is None or not _carries(answer, nonce):
            raise Refused(Problem.CA_UNAVAILABLE)
        told = answers.told(certificate, issuer, [answer], [], at=at)
        if told.standing is Standing.UNKNOWN and not _says_unknown(response, certificate, issuer):
            raise Refused(Problem.CA_UNAVAILABLE)
        return {
            Standing.GOOD: Status.GOOD,
            Standing.REVOKED: Status.REVOKED,
            Standing.UNKNOWN: Status.UNKNOWN,
        }[told.standing]


def _question(certificate: Certificate, issuer: Certificate, nonce: bytes) -> bytes:
    """One question by SHA-1, which every responder knows; nothing is secret or signed by it (§4.3)."""
    above = x509.Certificate.load(issuer.der)
    named = ocsp.CertId(
        {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": above.subject.sha1,
            "issuer_key_hash": above.public_key.sha1,
            "serial_number": certificate.serial,
        }
    )
    asked = ocsp.TBSRequest(
        {
            "request_list": [{"req_cert": named}],
            "request_extensions": [
                {"extn_id": "nonce", "critical": False, "extn_value": core.OctetString(nonce).dump()}
            ],
        }
    )
    encoded: bytes = ocsp.OCSPRequest({"tbs_request": asked}).dump()
    return encoded


def _carries(answer: bytes, nonce: bytes) -> bool:
    """Whether the answer is to our question and no other: it repeats the nonce (RFC 8954)."""
    whole = ocsp.OCSPResponse.load(answer)
    body = whole["response_bytes"]["response"].parsed["tbs_response_data"]
    stated = [
        one["extn_value"].contents for one in body["response_extensions"] if one["extn_id"].native == "nonce"
    ]
    return any(nonce in value for value in stated)


def _says_unknown(response: answers.Response, certificate: Certificate, issuer: Certificate) -> bool:
    mine = [one for one in response.answers if one.is_of(certificate, issuer)]
    return bool(mine) and all(one.told.standing is Standing.UNKNOWN for one in mine)
