"""Is a certificate revoked, and since when: what revocation lists say (RFC 5280 §5); `ocsp` has the other way.

Whatever was handed in counts, whether or not the certificate names where such statements are to be had; what
nobody states is UNKNOWN, which is not good. Nothing is fetched.
"""

from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache

from asn1crypto import core, crl, x509

from yunqian.crypto import names, schemes
from yunqian.crypto.certificates import Certificate

_UNDERSTOOD = frozenset({"issuing_distribution_point", "authority_key_identifier", "crl_number"})
_EXPIRED_STAY = "2.5.29.60"  # expiredCertsOnCRL (X.509 §9.5.2.8)
_NOT_REVOKED = "remove_from_crl"
_LATER_HARMLESS = frozenset({"unspecified", "affiliation_changed", "superseded", "cessation_of_operation"})


class Standing(Enum):
    """What the statements say of a certificate at a time. UNKNOWN is not good."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a certificate; `since` and `reason` (RFC 5280 §5.3.1) only where it is revoked."""

    standing: Standing
    since: datetime | None = None
    reason: str | None = None

    @property
    def spoils_what_went_before(self) -> bool:
        """Whether what was stamped before the revocation falls with it: all but four reasons (RFC 3161 §4)."""
        return self.standing is Standing.REVOKED and self.reason not in _LATER_HARMLESS


@dataclass(frozen=True, slots=True)
class Scope:
    """For which certificates a list speaks (issuing distribution point, RFC 5280 §5.2.5)."""

    only_people: bool = False
    only_authorities: bool = False
    addresses: frozenset[str] = frozenset()

    def includes(self, certificate: Certificate) -> bool:
        """Whether it would be on this list; a part of a divided list says nothing of the other parts."""
        if (self.only_people and certificate.is_ca) or (self.only_authorities and not certificate.is_ca):
            return False
        return not self.addresses or bool(self.addresses & _list_addresses(certificate.der))


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list as read once."""

    issuer_der: bytes
    updated_at: datetime
    next_update_at: datetime | None
    revoked_at: dict[int, datetime]
    reasons: dict[int, str]
    scope: Scope
    keeps_expired: bool
    scheme: schemes.Scheme | None
    signed_der: bytes
    signature: bytes

    def speaks_of(self, at: datetime) -> bool:
        """A list made later knows of the time too; an older one until its next update."""
        return self.updated_at >= at or (self.next_update_at is not None and self.next_update_at >= at)

    def clears(self, certificate: Certificate, at: datetime) -> bool:
        """Whether its silence is good news: in its scope, of that time, and not about one long expired.

        An authority may drop a certificate from its list once it has expired (RFC 5280 §3.3).
        """
        is_kept = self.keeps_expired or self.updated_at <= certificate.not_after_at
        return is_kept and self.speaks_of(at) and self.scope.includes(certificate)

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
    scope = _scope(listed.issuing_distribution_point_value)
    if scope is None:
        return None
    entries: dict[int, datetime] = {}
    reasons: dict[int, str] = {}
    for entry in body["revoked_certificates"] or []:
        reason = entry.crl_reason_value.native if entry.crl_reason_value is not None else None
        if reason != _NOT_REVOKED:
            serial = int(entry["user_certificate"].native)
            entries[serial] = entry["revocation_date"].native
            reasons |= {serial: reason} if reason else {}
    return RevocationList(
        issuer_der=body["issuer"].dump(),
        updated_at=body["this_update"].native,
        next_update_at=body["next_update"].native,
        revoked_at=entries,
        reasons=reasons,
        scope=scope,
        keeps_expired=any(one["extn_id"].dotted == _EXPIRED_STAY for one in body["crl_extensions"] or []),
        scheme=schemes.read(listed["signature_algorithm"].dump()),
        signed_der=body.dump(),
        signature=listed["signature"].native,
    )


def _scope(point: crl.IssuingDistributionPoint | None) -> Scope | None:
    """None for a list that speaks for other authorities, or of some reasons only, or of attributes."""
    if point is None:
        return Scope()
    if point["indirect_crl"].native or point["only_contains_attribute_certs"].native:
        return None
    if not isinstance(point["only_some_reasons"], core.Void) and point["only_some_reasons"].native:
        return None
    return Scope(
        only_people=bool(point["only_contains_user_certs"].native),
        only_authorities=bool(point["only_contains_ca_certs"].native),
        addresses=_addresses(point["distribution_point"]),
    )


def _addresses(name: object) -> frozenset[str]:
    """The addresses in a DistributionPointName; one that we cannot compare is an address nobody has."""
    if isinstance(name, core.Void) or getattr(name, "native", None) is None:
        return frozenset()
    if not isinstance(name, x509.DistributionPointName) or name.name != "full_name":
        return frozenset({""})
    listed = frozenset(str(one.native) for one in name.chosen if one.name == "uniform_resource_identifier")
    return listed or frozenset({""})


@lru_cache(maxsize=512)
def _list_addresses(certificate_der: bytes) -> frozenset[str]:
    """Where a certificate says its list is; only compared, never fetched."""
    try:
        points = x509.Certificate.load(certificate_der).crl_distribution_points_value or []
        found = [_addresses(point["distribution_point"]) for point in points]
        return frozenset().union(*found) - {""}
    except Exception:  # noqa: BLE001  a stranger's bytes: asn1crypto raises many kinds
        return frozenset()


def told(certificate: Certificate, issuer: Certificate, lists: Iterable[bytes], *, at: datetime) -> Told:
    """What the given lists say of a certificate at a time.

    `issuer` is the certificate above it, whose key was checked to have signed it.
    """
    return worst([_by_list(certificate, issuer, encoded, at) for encoded in lists])


def worst(said: Sequence[Told]) -> Told:
    """Of several statements the worst: the earliest revocation, before good, before nothing."""
    revoked = [one for one in said if one.since is not None]
    if revoked:
        return min(revoked, key=lambda one: (one.since, not one.spoils_what_went_before))
    return next((one for one in said if one.standing is Standing.GOOD), Told(Standing.UNKNOWN))


def _by_list(certificate: Certificate, issuer: Certificate, encoded: bytes, at: datetime) -> Told:
    listed = read(encoded)
    if listed is None or not listed.is_by(issuer):
        return Told(Standing.UNKNOWN)
    since = listed.revoked_at.get(certificate.serial)
    if since is not None:
        return Told(Standing.REVOKED, since, listed.reasons.get(certificate.serial))
    return Told(Standing.GOOD if listed.clears(certificate, at) else Standing.UNKNOWN)


def standing(
    certificate: Certificate, issuer: Certificate, lists: Iterable[bytes], *, at: datetime
) -> tuple[Standing, datetime | None]:
    """What the given lists alone say of a certificate at a time, and since when it is revoked."""
    found = told(certificate, issuer, lists, at=at)
    return found.standing, found.since
