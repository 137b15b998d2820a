"""What is on a key, as anybody may read it without a PIN: its certificates, its seals, what it can do."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pkcs11 import Attribute, Mechanism, ObjectClass, Session, Token, TokenFlag

from yunqian.agent.keys.pkcs11 import objects, pairs, signing
from yunqian.agent.keys.port import KeyAct
from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal import seal
from yunqian.eseal.seal import Seal
from yunqian.problems import Refused

MAX_SEALS = 20
MAX_SEAL_BYTES = 1024 * 1024
_MAX_READ_BYTES = 32 * 1024 * 1024
_SEQUENCE = b"\x30"


@dataclass(frozen=True, slots=True)
class Contents:
    """One reading of a key."""

    certificates: tuple[Certificate, ...]
    seals: tuple[bytes, ...]
    suites: tuple[Suite, ...]
    acts: frozenset[KeyAct]


def read(slot: Token) -> Contents:
    """Read a key in a session of its own. Raises PKCS11Error."""
    mechanisms = slot.slot.get_mechanisms()
    with slot.open() as session:
        found = [objects.octets(one, Attribute.VALUE) for one in certificate_objects(session)]
        sealed = [one.whole for _, one in seal_objects(session)]
    return Contents(
        _signing(found),
        tuple(dict.fromkeys(sealed))[:MAX_SEALS],
        _suites(mechanisms),
        _acts(slot, mechanisms),
    )


def certificate_objects(session: Session) -> list[Any]:
    """The certificate objects, readable or not."""
    return objects.of_class(session, ObjectClass.CERTIFICATE)


def seal_objects(session: Session) -> list[tuple[Any, Seal]]:
    """The data objects whose value is a seal, whoever wrote them; others, and overlong ones, are passed over.

    A size is known only once the value is read, so after 32 MB of them no more is read.
    """
    found, read_bytes = [], 0
    for one in objects.of_class(session, ObjectClass.DATA):
        value = objects.octets(one, Attribute.VALUE)
        read_bytes += len(value)
        if read_bytes > _MAX_READ_BYTES:
            break
        if value.startswith(_SEQUENCE) and len(value) <= MAX_SEAL_BYTES:
            with suppress(Refused):
                found.append((one, seal.read(value)))
    return found


def _signing(values: Iterable[bytes]) -> tuple[Certificate, ...]:
    """The readable certificates that may sign documents; authorities on the key are left out."""
    found = []
    for value in values:
        with suppress(Refused):
            found.append(certificates.read(value))
    return tuple(one for one in dict.fromkeys(found) if one.may_sign)


def _suites(mechanisms: Iterable[Mechanism | int]) -> tuple[Suite, ...]:
    offered = set(mechanisms)
    return tuple(suite for suite in signing.SUITES if offered & signing.MECHANISMS[suite])


def _acts(slot: Token, mechanisms: Iterable[Mechanism | int]) -> frozenset[KeyAct]:
    """A write-protected key can be changed in nothing; one that cannot make key pairs cannot be enrolled."""
    if TokenFlag.WRITE_PROTECTED in slot.flags:
        return frozenset()
    can = {KeyAct.CHANGE_PIN, KeyAct.UNLOCK, KeyAct.STORE}
    return frozenset(can | {KeyAct.ENROL} if set(mechanisms) & set(pairs.MAKES.values()) else can)
