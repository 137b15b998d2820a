"""The CMS envelope of a signature, from byte strings (RFC 5652 §5; PAdES: ETSI EN 319 142-1 §6.3).

SM2 may also be written with the identifiers of GB/T 35275-2017 (before it GM/T 0010-2012), where the signed
attributes already say so: the structure is the same.
"""

from collections.abc import Sequence

from yunqian.crypto import attributes, der
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite

_SIGNED_DATA = {
    attributes.DATA: der.oid("1.2.840.113549.1.7.2"),
    attributes.GM_DATA: der.oid("1.2.156.10197.6.1.4.2.2"),
}
_SM2_SIGN = der.sequence(der.oid("1.2.156.10197.1.301.1"))  # what GB/T 35275 has in the place of SM2-with-SM3
_SIGNATURE_TIMESTAMP = der.oid("1.2.840.113549.1.9.16.2.14")
_VERSION = der.integer(1)


def build(
    signed_attributes: bytes,
    signature: bytes,
    *,
    suite: Suite,
    certificate: Certificate,
    chain: Sequence[Certificate],
    timestamp: bytes | None,
) -> bytes:
    """A detached SignedData with one signer; `timestamp` is a TimeStampToken over the signature value.

    The signed attributes go in byte for byte, only their tag changes from SET to [0] (RFC 5652 §5.4).
    """
    content_type = attributes.parse(signed_attributes).content_type
    is_gm = content_type == attributes.GM_DATA
    who = der.sequence(certificate.issuer_der, der.integer(certificate.serial))
    signer = [
        _VERSION,
        who,
        suite.digest_identifier,
        b"\xa0" + signed_attributes[1:],
        _SM2_SIGN if is_gm else suite.signature_identifier,
        der.octets(signature),
    ]
    if timestamp is not None:
        attribute = der.sequence(_SIGNATURE_TIMESTAMP, der.set_of(timestamp))
        signer.append(der.explicit(1, attribute))
    certificates = sorted({link.der for link in (certificate, *chain)})
    return der.sequence(
        _SIGNED_DATA[content_type],
        der.explicit(
            0,
            der.sequence(
                _VERSION,
                der.set_of(suite.digest_identifier),
                der.sequence(der.oid(content_type)),
                der.explicit(0, *certificates),
                der.set_of(der.sequence(*signer)),
            ),
        ),
    )
