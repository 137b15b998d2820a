"""Writing on a PKCS#11 key: a certificate beside its own pair, and seals as data objects; all of it or nothing.

What is replaced goes only after everything new stands and was read back, so that a full key, or one that is pulled
out in the middle, never ends with less than it had.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pkcs11 import Attribute, CertificateType, ObjectClass, Session
from pkcs11 import exceptions as trouble

from yunqian.agent.keys.pkcs11 import contents, objects, pairs
from yunqian.crypto import certificates, der
from yunqian.crypto.certificates import Certificate
from yunqian.eseal import seal
from yunqian.eseal.seal import Seal
from yunqian.problems import Problem, Refused

APPLICATION = "yunqian.seal"
_MAX_LABEL_BYTES = 64


def readable(seals: Sequence[bytes]) -> tuple[Seal, ...]:
    """The seals to write, each number once, the last one of a number winning.

    Raises Refused(SEAL_UNREADABLE), and Refused(KEY_FULL) for one that we would not read back for its size.
    """
    if any(len(one) > contents.MAX_SEAL_BYTES for one in seals):
        raise Refused(Problem.KEY_FULL)
    return tuple({one.es_id: one for one in map(seal.read, seals)}.values())


def store(session: Session, certificate: Certificate | None, seals: Sequence[Seal]) -> None:
    """Write in a session that is logged in for writing.

    Raises PKCS11Error, Refused(CERTIFICATE_MISMATCH), Refused(KEY_FULL) for more seals than are read back, and
    Refused(KEY_FAILED) where the key gives back something else; the key then holds what it held before.
    """
    templates, replaced = [], []
    if certificate is not None:
        identifier = pairs.identifier_for(session, certificate.public_key_der)
        older = _older(session, certificate)
        is_there = any(one for one, found in older if found == certificate and _id(one) == identifier)
        if not is_there:
            templates.append(_certificate(certificate, identifier))
            replaced += [one for one, _ in older]
        else:
            replaced += [one for one, found in older if found != certificate]
    new, old = _seals(session, seals)
    _replace(session, [*templates, *new], [*replaced, *old])


def _seals(session: Session, seals: Sequence[Seal]) -> tuple[list[dict[Attribute, Any]], list[Any]]:
    """Templates of the seals that are not on the key yet, and the objects that go for them."""
    held = contents.seal_objects(session)
    wanted = {one.es_id: one.whole for one in seals}
    if len(wanted.keys() | {one.es_id for _, one in held}) > contents.MAX_SEALS:
        raise Refused(Problem.KEY_FULL)
    kept: set[bytes] = set()
    old = []
    for one, found in held:
        if found.es_id not in wanted:
            continue
        if found.whole == wanted[found.es_id] and found.whole not in kept:
            kept.add(found.whole)
        else:
            old.append(one)
    return [_seal(one) for one in seals if one.whole not in kept], old


def _replace(session: Session, templates: Sequence[dict[Attribute, Any]], old: Sequence[Any]) -> None:
    made: list[Any] = []
    try:
        for template in templates:
            made.append(session.create_object(template))
            if objects.octets(made[-1], Attribute.VALUE) != template[Attribute.VALUE]:
                raise Refused(Problem.KEY_FAILED, detail="CKA_VALUE")
    except BaseException:
        _destroy(made)
        raise
    _destroy(old)


def _destroy(ones: Sequence[Any]) -> None:
    """What cannot be taken away stays beside the new; it does no harm there."""
    for one in ones:
        with suppress(trouble.PKCS11Error):
            one.destroy()


def _older(session: Session, certificate: Certificate) -> list[tuple[Any, Certificate]]:
    """The certificates on the key for the same public key, the very one included."""
    wanted = pairs.kind_of(certificate.public_key_der)
    found = []
    for one in contents.certificate_objects(session):
        with suppress(Refused):
            read = certificates.read(objects.octets(one, Attribute.VALUE))
            if pairs.kind_of(read.public_key_der) == wanted:
                found.append((one, read))
    return found


def _id(one: Any) -> bytes:
    return objects.octets(one, Attribute.ID)


def _certificate(certificate: Certificate, identifier: bytes) -> dict[Attribute, Any]:
    """CKO_CERTIFICATE of X.509 (v2.40 §4.6.3)."""
    return {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
        Attribute.LABEL: _cut(certificate.owner),
        Attribute.ID: identifier,
        Attribute.SUBJECT: certificate.subject_der,
        Attribute.ISSUER: certificate.issuer_der,
        Attribute.SERIAL_NUMBER: der.integer(certificate.serial),
        Attribute.VALUE: certificate.der,
    }


def _seal(one: Seal) -> dict[Attribute, Any]:
    """CKO_DATA (v2.40 §4.5), public: the panel shows the seal before any PIN.

    Named by CKA_APPLICATION alone: opencryptoki refuses an object with a CKA_OBJECT_ID.
    """
    return {
        Attribute.CLASS: ObjectClass.DATA,
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
        Attribute.LABEL: _cut(one.name),
        Attribute.APPLICATION: APPLICATION,
        Attribute.VALUE: one.whole,
    }


def _cut(text: str) -> str:
    return text.encode(errors="replace")[:_MAX_LABEL_BYTES].decode(errors="ignore")
