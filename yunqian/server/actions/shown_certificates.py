"""Certificates and values as a page brings them: base64 of a reasonable size."""

import base64
import binascii

from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused

_LARGEST_CERTIFICATE = 16_384


def read(encoded: str) -> Certificate:
    """The certificate. Raises Refused(REQUEST_INVALID or CERTIFICATE_UNREADABLE)."""
    der = decoded(encoded, "certificate")
    if len(der) > _LARGEST_CERTIFICATE:
        raise Refused(Problem.REQUEST_INVALID, detail="certificate")
    return certificates.read(der)


def decoded(encoded: str, place: str) -> bytes:
    """The octets of a field of this name. Raises Refused(REQUEST_INVALID)."""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Refused(Problem.REQUEST_INVALID, detail=place) from error
