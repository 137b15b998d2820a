"""A plugged-in key as pages see it: certificates that it can sign with, seals with their pictures, what it can do."""

import base64
import hashlib
from collections import OrderedDict
from datetime import datetime

from yunqian.agent.keys.port import UsbKey
from yunqian.agent.keys.ring import Held
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.eseal import seal, verdicts
from yunqian.eseal.seal import Seal, SealPicture
from yunqian.eseal.verdicts import Verdict
from yunqian.problems import Refused
from yunqian.wire.keys import Key, KeyCertificate, KeySeal

MAX_PICTURE_BYTES = 200 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_REMEMBERED = 64


def told(held: Held) -> Key:
    """One key of a KeyList."""
    key = held.key
    return Key(
        serial=key.serial,
        label=key.label,
        driver=key.driver,
        is_demo=key.is_demo,
        certificates=tuple(
            one for certificate in key.certificates if (one := _certificate(certificate, key))
        ),
        tries_left=held.seen.left,
        is_locked=held.seen.is_locked,
        is_default_pin=held.seen.is_default,
        seals=tuple(shown for raw in key.seals if (shown := _SEALS.told(raw, key.certificates))),
        acts=tuple(sorted(act.value for act in key.acts)),
    )


def _certificate(certificate: Certificate, key: UsbKey) -> KeyCertificate | None:
    """None for a certificate whose algorithm this key, or this machine, cannot sign with."""
    try:
        suite = suites.suite_of(certificate)
    except Refused:
        return None
    if suite not in key.suites:
        return None
    return KeyCertificate(
        sha256=certificate.sha256,
        der=base64.b64encode(certificate.der).decode(),
        owner=certificate.owner,
        issuer=certificate.issuer_name,
        serial_hex=certificate.serial_hex,
        algorithm=suite.name,
        not_before_at=certificate.not_before_at,
        not_after_at=certificate.not_after_at,
    )


class _Seals:
    """Seal objects read once: keys are listed every second while a page listens, and pictures are large."""

    def __init__(self) -> None:
        self._read: OrderedDict[tuple[str, ...], KeySeal | None] = OrderedDict()

    def told(self, raw: bytes, certificates: tuple[Certificate, ...]) -> KeySeal | None:
        """One seal of a key; None for an object that cannot be read as one."""
        name = (hashlib.sha256(raw).hexdigest(), *(one.sha256 for one in certificates))
        if name not in self._read:
            self._read[name] = _seal(raw, name[0], certificates)
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        self._read.move_to_end(name)
        return self._read[name]


_SEALS = _Seals()


def _seal(raw: bytes, sha256: str, certificates: tuple[Certificate, ...]) -> KeySeal | None:
    try:
        found = seal.read(raw)
    except Refused:
        return None
    begins, ends = found.valid_from_at, found.valid_until_at
    if begins is None or ends is None:
        return None
    return _shown(found, sha256, (begins, ends), certificates)


def _shown(
    found: Seal, sha256: str, validity: tuple[datetime, datetime], certificates: tuple[Certificate, ...]
) -> KeySeal:
    bound = (one for one in certificates if _is_bound(found, one))
    return KeySeal(
        sha256=sha256,
        code=found.es_id[:200],
        name=found.name[:200],
        width_mm=float(found.picture.width_mm),
        height_mm=float(found.picture.height_mm),
        picture=_picture(found.picture),
        not_before_at=validity[0],
        not_after_at=validity[1],
        certificates_sha256=tuple(one.sha256 for one in bound),
    )


def _is_bound(found: Seal, certificate: Certificate) -> bool:
    return verdicts.judge_membership(found, certificate.der).verdict is Verdict.VALID


def _picture(found: SealPicture) -> str | None:
    """Only what browsers draw without a doubt, and told by its bytes: the word of its maker is not asked."""
    if not found.content.startswith(_PNG) or len(found.content) > MAX_PICTURE_BYTES:
        return None
    return base64.b64encode(found.content).decode()
