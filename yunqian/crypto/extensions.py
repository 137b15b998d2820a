"""The extensions of a certificate (RFC 5280 §4.2) that decide what it may be used for.

An extension that is there twice, or is one of those and cannot be read, is reported like a critical one that
nobody knows: such a certificate can be shown, and no path leads through it. What decides nothing here, such as
alternative names, is not even opened: malformed ones are common.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from yunqian.crypto import ber, der

_KEY_IDENTIFIER, _KEY_USAGE, _CONSTRAINTS = "2.5.29.14", "2.5.29.15", "2.5.29.19"
_NAME_CONSTRAINTS, _EXTENDED_USAGE, _AUTHORITY_KEY = "2.5.29.30", "2.5.29.37", "2.5.29.35"
_OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"  # RFC 6960 §4.2.2.2.1
_UNDERSTOOD = frozenset(
    {
        _CONSTRAINTS,
        _KEY_USAGE,
        _EXTENDED_USAGE,
        _AUTHORITY_KEY,
        _KEY_IDENTIFIER,
        "2.5.29.17",  # subject alternative name
        "2.5.29.18",  # issuer alternative name
        "2.5.29.31",  # where the revocation lists are
        "2.5.29.32",  # certificate policies: shown by the authority, asked for by nobody here
        "1.3.6.1.5.5.7.1.1",  # where the authority's own certificate is
        _OCSP_NO_CHECK,
    }
)
_DIGITAL_SIGNATURE, _NON_REPUDIATION, _CERTIFICATE_SIGN = 0, 1, 5
_OF_MACHINES = frozenset(
    {
        "1.3.6.1.5.5.7.3.8",  # time stamps
        "1.3.6.1.5.5.7.3.9",  # OCSP
    }
)
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions say; `usages` are the bit numbers of key usage, None where it is not stated."""

    usages: frozenset[int] | None = None
    purposes: tuple[str, ...] = ()
    is_authority: bool = False
    path_length: int | None = None
    key_identifier: bytes | None = None
    authority_key: bytes | None = None
    critical: frozenset[str] = frozenset()
    is_exempt_from_revocation: bool = False
    not_understood: tuple[str, ...] = ()

    @property
    def may_sign(self) -> bool:
        """DigitalSignature or nonRepudiation where usage is stated, and not an authority.

        Stated purposes bind (RFC 5280 §4.2.1.12): the key of a time-stamp authority or of a responder is not a
        person's. Other purposes do no harm: a government's system for making seals states that of a web server.
        """
        is_elsewhere = bool(self.purposes) and _OF_MACHINES.issuperset(self.purposes)
        return self._has_usage and not self.is_authority and not is_elsewhere

    @property
    def may_issue(self) -> bool:
        """An authority whose key may sign certificates."""
        return self.is_authority and (self.usages is None or _CERTIFICATE_SIGN in self.usages)

    @property
    def may_stamp(self) -> bool:
        """Time stamping and nothing else, critical (RFC 3161 §2.3)."""
        return self.purposes == (_TIME_STAMPING,) and _EXTENDED_USAGE in self.critical

    @property
    def may_answer(self) -> bool:
        """Speaking for its issuer by OCSP (RFC 6960 §4.2.2.2)."""
        return _OCSP_SIGNING in self.purposes and self._has_usage and not self.is_authority

    @property
    def _has_usage(self) -> bool:
        return self.usages is None or bool(self.usages & {_DIGITAL_SIGNATURE, _NON_REPUDIATION})


def read(listed: ber.Element | None) -> Extensions:
    """Read the SEQUENCE OF Extension, or None for a certificate without. Raises ber.NotBer."""
    if listed is None:
        return Extensions()
    found = [_split(one) for one in listed.tagged(ber.SEQUENCE).children()]
    values = {kind: value for kind, _, value in found}
    critical = frozenset(kind for kind, is_critical, _ in found if is_critical)
    doubtful = {kind for kind, count in Counter(kind for kind, _, _ in found).items() if count > 1}
    # Constraints on names bind whoever issued below (RFC 5280 §4.2.1.10); not applied here, so never ignored.
    doubtful |= (critical - _UNDERSTOOD) | ({_NAME_CONSTRAINTS} & values.keys())
    said: dict[str, Any] = {}
    for kind, reader in _READERS.items():
        if kind in values:
            try:
                said.update(reader(values[kind]))
            except (ber.NotBer, ValueError, IndexError):
                doubtful.add(kind)
    if _KEY_USAGE in doubtful:
        said["usages"] = frozenset()
    return Extensions(
        **said,
        critical=critical,
        is_exempt_from_revocation=_OCSP_NO_CHECK in values,
        not_understood=tuple(sorted(doubtful)),
    )


def _split(extension: ber.Element) -> tuple[str, bool, bytes]:
    kind, *rest = extension.tagged(ber.SEQUENCE).children()
    is_critical = len(rest) == 2 and ber.is_true(rest[0])
    return ber.dotted(kind), is_critical, rest[-1].tagged(der.OCTETS).content


def _usage(value: bytes) -> dict[str, Any]:
    octets = ber.bits(ber.only(value, ber.BIT_STRING))
    return {
        "usages": frozenset(
            number for number in range(len(octets) * 8) if octets[number // 8] & 0x80 >> number % 8
        )
    }


def _constraints(value: bytes) -> dict[str, Any]:
    parts = ber.only(value, ber.SEQUENCE).children()
    is_authority = bool(parts) and parts[0].tag == ber.BOOLEAN and ber.is_true(parts[0])
    numbers = [ber.integer(part) for part in parts if part.tag == ber.INTEGER]
    if numbers and min(numbers) < 0:
        raise ber.NotBer("a path of negative length")
    return {"is_authority": is_authority, "path_length": numbers[0] if is_authority and numbers else None}


def _purposes(value: bytes) -> dict[str, Any]:
    return {"purposes": tuple(ber.dotted(one) for one in ber.only(value, ber.SEQUENCE).children())}


def _identifier(name: str, value: bytes) -> dict[str, Any]:
    return {name: ber.only(value, der.OCTETS).content}


def _authority(value: bytes) -> dict[str, Any]:
    """KeyIdentifier [0] of AuthorityKeyIdentifier; the other forms are not used here."""
    named = [one.content for one in ber.only(value, ber.SEQUENCE).children() if one.tag == 0x80]
    return {"authority_key": named[0] if named else None}


_READERS: dict[str, Callable[[bytes], dict[str, Any]]] = {
    _KEY_USAGE: _usage,
    _CONSTRAINTS: _constraints,
    _EXTENDED_USAGE: _purposes,
    _KEY_IDENTIFIER: partial(_identifier, "key_identifier"),
    _AUTHORITY_KEY: _authority,
}
