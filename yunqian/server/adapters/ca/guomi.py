"""The demonstration's SM2 authority: a root and an issuing authority beside the RSA ones, for SM2 keys alone.

A key is certified by an authority of its own kind, so that a chain rests on one family of algorithms. What is said
of the embedded authority holds here too: for demos and tests only. Made only where the machine can do SM2.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from yunqian.crypto import certificates, revocation, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.ca import guomi_profiles as profiles
from yunqian.server.adapters.ca.guomi_profiles import ISSUING, ROOT, Sm2Issuer
from yunqian.server.adapters.ca.port import Reason, Status, pem
from yunqian.server.adapters.ca.profiles import LIST_LIFE, MAKER_NAME, MAKER_RENEWED_BEFORE, ORGANIZATION
from yunqian.server.adapters.ca.store import Register, Store

_REGISTER = "sm2-register.json"
_MAKER = "sm2-seals"


def make(store: Store, origin: str, *, clock: Callable[[], datetime]) -> "GuomiAuthority | None":
    """Make the SM2 authority in an authority's folder, or what is missing of it; None on a machine without SM2.

    The caller holds the folder. Raises what `load` raises.
    """
    if not _is_able():
        return None
    root = _found(store, ROOT) or _made(
        store, ROOT, lambda key: profiles.root(key, serial=_serial(), at=clock())
    )
    issuing = _found(store, ISSUING) or _made(
        store,
        ISSUING,
        lambda key: profiles.issuing(key, by=root, origin=origin, serial=_serial(), at=clock()),
    )
    store.put_if_other(f"trust/{ROOT}.pem", pem([root.certificate]))
    return GuomiAuthority(store, root, issuing, origin=origin, clock=clock)


def load(store: Store, origin: str, *, clock: Callable[[], datetime]) -> "GuomiAuthority | None":
    """The SM2 authority that `make` has made, None where there is none.

    Raises Refused(CONFIG_INSECURE) when its keys belong to other secrets.
    """
    if not _is_able():
        return None
    root, issuing = _found(store, ROOT), _found(store, ISSUING)
    return GuomiAuthority(store, root, issuing, origin=origin, clock=clock) if root and issuing else None


def _is_able() -> bool:
    try:
        sm2.require()
    except Refused:
        return False
    return True


def _serial() -> int:
    """A positive serial number with 126 bits of randomness, in at most 16 octets (RFC 5280 §4.1.2.2)."""
    return secrets.randbits(126) | 1 << 126


def _found(store: Store, name: str) -> Sm2Issuer | None:
    encoded, plain = store.get(f"{name}.pem"), store.unsealed(f"{name}.key")
    if encoded is None or plain is None:
        return None
    certificate, key = certificates.read(encoded), sm2.PrivateKey(plain)
    if certificate.public_key_der != key.public.spki:
        raise Refused(Problem.CONFIG_INSECURE, detail=f"ca/{name}.key is not the key of ca/{name}.pem")
    return Sm2Issuer(name, certificate, key)


def _made(store: Store, name: str, certified: Callable[[sm2.PrivateKey], Certificate]) -> Sm2Issuer:
    """A new part. The certificate comes last: where it is, its key is too."""
    number = (1 + secrets.randbelow(sm2.N - 2)).to_bytes(32, "big")
    key = sm2.PrivateKey.of_number(number)
    certificate = certified(key)
    store.put_sealed(f"{name}.key", sm2.PrivateKey.pkcs8_of_number(number))
    store.put(f"{name}.pem", pem([certificate]))
    return Sm2Issuer(name, certificate, key)


class GuomiAuthority:
    """See CertificateAuthority, for SM2 keys. Its parts are `sm2-root` and `sm2-issuing`; it answers no OCSP."""

    def __init__(
        self, store: Store, root: Sm2Issuer, issuing: Sm2Issuer, *, origin: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._parts = {ROOT: root, ISSUING: issuing}
        self._origin = origin
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """Its parts."""
        return tuple(self._parts)

    def issue(self, public_key_der: bytes, *, name: str, organization: str | None) -> tuple[Certificate, ...]:
        """Certify an SM2 key that has proven itself: leaf first, root last. The caller has checked the names."""
        root, by = self._parts[ROOT], self._parts[ISSUING]
        subject = (name, organization or "")
        leaf = profiles.holder(
            public_key_der, subject, by=by, origin=self._origin, serial=_serial(), at=self._clock()
        )
        with self._store.writing():
            self._put(self._register().with_issued(leaf.serial, leaf.sha256))
        return leaf, by.certificate, root.certificate

    def make_seal_maker(self) -> Maker:
        """See EmbeddedAuthority.make_seal_maker. The caller holds the folder."""
        found = _found(self._store, _MAKER)
        if found is None or not self._lasts(found.certificate):
            found = _made(self._store, _MAKER, self._certified_maker)
            self._put(self._register().with_issued(found.certificate.serial, found.certificate.sha256))
        return Maker(found.certificate, found.key.sign)

    def _lasts(self, maker: Certificate) -> bool:
        return maker.covers(self._clock() + MAKER_RENEWED_BEFORE) and self.status(maker) is Status.GOOD

    def _certified_maker(self, key: sm2.PrivateKey) -> Certificate:
        return profiles.holder(
            key.public.spki,
            (MAKER_NAME, ORGANIZATION),
            by=self._parts[ISSUING],
            origin=self._origin,
            serial=_serial(),
            at=self._clock(),
        )

    def intermediate(self) -> Certificate:
        """The authority between the holders and the root."""
        return self._parts[ISSUING].certificate

    def status(self, certificate: Certificate) -> Status:
        """Whether a certificate holds now; UNKNOWN for one that it did not issue."""
        register = self._register()
        if register.issued.get(certificate.serial) != certificate.sha256:
            return Status.UNKNOWN
        return Status.REVOKED if certificate.serial in register.revoked else Status.GOOD

    def revoke(self, certificate: Certificate, *, reason: Reason) -> None:
        """Revoke a certificate of its own from now on; the list is new when this returns."""
        with self._store.writing():
            self._put(self._register().with_revoked(certificate.serial, self._clock(), reason.value))
        self.crl(ISSUING)

    def certificate(self, name: str) -> bytes | None:
        """A part's certificate as DER."""
        part = self._parts.get(name)
        return part.certificate.der if part else None

    def crl(self, name: str) -> bytes | None:
        """A part's present list as DER; one that is due, or no longer says what is true, is made anew."""
        if name not in self._parts:
            return None
        listed = self._store.get(f"trust/{name}.crl")
        if listed is not None and self._is_present(name, listed):
            return listed
        with self._store.writing():
            return self._new_list(name)

    def _register(self) -> Register:
        return self._store.register(_REGISTER)

    def _put(self, register: Register) -> None:
        self._store.put_register(register, _REGISTER)

    def _revoked(self, name: str) -> dict[int, tuple[datetime, str]]:
        return self._register().revoked if name == ISSUING else {}

    def _is_present(self, name: str, listed: bytes) -> bool:
        """Its own, in the first half of its life, and with the same revocations as the register."""
        known = revocation.read(listed)
        if known is None or not known.is_by(self._parts[name].certificate):
            return False
        told = {serial: since for serial, (since, _) in self._revoked(name).items()}
        age = self._clock() - known.updated_at
        return known.revoked_at == told and age < LIST_LIFE / 2

    def _new_list(self, name: str) -> bytes:
        """The caller holds the folder."""
        listed = [(serial, since, reason) for serial, (since, reason) in self._revoked(name).items()]
        register = self._register()
        number = register.list_number + 1
        made = profiles.revocation_list(self._parts[name], listed, number=number, at=self._clock())
        self._put(register.with_list_number(number))
        self._store.put(f"trust/{name}.crl", made)
        return made
