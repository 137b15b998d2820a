"""What the tests of keys that are looked after share: an authority that issues, a seal maker that makes."""

from datetime import timedelta

from tests.pki import parties
from tests.pki.hierarchy import NOW, YEAR
from yunqian.crypto import certificate_requests
from yunqian.crypto.certificates import Certificate
from yunqian.eseal import make
from yunqian.eseal.make import Kind, Maker, Wanted

PNG = b"\x89PNG\r\n\x1a\n a picture, as far as a key is concerned"


def issued(request: bytes, *, called: str = "", ends_after: timedelta = YEAR) -> Certificate:
    """What the test authority issues for a request that proves its key."""
    asked = certificate_requests.read(request)
    assert asked.is_proven
    top = parties.authority(parties.key("ecdsa", "issuer of keys"), "测试证书机构")
    odd = parties.Odd(spki=asked.public_key_der, ends=NOW + ends_after)
    holder = parties.key("ecdsa", "nobody")
    return parties.person(holder, called or asked.owner, by=top, odd=odd).certificate


def stranger(called: str = "王芳") -> Certificate:
    """A certificate whose key pair is on no key."""
    top = parties.authority(parties.key("ecdsa", "issuer of keys"), "测试证书机构")
    return parties.person(parties.key("ecdsa", "stranger"), called, by=top).certificate


def seal(
    signer: Certificate, *, es_id: str = "44010000000001", name: str = "签名章", png: bytes = PNG
) -> bytes:
    """A GB/T 38540 seal for this signer by the tests' seal maker."""
    top = parties.authority(parties.key("ecdsa", "seal root"), "印章根机构")
    maker = parties.person(parties.key("ecdsa", "seal maker"), "印章制作单位", by=top)
    wanted = Wanted(
        es_id=es_id,
        name=name,
        kind=Kind.PERSON,
        png=png,
        width_mm=20.0,
        height_mm=20.0,
        signers=(signer,),
        created_at=NOW,
        valid_from_at=NOW,
        valid_until_at=NOW + YEAR / 2,
    )
    return make.make(wanted, Maker(maker.certificate, lambda message: parties.sign(maker.key, message)))
