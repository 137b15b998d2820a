"""The demonstration's own authority: a root, an issuing authority below it, and its answers about both.

For demos and tests only. Its keys lie on the server's disk, which no authority that others rely on may do, so
its names say 演示, its folder carries a mark, and production starts neither with the one nor with the other.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from yunqian.crypto import certificate_requests, certificates, public_keys, revocation, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.ca import guomi, profiles, responder
from yunqian.server.adapters.ca.guomi import GuomiAuthority
from yunqian.server.adapters.ca.port import Reason, Status, pem
from yunqian.server.adapters.ca.profiles import Issuer
from yunqian.server.adapters.ca.store import Store
from yunqian.server.adapters.outside import refuse_inside_a_transaction
from yunqian.server.settings import Config, Mode
from yunqian.server.settings.config import DEMO_MARK

ROOT, ISSUING, STAMPER, MAKER = "root", "issuing", "tsa", "seals"
_ROOT_BITS, _BITS = 3072, 2048
_LARGEST_REQUEST_BYTES = 16 * 1024
_LONGEST_NAME_OCTETS = 64
_STRONG = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)  # X.509 counts in seconds


def make(config: Config, *, clock: Callable[[], datetime] = _now) -> "EmbeddedAuthority":
    """Make the demonstration's authority in the home folder, or what is missing of it, and give it.

    Harmless when called again, also by two processes at once: what is there stays, and the lists are renewed
    when they are due. Raises Refused(CONFIG_INSECURE) in production, and when the keys in the folder belong
    to other secrets; Refused(CA_UNAVAILABLE) when the disk fails.
    """
    store = _store(config)
    with store.writing():
        store.put_if_other(DEMO_MARK, b"")
        root = _found(store, ROOT) or _made_root(store, at=clock())
        issuing = _found(store, ISSUING) or _made_issuing(store, root, config.origins[0], at=clock())
        store.put_if_other("trust/root.pem", root.certificate.public_bytes(Encoding.PEM))
        sm2_parts = guomi.make(store, config.origins[0], clock=clock)
    authority = EmbeddedAuthority(store, root, issuing, sm2_parts, origin=config.origins[0], clock=clock)
    authority.renew_lists()
    return authority


def load(config: Config, *, clock: Callable[[], datetime] = _now) -> "EmbeddedAuthority":
    """The authority that `make` has made.

    Raises Refused(CONFIG_INSECURE) in production or when the keys belong to other secrets, and
    Refused(CA_UNAVAILABLE) when there is none.
    """
    store = _store(config)
    root, issuing = _found(store, ROOT), _found(store, ISSUING)
    if root is None or issuing is None:
        raise Refused(Problem.CA_UNAVAILABLE)
    sm2_parts = guomi.load(store, config.origins[0], clock=clock)
    return EmbeddedAuthority(store, root, issuing, sm2_parts, origin=config.origins[0], clock=clock)


def _store(config: Config) -> Store:
    if config.mode is Mode.PRODUCTION:
        detail = "the embedded certificate authority is for demonstrations only"
        raise Refused(Problem.CONFIG_INSECURE, detail=detail)
    return Store(config.home / "ca", config.secrets.vault_master_key)


def _found(store: Store, name: str) -> Issuer | None:
    part = store.part(name)
    return Issuer(name, part[1], part[0]) if part else None


def _made_root(store: Store, *, at: datetime) -> Issuer:
    key = rsa.generate_private_key(65537, _ROOT_BITS)
    made = profiles.root(key, at=at)
    store.put_part(ROOT, key, made)
    return Issuer(ROOT, made, key)


def _made_issuing(store: Store, root: Issuer, origin: str, *, at: datetime) -> Issuer:
    key = rsa.generate_private_key(65537, _BITS)
    made = profiles.issuing(key, by=root, origin=origin, at=at)
    store.put_part(ISSUING, key, made)
    return Issuer(ISSUING, made, key)


class EmbeddedAuthority:
    """See CertificateAuthority. Its parts are `root` and `issuing`; what is SM2 it leaves to `guomi`."""

    def __init__(
        self,
        store: Store,
        root: Issuer,
        issuing: Issuer,
        sm2_parts: GuomiAuthority | None = None,
        *,
        origin: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.store = store
        self._parts = {ROOT: root, ISSUING: issuing}
        self._own = {name: _read(part.certificate) for name, part in self._parts.items()}
        self._guomi = sm2_parts
        self._origin = origin
        self._clock = clock

    def issue(self, request: bytes, *, name: str, organization: str | None = None) -> tuple[Certificate, ...]:
        """See CertificateAuthority.issue."""
        _refuse_odd_name("name", name)
        if organization is not None:
            _refuse_odd_name("organization", organization)
        sm2_key = _proven_sm2_key(request)
        if sm2_key is not None:
            if self._guomi is None:
                raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="SM2")
            return self._guomi.issue(sm2_key, name=name, organization=organization)
        key = _proven_key(request)
        by, at = self._parts[ISSUING], self._clock()
        made = profiles.holder(key, name=name, organization=organization, by=by, origin=self._origin, at=at)
        with self.store.writing():
            leaf = self._register(made)
        return leaf, self._own[ISSUING], self._own[ROOT]

    def stamper(self) -> Issuer | None:
        """Key and certificate of the platform's own time-stamp authority, None before `make_stamper`."""
        return _found(self.store, STAMPER)

    def make_stamper(self) -> Issuer:
        """The same, made at the first call; two processes at once agree on one."""
        with self.store.writing():
            found = self.stamper()
            if found is not None:
                return found
            by, key = self._parts[ISSUING], rsa.generate_private_key(65537, _BITS)
            made = profiles.stamper(key.public_key(), by=by, origin=self._origin, at=self._clock())
            self._register(made)
            self.store.put_part(STAMPER, key, made)
        return Issuer(STAMPER, made, key)

    def make_seal_maker(self) -> Maker:
        """The maker of the demo's seals (制章单位): SM2 where the machine does SM2, else RSA; idempotent.

        One that is revoked or soon expires gives way to a new one, and the seals then have to be made anew. Who
        issued its certificate is laid into the trust folder, trusted for nothing, for readers of signatures by
        keys of the other family: their documents do not carry it.
        """
        with self.store.writing():
            maker = self._guomi.make_seal_maker() if self._guomi else self._made_rsa_maker()
            issuer = self._guomi.intermediate() if self._guomi else self._own[ISSUING]
            self.store.put_if_other("trust/intermediates/seals.pem", pem([issuer]))
        return maker

    def _made_rsa_maker(self) -> Maker:
        """The caller holds the folder."""
        found = _found(self.store, MAKER)
        if found is None or not self._lasts(_read(found.certificate)):
            by, key = self._parts[ISSUING], rsa.generate_private_key(65537, _BITS)
            made = profiles.holder(
                key.public_key(),
                name=profiles.MAKER_NAME,
                organization=profiles.ORGANIZATION,
                by=by,
                origin=self._origin,
                at=self._clock(),
            )
            self._register(made)
            self.store.put_part(MAKER, key, made)
            found = Issuer(MAKER, made, key)
        signing = found.key
        return Maker(
            _read(found.certificate),
            lambda message: signing.sign(message, padding.PKCS1v15(), hashes.SHA256()),
        )

    def _lasts(self, maker: Certificate) -> bool:
        is_revoked = maker.serial in self.store.register().revoked
        return not is_revoked and maker.covers(self._clock() + profiles.MAKER_RENEWED_BEFORE)

    def intermediates(self) -> tuple[Certificate, ...]:
        """See CertificateAuthority.intermediates."""
        return (self._own[ISSUING], *((self._guomi.intermediate(),) if self._guomi else ()))

    def status(self, certificate: Certificate) -> Status:
        """See CertificateAuthority.status. Every signature asks, so the platform's own lists stay fresh with it."""
        refuse_inside_a_transaction()
        self.renew_lists()
        register = self.store.register()
        if register.issued.get(certificate.serial) != certificate.sha256:
            return self._guomi.status(certificate) if self._guomi else Status.UNKNOWN
        return Status.REVOKED if certificate.serial in register.revoked else Status.GOOD

    def revoke(self, certificate: Certificate, *, reason: Reason = Reason.UNSPECIFIED) -> None:
        """See CertificateAuthority.revoke. The platform's own list is new when this returns."""
        if self._guomi and self._guomi.status(certificate) is not Status.UNKNOWN:
            self._guomi.revoke(certificate, reason=reason)
            return
        with self.store.writing():
            register = self.store.register()
            if register.issued.get(certificate.serial) != certificate.sha256:
                raise Refused(Problem.CERTIFICATE_UNTRUSTED, owner=certificate.owner)
            self.store.put_register(register.with_revoked(certificate.serial, self._clock(), reason.value))
        self.crl(ISSUING)

    def certificate(self, name: str) -> bytes | None:
        """See CertificateAuthority.certificate."""
        own = self._own.get(name)
        if own is None and self._guomi:
            return self._guomi.certificate(name)
        return own.der if own else None

    def crl(self, name: str = ISSUING) -> bytes | None:
        """See CertificateAuthority.crl. A list that is due or no longer says what is true is made anew."""
        if name not in self._parts:
            return self._guomi.crl(name) if self._guomi else None
        listed = self.store.get(_list_name(name))
        if listed is not None and self._is_present(name, listed):
            return listed
        with self.store.writing():
            return self._new_list(name)

    def renew_lists(self) -> None:
        """Make the lists in the trust folder anew where they are due."""
        for name in (*self._parts, *(self._guomi.names if self._guomi else ())):
            self.crl(name)

    def ocsp(self, request: bytes) -> bytes:
        """See CertificateAuthority.ocsp. The issuing authority answers for what it issued."""
        self.crl(ISSUING)
        return responder.answer(
            request, by=self._parts[ISSUING], register=self.store.register(), at=self._clock()
        )

    def _register(self, made: x509.Certificate) -> Certificate:
        """The caller holds the folder."""
        leaf = _read(made)
        self.store.put_register(self.store.register().with_issued(leaf.serial, leaf.sha256))
        return leaf

    def _revoked(self, name: str) -> dict[int, tuple[datetime, str]]:
        return self.store.register().revoked if name == ISSUING else {}

    def _is_present(self, name: str, listed: bytes) -> bool:
        """Ours, in the first half of its life, and with the same revocations as the register."""
        known = revocation.read(listed)
        if known is None or not known.is_by(self._own[name]):
            return False
        told = {serial: since for serial, (since, _) in self._revoked(name).items()}
        age = self._clock() - known.updated_at
        return known.revoked_at == told and age < profiles.LIST_LIFE / 2

    def _new_list(self, name: str) -> bytes:
        """The caller holds the folder."""
        listed = [(serial, since, reason) for serial, (since, reason) in self._revoked(name).items()]
        register = self.store.register()
        number = register.list_number + 1
        made = profiles.revocation_list(self._parts[name], listed, number=number, at=self._clock())
        self.store.put_register(register.with_list_number(number))
        self.store.put(_list_name(name), made)
        return made


def _list_name(name: str) -> str:
    return f"trust/{name}.crl"


def _read(certificate: x509.Certificate) -> Certificate:
    return certificates.read(certificate.public_bytes(Encoding.DER))


def _refuse_odd_name(what: str, name: str) -> None:
    """Refuse what the library cannot write into a name (it counts octets where RFC 5280 counts characters)."""
    is_fit = 1 <= len(name.encode("utf-8", "replace")) <= _LONGEST_NAME_OCTETS
    if not (is_fit and name.isprintable() and name == name.strip()):
        raise Refused(Problem.REQUEST_INVALID, detail=what)


def _proven_sm2_key(request: bytes) -> bytes | None:
    """The SM2 key of a request as SubjectPublicKeyInfo, in the usual spelling; None for any other request."""
    try:
        asked = certificate_requests.read(request[:_LARGEST_REQUEST_BYTES])
    except Refused:
        return None
    key = public_keys.read(asked.public_key_der)
    if key.algorithm != public_keys.SM2:
        return None
    if not asked.is_proven:
        raise Refused(Problem.REQUEST_INVALID, detail="PKCS#10, signature")
    return sm2.public_key(key.octets).spki


def _proven_key(request: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """The key of a request that its own private key has signed (PKCS#10, RFC 2986 §3)."""
    try:
        if len(request) > _LARGEST_REQUEST_BYTES:
            raise ValueError("size")
        is_text = request.lstrip().startswith(b"-----BEGIN")
        read = x509.load_pem_x509_csr if is_text else x509.load_der_x509_csr
        asked = read(request)
        key, digest, is_proven = asked.public_key(), asked.signature_hash_algorithm, asked.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refused(Problem.REQUEST_INVALID, detail="PKCS#10") from None
    if not is_proven or not isinstance(digest, _STRONG):
        raise Refused(Problem.REQUEST_INVALID, detail="PKCS#10, signature")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=type(key).__name__)
