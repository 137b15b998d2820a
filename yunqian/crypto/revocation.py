"""Certificate revocation lists (RFC 5280 §5): is a certificate on a list of its own issuer, and since when."""

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache

from asn1crypto import crl

from yunqian.crypto import names, schemes
from yunqian.crypto.certificates import Certificate

_UNDERSTOOD = frozenset({"issuing_distribution_point", "authority_key_identifier", "crl_number"})
_NOT_REVOKED = "remove_from_crl"


class Standing(Enum):
    """What the lists say of a certificate at a time. UNKNOWN is not good."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list as read once."""

    issuer_der: bytes
    updated_at: datetime
    next_update_at: datetime | None
    revoked_at: dict[int, datetime]
    scheme: schemes.Scheme | None
    signed_der: bytes
    signature: bytes

    def speaks_of(self, at: datetime) -> bool:
        """A list made later knows of the time too; an older one until its next update."""
        return self.updated_at >= at or (self.next_update_at is not None and self.next_update_at >= at)

    def is_by(self, issuer: Certificate) -> bool:
        """Whether the issuer of the certificates made this list."""
        if self.scheme is None or self.scheme.is_weak or not names.match(self.issuer_der, issuer.subject_der):
            return False
        return schemes.verify(self.scheme, issuer.public_key_der, self.signed_der, self.signature)


@lru_cache(maxsize=128)
def read(encoded: bytes) -> RevocationList | None:
    """Read a list from DER or PEM; None for bytes that are none, or one with limits we do not understand."""
    try:
        if encoded.lstrip().startswith(b"-----BEGIN"):
            encoded = b64decode(b"".join(encoded.strip().splitlines()[1:-1]))
        return _read(crl.CertificateList.load(encoded, strict=True))
    except Exception:  # noqa: BLE001  a stranger's bytes: asn1crypto raises many kinds
        return None


def _read(listed: crl.CertificateList) -> RevocationList | None:
    body = listed["tbs_cert_list"]
    if set(listed.critical_extensions) - _UNDERSTOOD or listed.delta_crl_indicator_value is not None:
        return None
    entries = {
        int(entry["user_certificate"].native): entry["revocation_date"].native
        for entry in body["revoked_certificates"] or []
        if entry.crl_reason_value is None or entry.crl_reason_value.native != _NOT_REVOKED
    }
    return RevocationList(
        issuer_der=body["issuer"].dump(),
        updated_at=body["this_update"].native,
        next_update_at=body["next_update"].native,
        revoked_at=entries,
        scheme=schemes.read(listed["signature_algorithm"].dump()),
        signed_der=body.dump(),
        signature=listed["signature"].native,
    )


def standing(
    certificate: Certificate, issuer: Certificate, lists: Iterable[bytes], *, at: datetime
) -> tuple[Standing, datetime | None]:
    """What the given lists say of a certificate at a time, and since when it is revoked.

    A list counts when its issuer signed it, whether or not the certificate names where to find one.
    """
    found = Standing.UNKNOWN
    for encoded in lists:
        listed = read(encoded)
        if listed is None or not listed.is_by(issuer):
            continue
        since = listed.revoked_at.get(certificate.serial)
        if since is not None:
            return Standing.REVOKED, since
        if listed.speaks_of(at):
            found = Standing.GOOD
    return found, None
