"""A Chinese world for whole acts: SM2 root and issuing authority, signers, a stamper, and SM2 revocation lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from tests.pki import parties
from tests.pki.hierarchy import NOW
from tests.pki.parties import Odd, Party
from yunqian.crypto import der
from yunqian.crypto.certificates import Certificate

_STAMPING = parties.extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.8")), critical=True)


@dataclass(frozen=True)
class Signer:
    """Somebody with a key, as `hierarchy.Holder` is, of any kind of key."""

    party: Party
    above: tuple[Certificate, ...]

    @property
    def certificate(self) -> Certificate:
        return self.party.certificate

    @property
    def key(self) -> parties.type_of_key:
        return self.party.key

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The authorities to embed: all above but the root, which the reader has."""
        return self.above[:-1]

    def sign(self, message: bytes) -> bytes:
        return parties.sign(self.key, message)


@dataclass(frozen=True)
class Guomi:
    """The world: `root` over `issuing`, and everybody certified by the latter."""

    root: Party
    issuing: Party

    def signer(self, called: str, kind: str = "sm2", odd: Odd = parties.PLAIN) -> Signer:
        certified = parties.person(parties.key(kind, called), called, by=self.issuing, odd=odd)
        return Signer(certified, (self.issuing.certificate, self.root.certificate))

    @property
    def stamper(self) -> Signer:
        return self.signer("国密时间戳机构", odd=Odd(more=(_STAMPING,)))

    def crl(self, revoked: Sequence[Certificate] = (), *, at: datetime = NOW) -> bytes:
        """The issuing authority's list."""
        return _crl(self.issuing, revoked, at)

    @property
    def crls(self) -> tuple[bytes, bytes]:
        """The lists of both authorities, with nobody on them."""
        return self.crl(), _crl(self.root, (), NOW)


def _crl(by: Party, revoked: Sequence[Certificate], at: datetime) -> bytes:
    entries = [der.sequence(der.integer(one.serial), parties.moment(at)) for one in revoked]
    algorithm = parties.algorithm_of(by.key)
    signed = der.sequence(
        der.integer(1),
        algorithm,
        by.subject,
        parties.moment(at),
        parties.moment(at + timedelta(days=30)),
        der.sequence(*entries) if entries else b"",
    )
    value = parties.sign(by.key, signed)
    return der.sequence(signed, algorithm, der.tlv(parties.BIT_STRING, b"\x00", value))


@cache
def built() -> Guomi:
    """The one Chinese world of this process."""
    root = parties.authority(parties.key("sm2", "guomi root"), "国密测试根")
    issuing = parties.authority(
        parties.key("sm2", "guomi issuing"), "国密测试签发机构", by=root, path_length=0
    )
    return Guomi(root, issuing)
