"""Soft keys: key pairs in an encrypted file, for demonstration and tests. Told as such in every dialog.

One folder per key: `key.json` (see `soft_record`), `request.pem` (PKCS#10 of the pair it was made with),
`certificate.pem` (leaf first, written by who issued it), and what was stored on the key afterwards:
`certificates/*.der`, one for each pair, and `seals/*.der`, one for each seal code.
A counter is written down *before* a PIN is tried: a kill in between costs a try and never gives one.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag

from yunqian.agent import pin as pins
from yunqian.agent.keys import soft_pairs, soft_record
from yunqian.agent.keys.port import SUITES, KeyAct, Series
from yunqian.agent.keys.soft_record import MAX_ADMIN_TRIES, MAX_PAIRS, MAX_TRIES, AnyRecord, KeyRecord
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import certificates, sm2, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal.seal import kept_as
from yunqian.problems import Problem, Refused

MIN_PIN_BYTES = 6
MAX_SEALS = 20
MAX_SEAL_BYTES = 1_000_000
_ACTS = frozenset({KeyAct.CHANGE_PIN, KeyAct.ENROL, KeyAct.STORE})
_PIN_ROOM = f"{MIN_PIN_BYTES}–{pins.MAX_PIN_BYTES}"


def create(
    folder: Path,
    *,
    serial: str,
    label: str,
    pin: Pin,
    algorithm: Suite | None = None,
    admin_pin: Pin | None = None,
) -> Path:
    """Make a new key in `folder/<serial>` and give that folder.

    With an algorithm it has a pair and a request signed by it; without one it is empty, as from the shop. Without
    an admin PIN it can never be unlocked. Raises Refused(REQUEST_INVALID) when the serial is taken or not a plain
    name, or a PIN is not of 6 to 64 bytes.
    """
    if not soft_record.SERIAL.fullmatch(serial):
        raise Refused(Problem.REQUEST_INVALID, detail="serial: letters, digits, '.', '_' and '-' only")
    if not all(_is_long_enough(one) for one in (pin, admin_pin) if one is not None):
        raise Refused(Problem.REQUEST_INVALID, detail=f"PIN: {_PIN_ROOM} bytes")
    home = folder / serial
    if (home / soft_record.NAME).exists():
        raise Refused(Problem.REQUEST_INVALID, detail=f"a key with the serial {serial} exists")
    record, kek = soft_record.new(serial, label, pin, admin_pin)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if algorithm is not None:
        plain = soft_pairs.generate(algorithm)
        request = soft_pairs.request(soft_pairs.loaded(plain), algorithm, label)
        soft_record.replace_all({home / "request.pem": soft_pairs.armoured(request)})
        record = record.model_copy(update={"pairs": (soft_record.pair(kek, plain, serial),)})
    soft_record.write(home, record)
    return home


def _is_long_enough(pin: Pin) -> bool:
    return MIN_PIN_BYTES <= len(pin.secret) <= pins.MAX_PIN_BYTES


@dataclass(frozen=True, slots=True)
class SoftKey:
    """One soft key as listed; its folder is read again for every act."""

    home: Path
    serial: str
    label: str
    certificates: tuple[Certificate, ...]
    lock: threading.Lock
    seals: tuple[bytes, ...] = ()
    acts: frozenset[KeyAct] = _ACTS
    driver: str = "soft"
    is_demo: bool = True
    suites: tuple[Suite, ...] = SUITES

    def tries(self) -> Tries:
        """The persisted counter."""
        return soft_record.tries(self._record())

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`; the private key lives only inside this call."""
        return soft_pairs.value(self._private(certificate, suite, pin), suite, message)

    def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        """See `UsbKey.sign_each`."""
        private = self._private(certificate, suite, pin)
        return Series(tuple(soft_pairs.value(private, suite, message) for message in messages))

    def _private(self, certificate: Certificate, suite: Suite, pin: Pin) -> soft_pairs.PrivateKey:
        """The private key of the certificate, opened with the PIN."""
        with self.lock:
            record, kek = self._opened(pin)
        held = [one for one in record.pairs if soft_pairs.is_same(one.public_der, certificate.public_key_der)]
        if not held:
            raise Refused(Problem.CERTIFICATE_MISMATCH)
        if suite is not suites.suite_of(certificate):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=suite.name)
        try:
            return soft_record.private_key(kek, held[0], self.serial)
        except (InvalidTag, ValueError) as error:
            raise _damaged() from error

    def change_pin(self, old: Pin, new: Pin) -> None:
        """See `UsbKey.change_pin`; the new PIN is looked at before a try is spent on the old one."""
        _require_pin(new)
        with self.lock:
            record, kek = self._opened(old)
            lock = soft_record.locked(kek, new, b"pin", self.serial)
            self._write(record.model_copy(update={"pin": lock}))

    def unlock(self, admin: Pin, new: Pin) -> None:
        """See `UsbKey.unlock`; ten wrong admin PINs lock it for good, as they do on a real key."""
        _require_pin(new)
        with self.lock:
            record = self._record()
            if not isinstance(record, KeyRecord) or record.admin is None:
                raise Refused(Problem.KEY_ACT_UNSUPPORTED)
            left = record.admin_tries_left - 1
            if left < 0:
                raise Refused(Problem.ADMIN_PIN_LOCKED)
            self._write(record.model_copy(update={"admin_tries_left": left}))
            try:
                kek = soft_record.opened(record.admin, admin, b"admin", self.serial)
            except InvalidTag:
                raise Refused(Problem.ADMIN_PIN_INCORRECT if left else Problem.ADMIN_PIN_LOCKED) from None
            except ValueError as error:
                raise _damaged() from error
            changes = {"pin": soft_record.locked(kek, new, b"pin", self.serial), "tries_left": MAX_TRIES}
            self._write(record.model_copy(update={**changes, "admin_tries_left": MAX_ADMIN_TRIES}))

    def enrol(self, suite: Suite, owner: str, pin: Pin) -> bytes:
        """See `UsbKey.enrol`; what this machine or this key cannot do is refused before the PIN is tried."""
        if suite not in SUITES:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=suite.name)
        if suite is Suite.SM2_SM3:
            sm2.require()
        with self.lock:
            if len(getattr(self._record(), "pairs", ())) >= MAX_PAIRS:
                raise Refused(Problem.KEY_FULL)
            record, kek = self._opened(pin)
            plain = soft_pairs.generate(suite)
            request = soft_pairs.request(soft_pairs.loaded(plain), suite, owner)
            pairs = (*record.pairs, soft_record.pair(kek, plain, self.serial))
            self._write(record.model_copy(update={"pairs": pairs}))
        return request

    def store(self, certificate: Certificate | None, seals: Sequence[bytes], pin: Pin) -> None:
        """See `UsbKey.store`; a full disk changes nothing, and it may be done again after a power cut."""
        with self.lock:
            record, _ = self._opened(pin)
            documents = {self.home / "seals" / kept_as(one): bytes(one) for one in seals}
            if certificate is not None:
                documents[_place_of_certificate(self.home, record, certificate)] = certificate.der
            _require_room(self.home, documents)
            try:
                for folder in {path.parent for path in documents}:
                    folder.mkdir(exist_ok=True, mode=0o700)
                soft_record.replace_all(documents)
            except OSError as error:
                raise _failed(error) from error

    def _opened(self, pin: Pin) -> tuple[KeyRecord, bytes]:
        """The record with its counter full again, and the KEK; a record of the first version becomes a present one.

        Raises Refused(PIN_INCORRECT | PIN_LOCKED | KEY_REMOVED | KEY_FAILED).
        """
        record = self._record()
        if record.tries_left == 0:
            raise Refused(Problem.PIN_LOCKED)
        spent = record.model_copy(update={"tries_left": record.tries_left - 1})
        self._write(spent)
        try:
            opened, kek = _open(record, pin)
        except InvalidTag:
            raise pins.incorrect(soft_record.tries(spent)) from None
        except ValueError as error:
            raise _damaged() from error
        full = opened.model_copy(update={"tries_left": MAX_TRIES})
        self._write(full)
        return full, kek

    def _write(self, record: AnyRecord) -> None:
        """Write the record down; where a counter cannot be written no PIN is tried."""
        try:
            soft_record.write(self.home, record)
        except OSError as error:
            raise _failed(error) from error

    def _record(self) -> AnyRecord:
        record = soft_record.read(self.home)
        if record is None or record.serial != self.serial:
            raise Refused(Problem.KEY_REMOVED)
        return record


def _open(record: AnyRecord, pin: Pin) -> tuple[KeyRecord, bytes]:
    """The present record and its KEK, or InvalidTag for a wrong PIN."""
    if isinstance(record, KeyRecord):
        return record, soft_record.opened(record.pin, pin, b"pin", record.serial)
    return soft_record.of_first(record, pin)


def _require_pin(new: Pin) -> None:
    if not _is_long_enough(new):
        raise Refused(Problem.PIN_NOT_ACCEPTED, detail=_PIN_ROOM)


def _damaged() -> Refused:
    return Refused(Problem.KEY_FAILED, detail=soft_record.NAME)


def _failed(error: OSError) -> Refused:
    return Refused(Problem.KEY_FAILED, detail=type(error).__name__)


def _place_of_certificate(home: Path, record: KeyRecord, certificate: Certificate) -> Path:
    """A certificate's document: by its pair, of which each has one. Raises Refused(CERTIFICATE_MISMATCH)."""
    for held in record.pairs:
        if soft_pairs.is_same(held.public_der, certificate.public_key_der):
            return home / "certificates" / f"{hashlib.sha256(held.public_der).hexdigest()}.der"
    raise Refused(Problem.CERTIFICATE_MISMATCH)


def _require_room(home: Path, documents: dict[Path, bytes]) -> None:
    """Raises Refused(KEY_FULL) before anything is written."""
    at = home / "seals"
    there = {path.name for path in _documents(at)} | {path.name for path in documents if path.parent == at}
    if len(there) > MAX_SEALS or any(len(content) > MAX_SEAL_BYTES for content in documents.values()):
        raise Refused(Problem.KEY_FULL)


def _documents(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9a-f]*.der"))


def _read_seals(home: Path) -> tuple[bytes, ...]:
    return tuple(content for path in _documents(home / "seals") if (content := _content(path)))


def _read_certificates(home: Path) -> tuple[Certificate, ...]:
    """Of each pair the certificate stored last; of certificate.pem the leaf alone, what follows is its chain."""
    found: list[Certificate] = []
    for path in (*_documents(home / "certificates"), home / "certificate.pem"):
        try:
            leaf = certificates.read(_content(path))
        except Refused:
            continue
        keys = (one.public_key_der for one in found)
        if leaf.may_sign and not any(soft_pairs.is_same(leaf.public_key_der, key) for key in keys):
            found.append(leaf)
    return tuple(found)


def _content(path: Path) -> bytes:
    """What stands in a document; nothing where it is not there or larger than any that belongs here."""
    try:
        with path.open("rb") as document:
            content = document.read(MAX_SEAL_BYTES + 1)
    except OSError:
        return b""
    return content if len(content) <= MAX_SEAL_BYTES else b""


class SoftDriver:
    """All soft keys of one folder; a folder that is no readable key is left out."""

    def __init__(self, folder: Path) -> None:
        self.name = "soft"
        self._folder = folder
        self._lock = threading.Lock()

    def plugged(self) -> tuple[SoftKey, ...]:
        """See `Driver.plugged`."""
        try:
            homes = sorted(path for path in self._folder.iterdir() if path.is_dir())
        except OSError:
            return ()
        found = ((home, soft_record.read(home)) for home in homes)
        return tuple(self._listed(home, record) for home, record in found if record is not None)

    def _listed(self, home: Path, record: AnyRecord) -> SoftKey:
        can_unlock = isinstance(record, KeyRecord) and record.admin is not None
        return SoftKey(
            home,
            record.serial,
            record.label,
            _read_certificates(home),
            self._lock,
            seals=_read_seals(home),
            acts=_ACTS | {KeyAct.UNLOCK} if can_unlock else _ACTS,
        )
