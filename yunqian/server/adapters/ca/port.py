"""What every certificate authority promises, whoever runs it."""

import base64
import textwrap
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from yunqian.crypto.certificates import Certificate


class Status(StrEnum):
    """What an authority says of a certificate now. UNKNOWN: it is not one of its own."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a certificate is revoked (RFC 5280 §5.3.1); the values are the names of that clause."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"


class CertificateAuthority(Protocol):
    """Issues certificates to keys that prove themselves, and answers for them as long as they are valid."""

    def issue(self, request: bytes, *, name: str, organization: str | None = None) -> tuple[Certificate, ...]:
        """Certify the key of a PKCS#10 request (PEM or DER) for a holder: leaf first, root last.

        Only the key is taken from the request; who holds it is said by the caller, who has verified it.
        `name` becomes the common name, `organization` the organization (for an organization's own seal
        both are its name); each has 1 to 64 octets of UTF-8. Raises Refused(REQUEST_INVALID) for another name
        and unless the request is signed by its own key, and Refused(ALGORITHM_UNSUPPORTED) for a key that
        the platform would not sign with.
        """
        ...

    def intermediates(self) -> tuple[Certificate, ...]:
        """The authorities between the holders' certificates and the roots, to build chains with."""
        ...

    def status(self, certificate: Certificate) -> Status:
        """Whether a certificate holds now. Never asked inside a transaction.

        Raises Refused(CA_UNAVAILABLE) when the authority cannot say.
        """
        ...

    def revoke(self, certificate: Certificate, *, reason: Reason = Reason.UNSPECIFIED) -> None:
        """Revoke a certificate from now on; one that is revoked keeps its first date.

        Raises Refused(CERTIFICATE_UNTRUSTED) for a certificate that this authority did not issue.
        """
        ...

    def certificate(self, name: str) -> bytes | None:
        """The certificate of the authority's part `name` as DER, None where there is no such part."""
        ...

    def crl(self, name: str = "issuing") -> bytes | None:
        """The present revocation list of the part `name` as DER (RFC 5280 §5), None where there is none."""
        ...

    def renew_lists(self) -> None:
        """Make every list of this authority anew that is due, so that readers go on believing them."""
        ...

    def ocsp(self, request: bytes) -> bytes:
        """The answer to an OCSP request, both DER; a request that is none gets an error status (RFC 6960)."""
        ...


def pem(certificates: Iterable[Certificate]) -> bytes:
    """Certificates as PEM text in their order, as security clients and other software read them."""
    return "".join(map(_armoured, certificates)).encode()


def _armoured(certificate: Certificate) -> str:
    lines = "\n".join(textwrap.wrap(base64.b64encode(certificate.der).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
