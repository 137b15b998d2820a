"""What an empty field demands of whoever signs in it: seed values (ISO 32000-2 §12.7.5.5, tables 237 to 239).

Only demands count that /Ff marks as required; the rest are suggestions. What we cannot meet, or do not know, is
named, so that nobody signs what its maker would not accept.
"""

from collections.abc import Sequence

import pikepdf

from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.engine.field_locks import Level
from yunqian.problems import Problem, Refused

_VERSION = 3
_BITS = {
    "Filter": 1,
    "SubFilter": 2,
    "V": 3,
    "Reasons": 4,
    "LegalAttestation": 5,
    "AddRevInfo": 6,
    "DigestMethod": 7,
    "LockDocument": 8,
    "AppearanceFilter": 9,
}
_CERTIFICATE_BITS = {"Subject": 1, "Issuer": 2, "OID": 3, "SubjectDN": 4, "KeyUsage": 6, "URL": 7}
_NO_REASON = "."


def require(
    field: pikepdf.Object, name: str, *, suite: Suite, signers: Sequence[Certificate], certify: Level | None
) -> None:
    """Raises Refused(FIELD_DEMANDS_MORE) with the first demand that a signature of this kind would not meet.

    `name` is the field's full name, `signers` the certificate and the authorities above it.
    """
    demand = _unmet(field.get("/SV"), suite, signers, certify)
    if demand is not None:
        raise Refused(Problem.FIELD_DEMANDS_MORE, field=name, demand=demand)


def _unmet(values: object, suite: Suite, signers: Sequence[Certificate], certify: Level | None) -> str | None:
    if values is None:
        return None
    if not isinstance(values, pikepdf.Dictionary):
        return "SV"
    for name in _required(values, _BITS):
        if not _is_met(name, values.get(f"/{name}"), suite):
            return name
    return (
        _unmet_level(values.get("/MDP"), certify)
        or _unmet_time(values.get("/TimeStamp"))
        or _unmet_certificate(values.get("/Cert"), signers)
    )


def _required(values: pikepdf.Object, bits: dict[str, int]) -> list[str]:
    """Names of the entries that /Ff requires and that are there; flags of later versions require "Ff" itself."""
    flags = values.get("/Ff", 0)
    if not isinstance(flags, int) or flags < 0:
        return ["Ff"]
    known = sum(1 << (bit - 1) for bit in bits.values())
    found = [name for name, bit in bits.items() if flags >> (bit - 1) & 1 and f"/{name}" in values]
    return found + (["Ff"] if flags & ~known else [])


def _is_met(name: str, value: object, suite: Suite) -> bool:
    if name == "Filter":
        return str(value) == "/Adobe.PPKLite"
    if name == "SubFilter":
        return _texts(value)[:1] == ["/ETSI.CAdES.detached"]  # the first that a signer can make is to be made
    if name == "V":
        return isinstance(value, int) and value <= _VERSION
    if name == "Reasons":
        return _texts(value) == [_NO_REASON]  # we give no reason
    if name == "AddRevInfo":
        return value is False
    if name == "DigestMethod":
        return suite.digest.upper() in {text.lstrip("/").upper() for text in _texts(value)}
    return name == "LockDocument" and str(value) == "/false"


def _unmet_level(wanted: object, certify: Level | None) -> str | None:
    """/MDP says whether the signature in this field certifies, and at which level; 0 is an ordinary one."""
    if wanted is None:
        return None
    level = wanted.get("/P", 0) if isinstance(wanted, pikepdf.Dictionary) else None
    return None if level == (certify or 0) else "MDP"


def _unmet_time(wanted: object) -> str | None:
    """A stamp by an authority that the document names is one that nobody here may ask."""
    if not isinstance(wanted, pikepdf.Dictionary):
        return None
    return "TimeStamp" if wanted.get("/Ff", 0) else None


def _unmet_certificate(wanted: object, signers: Sequence[Certificate]) -> str | None:
    if not isinstance(wanted, pikepdf.Dictionary):
        return None
    for name in _required(wanted, _CERTIFICATE_BITS):
        named = _octets(wanted.get(f"/{name}"))
        is_met = (name == "Subject" and signers[0].der in named) or (
            name == "Issuer" and any(one.der in named for one in signers)
        )
        if not is_met and name != "URL":  # where to get a certificate: he has one
            return f"Cert.{name}"
    return None


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, pikepdf.Array) else []


def _octets(value: object) -> list[bytes]:
    listed = list(value) if isinstance(value, pikepdf.Array) else []
    return [bytes(one) for one in listed if isinstance(one, pikepdf.String)]
